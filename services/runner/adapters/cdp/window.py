"""The browser context of one row: its pages, prepared before they run anything, and what happens in them."""

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from services.runner.adapters.cdp import storage
from services.runner.adapters.cdp.bell import Bell
from services.runner.adapters.cdp.connection import JSON, Channel, Connection
from services.runner.adapters.cdp.downloads import Downloads
from services.runner.adapters.cdp.preparing import Preparation
from services.runner.adapters.cdp.tab import CdpTab
from services.runner.adapters.driver_terms import DialogShown, Listener, WindowRemains
from services.runner.adapters.driver_windows import Window
from services.runner.adapters.faults import DriverError, DriverFailure
from services.runner.adapters.options import SessionOptions

CLOSE_SECONDS = 5.0
OPEN_SECONDS = 30.0


class CdpWindow(Window):
    """A context of the browser; `identity` is the browser's id of it."""

    def __init__(self, connection: Connection, options: SessionOptions, listener: Listener, agent: str) -> None:
        super().__init__()
        self.connection = connection
        self.options = options
        self.listener = listener
        self.identity = ""
        self.when_closed: Callable[[], object] | None = None
        self._own_folder = options.folder is None
        self.downloads = Downloads(options.folder or Path(tempfile.mkdtemp(prefix="retold-downloads-")))
        self._bell = Bell()
        self._creating = 0
        self._preparation = Preparation(options, agent)
        self._by_session: dict[str, CdpTab] = {}

    async def begin(self) -> None:
        """Makes the context in the browser, with nothing allowed that a page might ask for, and its cookies."""
        wanted: JSON = {"disposeOnDetach": True}
        if self.options.proxy:
            wanted |= {"proxyServer": self.options.proxy, "proxyBypassList": "<-loopback>"}
        browser = self.connection.browser
        self.identity = (await browser.send("Target.createBrowserContext", wanted))["browserContextId"]
        of = {"browserContextId": self.identity}
        downloads = {
            **of,
            "behavior": "allowAndName",
            "downloadPath": str(self.downloads.folder),
            "eventsEnabled": True,
        }
        answers = [
            browser.start("Browser.setDownloadBehavior", downloads),
            browser.start("Browser.grantPermissions", {**of, "permissions": []}),
        ]
        cookies = storage.cookies_to_set(self.options.storage or {})
        if cookies:
            answers.append(browser.start("Storage.setCookies", {**of, "cookies": cookies}))
        await asyncio.gather(*answers)

    # --- pages ---

    @property
    def opening(self) -> int:
        """How many pages are just being opened."""
        return self._creating

    async def open_tab(self) -> CdpTab:
        """One more empty page. Raises `DriverError` where the window's options are refused."""
        wanted = {"url": "about:blank", "browserContextId": self.identity}
        self._creating += 1
        try:
            target = (await self.connection.browser.send("Target.createTarget", wanted))["targetId"]
            await self._bell.until(lambda: self._tab_of(target) is not None, OPEN_SECONDS)
            tab = self._tab_of(target)
            if tab is None:
                raise DriverError("the browser opened no page")
            await asyncio.gather(*tab.prepared)
        finally:
            self._creating -= 1
            self._bell.ring()
        return tab

    def _tab_of(self, target: str) -> CdpTab | None:
        return next((tab for tab in self._by_session.values() if tab.identity == target), None)

    async def settled(self) -> None:
        """Waits until no page is just being opened."""
        await self._bell.until(lambda: not self._creating or self.connection.lost, OPEN_SECONDS)

    def attached(self, event: JSON) -> None:
        """A page is there; it waits for what it is to be, and runs nothing before."""
        info, session = event["targetInfo"], event["sessionId"]
        channel = self.connection.channel(session)
        popup = bool(info.get("openerId")) or not self._creating
        tab = CdpTab(self, channel, info["targetId"], popup=popup)
        self._by_session[session] = tab
        channel.on("Target.attachedToTarget", partial(self._on_inner, tab))
        channel.on("Target.detachedFromTarget", partial(self._on_inner_gone, tab, channel))
        self._hear(channel)
        channel.on("Page.javascriptDialogOpening", partial(self._on_dialog, channel))
        if self.options.attendant is not None:
            self.options.attendant.page(tab, channel)
        tab.prepared = self._preparation.page(channel)
        self.tabs.append(tab)
        self.listener.opened(tab)
        self._bell.ring()

    def detached(self, session: str) -> None:
        """A page is no more."""
        tab = self._by_session.pop(session, None)
        self.connection.forget(session)
        if tab is not None:
            tab.gone()
            if self.options.attendant is not None:
                self.options.attendant.gone(tab)

    def elsewhere(self, channel: Channel) -> None:
        """A worker that belongs to no page of its own."""
        self._preparation.worker(channel)

    def lost(self) -> None:
        """The browser is no more."""
        self.downloads.close()
        for session in list(self._by_session):
            self.detached(session)
        self._bell.ring()

    def _hear(self, channel: Channel) -> None:
        channel.on("Runtime.consoleAPICalled", self._on_console)
        channel.on("Runtime.exceptionThrown", self._on_error)
        channel.on("Log.entryAdded", self._on_entry)

    def _on_inner(self, tab: CdpTab, event: JSON) -> None:
        """A frame in a process of its own, or a worker."""
        info, channel = event["targetInfo"], self.connection.channel(event["sessionId"])
        if info["type"] == "iframe" and tab.tree.adopt(info["targetId"], channel):
            tab.listen(channel)
            self._hear(channel)
            if self.options.attendant is not None:
                self.options.attendant.frame(tab, channel)
            self._preparation.frame(channel)
        else:
            tab.requests.listen(channel)
            self._preparation.worker(channel)
        channel.on("Target.attachedToTarget", partial(self._on_inner, tab))
        channel.on("Target.detachedFromTarget", partial(self._on_inner_gone, tab, channel))

    def _on_inner_gone(self, tab: CdpTab, outer: Channel, event: JSON) -> None:
        channel = self.connection.channel(event["sessionId"])
        left = tab.tree.abandoned(channel)
        self.connection.forget(event["sessionId"])

        def remove(_: object) -> None:
            # By now the channel around it would have said that the frame goes on there.
            for frame in left:
                if frame.channel is channel:
                    tab.tree.remove(frame)
                    tab.called_off(frame.identity)

        if left and not outer.closed:
            outer.start("Page.getLayoutMetrics").add_done_callback(remove)
        else:
            remove(None)

    # --- what pages do on their own ---

    def _on_dialog(self, channel: Channel, event: JSON) -> None:
        if self.options.attendant is not None:
            self.options.attendant.dialog(channel, event)
            return
        shown = DialogShown(event["type"], event["message"], event.get("defaultPrompt") or "")
        answer = self.listener.dialog(shown)
        given: JSON = {"accept": answer.accept}
        if shown.kind == "prompt":
            given["promptText"] = shown.default if answer.text is None else answer.text
        channel.post("Page.handleJavaScriptDialog", given)
        if shown.kind == "beforeunload" and not answer.accept:
            for tab in self.tabs:
                if isinstance(tab, CdpTab) and tab.channel is channel:
                    tab.stays()

    def _on_console(self, event: JSON) -> None:
        said = " ".join(_printed(each) for each in event["args"])
        self.listener.console(event["type"], said)

    def _on_entry(self, event: JSON) -> None:
        entry = event["entry"]
        if entry["level"] != "verbose":  # advice to developers
            self.listener.console(entry["level"], entry["text"])

    def _on_error(self, event: JSON) -> None:
        details = event["exceptionDetails"]
        thrown = details.get("exception") or {}
        said = thrown.get("description") or thrown.get("value") or details.get("text") or "it failed"
        self.listener.page_error(str(said))

    def download(self, event: JSON) -> None:
        """A download has begun in one of its frames."""
        for tab in self._of_frame(event["frameId"]):
            tab.downloads_begun += 1
            tab.called_off(event["frameId"])
        self.listener.download(self.downloads.begin(event))

    def has_frame(self, identity: str) -> bool:
        """Whether the frame is, or was, in one of its pages."""
        return bool(self._of_frame(identity))

    def _of_frame(self, identity: str) -> list[CdpTab]:
        return [tab for tab in self.tabs if isinstance(tab, CdpTab) and tab.tree.has_seen(identity)]

    # --- its end ---

    async def storage(self) -> Mapping[str, Any]:
        """Cookies, and the local storage of the origins that are open in it."""
        of = {"browserContextId": self.identity}
        cookies = (await self.connection.browser.send("Storage.getCookies", of))["cookies"]
        read = []
        for tab in self.tabs:
            for frame in () if tab.closed else tab.frames:
                with contextlib.suppress(DriverFailure):
                    read.append(await tab.ask(frame, storage.READ))
        return storage.state(cookies, read)

    async def close(self) -> WindowRemains:
        """Ends the context; what it downloaded goes with it."""
        self.downloads.close()
        with contextlib.suppress(DriverFailure, TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self.connection.browser.send("Target.disposeBrowserContext", {"browserContextId": self.identity})
        for session in list(self._by_session):
            self.detached(session)
        if self.when_closed is not None:
            self.when_closed()
        if self._own_folder:
            await asyncio.to_thread(shutil.rmtree, self.downloads.folder, ignore_errors=True)
        return WindowRemains()


def _printed(argument: JSON) -> str:
    value = argument.get("value", argument.get("unserializableValue", argument.get("description")))
    return value if isinstance(value, str) else str(value if value is not None else argument.get("type", ""))
