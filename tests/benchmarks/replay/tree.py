"""What a tree of processes costs: CPU and memory; and how busy the machine is with anything else."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

import psutil

MEGABYTE = 1_000_000


def family(root: int) -> list[psutil.Process]:
    """The process and all that descend from it."""
    with suppress(psutil.NoSuchProcess):
        parent = psutil.Process(root)
        return [parent, *parent.children(recursive=True)]
    return []


def cpu_seconds(root: int) -> float:
    """User and system seconds of the tree so far; of what has ended, where its parent has heard of its end."""
    return sum(_spent(family(root)))


def _spent(processes: Sequence[psutil.Process]) -> Iterator[float]:
    for process in processes:
        with suppress(psutil.Error):
            yield sum(process.cpu_times()[:4])  # its own, and those of its children that have ended


def memory(root: int) -> float:
    """Megabytes (of 1,000,000 bytes) of the tree; what several share counts in parts (PSS)."""
    return sum(_held(family(root))) / MEGABYTE


def _held(processes: Sequence[psutil.Process]) -> Iterator[int]:
    for process in processes:
        with suppress(psutil.Error):
            yield process.memory_full_info().pss


def pages_open(root: int) -> int:
    """How many renderers the tree's browsers have: one for every page, at least."""
    return sum("--type=renderer" in words for words in _command_lines(root))


def _command_lines(root: int) -> Iterator[list[str]]:
    for process in family(root):
        with suppress(psutil.Error):
            yield process.cmdline()


def machine_seconds() -> float:
    """CPU seconds that the machine has worked since it started, what other machines took from it included."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - times.iowait - times.guest - times.guest_nice)
