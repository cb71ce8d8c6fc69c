"""A page: questions to it, input into it, and what is done with it as a whole."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from services.runner.adapters.cdp import asking, capture, emulation, navigating, places
from services.runner.adapters.cdp.connection import JSON, Channel
from services.runner.adapters.cdp.frames import CdpFrame
from services.runner.adapters.cdp.keyboard import Keyboard
from services.runner.adapters.cdp.mouse import Mouse
from services.runner.adapters.cdp.watching import WatchedTab
from services.runner.adapters.driver_terms import Frame, Press
from services.runner.adapters.faults import DriverError, TargetGone
from services.runner.adapters.options import WaitUntil

if TYPE_CHECKING:
    from services.runner.adapters.cdp.window import CdpWindow

INPUT_SECONDS = 5.0  # a page that takes longer over an event is asked what it shows all the same
CLOSE_SECONDS = 5.0
DRAG_SECONDS = 1.0  # between the page's word that a drag has begun and the browser's
LISTEN_FOR_DRAGS = """(engine) => {
  engine.drag = null;
  if (engine.listensForDrags) return;
  engine.listensForDrags = true;
  addEventListener("dragstart", (event) => { engine.drag = event; }, { capture: true });
}"""
DRAG_BEGUN = "(engine) => Boolean(engine.drag) && !engine.drag.defaultPrevented"
REACHED = {"load": "load", "domcontentloaded": "DOMContentLoaded", "networkidle": "networkIdle"}


class CdpTab(WatchedTab):
    """A page of a window."""

    def __init__(self, window: "CdpWindow", channel: Channel, identity: str, *, popup: bool) -> None:
        told = window.listener.request if window.options.network_log else None
        super().__init__(channel, identity, told, popup=popup)
        self.window = window
        self.keyboard = Keyboard(channel, self.acknowledged)
        self.mouse = Mouse(channel, self.keyboard.held, self.acknowledged)
        channel.on("Input.dragIntercepted", self.bell.ring)
        self.prepared: list[asyncio.Future[JSON]] = []  # what may refuse the window's options
        self._viewport = (window.options.width, window.options.height)

    # --- questions ---

    async def ask(self, frame: Frame, question: str, argument: Any = None) -> Any:
        """What a function of (engine, argument) answers in a frame."""
        self._fail_if_closed()
        return await asking.ask(self.bell, cast("CdpFrame", frame), question, argument)

    async def evaluate(self, frame: Frame, expression: str) -> Any:
        """What an expression or a function without arguments gives in the page's own world."""
        self._fail_if_closed()
        return await asking.evaluate(self.bell, cast("CdpFrame", frame), expression)

    def _fail_if_closed(self) -> None:
        if self.crashed or self.closed:
            raise TargetGone("the page has crashed" if self.crashed else "the page is gone")

    async def frame_in(self, frame: Frame, selector: str) -> CdpFrame | None:
        """The frame inside the first element of `frame` that a CSS selector matches."""
        return await places.frame_in(self, cast("CdpFrame", frame), selector)

    async def place_of(self, frame: Frame, near: tuple[float, float] | None = None) -> tuple[float, float]:
        """Where the frame's viewport begins in that of the window; the point `near` of the frame can be seen then."""
        return await places.place_of(self, cast("CdpFrame", frame), near)

    async def pierce(self, frame: Frame) -> bool:
        """Makes the closed shadow root of `engine.host` known to the engine."""
        return await places.pierce(self, cast("CdpFrame", frame))

    async def asked_for_files(self, frame: Frame) -> bool:
        """Makes the field for which the page last asked for files `engine.element`."""
        return await places.asked_for_files(self, cast("CdpFrame", frame))

    # --- input ---

    async def acknowledged(self, answer: "asyncio.Future[JSON]") -> None:
        """Waits until the page has had the input, or is no longer there to have it."""
        documents = self.documents
        answer.add_done_callback(self.bell.ring)
        await self.bell.until(
            lambda: answer.done() or self.documents > documents or self.closed or self.crashed, INPUT_SECONDS
        )
        failure = answer.exception() if answer.done() and not answer.cancelled() else None
        if isinstance(failure, DriverError):
            raise failure

    async def press(self, press: Press) -> None:
        """Moves the mouse there, presses and lets go."""
        await self.mouse.press(press)

    async def move(self, x: float, y: float, steps: int = 1) -> None:
        """Moves the mouse; drags what is held."""
        await self.mouse.move(x, y, steps)

    async def hold(self) -> None:
        """Presses the left button where the mouse is, and keeps it pressed."""
        await self._of_frames(LISTEN_FOR_DRAGS)
        await self.mouse.hold()

    async def release(self) -> None:
        """Lets go of the left button; drops what is held."""
        if not self.mouse.dragging and any(await self._of_frames(DRAG_BEGUN)):
            await self.bell.until(lambda: self.mouse.dragging, DRAG_SECONDS)
        await self.mouse.release()

    async def _of_frames(self, question: str) -> list[Any]:
        answers = await asyncio.gather(*(self.ask(frame, question) for frame in self.frames), return_exceptions=True)
        return [answer for answer in answers if not isinstance(answer, BaseException)]

    async def scroll_wheel(self, dx: float, dy: float) -> None:
        """Turns the wheel where the mouse is."""
        await self.mouse.wheel(dx, dy)

    async def insert_text(self, text: str) -> None:
        """Puts text where the cursor is, in the place of what is selected."""
        await self.keyboard.insert(text)

    async def put(self, text: str, last: str) -> None:
        """Puts text in the place of what is selected, then presses the key of one more character."""
        self.keyboard.begin(text)
        await self.keyboard.key("press", last)

    async def key(self, deed: Literal["down", "up", "press"], name: str) -> None:
        """Presses, holds or lets go of a key."""
        await self.keyboard.key(deed, name)

    async def give_files(self, frame: Frame, paths: Sequence[Path]) -> None:
        """Puts files into the file field that is `engine.element`."""
        await places.give_files(self, cast("CdpFrame", frame), paths)

    # --- the page as a whole ---

    async def goto(self, url: str, seconds: float) -> None:
        """Opens an address; returns when its document has begun."""
        await navigating.goto(self, url, seconds)

    async def travel(self, where: Literal["back", "forward", "reload"], seconds: float) -> bool:
        """Through the history; False when there is nothing there."""
        return await navigating.travel(self, where, seconds)

    async def wait_loaded(self, wait_until: WaitUntil, seconds: float) -> bool:
        """Whether the page's document got as far as `wait_until` within the time; a page that is gone did."""

        def there() -> bool:
            if self.closed or self.crashed:
                return True
            waited_for = self.frames if wait_until == "networkidle" else [self.main]
            wanted = REACHED.get(wait_until)
            return self.settled and all(wanted is None or wanted in frame.reached for frame in waited_for)

        return await self.bell.until(there, seconds)

    async def resize(self, width: int, height: int) -> None:
        """Gives the viewport a size."""
        metrics = emulation.metrics(self.window.options, width, height)
        await self.channel.send("Emulation.setDeviceMetricsOverride", metrics)
        self._viewport = (width, height)

    @property
    def viewport(self) -> tuple[int, int]:
        """Width and height of the viewport."""
        return self._viewport

    async def emulate_network(self, *, download: float, upload: float, latency_ms: float, offline: bool) -> None:
        """Slows the page's network down."""
        given = {"offline": offline, "latency": latency_ms, "downloadThroughput": download, "uploadThroughput": upload}
        for channel in {frame.channel for frame in self.frames}:
            await channel.send("Network.emulateNetworkConditions", given)

    async def screenshot(self, *, whole_page: bool = False) -> bytes:
        """What can be seen, as a JPEG of quality 50."""
        return await capture.screenshot(self, whole_page=whole_page)

    async def pdf(self) -> bytes:
        """The page as it would be printed."""
        return await capture.pdf(self)

    async def bring_to_front(self) -> None:
        """Makes it the page that is seen."""
        await self.channel.send("Page.bringToFront")

    async def close(self) -> None:
        """Closes the page, as a person would: it may object, and the dialog's answer decides."""
        self.channel.post("Page.close")
        if not await self.bell.until(lambda: self.closed, CLOSE_SECONDS):
            await self.channel.connection.browser.send("Target.closeTarget", {"targetId": self.identity})
            await self.bell.until(lambda: self.closed, CLOSE_SECONDS)
