"""The requests of a page: which are under way, and what became of each."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from services.runner.adapters.cdp.bell import Bell
from services.runner.adapters.cdp.connection import JSON, Channel
from services.runner.adapters.driver_terms import RequestSeen

# They go on for as long as the page does, or nobody waits for their answer.
NEVER_FINISHED = frozenset({"WebSocket", "EventSource", "Media", "Ping", "Manifest", "CSPViolationReport", "Prefetch"})
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
BODY_SECONDS = 0.2  # after its head; the end of a fetched answer that no script reads is never told
WITHOUT_CONTENT = frozenset({204, 205})  # Chromium says of such an answer that it was aborted


@dataclass(slots=True)
class _Request:
    method: str
    url: str
    kind: str
    frame: str
    loader: str
    sent: float
    status: int | None = None
    answered: float | None = None  # monotonic seconds, of what may never be told to end


class Requests:
    """Follows the requests of a page, its frames and workers; `told`, if given, hears how each has ended."""

    def __init__(self, bell: Bell, told: Callable[[RequestSeen], None] | None) -> None:
        self._loading: set[str] = set()
        self.sending: set[str] = set()
        self._known: dict[str, _Request] = {}
        self._bell = bell
        self._told = told

    @property
    def loading(self) -> bool:
        """Whether any of them is still awaited."""
        late = time.monotonic() - BODY_SECONDS
        return any((self._known[one].answered or late) >= late for one in self._loading)

    def listen(self, channel: Channel) -> None:
        """Follows those of a channel."""
        channel.on("Network.requestWillBeSent", self._on_sent)
        channel.on("Network.responseReceived", self._on_response)
        channel.on("Network.loadingFinished", self._on_over)
        channel.on("Network.loadingFailed", self._on_over)

    def moved(self, frame: str, loader: str) -> None:
        """A frame shows another document: what the one before it was loading is of no use to anybody."""
        for identity, known in list(self._known.items()):
            if known.frame == frame and known.loader != loader:
                self._forget(identity)

    def left(self, frame: str) -> None:
        """A frame is no more."""
        self.moved(frame, "")

    def clear(self) -> None:
        """Forgets those under way."""
        self._loading.clear()
        self._bell.ring()

    def _forget(self, identity: str) -> _Request | None:
        self._loading.discard(identity)
        self.sending.discard(identity)
        if not self._loading:
            self._bell.ring()
        return self._known.pop(identity, None)

    def _on_sent(self, event: JSON) -> None:
        identity, request, kind = event["requestId"], event["request"], event.get("type", "Other")
        if event.get("redirectResponse"):
            known = self._forget(identity)
            if known is not None:
                known.status = event["redirectResponse"]["status"]
                self._tell(known, event, None)
        if kind in NEVER_FINISHED and self._told is None:
            return
        known = self._known[identity] = _Request(
            method=request["method"],
            url=request["url"],
            kind=kind,
            frame=event.get("frameId", ""),
            loader=event["loaderId"],
            sent=event["timestamp"],
        )
        if kind not in NEVER_FINISHED:
            self._loading.add(identity)
            if known.method not in SAFE:
                self.sending.add(identity)

    def _on_response(self, event: JSON) -> None:
        known = self._known.get(event["requestId"])
        if known is not None:
            known.status = event["response"]["status"]
            self.sending.discard(event["requestId"])  # who answers has got it
            if known.kind == "Fetch":
                known.answered = time.monotonic()

    def _on_over(self, event: JSON) -> None:
        known = self._forget(event["requestId"])
        if known is not None:
            self._tell(known, event, event.get("errorText"))

    def _tell(self, known: _Request, event: dict[str, Any], failure: str | None) -> None:
        if self._told is None:
            return
        if known.status in WITHOUT_CONTENT:
            failure = None
        status = None if failure else known.status
        ms = round((event["timestamp"] - known.sent) * 1000)
        self._told(RequestSeen(known.method, known.url, known.kind.lower(), status, ms, failure))
