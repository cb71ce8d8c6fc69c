"""Processes of browsers: which belong to one, how much memory they take, and how to end them all."""

from collections.abc import Iterable
from contextlib import suppress

import psutil

GENTLE_SECONDS = 1.0
LAST_SECONDS = 2.0
MEBIBYTE = 1024**2


def family(mark: str, pids: Iterable[int] = ()) -> set[psutil.Process]:
    """A browser's processes: all that were started with `mark`, those of `pids`, and all below them.

    Wherever they stand: one whose driver was killed is nobody's child. Blocks for some hundredths of a second.
    """
    found: set[psutil.Process] = set()
    own = [process for process in psutil.process_iter() if _has(process, mark)]
    for process in (*own, *_of(pids)):
        with suppress(psutil.Error):
            found |= {process, *process.children(recursive=True)}
    return found


def memory_mb(processes: Iterable[psutil.Process]) -> float:
    """What they take of the machine's memory, in MiB; shared pages counted once where the system says so. Blocks."""
    total = 0
    for process in processes:
        with suppress(psutil.Error):
            told = process.memory_full_info()
            total += getattr(told, "pss", 0) or told.rss
    return total / MEBIBYTE


def end(processes: Iterable[psutil.Process], *, gently: bool = True) -> None:
    """Waits a moment for them to end by themselves, then kills those that are left. Blocks."""
    left = list(processes)
    if gently:
        _, left = psutil.wait_procs(left, timeout=GENTLE_SECONDS)
    for process in left:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(left, timeout=LAST_SECONDS)


def _has(process: psutil.Process, mark: str) -> bool:
    with suppress(psutil.Error):
        return mark in process.cmdline()
    return False


def _of(pids: Iterable[int]) -> Iterable[psutil.Process]:
    for pid in pids:
        with suppress(psutil.Error):
            yield psutil.Process(pid)
