"""The picture of the page in front: its newest one, and the next only once somebody has drawn it."""

import base64
import struct
from collections.abc import Callable
from functools import partial

from services.runner.adapters.cdp.connection import JSON
from services.runner.adapters.cdp.tab import CdpTab

QUALITY = 60  # of a JPEG: text stays crisp, and a picture of a form takes 30 to 60 KiB
HEADER = struct.Struct(">IHHI")
FRAME = "Page.screencastFrame"


class Screen:
    """Frames as they are sent: a header (number, CSS width and height, nothing yet) and a JPEG.

    A frame is acknowledged to the browser when a viewer says that it has drawn it, so that none queue up.
    """

    def __init__(self, came: Callable[[], None]) -> None:
        self.number = 0
        self.newest: bytes | None = None
        self._came = came
        self._tab: CdpTab | None = None
        self._known: set[CdpTab] = set()
        self._unacknowledged: list[tuple[int, CdpTab, int]] = []

    def show(self, tab: CdpTab) -> None:
        """Shows this page from now on; again, where its size has changed."""
        if self._tab is not None and self._tab is not tab:
            self._tab.channel.post("Page.stopScreencast")
        self._tab = tab
        self._unacknowledged.clear()
        if tab not in self._known:
            self._known.add(tab)
            tab.channel.on(FRAME, partial(self._on_frame, tab))
        width, height = tab.viewport
        wanted = {"format": "jpeg", "quality": QUALITY, "maxWidth": width, "maxHeight": height, "everyNthFrame": 1}
        tab.channel.post("Page.stopScreencast")
        tab.channel.post("Page.startScreencast", wanted)

    def forget(self, tab: CdpTab) -> None:
        """The page is gone."""
        self._known.discard(tab)
        if self._tab is tab:
            self._tab = None

    def seen(self, number: int) -> None:
        """A viewer has drawn a frame: the browser may give the next."""
        while self._unacknowledged and self._unacknowledged[0][0] <= number:
            _, tab, session = self._unacknowledged.pop(0)
            tab.channel.post("Page.screencastFrameAck", {"sessionId": session})

    def _on_frame(self, tab: CdpTab, event: JSON) -> None:
        if tab is not self._tab:
            tab.channel.post("Page.screencastFrameAck", {"sessionId": event["sessionId"]})
            return
        about = event["metadata"]
        self.number = self.number % 2**32 + 1
        header = HEADER.pack(self.number, _size(about["deviceWidth"]), _size(about["deviceHeight"]), 0)
        self.newest = header + base64.b64decode(event["data"])
        self._unacknowledged.append((self.number, tab, event["sessionId"]))
        self._came()


def _size(pixels: float) -> int:
    return min(max(round(pixels), 0), 65535)
