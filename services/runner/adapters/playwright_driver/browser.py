"""Browsers that Playwright starts, or reaches over an address."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, Protocol, cast

import psutil
from playwright.async_api import Browser, Playwright, async_playwright
from playwright.async_api import Error as PlaywrightError

from services.runner.adapters.driver_terms import BrowserName, Listener
from services.runner.adapters.driver_windows import RunningBrowser
from services.runner.adapters.faults import DriverError
from services.runner.adapters.options import SessionOptions
from services.runner.adapters.playwright_driver.errors import first_line, translated
from services.runner.adapters.playwright_driver.firefox import CHANNEL, PREFERENCES
from services.runner.adapters.playwright_driver.videos import can_record, with_ffmpeg
from services.runner.adapters.playwright_driver.window import PlaywrightWindow

CLOSE_SECONDS = 5.0


class Installed(Protocol):
    """An installed browser, as `shared/browsers.py` finds it."""

    path: Path

    def arguments(self) -> list[str]:
        """What this browser needs on this machine."""
        ...


class PlaywrightBrowser(RunningBrowser):
    """A browser and the Playwright that drives it."""

    def __init__(self, playwright: Playwright, browser: Browser, name: BrowserName) -> None:
        self._playwright, self._browser, self.name = playwright, browser, name
        self.rows_at_once = 1 if name.engine == "firefox" else None  # only its active window has the focus
        self._devtools: Any = None

    @property
    def connected(self) -> bool:
        """Whether it runs."""
        return self._browser.is_connected()

    async def window(self, options: SessionOptions, listener: Listener) -> PlaywrightWindow:
        """A fresh context with no page yet."""
        if options.video and not can_record():
            listener.note("warn", "There is no video: install ffmpeg (or `playwright install ffmpeg`) on the runner.")
            options = replace(options, video=False)
        with translated():
            context = await self._browser.new_context(**_wanted(options, self.name.engine))
        if options.judge is not None:
            await context.route("**/*", lambda route: _judge(route, options.judge))
        window = PlaywrightWindow(context, options, listener)
        await window.start_recording()
        return window

    async def probe(self) -> None:
        """Asks the browser itself."""
        with translated():
            if self.name.engine != "chromium":
                context = await self._browser.new_context()
                await context.close()
                return
            if self._devtools is None:
                self._devtools = await self._browser.new_browser_cdp_session()
            await self._devtools.send("Browser.getVersion")

    async def close(self) -> None:
        """Ends the browser, and the Playwright with it."""
        with suppress(PlaywrightError, TimeoutError):
            await asyncio.wait_for(self._browser.close(), CLOSE_SECONDS)
        with suppress(Exception):
            await asyncio.wait_for(self._playwright.stop(), CLOSE_SECONDS)


async def launch(installed: Installed, *, headless: bool = True, args: Sequence[str] = ()) -> PlaywrightBrowser:
    """Starts a browser. Raises `DriverError` when it does not start."""
    engine = cast("Literal['chromium', 'firefox', 'webkit']", getattr(installed, "engine", "chromium"))
    playwright = await _started()
    try:
        with translated():
            browser = await getattr(playwright, engine).launch(
                executable_path=installed.path,
                **({"channel": CHANNEL, "firefox_user_prefs": dict(PREFERENCES)} if engine == "firefox" else {}),
                args=[*installed.arguments(), *args],
                headless=headless,
                handle_sigint=False,  # the service decides when its browsers end
                handle_sigterm=False,
                handle_sighup=False,
            )
    except BaseException:
        await playwright.stop()
        raise
    started = PlaywrightBrowser(playwright, browser, BrowserName(engine, browser.version, str(installed.path)))
    if engine == "firefox":  # Chromium is driven over a pipe
        started.ports = await asyncio.to_thread(_ports_listened_on, "firefox")
    return started


def _ports_listened_on(name: str) -> frozenset[int]:
    """Of the processes below this one that are called so."""
    found: set[int] = set()
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if name in process.name():
                found |= {one.laddr.port for one in process.net_connections("tcp") if one.status == psutil.CONN_LISTEN}
    return frozenset(found)


async def connect(address: str, engine: Literal["chromium", "firefox", "webkit"] = "chromium") -> PlaywrightBrowser:
    """Reaches a Playwright server (`ws://…`). Raises `DriverError`."""
    playwright = await _started()
    try:
        with translated():
            browser = await getattr(playwright, engine).connect(address)
    except BaseException:
        await playwright.stop()
        raise
    return PlaywrightBrowser(playwright, browser, BrowserName(engine, browser.version, address))


async def _started() -> Playwright:
    try:
        with with_ffmpeg():
            return await async_playwright().start()
    except Exception as error:
        raise DriverError(f"Playwright does not start: {first_line(error)}") from error


async def _judge(route: Any, judge: Any) -> None:
    with suppress(PlaywrightError):
        await (route.abort("blockedbyclient") if judge(route.request.url) else route.continue_())


def _wanted(options: SessionOptions, engine: str) -> dict[str, Any]:
    wanted: dict[str, Any] = {
        "viewport": {"width": options.width, "height": options.height},
        "device_scale_factor": options.device_scale_factor,
        "has_touch": options.has_touch,
        "locale": options.locale,
        "timezone_id": options.timezone,
        "user_agent": options.user_agent,
        "accept_downloads": True,
        "service_workers": "block",
    }
    if engine == "chromium":
        wanted |= {"is_mobile": options.is_mobile, "permissions": []}
    if options.proxy:
        wanted["proxy"] = {"server": options.proxy}
    if options.storage:
        wanted["storage_state"] = dict(options.storage)
    if options.video and options.folder:
        wanted["record_video_dir"] = options.folder / "videos"
        wanted["record_video_size"] = {"width": options.width, "height": options.height}
    return wanted
