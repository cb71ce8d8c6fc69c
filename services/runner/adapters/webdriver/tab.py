"""A page of WebKit: questions to it, its frames, and where it stands."""

import asyncio
import base64
import json
from collections.abc import Sequence
from contextlib import suppress
from itertools import count
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Literal, cast

from services.runner.adapters import native_drags
from services.runner.adapters.driver import TICK_SECONDS, Tab, until
from services.runner.adapters.driver_terms import Frame, Press
from services.runner.adapters.faults import DocumentGone, DriverError, DriverFailure, StepFailed, TargetGone
from services.runner.adapters.options import WaitUntil
from services.runner.adapters.webdriver import entering, moving, scripts
from services.runner.adapters.webdriver.frames import ELEMENT_KEY, FrameOf
from services.runner.adapters.webdriver.input import Input

if TYPE_CHECKING:
    from services.runner.adapters.webdriver.window import WebKitWindow

MOST_DOCUMENTS = 20  # that one question is put to, while a page is replaced again and again
# A navigation that an action asks for is known to the page once WebKit has allowed it, a few messages later.
AFTERWARDS = "() => new Promise((resolve) => setTimeout(resolve, 50))"
AFTERWARDS_SECONDS = 2.0


class WebKitTab(Tab):
    """A page of a session; `kept_as`: the name of the engine in its documents."""

    def __init__(self, window: "WebKitWindow", handle: str) -> None:
        super().__init__()
        self.window, self.handle, self.kept_as = window, handle, f"_{token_hex(8)}"
        self.input = Input(self)
        self.why_unreachable = ""
        self._main = FrameOf(self, None, None)
        self._numbers = count(1)
        self._closed = False
        self._viewport = (0, 0)

    # --- what it is ---

    @property
    def main(self) -> FrameOf:
        """The page's own frame."""
        return self._main

    @property
    def frames(self) -> Sequence[FrameOf]:
        """All frames."""
        return self._main.all()

    @property
    def closed(self) -> bool:
        """Whether the page is no more."""
        return self._closed

    @property
    def connected(self) -> bool:
        """Whether its browser runs."""
        return not self.window.lost

    @property
    def loading(self) -> bool:
        """Whether a document of it is still loading; WebDriver tells of no requests."""
        return any(frame.state == "loading" for frame in self.frames)

    @property
    def sending(self) -> bool:
        """WebDriver does not tell."""
        return False

    @property
    def leaving(self) -> bool:
        """Whether a document was asked to leave and is still there, for some seconds at most."""
        return any(frame.leaving for frame in self.frames)

    def stop_waiting_for_requests(self) -> None:
        """There are none that it knows of."""

    # --- what is seen of it ---

    def is_open(self, handles: Sequence[str]) -> None:
        """Which pages there are now."""
        self._closed = self.handle not in handles

    async def stands(self, frame: FrameOf, told: str) -> bool:
        """Takes over where a document says that it stands; whether it may be one that could not be loaded."""
        at = json.loads(told)
        known = bool(frame.document)
        fresh, moved = frame.shows(at)
        if frame is not self._main:
            self.inner += (fresh or moved) and known
            return False
        if fresh:
            self.documents += 1
            self.status, self.unreachable, self.dom_ready_ms = at["status"], False, None
        elif moved:
            self.routes += 1
        self.dom_ready_ms = round(at["ready"]) if at["ready"] else None
        return fresh and known and at["href"] == "about:blank"

    def is_unreachable(self, address: str, why: str) -> None:
        """Its document could not be loaded."""
        self.unreachable, self.main.url, self.why_unreachable = True, address, why

    # --- questions ---

    async def ask(self, frame: Frame, question: str, argument: Any = None) -> Any:
        """What a function of (engine, argument) answers in a frame; asked again where the document was replaced."""
        inside = cast("FrameOf", frame)
        for attempt in range(MOST_DOCUMENTS):
            self.fail_if_gone()
            try:
                answer = await self._put(inside, scripts.asking(question), argument)
                if entering.was_kept_out(inside, answer):
                    await entering.press_element(self, inside, await self._put(inside, entering.MIDDLE, None))
                    answer = await self._put(inside, scripts.asking(question), argument)
                return answer
            except DocumentGone:
                await self.window.settled()
                if inside.detached or attempt == MOST_DOCUMENTS - 1:
                    raise
                await asyncio.sleep(TICK_SECONDS)
        raise AssertionError("unreachable")

    async def evaluate(self, frame: Frame, expression: str) -> Any:
        """What an expression gives; the engine lives in the page's own world here."""
        self.fail_if_gone()
        return await self._put(cast("FrameOf", frame), scripts.asking(scripts.evaluating(expression)), None)

    async def _put(self, frame: FrameOf, script: str, argument: Any) -> Any:
        self.window.works_on(self)
        number, written = next(self._numbers), json.dumps(argument)
        window, told = self.window, ""
        async with window.turn(frame):
            told = await window.run_async(script, self.kept_as, number, written)
            if not told:
                await window.run(scripts.install(), self.kept_as)
                told = await window.run_async(script, self.kept_as, number, written)
        if not told:
            raise DocumentGone("the document was replaced")
        answer = json.loads(told)
        await self.stands(frame, json.dumps(answer["at"]))
        if "error" in answer:
            raise DriverError((str(answer["error"]).strip().splitlines() or ["it failed"])[0][:300])
        return answer.get("value")

    async def frame_in(self, frame: Frame, selector: str) -> FrameOf | None:
        """The frame inside the first element that a selector matches."""
        inside = cast("FrameOf", frame)
        async with self.window.turn(inside):
            element = await self.window.run(scripts.FRAME_IN, selector)
        if element and inside.child(element) is None:
            await self.window.look()
        return inside.child(element)

    async def place_of(self, frame: Frame, near: tuple[float, float] | None = None) -> tuple[float, float]:
        """Where the frame's viewport begins in that of the window; `near`, a point of the frame, is seen then."""
        inside = cast("FrameOf", frame)
        if inside.parent is None:
            return 0.0, 0.0
        async with self.window.turn(inside.parent):
            place = await self.window.run(scripts.PLACE, {ELEMENT_KEY: inside.reference}, near)
        if place is None:
            raise StepFailed("not_visible", "the frame around its element cannot be seen", transient=True)
        at = (place[0] + near[0], place[1] + near[1]) if near else None
        left, top = await self.place_of(inside.parent, at)
        if inside.parent.parent is not None:  # that may have scrolled the frames around it
            async with self.window.turn(inside.parent):
                place = await self.window.run(scripts.PLACE, {ELEMENT_KEY: inside.reference}, near) or place
        return left + place[0], top + place[1]

    # --- input ---

    async def press(self, press: Press) -> None:
        """Moves the mouse there, presses and lets go."""
        await self.input.press(press)

    async def move(self, x: float, y: float, steps: int = 1) -> None:
        """Moves the mouse."""
        await self.input.move(x, y, steps)

    async def hold(self) -> None:
        """Presses the left button and keeps it pressed."""
        await native_drags.expect(self)
        await self.input.hold()

    async def release(self) -> None:
        """Lets go of the left button."""
        dragged = await native_drags.began(self)
        await self.input.release()
        if dragged:
            raise native_drags.refuse("WebKit")

    async def scroll_wheel(self, dx: float, dy: float) -> None:
        """Turns the wheel."""
        await self.input.scroll(dx, dy)

    async def key(self, deed: Literal["down", "up", "press"], name: str) -> None:
        """Presses, holds or lets go of a key."""
        await self.input.key(deed, name)

    async def insert_text(self, text: str) -> None:
        """Puts text where the cursor is, as an editing command does; key by key where nothing takes that."""
        frame = await self._with_cursor()
        if await self.ask(frame, scripts.INSERT, text) is not True and text:
            await self.input.write(text)

    async def _with_cursor(self) -> FrameOf:
        frame = self._main
        while True:
            async with self.window.turn(frame):
                inner = frame.child(await self.window.run(scripts.FOCUSED_FRAME))
            if inner is None:
                return frame
            frame = inner

    async def give_files(self, frame: Frame, paths: Sequence[Path]) -> None:
        """Puts files into the file field that is `engine.element`."""
        async with self.window.turn(cast("FrameOf", frame)):
            element = await self.window.run(scripts.ELEMENT, self.kept_as)
            if not element:
                raise DocumentGone("the element is gone")
            names = "\n".join(str(path.absolute()) for path in paths)
            await self.window.send("POST", f"/element/{element[ELEMENT_KEY]}/value", {"text": names})

    # --- the page as a whole ---

    async def goto(self, url: str, seconds: float) -> None:
        """Opens an address; returns when its document has begun."""
        await moving.goto(self, url, seconds)

    async def travel(self, where: Literal["back", "forward", "reload"], seconds: float) -> bool:
        """Through the history."""
        return await moving.travel(self, where, seconds)

    async def wait_loaded(self, wait_until: WaitUntil, seconds: float) -> bool:
        """Whether the document got as far as `wait_until` within the time."""
        return await moving.wait_loaded(self, wait_until, seconds)

    async def after_action(self, seconds: float) -> None:
        """Waits until a navigation that the last action has asked for is there, or was called off."""
        with suppress(TimeoutError, DriverFailure):
            await asyncio.wait_for(self.ask(self._main, AFTERWARDS), AFTERWARDS_SECONDS)
        await self.window.settled()
        if self.leaving:
            await until(lambda: not self.leaving or self.closed or not self.connected, seconds)
            await self.window.settled()

    async def resize(self, width: int, height: int) -> None:
        """Gives the viewport a size."""
        async with self.window.turn(self._main):
            await self.window.resize(self, width, height)

    @property
    def viewport(self) -> tuple[int, int]:
        """Width and height of the viewport."""
        return self._viewport

    @viewport.setter
    def viewport(self, seen: tuple[int, int]) -> None:
        self._viewport = seen

    async def emulate_network(self, *, download: float, upload: float, latency_ms: float, offline: bool) -> None:  # noqa: ARG002
        """WebDriver has no such thing."""
        raise StepFailed("invalid_step", "WebKit cannot be given another network")

    async def screenshot(self, *, whole_page: bool = False) -> bytes:
        """What can be seen, as a PNG: WebDriver gives nothing else, and whoever keeps it looks what it is."""
        async with self.window.turn(self._main):
            path = "/screenshot"
            if whole_page:
                root = await self.window.run("return document.documentElement")
                path = f"/element/{root[ELEMENT_KEY]}/screenshot"
            return base64.b64decode(await self.window.send("GET", path))

    async def pdf(self) -> bytes:
        """WebKit prints on paper only."""
        raise StepFailed("invalid_step", "WebKit cannot print a page to PDF")

    async def bring_to_front(self) -> None:
        """Makes it the page that is seen."""
        async with self.window.turn(self._main):
            await self.window.send("POST", "/window", {"handle": self.handle})

    async def close(self) -> None:
        """Closes the page."""
        with suppress(TargetGone):
            async with self.window.turn(self._main):
                await self.window.send("DELETE", "/window")
                self._closed = True
            await self.window.look()
