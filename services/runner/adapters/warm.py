"""Warm browsers of one kind: started before they are needed, shared by a few rows, replaced when worn, hung or gone."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Protocol
from uuid import uuid4

import psutil
import structlog

from services.runner.adapters import processes
from services.runner.adapters.driver_windows import RunningBrowser
from services.runner.adapters.faults import DriverFailure
from services.runner.adapters.starting import Kind, Starter
from shared.core.errors import Unavailable

CLOSE_SECONDS = 10.0
NEARLY = 0.9  # of its rows or its age: the next browser is started

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Limits:
    """When a browser is replaced, and how it is shared: long-lived ones grow, and a crash ends all rows in it."""

    rows_per_browser: int = 200
    contexts_per_browser: int = 8
    age_seconds: float = 1800.0
    memory_mb: float = 2000.0
    hung_seconds: float = 10.0  # a browser answers within milliseconds; on a machine that swaps it may take seconds
    start_seconds: float = 120.0  # Firefox takes two on a free machine, and a minute on one with much to do


class Hangable(Protocol):
    """A row's session: told when its browser does not answer any more."""

    hung: bool


@dataclass(eq=False)
class Warm:
    """A running browser: how many rows it has had, and those it has now.

    `worn`: it gets no further row, for this reason. `gone`: nor do its rows come to an end any more.
    """

    browser: RunningBrowser
    mark: str
    since: float
    rows: int = 0
    active: int = 0
    worn: str | None = None
    gone: bool = False
    sessions: set[Hangable] = field(default_factory=set)
    family: set[psutil.Process] = field(default_factory=set)

    async def look(self) -> set[psutil.Process]:
        """Its processes: those of now, and those known of before that still run without it."""
        found = await asyncio.to_thread(processes.family, self.mark, self.browser.pids())
        self.family = {process for process in self.family | found if process.is_running()}
        return self.family

    def wear_out(self, reason: str) -> None:
        """It gets no further row; the first reason counts."""
        self.worn = self.worn or reason

    async def kill(self, reason: str, *, hung: bool = False) -> None:
        """Ends all its processes at once; the steps in it fail."""
        log.warning("browser is ended", reason=reason, rows=len(self.sessions))
        self.wear_out(reason)
        self.gone = True
        for session in self.sessions:
            session.hung = session.hung or hung
        await asyncio.to_thread(processes.end, await self.look(), gently=False)


class Pool:
    """Gives rows a place in a warm browser. Call `close` at the end."""

    def __init__(self, kind: Kind, starter: Starter, limits: Limits) -> None:
        self.kind = kind
        self.running: set[Warm] = set()
        self._starter, self._limits = starter, limits
        self._starting = asyncio.Lock()
        self._next: asyncio.Task[Warm] | None = None
        self._retiring: set[asyncio.Task[None]] = set()
        self._started = 0

    @asynccontextmanager
    async def place(self) -> AsyncIterator[Warm]:
        """A place in a browser for one row. Raises `Unavailable`."""
        warm = await self._take()
        try:
            yield warm
        finally:
            warm.active -= 1
            self._replace_worn()

    async def _take(self) -> Warm:
        async with self._starting:
            warm = self._roomiest() or await self._one_more()
            warm.rows += 1
            warm.active += 1
        self._replace_worn()
        if self._next is None and self._all_nearly_worn():
            self._next = asyncio.create_task(self._start())
            self._next.add_done_callback(self._is_prepared)
        return warm

    def _is_prepared(self, started: asyncio.Task[Warm]) -> None:
        """It stands among the running ones now; where it did not start, whoever needs one tries again."""
        self._next = None
        if not started.cancelled():
            started.exception()

    def _roomiest(self) -> Warm | None:
        fit = [each for each in self.running if self._why_worn(each) is None]
        most = self._limits.contexts_per_browser
        roomy = [each for each in fit if each.active < min(most, each.browser.rows_at_once or most)]
        return min(roomy, key=lambda each: (each.active, -each.rows), default=None)

    def _why_worn(self, warm: Warm) -> str | None:
        limits = self._limits
        if not warm.browser.connected:
            warm.gone = True
            warm.wear_out("it has crashed")
        elif warm.rows >= limits.rows_per_browser:
            warm.wear_out(f"it has had {warm.rows} rows")
        elif _now() - warm.since >= limits.age_seconds:
            warm.wear_out(f"it has run for {limits.age_seconds:g} s")
        return warm.worn

    def _all_nearly_worn(self) -> bool:
        """Whether the next row, or one soon after, needs another browser."""
        rows, age = self._limits.rows_per_browser * NEARLY, self._limits.age_seconds * NEARLY
        return all(each.worn is not None or each.rows >= rows or _now() - each.since >= age for each in self.running)

    async def _one_more(self) -> Warm:
        if self._next is not None:
            with suppress(Unavailable):
                warm = await asyncio.shield(self._next)
                if self._why_worn(warm) is None:
                    return warm
        return await self._start()

    async def _start(self) -> Warm:
        mark = f"--retold-fleet={uuid4().hex}"  # unknown to browsers; finds their processes again
        self._started += 1
        browser: RunningBrowser | None = None
        try:
            async with asyncio.timeout(self._limits.start_seconds):
                browser = await self._starter.start(self.kind, mark, self._started)
        except TimeoutError:
            reason = f"no answer for {self._limits.start_seconds:g} s"
            raise Unavailable(f"The {self.kind.engine} browser does not start: {reason}.") from None
        finally:
            if browser is None:  # what has started of it ends
                await asyncio.to_thread(lambda: processes.end(processes.family(mark), gently=False))
        warm = Warm(browser, mark, _now())
        self.running.add(warm)
        self._background(warm.look())
        return warm

    def _replace_worn(self) -> None:
        for warm in list(self.running):
            if self._why_worn(warm) is not None and not warm.active:
                self.running.discard(warm)
                self._background(self._retire(warm))

    async def _retire(self, warm: Warm) -> None:
        """Closes a browser, and ends what is left of it."""
        log.debug("browser is replaced", reason=warm.worn, rows=warm.rows)
        family = await warm.look()
        with suppress(DriverFailure, TimeoutError, OSError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await warm.browser.close()
        await asyncio.to_thread(processes.end, family)

    def _background(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.create_task(work)
        self._retiring.add(task)
        task.add_done_callback(self._retiring.discard)

    async def watch(self, *, weigh: bool) -> None:
        """Asks each browser itself: a page may be busy, a browser never is. `weigh`: and how much memory it takes."""
        await asyncio.gather(*(self._watch(warm, weigh=weigh) for warm in list(self.running) if not warm.gone))
        self._replace_worn()

    async def _watch(self, warm: Warm, *, weigh: bool) -> None:
        seconds = self._limits.hung_seconds
        try:
            async with asyncio.timeout(seconds):
                await warm.browser.probe()
        except DriverFailure:
            return  # it has gone by itself, and its sessions notice by themselves
        except TimeoutError:
            await warm.kill(f"it did not answer for {seconds:g} s", hung=True)
            return
        if weigh and not self._starter.is_remote(self.kind):
            taken = await asyncio.to_thread(processes.memory_mb, await warm.look())
            if taken > self._limits.memory_mb:
                warm.wear_out(f"it takes {taken:.0f} MiB of memory")

    async def close(self) -> None:
        """Ends all its browsers."""
        if (started := self._next) is not None:
            started.cancel()
            await asyncio.wait({started})
        for warm in self.running:
            warm.wear_out("the fleet ends")
            self._background(self._retire(warm))
        self.running.clear()
        while self._retiring:
            await asyncio.wait(self._retiring)


def _now() -> float:
    return asyncio.get_running_loop().time()
