"""Starts what WebKit needs: a screen where there is none, and for each window a driver with a browser of its own."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from services.runner.adapters import processes
from services.runner.adapters.faults import DriverError
from services.runner.adapters.webdriver import downloads

SCREEN = (2560, 2048)  # pixels; what reaches beyond is drawn all the same
START_SECONDS = 30.0
LOOK_SECONDS = 0.02


class Started:
    """A process of ours with all that it starts, in a process group of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @property
    def running(self) -> bool:
        """Whether the process itself is still there."""
        return self._process.returncode is None

    async def first_line(self) -> str:
        """The first thing that it writes; nothing where it ends before."""
        return (await self._process.stdout.readline()).decode().strip() if self._process.stdout else ""

    def family(self) -> set[psutil.Process]:
        """The process and all below it. Blocks for some milliseconds."""
        with suppress(psutil.Error):
            leader = psutil.Process(self._process.pid)
            return {leader, *leader.children(recursive=True)}
        return set()

    def pids(self) -> set[int]:
        """The ids of all its processes."""
        return {process.pid for process in self.family()}

    def ports(self) -> set[int]:
        """The TCP ports on which any of its processes listens. Blocks for some milliseconds."""
        found: set[int] = set()
        for process in self.family():
            with suppress(psutil.Error):
                listening = (one for one in process.net_connections("inet") if one.status == psutil.CONN_LISTEN)
                found |= {one.laddr.port for one in listening}
        return found

    async def end(self) -> None:
        """Kills it with all that it has started; there is nothing that they would have to save."""
        family = await asyncio.to_thread(self.family)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        below = {process for process in family if process.pid != self._process.pid}
        await asyncio.to_thread(lambda: processes.end(below, gently=False))


async def start(command: Sequence[str], environment: Mapping[str, str]) -> Started:
    """Starts a process, which ends with this one. Raises `DriverError` when its file cannot be started."""
    tied = ["setpriv", "--pdeathsig", "KILL", "--"] if shutil.which("setpriv") else []
    try:
        process = await asyncio.create_subprocess_exec(
            *tied,
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=dict(environment),
            start_new_session=True,
        )
    except OSError as error:
        raise DriverError(f"{command[0]} cannot be started: {error.strerror}") from None
    return Started(process)


async def start_screen() -> tuple[Started, str]:
    """A screen that nobody sees, and its name for `DISPLAY`. Raises `DriverError`."""
    size = f"{SCREEN[0]}x{SCREEN[1]}x24"
    screen = await start(["Xvfb", "-displayfd", "1", "-screen", "0", size, "-nolisten", "tcp"], os.environ)
    number = ""
    try:
        with suppress(TimeoutError):
            async with asyncio.timeout(START_SECONDS):
                number = await screen.first_line()
    except BaseException:
        await screen.end()
        raise
    if not number:
        await screen.end()
        raise DriverError("Xvfb gives no screen: install the package xvfb, or set DISPLAY to a screen that is there")
    return screen, f":{number}"


class Driver:
    """A WebKitWebDriver with the folder in which its browser keeps what it must, for one window."""

    def __init__(self, started: Started, folder: Path, port: int) -> None:
        self.started, self.folder, self.address = started, folder, f"http://127.0.0.1:{port}"

    async def end(self) -> None:
        """Ends it with its browser, and removes their folder."""
        await self.started.end()
        await asyncio.to_thread(shutil.rmtree, self.folder, ignore_errors=True)


async def start_driver(path: Path, environment: Mapping[str, str], mark: Sequence[str]) -> Driver:
    """A driver on a free port of loopback. Raises `DriverError`."""
    folder = Path(tempfile.mkdtemp(prefix="retold-webkit-"))
    downloads.prepare(folder)
    own = {f"XDG_{name}_HOME": str(folder / name.lower()) for name in ("DATA", "CONFIG", "CACHE", "STATE")}
    started: Started | None = None
    try:
        started = await start([str(path), "--port=0", *mark], {**environment, **own, "HOME": str(folder)})
        return Driver(started, folder, await _port(started))
    except BaseException:
        if started is not None:
            await started.end()
        shutil.rmtree(folder, ignore_errors=True)
        raise


async def _port(started: Started) -> int:
    with suppress(TimeoutError):
        async with asyncio.timeout(START_SECONDS):
            while started.running:
                if ports := await asyncio.to_thread(started.ports):
                    return ports.pop()
                await asyncio.sleep(LOOK_SECONDS)
    raise DriverError("WebKitWebDriver listens on no port")
