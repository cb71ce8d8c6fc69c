"""A Chromium that is driven over a connection of our own: its windows, and which of them an event is about."""

import asyncio
import contextlib
from collections.abc import Sequence
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from services.runner.adapters.cdp.connection import JSON, Connection
from services.runner.adapters.cdp.launching import Process, start
from services.runner.adapters.cdp.transports import CONNECT_SECONDS, WebSocketTransport
from services.runner.adapters.cdp.window import CdpWindow
from services.runner.adapters.driver_terms import BrowserName, Listener
from services.runner.adapters.driver_windows import RunningBrowser
from services.runner.adapters.faults import DriverError, DriverFailure, TargetGone
from services.runner.adapters.options import SessionOptions
from shared.chromium import Browser as Installed

START_SECONDS = 60.0
LOOPBACK = ("127.0.0.1", "localhost", "::1")


class CdpBrowser(RunningBrowser):
    """A running Chromium; `process` none: it runs elsewhere, and closing it only leaves it."""

    def __init__(self, connection: Connection, process: Process | None) -> None:
        self._connection = connection
        self._process = process
        self._windows: dict[str, CdpWindow] = {}
        self._agent = ""
        if process is not None:
            self.pids = process.pids
        browser = connection.browser
        browser.on("Target.attachedToTarget", self._on_attached)
        browser.on("Target.detachedFromTarget", self._on_detached)
        browser.on("Browser.downloadWillBegin", self._on_download)
        browser.on("Browser.downloadProgress", self._on_progress)
        browser.on("lost", self._on_lost)

    async def begin(self, executable: str) -> None:
        """Asks who it is, and to be told of every page before it runs anything."""
        attach = {"autoAttach": True, "waitForDebuggerOnStart": True, "flatten": True}
        attaching = self._connection.browser.start("Target.setAutoAttach", attach)
        version = await self._connection.browser.send("Browser.getVersion")
        await attaching
        self._agent = version["userAgent"]
        self.name = BrowserName("chromium", version["product"].partition("/")[2], executable)

    @property
    def connected(self) -> bool:
        """Whether it runs and is heard."""
        return not self._connection.lost

    async def window(self, options: SessionOptions, listener: Listener) -> CdpWindow:
        """A fresh context with no page yet. Raises `DriverError`."""
        window = CdpWindow(self._connection, options, listener, self._agent)
        try:
            await window.begin()
        except BaseException:
            await window.close()
            raise
        self._windows[window.identity] = window
        window.when_closed = partial(self._windows.pop, window.identity, None)
        return window

    async def probe(self) -> None:
        """Returns when the browser itself has answered."""
        await self._connection.browser.send("Browser.getVersion")

    async def close(self) -> None:
        """Ends it with all its processes and its folder; one that runs elsewhere keeps running."""
        self._connection.close()
        if self._process is not None:
            await asyncio.to_thread(self._process.end)
        if not self._connection.lost:
            self._connection.on_lost()

    # --- which window is it about? ---

    def _on_attached(self, event: JSON) -> None:
        info = event["targetInfo"]
        window = self._windows.get(info.get("browserContextId", ""))
        if window is not None and info["type"] == "page":
            window.attached(event)
            return
        channel = self._connection.channel(event["sessionId"])
        if window is not None:
            window.elsewhere(channel)
            return
        # Nobody's page: of the browser itself, or of somebody else who drives it.
        channel.post("Runtime.runIfWaitingForDebugger")
        self._connection.browser.post("Target.detachFromTarget", {"sessionId": event["sessionId"]})

    def _on_detached(self, event: JSON) -> None:
        for window in self._windows.values():
            window.detached(event["sessionId"])
        self._connection.forget(event["sessionId"])

    def _on_download(self, event: JSON) -> None:
        for window in self._windows.values():
            if window.has_frame(event["frameId"]):
                window.download(event)
                return

    def _on_progress(self, event: JSON) -> None:
        any(window.downloads.progress(event) for window in self._windows.values())

    def _on_lost(self, _: JSON) -> None:
        for window in self._windows.values():
            window.lost()


async def launch(installed: Installed, *, headless: bool, args: Sequence[str]) -> CdpBrowser:
    """Starts a Chromium with `args` besides our own. Raises `DriverError` with its last words."""
    connection, process = await start(installed, headless=headless, args=args)
    browser = CdpBrowser(connection, process)
    try:
        async with asyncio.timeout(START_SECONDS):
            await browser.begin(str(installed.path))
    except (DriverFailure, TimeoutError) as error:
        why = process.complaint() if isinstance(error, TargetGone) else f"no answer within {START_SECONDS:g} s"
        await browser.close()
        raise DriverError(why) from error
    except BaseException:
        await browser.close()
        raise
    return browser


async def connect(address: str) -> CdpBrowser:
    """Reaches a Chromium that runs elsewhere, at `ws://…` or at the `http://host:port` of its debugging port."""
    connection = Connection()
    transport = WebSocketTransport(connection.received, connection.on_lost)
    await transport.open(await _socket_address(address))
    connection.over(transport)
    browser = CdpBrowser(connection, None)
    await browser.begin(address)
    parts = urlsplit(address)
    if parts.hostname in LOOPBACK and parts.port:
        browser.ports = frozenset({parts.port})
    return browser


async def _socket_address(address: str) -> str:
    if address.startswith(("ws://", "wss://")):
        return address
    import httpx2

    with contextlib.suppress(httpx2.HTTPError, ValueError, KeyError, TypeError):
        async with httpx2.AsyncClient(timeout=CONNECT_SECONDS, trust_env=False) as client:
            told: dict[str, Any] = (await client.get(f"{address.rstrip('/')}/json/version")).json()
            return str(told["webSocketDebuggerUrl"])
    raise DriverError(
        f"no Chromium answers at {address}: start it with --remote-debugging-port, or correct the address"
    )
