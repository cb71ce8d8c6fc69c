"""A page as its events tell of it: documents, requests, what it wants, whether it is still there."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from services.runner.adapters.cdp.bell import Bell
from services.runner.adapters.cdp.connection import JSON, Channel
from services.runner.adapters.cdp.frames import CdpFrame, FrameTree
from services.runner.adapters.cdp.requests import Requests
from services.runner.adapters.driver import Tab
from services.runner.adapters.driver_terms import RequestSeen
from services.runner.adapters.faults import TargetGone

POPUP_SECONDS = 0.5  # in which a popup has begun to load, if it does at all


class WatchedTab(Tab):
    """A page, followed. A popup's first document is nobody's: it is replaced as soon as the page runs.

    `settled`: the document that is there is one that stays.
    """

    def __init__(
        self, channel: Channel, identity: str, told: Callable[[RequestSeen], None] | None, *, popup: bool
    ) -> None:
        super().__init__()
        self.channel = channel
        self.identity = identity
        self.bell = Bell()
        self.requests = Requests(self.bell, told)
        self.tree = FrameTree(identity, channel, self.bell)
        self.downloads_begun = 0
        self.chooser: JSON | None = None  # the last time that the page asked for files
        self.settled = not popup
        self._began = False
        self._closed = False
        self._wanted: set[str] = set()
        self._statuses: dict[str, int] = {}
        self._asked: dict[str, float] = {}
        self.listen(channel)
        if popup:
            asyncio.get_running_loop().call_later(POPUP_SECONDS, self._stay)

    def listen(self, channel: Channel) -> None:
        """Follows a channel: the page's own, or that of a frame in a process of its own."""
        self.tree.listen(channel)
        self.requests.listen(channel)
        for method, handler in (
            ("Page.frameRequestedNavigation", self._on_requested),
            ("Page.frameStartedLoading", self._on_started),
            ("Page.frameStartedNavigating", self._on_started),
            ("Page.frameNavigated", self._on_navigated),
            ("Page.navigatedWithinDocument", self._on_route),
            ("Page.frameStoppedLoading", self._on_over),
            ("Page.frameDetached", self._on_detached),
            ("Page.lifecycleEvent", self._on_lifecycle),
            ("Page.windowOpen", self._on_window_open),
            ("Page.fileChooserOpened", self._on_chooser),
            ("Network.requestWillBeSent", self._on_document_asked),
            ("Network.responseReceived", self._on_response),
        ):
            channel.on(method, handler)
        channel.on("Inspector.targetCrashed", partial(self._on_crash, channel))

    def _on_crash(self, channel: Channel, _: JSON) -> None:
        channel.connection.fail(channel, TargetGone("the page has crashed"))
        if channel is self.channel:
            self.crashed = True
        self.bell.ring()

    def _on_requested(self, event: JSON) -> None:
        if event.get("disposition", "currentTab") == "currentTab":
            self._wanted.add(event["frameId"])

    def _on_started(self, event: JSON) -> None:
        self._began = self._began or event["frameId"] == self.identity

    def _stay(self) -> None:
        """A popup that loads nothing (its address was refused, say) keeps its first document, which is empty."""
        if not self._began:
            self.tree.main.reached |= {"DOMContentLoaded", "load", "networkIdle"}
            self.called_off(self.identity)

    def _on_navigated(self, event: JSON) -> None:
        frame = event["frame"]
        identity, loader = frame["id"], frame["loaderId"]
        self.requests.moved(identity, loader)
        self._wanted.discard(identity)
        if identity != self.identity:
            self.inner += 1
            return
        self.documents += 1
        self.settled = True
        self.status = self._statuses.get(loader)
        self.unreachable = bool(frame.get("unreachableUrl")) and self.status is None
        self.dom_ready_ms = None
        self._statuses.clear()
        self._wanted.clear()

    def _on_route(self, event: JSON) -> None:
        self._wanted.discard(event["frameId"])
        if event["frameId"] == self.identity:
            self.routes += 1
        else:
            self.inner += 1

    def _on_over(self, event: JSON) -> None:
        self.called_off(event["frameId"])

    def _on_detached(self, event: JSON) -> None:
        if event.get("reason") != "swap":
            self.requests.left(event["frameId"])
            self.called_off(event["frameId"])

    def stays(self) -> None:
        """A person decided not to leave the page: nothing else says that what was asked for does not happen."""
        self._wanted.clear()
        self.settled = True
        self.bell.ring()

    def called_off(self, frame: str) -> None:
        """A navigation that a frame wanted does not happen, or has become a download."""
        self._wanted.discard(frame)
        self.settled = self.settled or frame == self.identity
        self.bell.ring()

    def _on_lifecycle(self, event: JSON) -> None:
        if event["name"] == "DOMContentLoaded" and event["frameId"] == self.identity:
            began = self._asked.pop(event["loaderId"], 0.0) or self.tree.main.began
            if event["loaderId"] == self.tree.main.loader and began:
                self.dom_ready_ms = round((event["timestamp"] - began) * 1000)

    def _on_window_open(self, _: JSON) -> None:
        self.popups_announced += 1

    def _on_chooser(self, event: JSON) -> None:
        if "backendNodeId" in event:
            self.chooser = event
            self.bell.ring()

    def _on_document_asked(self, event: JSON) -> None:
        if event["requestId"] == event["loaderId"] and event.get("frameId") == self.identity:
            self._asked.setdefault(event["loaderId"], event["timestamp"])

    def _on_response(self, event: JSON) -> None:
        loader = event["loaderId"]
        if event["requestId"] != loader or event.get("frameId") != self.identity or not _over_http(event):
            return
        if loader == self.tree.main.loader and self.documents:
            self.status = event["response"]["status"]
        else:
            self._statuses[loader] = event["response"]["status"]

    def gone(self) -> None:
        """The page is no more."""
        self._closed = True
        for frame in self.tree.main.family():
            frame.detached = True
            frame.forget_worlds()
        self.bell.ring()

    @property
    def main(self) -> CdpFrame:
        """The page's own frame."""
        return self.tree.main

    @property
    def frames(self) -> Sequence[CdpFrame]:
        """All frames, the page's own first."""
        return list(self.tree.main.family())

    @property
    def closed(self) -> bool:
        """Whether the page is no more."""
        return self._closed or self.channel.closed

    @property
    def connected(self) -> bool:
        """Whether its browser runs and is heard."""
        return not self.channel.connection.lost

    @property
    def loading(self) -> bool:
        """Whether requests are under way that a document is not complete without."""
        return self.requests.loading and not self.crashed and not self.closed

    @property
    def sending(self) -> bool:
        """Whether something was sent and has not been answered."""
        return bool(self.requests.sending) and not self.crashed and not self.closed

    @property
    def leaving(self) -> bool:
        """Whether a navigation was asked for, in any frame, that has not yet happened or been called off."""
        return bool(self._wanted)

    def stop_waiting_for_requests(self) -> None:
        """Forgets the requests under way."""
        self.requests.clear()


def _over_http(event: JSON) -> bool:
    return bool(event["response"]["url"].startswith(("http:", "https:")))
