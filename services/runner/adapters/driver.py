"""What a row asks of a browser, whichever it is: windows, tabs, frames; questions to pages, and input that is real.

Three drivers do it: `cdp` (Chromium, over a connection of our own: the fastest), `playwright_driver` (Firefox; and
Chromium where a trace or a video is wanted) and `webdriver` (WebKit). What a step does with them stands in
`performing.py` and its neighbours, once for all.

Coordinates are CSS pixels of the window's viewport, times seconds unless their name says otherwise. Methods raise
`StepFailed` where the reason is one that a person understands, `DocumentGone` where the document was replaced or its
frame removed, `DriverError` for anything else that the browser refuses.
"""

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from services.runner.adapters.driver_terms import Frame, Press
from services.runner.adapters.faults import DriverFailure, StepFailed
from services.runner.adapters.options import WaitUntil

QUIET_SECONDS = 1.0  # how long a fresh document may keep loading before its steps begin all the same
TICK_SECONDS = 0.01
# An action's own navigation is asked for in the page before a question that was put after the action is answered.
AFTERWARDS = "() => new Promise((resolve) => setTimeout(resolve, 0))"


class Tab(ABC):
    """A page, watched.

    `documents` counts new documents of the page, `routes` changes of its address within one, `inner` both in frames.
    """

    def __init__(self) -> None:
        self.documents = 0
        self.routes = 0
        self.inner = 0
        self.status: int | None = None  # of the page's last document, where it came over HTTP
        self.unreachable = False
        self.crashed = False
        self.popups_announced = 0
        self.dom_ready_ms: int | None = None  # from the last document's start until its DOM was complete

    # --- what it is ---

    @property
    @abstractmethod
    def main(self) -> Frame:
        """The page's own frame."""

    @property
    @abstractmethod
    def frames(self) -> Sequence[Frame]:
        """All frames, the page's own first."""

    @property
    @abstractmethod
    def closed(self) -> bool:
        """Whether the page is no more."""

    @property
    @abstractmethod
    def connected(self) -> bool:
        """Whether its browser runs and is heard."""

    @property
    @abstractmethod
    def loading(self) -> bool:
        """Whether requests are under way that a document is not complete without."""

    @property
    @abstractmethod
    def sending(self) -> bool:
        """Whether something was sent (a POST, say) and has not been answered."""

    @property
    @abstractmethod
    def leaving(self) -> bool:
        """Whether a navigation was asked for, in any frame, that has not yet happened or been called off."""

    @property
    def url(self) -> str:
        """The address of the page."""
        return self.main.url

    @property
    def moves(self) -> int:
        """How often the page went elsewhere."""
        return self.documents + self.routes

    @property
    def stand(self) -> tuple[int, int]:
        """How often the page, and a frame in it, went elsewhere."""
        return self.moves, self.inner

    def fail_if_gone(self) -> None:
        """Raises `StepFailed` when the page has crashed or its browser is no more."""
        if not self.connected:
            raise StepFailed("browser_crashed", "the browser has crashed")
        if self.crashed:
            raise StepFailed("page_crashed", "the page has crashed")

    # --- questions ---

    @abstractmethod
    async def ask(self, frame: Frame, question: str, argument: Any = None) -> Any:
        """What `question`, a JavaScript function of (engine, argument), answers in a frame, as JSON.

        The engine (`shared/injected`) keeps what it last located as `engine.element`. Where the document is replaced
        meanwhile, the new one is asked: questions must bear repetition. Raises `DocumentGone` when the frame is gone.
        """

    @abstractmethod
    async def evaluate(self, frame: Frame, expression: str) -> Any:
        """What an expression or a function without arguments gives in the page's own world, promises awaited."""

    @abstractmethod
    async def frame_in(self, frame: Frame, selector: str) -> Frame | None:
        """The frame inside the first element of `frame` that a CSS selector matches."""

    @abstractmethod
    async def place_of(self, frame: Frame, near: tuple[float, float] | None = None) -> tuple[float, float]:
        """Where the frame's viewport begins in that of the window; scrolls the frame into view first.

        Where a driver can, so that the point `near` of the frame is seen: of a frame taller than the window, say.
        """

    async def pierce(self, frame: Frame) -> bool:  # noqa: ARG002 - a driver that can says so
        """Makes the closed shadow root of `engine.host` known to the engine; False where that is not possible."""
        return False

    async def asked_for_files(self, frame: Frame) -> bool:  # noqa: ARG002 - a driver that can says so
        """Makes the field for which the page last asked for files `engine.element`; False where none is known.

        A field that stands in the frame's document is known without.
        """
        return False

    # --- input ---

    @abstractmethod
    async def press(self, press: Press) -> None:
        """Moves the mouse there, presses and lets go; returns when the page has had the events."""

    @abstractmethod
    async def move(self, x: float, y: float, steps: int = 1) -> None:
        """Moves the mouse, in so many steps; drags what is held."""

    @abstractmethod
    async def hold(self) -> None:
        """Presses the left button where the mouse is, and keeps it pressed."""

    @abstractmethod
    async def release(self) -> None:
        """Lets go of the left button; drops what is held."""

    @abstractmethod
    async def scroll_wheel(self, dx: float, dy: float) -> None:
        """Turns the wheel where the mouse is."""

    @abstractmethod
    async def insert_text(self, text: str) -> None:
        """Puts text where the cursor is, in the place of what is selected, as an input method would."""

    async def put(self, text: str, last: str) -> None:
        """Puts text in the place of what is selected, then presses the key of one more character."""
        if text:
            await self.insert_text(text)
        await self.key("press", last)

    @abstractmethod
    async def key(self, deed: Literal["down", "up", "press"], name: str) -> None:
        """Presses, holds or lets go of a key: `KeyboardEvent.key` or `.code`, or a chord such as `Control+A`.

        Raises `StepFailed` (invalid_step) for a name that is no key.
        """

    async def type_keys(self, text: str) -> None:
        """Types text key by key; characters that no key gives are inserted."""
        for character in text:
            await self.key("press", {"\n": "Enter", "\r": "Enter", "\t": "Tab"}.get(character, character))

    @abstractmethod
    async def give_files(self, frame: Frame, paths: Sequence[Path]) -> None:
        """Puts files into the file field that is `engine.element`."""

    # --- the page as a whole ---

    @abstractmethod
    async def goto(self, url: str, seconds: float) -> None:
        """Opens an address; returns when its document has begun. Sets `status`. Raises `StepFailed`."""

    @abstractmethod
    async def travel(self, where: Literal["back", "forward", "reload"], seconds: float) -> bool:
        """Through the history; False when there is nothing there. Returns when the document has begun."""

    @abstractmethod
    async def wait_loaded(self, wait_until: WaitUntil, seconds: float) -> bool:
        """Whether the page's document got as far as `wait_until` within the time."""

    @abstractmethod
    async def resize(self, width: int, height: int) -> None:
        """Gives the viewport a size."""

    @property
    @abstractmethod
    def viewport(self) -> tuple[int, int]:
        """Width and height of the viewport."""

    @abstractmethod
    async def emulate_network(self, *, download: float, upload: float, latency_ms: float, offline: bool) -> None:
        """Slows the page's network down; bytes per second, -1: no limit."""

    @abstractmethod
    async def screenshot(self, *, whole_page: bool = False) -> bytes:
        """What can be seen, as a JPEG of quality 50."""

    @abstractmethod
    async def pdf(self) -> bytes:
        """The page as it would be printed. Raises `StepFailed` where the browser cannot."""

    @abstractmethod
    async def bring_to_front(self) -> None:
        """Makes it the page that is seen."""

    @abstractmethod
    async def close(self) -> None:
        """Closes the page, as a person would."""

    # --- waiting, the same for all ---

    async def after_action(self, seconds: float) -> None:
        """Waits until a navigation that the last action has asked for is there, or was called off."""
        # A page that is busy with its answer does not say anything; what it wants is known already.
        with contextlib.suppress(TimeoutError, DriverFailure):
            await asyncio.wait_for(self.ask(self.main, AFTERWARDS), 1.0)
        await until(lambda: not self.leaving or self.closed or self.crashed, seconds)

    async def loaded(self, wait_until: WaitUntil, seconds: float) -> bool:
        """Waits until the document has loaded and is ready for a person; False when loading takes longer."""
        in_time = wait_until == "commit" or await self.wait_loaded(wait_until, seconds)
        if not self.closed:
            await self.ready()
        return in_time

    async def ready(self) -> None:
        """Lets a fresh document attach its listeners: nothing more to load, and time to spare; a second at most."""
        began = asyncio.get_running_loop().time()
        await until(lambda: not self.loading or self.closed, QUIET_SECONDS)
        left = QUIET_SECONDS - (asyncio.get_running_loop().time() - began)
        limit = max(50, int(left * 1000))
        with contextlib.suppress(TimeoutError, DriverFailure):
            await asyncio.wait_for(
                self.ask(self.main, "(engine, limit) => engine.idle(limit)", limit), max(left, 0.1) + 0.2
            )
        self.stop_waiting_for_requests()

    @abstractmethod
    def stop_waiting_for_requests(self) -> None:
        """Forgets the requests under way: `loading` is about those that begin from here on."""


async def until(done: Callable[[], bool], seconds: float) -> bool:
    """Whether the condition held within the time; looked at every millisecond at first, then less often."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    while not done():
        passed = loop.time() - began
        if passed >= seconds:
            return False
        await asyncio.sleep(min(TICK_SECONDS, max(TICK_SECONDS, passed) / 10))
    return True
