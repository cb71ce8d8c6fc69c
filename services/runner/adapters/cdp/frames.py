"""The frames of a page, kept up to date by its events: addresses, documents, and the worlds that scripts run in."""

from collections.abc import Iterator
from functools import partial

from services.runner.adapters.cdp.bell import Bell
from services.runner.adapters.cdp.connection import JSON, Channel

WORLD = "retold"  # the engine's isolated world: no script of the page sees it


class CdpFrame:
    """A frame. Its `channel` changes when the browser moves it into another process, or back."""

    def __init__(self, identity: str, channel: Channel, parent: "CdpFrame | None") -> None:
        self.identity = identity
        self.channel = channel
        self.url = "about:blank"
        self.parent = parent
        self.children: list[CdpFrame] = []
        self.detached = False
        self.loader = ""
        self.reached: set[str] = set()  # how far the document got: DOMContentLoaded, load, networkIdle
        self.began = 0.0  # when its document did, by the browser's clock
        self.world: str | None = None  # unique ids of execution contexts
        self.page_world: str | None = None
        self.world_number: int | None = None  # the same as `world`, where the protocol wants the other kind of id
        self.place: tuple[float, float] | None = None  # on the page, when it was last asked for

    def family(self) -> "Iterator[CdpFrame]":
        """The frame and all in it."""
        yield self
        for child in self.children:
            yield from child.family()

    def forget_worlds(self) -> None:
        """Its document is no more."""
        self.world = self.page_world = self.world_number = None


class FrameTree:
    """All frames of a page, over all processes that they live in."""

    def __init__(self, main: str, channel: Channel, bell: Bell) -> None:
        self.main = CdpFrame(main, channel, None)
        self._frames = {main: self.main}
        self._seen = {main}
        self._bell = bell

    def listen(self, channel: Channel) -> None:
        """Follows what a channel tells about the frames in it."""
        for method, handler in (
            ("Page.frameAttached", self._on_attached),
            ("Page.frameDetached", self._on_detached),
            ("Page.frameNavigated", self._on_navigated),
            ("Page.navigatedWithinDocument", self._on_route),
            ("Page.lifecycleEvent", self._on_lifecycle),
            ("Runtime.executionContextCreated", self._on_world),
            ("Runtime.executionContextDestroyed", self._on_world_gone),
            ("Runtime.executionContextsCleared", self._on_worlds_gone),
        ):
            channel.on(method, partial(handler, channel))

    def get(self, identity: str) -> CdpFrame | None:
        """The frame of that id, if it is in the page."""
        return self._frames.get(identity)

    def has_seen(self, identity: str) -> bool:
        """Whether a frame of that id is, or was, in the page."""
        return identity in self._seen

    def adopt(self, identity: str, channel: Channel) -> bool:
        """A frame goes on in a process of its own; False when there is no such frame."""
        frame = self._frames.get(identity)
        if frame is None:
            return False
        self._drop_children(frame)
        frame.channel = channel
        frame.forget_worlds()
        return True

    def abandoned(self, channel: Channel) -> list[CdpFrame]:
        """The frames that lived in a channel which has closed; they are gone unless they come back elsewhere."""
        left = [frame for frame in self._frames.values() if frame.channel is channel]
        for frame in left:
            frame.forget_worlds()
        return left

    def remove(self, frame: CdpFrame) -> None:
        """The frame is no more, nor what is in it."""
        self._drop_children(frame)
        frame.detached = True
        frame.forget_worlds()
        self._frames.pop(frame.identity, None)
        if frame.parent is not None and frame in frame.parent.children:
            frame.parent.children.remove(frame)
        self._bell.ring()

    def _drop_children(self, frame: CdpFrame) -> None:
        for child in list(frame.children):
            self.remove(child)

    def _on_attached(self, channel: Channel, event: JSON) -> None:
        identity = event["frameId"]
        frame, parent = self._frames.get(identity), self._frames.get(event["parentFrameId"])
        if frame is not None:  # it comes back from a process of its own
            if frame.channel is not channel:
                self._drop_children(frame)
                frame.channel = channel
                frame.forget_worlds()
        elif parent is not None:
            fresh = self._frames[identity] = CdpFrame(identity, channel, parent)
            parent.children.append(fresh)
            self._seen.add(identity)
        self._bell.ring()

    def _on_detached(self, channel: Channel, event: JSON) -> None:
        frame = self._frames.get(event["frameId"])
        if frame is None or frame.channel is not channel:
            return  # it has moved to a process of its own already
        if event.get("reason") == "swap":
            self._drop_children(frame)
            frame.forget_worlds()
        else:
            self.remove(frame)

    def _on_navigated(self, channel: Channel, event: JSON) -> None:
        told = event["frame"]
        frame = self._frames.get(told["id"])
        if frame is None:
            return
        self._drop_children(frame)
        frame.channel = channel
        frame.url = told.get("unreachableUrl") or told["url"] + told.get("urlFragment", "")
        if frame.loader != told["loaderId"]:
            frame.loader, frame.reached, frame.began = told["loaderId"], set(), 0.0
        self._bell.ring()

    def _on_route(self, _: Channel, event: JSON) -> None:
        frame = self._frames.get(event["frameId"])
        if frame is not None:
            frame.url = event["url"]
        self._bell.ring()

    def _on_lifecycle(self, _: Channel, event: JSON) -> None:
        frame = self._frames.get(event["frameId"])
        if frame is None:
            return
        name, loader = event["name"], event["loaderId"]
        if name in ("init", "commit"):
            if frame.loader != loader or not frame.began:
                frame.loader, frame.reached, frame.began = loader, set(), event["timestamp"]
        elif loader == frame.loader:
            frame.reached.add(name)
            self._bell.ring()

    def _on_world(self, channel: Channel, event: JSON) -> None:
        context = event["context"]
        about = context.get("auxData") or {}
        frame = self._frames.get(about.get("frameId", ""))
        if frame is None or frame.channel is not channel:
            return
        if about.get("isDefault"):
            frame.page_world = context["uniqueId"]
        elif context["name"] == WORLD:
            frame.world, frame.world_number = context["uniqueId"], context["id"]
        self._bell.ring()

    def _on_world_gone(self, _: Channel, event: JSON) -> None:
        gone = event.get("executionContextUniqueId")
        for frame in self._frames.values():
            if frame.world == gone:
                frame.world = None
            if frame.page_world == gone:
                frame.page_world = None

    def _on_worlds_gone(self, channel: Channel, _: JSON) -> None:
        for frame in self._frames.values():
            if frame.channel is channel:
                frame.forget_worlds()
