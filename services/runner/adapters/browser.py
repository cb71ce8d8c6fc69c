"""The fleet: one warm Chromium that gives every row a fresh context, and that is replaced when it is worn or gone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self
from uuid import uuid4

import psutil
import structlog
from playwright.async_api import Browser, BrowserContext, CDPSession, Playwright, async_playwright
from playwright.async_api import Error as PlaywrightError

from services.runner.adapters.options import SessionOptions
from services.runner.adapters.session import Session
from shared.chromium import NONE_FOUND, find_chromium
from shared.chromium import Browser as Installed
from shared.core.errors import Unavailable

ROWS_PER_BROWSER = 200  # long-lived browsers grow
CLOSE_SECONDS = 5.0
START_SECONDS = 60.0
PROBE_SECONDS = 3.0
HUNG_SECONDS = 10.0  # a browser answers within milliseconds; on a machine that swaps it may take seconds

log = structlog.get_logger()


@dataclass(eq=False)
class _Warm:
    """A running browser, how many rows it has had and how many it has now, and their sessions."""

    browser: Browser
    devtools: CDPSession
    mark: str
    rows: int = 0
    active: int = 0
    crashed: bool = False
    sessions: set[Session] = field(default_factory=set)


class Fleet:
    """Gives fresh browser sessions; use it as an async context manager.

    `executable`: the browser's file, else the best that is installed. A session may be asked for at any time: a browser
    that crashed, or that has had its rows, is replaced. One that does not answer for `hung_seconds` is ended, and the
    steps in it fail as `browser_hung`. Raises `Unavailable` when no browser starts.
    """

    def __init__(
        self,
        executable: str | None = None,
        *,
        headless: bool = True,
        rows_per_browser: int = ROWS_PER_BROWSER,
        hung_seconds: float = HUNG_SECONDS,
    ) -> None:
        self._executable = executable
        self._headless = headless
        self._rows_per_browser = rows_per_browser
        self._hung_seconds = hung_seconds
        self._watching: asyncio.Task[None] | None = None
        self._playwright: Playwright | None = None
        self._warm: _Warm | None = None
        self._starting = asyncio.Lock()
        self._running: set[_Warm] = set()

    @property
    def browsers_running(self) -> int:
        """How many browsers this fleet has open now."""
        return len(self._running)

    async def __aenter__(self) -> Self:
        self._watching = asyncio.create_task(self._watch())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._watching is not None:
            self._watching.cancel()
            with suppress(asyncio.CancelledError):
                await self._watching
        for warm in list(self._running):
            await self._retire(warm)
        self._warm = None
        if self._playwright is not None:
            with suppress(Exception):
                await self._playwright.stop()
            self._playwright = None

    @asynccontextmanager
    async def session(self, options: SessionOptions | None = None) -> AsyncIterator[Session]:
        """A fresh context with one empty page: no cookies, no storage, nothing of another row."""
        warm = await self._take()
        try:
            try:
                session = await Session.open(await _new_context(warm.browser, options or SessionOptions()))
            except PlaywrightError as error:
                raise Unavailable("The browser crashed before the row could begin; try again.") from error
            warm.sessions.add(session)
            try:
                yield session
            finally:
                await session.close()
                warm.sessions.discard(session)
        finally:
            warm.active -= 1
            worn = warm.crashed or warm.rows >= self._rows_per_browser
            if worn and not warm.active:
                await self._retire(warm)

    async def _take(self) -> _Warm:
        async with self._starting:
            warm = self._warm
            if warm is None or warm.crashed or warm.rows >= self._rows_per_browser:
                previous, warm = warm, await self._start()
                self._warm = warm
                if previous is not None and not previous.active:
                    await self._retire(previous)
            warm.rows += 1
            warm.active += 1
            return warm

    async def _start(self) -> _Warm:
        installed = (
            Installed(Path(self._executable), "shell" in self._executable) if self._executable else find_chromium()
        )
        if installed is None:
            raise Unavailable(NONE_FOUND)
        mark = f"--retold-fleet={uuid4().hex}"  # unknown to Chromium; finds its processes again
        try:
            warm = await self._launch(installed, mark)
        except (PlaywrightError, TimeoutError):
            await self._restart_driver()  # the driver may have died as well
            try:
                warm = await self._launch(installed, mark)
            except (PlaywrightError, TimeoutError) as error:
                reason = (str(error).strip() or f"no answer for {START_SECONDS:g} s").splitlines()[0]
                raise Unavailable(f"The browser {installed.path} does not start: {reason}") from error

        def gone(_: Browser) -> None:
            warm.crashed = True

        warm.browser.on("disconnected", gone)
        self._running.add(warm)
        return warm

    async def _launch(self, installed: Installed, mark: str) -> _Warm:
        async with asyncio.timeout(START_SECONDS):
            if self._playwright is None:
                self._playwright = await async_playwright().start()
            browser = await self._playwright.chromium.launch(
                executable_path=installed.path,
                args=[*installed.arguments(), mark],
                headless=self._headless,
                handle_sigint=False,  # the service decides when its browsers end
                handle_sigterm=False,
                handle_sighup=False,
            )
            return _Warm(browser, await browser.new_browser_cdp_session(), mark)

    async def _watch(self) -> None:
        """Ask the browsers themselves again and again: a page may be busy, a browser never is."""
        while True:
            await asyncio.sleep(PROBE_SECONDS)
            await asyncio.gather(*(self._end_if_hung(warm) for warm in self._running if not warm.crashed))

    async def _end_if_hung(self, warm: _Warm) -> None:
        try:
            async with asyncio.timeout(self._hung_seconds):
                await warm.devtools.send("Browser.getVersion")
        except PlaywrightError:
            return  # it has gone by itself, and its sessions notice by themselves
        except TimeoutError:
            log.warning("browser does not answer and is ended", seconds=self._hung_seconds, rows=len(warm.sessions))
            warm.crashed = True
            for session in warm.sessions:
                session.hung = True
            for process in await asyncio.to_thread(_family, warm.mark):
                with suppress(psutil.Error):
                    process.kill()

    async def _restart_driver(self) -> None:
        if self._playwright is not None:
            with suppress(Exception):
                await asyncio.wait_for(self._playwright.stop(), CLOSE_SECONDS)
        self._playwright = None

    async def _retire(self, warm: _Warm) -> None:
        self._running.discard(warm)
        family = _family(warm.mark)
        with suppress(PlaywrightError, TimeoutError):
            await asyncio.wait_for(warm.browser.close(), CLOSE_SECONDS)
        await asyncio.to_thread(_end, family)


async def _new_context(browser: Browser, options: SessionOptions) -> BrowserContext:
    return await browser.new_context(
        viewport={"width": options.width, "height": options.height},
        device_scale_factor=options.device_scale_factor,
        is_mobile=options.is_mobile,
        has_touch=options.has_touch,
        locale=options.locale,
        timezone_id=options.timezone,
        user_agent=options.user_agent,
        accept_downloads=True,
        permissions=[],
        service_workers="block",
    )


def _family(mark: str) -> list[psutil.Process]:
    """The browser's processes, all of them."""
    family: list[psutil.Process] = []
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if mark in process.cmdline():
                family += [process, *process.children(recursive=True)]
    return family


def _end(family: list[psutil.Process]) -> None:
    _, left = psutil.wait_procs(family, timeout=1)
    for process in left:
        with suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(left, timeout=2)
