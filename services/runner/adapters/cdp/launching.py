"""Starts a Chromium of our own, or reaches one that runs elsewhere; ends it with all its processes and its folder."""

import asyncio
import contextlib
import fcntl
import os
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from services.runner.adapters.cdp.connection import Connection
from services.runner.adapters.cdp.transports import PipeTransport
from services.runner.adapters.faults import DriverError
from shared.chromium import PLAYWRIGHT_DISABLES
from shared.chromium import Browser as Installed

# What a browser that nobody looks at need not do, and what would make one page behave unlike the next.
ARGUMENTS = (
    "--remote-debugging-pipe",
    "--no-first-run",
    "--no-default-browser-check",
    "--no-service-autorun",
    "--disable-field-trial-config",
    "--disable-background-networking",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-back-forward-cache",  # going back gives a new document, as everywhere else
    "--disable-breakpad",
    "--disable-client-side-phishing-detection",
    "--disable-component-extensions-with-background-pages",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-dev-shm-usage",  # containers have little of it
    "--disable-extensions",
    "--disable-hang-monitor",
    "--disable-ipc-flooding-protection",
    "--disable-infobars",
    "--disable-popup-blocking",
    "--disable-prompt-on-repost",
    "--disable-search-engine-choice-screen",
    "--disable-sync",
    "--enable-features=CDPScreenshotNewSurface",
    "--allow-pre-commit-input",
    "--force-color-profile=srgb",
    "--export-tagged-pdf",
    "--hide-scrollbars",
    "--metrics-recording-only",
    "--mute-audio",
    "--password-store=basic",
    "--use-mock-keychain",
    "--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4",
)
END_SECONDS = 3.0
FIRST_FREE = 10  # below are the places where the browser expects its pipe


@dataclass(slots=True)
class Process:
    """A browser process of ours, leader of its own process group, and the folder of its profile."""

    pid: int
    folder: Path

    def family(self) -> list[psutil.Process]:
        """The process and all that descend from it."""
        with contextlib.suppress(psutil.Error):
            leader = psutil.Process(self.pid)
            return [leader, *leader.children(recursive=True)]
        return []

    def pids(self) -> set[int]:
        """The ids of all its processes."""
        return {process.pid for process in self.family()}

    def complaint(self) -> str:
        """The last thing it said before it ended."""
        with contextlib.suppress(OSError):
            lines = (self.folder / "stderr").read_text(errors="replace").strip().splitlines()
            return lines[-1][:300] if lines else "it ended without a word"
        return "it ended without a word"

    def end(self) -> None:
        """Kills all its processes, there is nothing that they would have to save, and removes its folder. Blocks."""
        family = self.family()
        with contextlib.suppress(OSError):
            os.killpg(self.pid, signal.SIGKILL)
        for process in family:
            with contextlib.suppress(psutil.Error):
                process.kill()
        deadline = time.monotonic() + END_SECONDS
        while not (self._reaped() and all(map(_ended, family))) and time.monotonic() < deadline:
            time.sleep(0.005)
        shutil.rmtree(self.folder, ignore_errors=True)
        while self.folder.exists() and time.monotonic() < deadline:  # one of them was still writing
            time.sleep(0.02)
            shutil.rmtree(self.folder, ignore_errors=True)

    def _reaped(self) -> bool:
        try:
            return os.waitpid(self.pid, os.WNOHANG)[0] == self.pid
        except ChildProcessError:
            return True


def _ended(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return bool(process.status() == psutil.STATUS_ZOMBIE)  # whoever adopts it reaps it in his own time
    return True


async def start(installed: Installed, *, headless: bool, args: Sequence[str]) -> tuple[Connection, Process]:
    """Starts a browser. Raises `DriverError` when its file cannot be started."""
    folder = Path(tempfile.mkdtemp(prefix="retold-chromium-"))
    arguments = [*_arguments(installed, headless), f"--user-data-dir={folder}", *args]
    ours, theirs = socket.socketpair()
    try:
        pid = _spawn(installed.path, arguments, theirs, folder / "stderr")
    except OSError as error:
        ours.close()
        shutil.rmtree(folder, ignore_errors=True)
        raise DriverError(f"{installed.path} cannot be started: {error.strerror}") from None
    finally:
        theirs.close()
    connection = Connection()
    ours.setblocking(False)
    _, pipe = await asyncio.get_running_loop().create_connection(
        lambda: PipeTransport(connection.received, connection.on_lost), sock=ours
    )
    connection.over(pipe)
    return connection, Process(pid, folder)


def _arguments(installed: Installed, headless: bool) -> list[str]:
    own = installed.arguments()
    if not any(argument.startswith("--disable-features=") for argument in own):
        own.append(f"--disable-features={','.join(PLAYWRIGHT_DISABLES)}")
    if headless and not installed.shell:
        own.append("--headless")
    if not headless:
        own.append("--no-startup-window")  # it would be of no context of ours
    return [*ARGUMENTS, *own]


def _spawn(path: Path, arguments: Sequence[str], pipe: socket.socket, complaints: Path) -> int:
    """Starts it in a process group of its own, with one end of a pair of sockets at 3 (it reads) and 4 (it writes)."""
    high = fcntl.fcntl(pipe.fileno(), fcntl.F_DUPFD_CLOEXEC, FIRST_FREE)
    try:
        return os.posix_spawn(
            path,
            [str(path), *arguments],
            os.environ,
            file_actions=[
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
                (os.POSIX_SPAWN_OPEN, 2, str(complaints), os.O_WRONLY | os.O_CREAT, 0o600),
                (os.POSIX_SPAWN_DUP2, high, 3),
                (os.POSIX_SPAWN_DUP2, high, 4),
            ],
            setpgroup=0,
        )
    finally:
        os.close(high)
