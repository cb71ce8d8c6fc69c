"""A WebKit that is driven over W3C WebDriver: a screen, and for each window a browser of its own."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn, Protocol

from services.runner.adapters.driver_terms import BrowserName, Listener
from services.runner.adapters.driver_windows import RunningBrowser
from services.runner.adapters.faults import DriverError, TargetGone
from services.runner.adapters.options import SessionOptions
from services.runner.adapters.webdriver.launching import Driver, Started, start_driver, start_screen
from services.runner.adapters.webdriver.window import WebKitWindow
from services.runner.adapters.webdriver.wire import Wire
from shared.browsers import find_webkit_pages

SCRIPT_MS = 24 * 3_600_000  # how long a step may take is decided above
NEVER = {"script": SCRIPT_MS, "pageLoad": SCRIPT_MS, "implicit": 0}


class Installed(Protocol):
    """An installed browser, as `shared/browsers.py` finds it; `path` is that of its driver."""

    path: Path
    version: str


class WebKitBrowser(RunningBrowser):
    """A screen; WebKit's driver has one session, so every window is a driver and a browser of its own."""

    def __init__(self, installed: Installed, screen: Started | None, display: str, mark: Sequence[str]) -> None:
        self.name = BrowserName("webkit", installed.version, str(installed.path))
        self.pids = self._all_pids
        self._installed, self._screen, self._mark = installed, screen, mark
        self._environment = {**os.environ, "DISPLAY": display, "LIBGL_ALWAYS_SOFTWARE": "1", "NO_AT_BRIDGE": "1"}
        self._drivers: set[Driver] = set()
        self._closed = False

    def _all_pids(self) -> set[int]:
        own = self._screen.pids() if self._screen else set()
        return own.union(*(driver.started.pids() for driver in self._drivers))

    @property
    def connected(self) -> bool:
        """Whether its screen is there."""
        return not self._closed and (self._screen is None or self._screen.running)

    async def window(self, options: SessionOptions, listener: Listener) -> WebKitWindow:
        """A fresh browser with one empty page, which `open_tab` gives first. Raises `DriverError`."""
        _refuse_what_cannot_be(options)
        for name in _left_out(options):
            listener.note("warn", f"WebKit does not emulate {name}; the row goes on without.")
        driver = await start_driver(self._installed.path, {**self._environment, **_environment(options)}, self._mark)
        self._drivers.add(driver)
        wire = Wire(driver.address)
        window = WebKitWindow(wire, driver, options, listener)
        window.when_closed = lambda: self._forget(driver)
        try:
            told = await wire.send("POST", "/session", {"capabilities": {"alwaysMatch": self._wanted(options)}})
            wire.session = f"/session/{told['sessionId']}"
            self.ports |= await asyncio.to_thread(driver.started.ports)
            await window.begin()
        except BaseException:
            await window.close()
            raise
        return window

    def _forget(self, driver: Driver) -> None:
        self._drivers.discard(driver)

    def _wanted(self, options: SessionOptions) -> dict[str, Any]:
        arguments = ["--automation", "--javascript-can-open-windows-automatically=true"]
        if options.proxy:
            # The capability `proxy` is accepted and not followed: WebKitGTK 2.50 goes straight on.
            arguments.append(f"--proxy={options.proxy}")
        if options.user_agent:
            arguments.append(f"--user-agent={options.user_agent}")
        return {
            "pageLoadStrategy": "none",
            "unhandledPromptBehavior": "ignore",  # we answer, as the step says
            "timeouts": NEVER,
            "webkitgtk:browserOptions": {"binary": str(find_webkit_pages() or "MiniBrowser"), "args": arguments},
        }

    async def probe(self) -> None:
        """Asks every driver whether it is there; a page may be busy all the same."""
        if not self.connected:
            raise TargetGone("the screen of the browser is gone")
        for driver in list(self._drivers):
            wire = Wire(driver.address)
            try:
                await wire.send("GET", "/status")
            finally:
                await wire.close()

    async def close(self) -> None:
        """Ends all drivers, their browsers and the screen."""
        self._closed = True
        await asyncio.gather(*(driver.end() for driver in self._drivers))
        self._drivers.clear()
        if self._screen is not None:
            await self._screen.end()


async def launch(installed: Installed, *, headless: bool = True, args: Sequence[str] = ()) -> WebKitBrowser:
    """Prepares a WebKit; its processes start with its windows. Raises `DriverError` when there is no screen for it.

    `args` stand in the command lines of its processes and mean nothing to it. Not `headless`: on the screen `DISPLAY`.
    """
    shown = None if headless else os.environ.get("DISPLAY")
    screen, display = (None, shown) if shown else await start_screen()
    return WebKitBrowser(installed, screen, display, args)


def _refuse_what_cannot_be(options: SessionOptions) -> None:
    """A row runs as it was asked for, or not at all, where it is about what it may reach and who it is."""
    if options.judge is not None:
        raise DriverError(
            "WebKit cannot be told which full addresses it may load; run the row in Chromium or Firefox, or use a URL "
            "policy whose rules name hosts and ports alone"
        )
    if options.storage:
        raise DriverError("WebKit cannot be given a login that was kept; run the row in Chromium or Firefox")


def _left_out(options: SessionOptions) -> list[str]:
    asked = {
        "a mobile page": options.is_mobile,
        "a touch screen": options.has_touch,
        "a fraction of a pixel ratio": options.device_scale_factor % 1 != 0,
        "a trace or a video": options.recorded,
        "a log of requests": options.network_log,
    }
    return [name for name, wanted in asked.items() if wanted]


def _environment(options: SessionOptions) -> dict[str, str]:
    """What its browser reads from its environment."""
    given = {"GDK_SCALE": str(max(1, round(options.device_scale_factor)))}
    if options.timezone:
        given["TZ"] = options.timezone
    if options.locale:
        given["LC_ALL"] = f"{options.locale.replace('-', '_')}.UTF-8"
    return given


async def connect(address: str, **_: Any) -> NoReturn:
    """A WebKit elsewhere is not driven over WebDriver. Raises `DriverError`."""
    raise DriverError(f"WebKit is driven on the runner's own machine only, not at {address}")
