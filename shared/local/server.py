"""A server that we start beside us: it ends with us, keeps its port, and says why it did not start."""

import asyncio
import ctypes
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import psutil

from shared.core.errors import Unavailable

# Below the ports that systems hand to outgoing connections (from 32768 on): a client that knocks again and again
# on a stopped server could otherwise be given the server's own port, and talk to itself.
PORTS = range(15_000, 30_000)
LOG_LIMIT = 10_000_000  # bytes; a longer log is set aside at the next start
POLL = 0.01  # seconds
PR_SET_PDEATHSIG = 1  # linux/prctl.h


@dataclass(frozen=True, slots=True)
class Account:
    """The user that a server runs as."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Launch:
    """How to start one server: its arguments, folder and log, and the signal that stops it cleanly."""

    arguments: Sequence[str | Path]
    folder: Path
    log: Path
    stop_signal: signal.Signals
    account: Account | None = None


def start(launch: Launch, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Starts a server in a session of its own (Ctrl-C reaches only us), to be stopped by the system when we die."""
    account = launch.account
    with _open_log(launch.log) as log:
        return subprocess.Popen(
            [str(argument) for argument in launch.arguments],
            cwd=launch.folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=_end_with_parent(launch.stop_signal),
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )


def _end_with_parent(signal_number: signal.Signals) -> Callable[[], None] | None:
    """The child's last act before it becomes the server: asks Linux for a signal at the death of its parent."""
    if sys.platform != "linux":
        return None  # elsewhere an orphan is stopped by the next start
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, int(signal_number), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)  # the parent died before we asked

    return ask


def _open_log(path: Path) -> BinaryIO:
    if path.exists() and path.stat().st_size > LOG_LIMIT:
        path.replace(path.with_suffix(".old.log"))
    return path.open("ab")


async def until_ready(process: subprocess.Popen[bytes], ready: Callable[[], bool], seconds: float) -> bool:
    """Waits for the server to be ready; False when it ended first or the time ran out."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while process.poll() is None and loop.time() < deadline:
        if ready():
            return True
        await asyncio.sleep(POLL)
    return False


async def stop(process: subprocess.Popen[bytes], signals: Sequence[tuple[signal.Signals, float]]) -> None:
    """Ends a child by one signal after the other, each with the seconds it is given; SIGKILL at last."""
    loop = asyncio.get_running_loop()
    for number, seconds in (*signals, (signal.SIGKILL, 30.0)):
        if process.poll() is not None:
            return
        process.send_signal(number)
        deadline = loop.time() + seconds
        while process.poll() is None and loop.time() < deadline:
            await asyncio.sleep(POLL)


async def stop_orphan(pid_file: Path, mark: str, signal_number: signal.Signals) -> None:
    """Stops the server that an earlier run left behind: the process in `pid_file`, if `mark` is on its command line."""
    orphan = _orphan(pid_file, mark)
    if orphan is None:
        return
    for number, seconds in ((signal_number, 10.0), (signal.SIGKILL, 10.0)):
        with suppress(psutil.NoSuchProcess):
            orphan.send_signal(number)
        deadline = asyncio.get_running_loop().time() + seconds
        while asyncio.get_running_loop().time() < deadline:
            if not _alive(orphan):
                return
            await asyncio.sleep(POLL)
    raise Unavailable(f"Process {orphan.pid} of an earlier run does not end: stop it by hand, then start again.")


def _orphan(pid_file: Path, mark: str) -> psutil.Process | None:
    with suppress(OSError, ValueError, IndexError, psutil.Error):
        process = psutil.Process(int(pid_file.read_text().split()[0]))
        if _alive(process) and mark in process.cmdline():
            return process
    return None


def _alive(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def free_port(wanted: int | None) -> int:
    """A port of the loopback address that nobody listens on: the wanted one (of the last run) if it is free."""
    candidates = random.sample(PORTS, 100)  # not a secret
    for port in ([wanted] if wanted else []) + candidates:
        with socket.socket() as knock, suppress(OSError):
            knock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            knock.bind(("127.0.0.1", port))
            return port
    raise Unavailable("No free port was found between 15000 and 30000 on 127.0.0.1: stop what holds them.")


def last_lines(log: Path, since: int = 0, count: int = 12) -> str:
    """The end of a server's log, from byte `since` on."""
    with suppress(OSError), log.open("rb") as file:
        file.seek(max(since, log.stat().st_size - 20_000))
        return "\n".join(file.read().decode(errors="replace").splitlines()[-count:])
    return ""


def size(log: Path) -> int:
    """How long a log is now, in bytes: what a start writes comes after it."""
    return log.stat().st_size if log.exists() and log.stat().st_size <= LOG_LIMIT else 0
