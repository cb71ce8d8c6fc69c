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
from playwright.async_api import Browser, BrowserContext, Playwright, async_playwright
from playwright.async_api import Error as PlaywrightError

from services.runner.adapters.options import SessionOptions
from services.runner.adapters.session import Session
from shared.chromium import NONE_FOUND, find_chromium
from shared.chromium import Browser as Installed
from shared.core.errors import Unavailable

ROWS_PER_BROWSER = 200  # long-lived browsers grow
CLOSE_SECONDS = 5.0


@dataclass(eq=False)
class _Warm:
    """A running browser, how many rows it has had and how many it has now."""

    browser: Browser
    mark: str
    rows: int = 0
    active: int = 0
    crashed: bool = field(default=False)


class Fleet:
    """Gives fresh browser sessions; use it as an async context manager.

    `executable`: the browser's file, else the best that is installed. A session may be asked for at any time: a browser
    that crashed, or that has had its rows, is replaced. Raises `Unavailable` when no browser starts.
    """

    def __init__(
        self, executable: str | None = None, *, headless: bool = True, rows_per_browser: int = ROWS_PER_BROWSER
    ) -> None:
        self._executable = executable
        self._headless = headless
        self._rows_per_browser = rows_per_browser
        self._playwright: Playwright | None = None
        self._warm: _Warm | None = None
        self._starting = asyncio.Lock()
        self._running: set[_Warm] = set()

    @property
    def browsers_running(self) -> int:
        """How many browsers this fleet has open now."""
        return len(self._running)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
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
            try:
                yield session
            finally:
                await session.close()
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
            browser = await self._launch(installed, mark)
        except PlaywrightError:
            await self._restart_driver()  # the driver may have died as well
            try:
                browser = await self._launch(installed, mark)
            except PlaywrightError as error:
                reason = str(error).strip().splitlines()[0]
                raise Unavailable(f"The browser {installed.path} does not start: {reason}") from error
        warm = _Warm(browser, mark)

        def gone(_: Browser) -> None:
            warm.crashed = True

        browser.on("disconnected", gone)
        self._running.add(warm)
        return warm

    async def _launch(self, installed: Installed, mark: str) -> Browser:
        if self._playwright is None:
            self._playwright = await async_playwright().start()
        return await self._playwright.chromium.launch(
            executable_path=installed.path,
            args=[*installed.arguments(), mark],
            headless=self._headless,
            handle_sigint=False,  # the service decides when its browsers end
            handle_sigterm=False,
            handle_sighup=False,
        )

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
