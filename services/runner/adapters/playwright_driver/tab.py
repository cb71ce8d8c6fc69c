"""A page that Playwright drives."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Literal, cast

from playwright.async_api import CDPSession, ElementHandle, Frame, JSHandle, Page
from playwright.async_api import Error as PlaywrightError

from services.runner.adapters.driver import TICK_SECONDS, Tab
from services.runner.adapters.driver_terms import Frame as AnyFrame
from services.runner.adapters.driver_terms import Listener, Press
from services.runner.adapters.faults import DocumentGone, DriverError, StepFailed
from services.runner.adapters.options import WaitUntil
from services.runner.adapters.playwright_driver import moving
from services.runner.adapters.playwright_driver.errors import translated
from services.runner.adapters.playwright_driver.frames import FrameOf
from services.runner.adapters.playwright_driver.watch import Watch
from shared.injected import engine

ACTION_MS = 10_000


class PlaywrightTab(Tab):
    """The page, and what Chromium's developer tools tell of it where it is Chromium."""

    def __init__(self, page: Page, listener: Listener, *, network_log: bool) -> None:
        super().__init__()
        self.page, self.listener, self.network_log = page, listener, network_log
        self._devtools: CDPSession | None = None
        self._frames: dict[Frame, FrameOf] = {}
        self._watch = Watch(self)
        self._closed = False

    @property
    def has_devtools(self) -> bool:
        """Whether the browser's own events are heard."""
        return self._devtools is not None

    async def watch(self) -> None:
        """Starts watching the page."""
        self.page.on("crash", self._on_crash)
        self._watch.requests_of(self.page)
        with suppress(PlaywrightError):  # Firefox has none
            self._devtools = await self.page.context.new_cdp_session(self.page)
        await self._watch.navigations_of(self.page, self._devtools)

    def _on_crash(self, _: Page) -> None:
        self.crashed = True

    def frame(self, real: Frame) -> FrameOf:
        """The port's name for a frame."""
        if real not in self._frames:
            self._frames = {one: known for one, known in self._frames.items() if not one.is_detached()}
            self._frames[real] = FrameOf(self, real)
        return self._frames[real]

    @property
    def main(self) -> FrameOf:
        """The page's own frame."""
        return self.frame(self.page.main_frame)

    @property
    def frames(self) -> list[FrameOf]:
        """All frames."""
        return [self.frame(one) for one in self.page.frames]

    @property
    def closed(self) -> bool:
        """Whether the page is no more."""
        return self.page.is_closed()

    @property
    def connected(self) -> bool:
        """Whether its browser runs."""
        browser = self.page.context.browser
        return browser is None or browser.is_connected()

    @property
    def loading(self) -> bool:
        """Whether requests are under way."""
        return bool(self._watch.loading)

    @property
    def sending(self) -> bool:
        """Whether something was sent that has not been answered."""
        return bool(self._watch.sending) and not self.crashed and not self.closed

    @property
    def leaving(self) -> bool:
        """Whether a navigation was asked for."""
        return bool(self._watch.wanted)

    def stays(self, page: Page | None) -> None:
        """A person decided not to leave the page: nothing else says that what was asked for does not happen."""
        if page is self.page:
            self._watch.wanted.clear()

    def stop_waiting_for_requests(self) -> None:
        """Forgets the requests under way."""
        self._watch.loading.clear()

    # --- questions ---

    async def ask(self, frame: AnyFrame, question: str, argument: Any = None) -> Any:
        """What a function of (engine, argument) answers in a frame; asked again where the document was replaced."""
        inside = cast("FrameOf", frame)
        for attempt in range(20):
            self.fail_if_gone()
            try:
                with translated():
                    return await (await self._engine(inside)).evaluate(question, argument)
            except DocumentGone:
                inside.engine = None
                if inside.detached or attempt == 19:
                    raise
                await asyncio.sleep(TICK_SECONDS)
        raise AssertionError("unreachable")

    async def _engine(self, frame: FrameOf) -> JSHandle:
        if frame.engine is None:
            frame.engine = await frame.real.evaluate_handle(engine())
        return frame.engine

    async def _element(self, frame: AnyFrame) -> ElementHandle:
        with translated():
            handle = await (await self._engine(cast("FrameOf", frame))).evaluate_handle("(engine) => engine.element")
        element = handle.as_element()
        if element is None:
            raise DocumentGone("the element is gone")
        return element

    async def evaluate(self, frame: AnyFrame, expression: str) -> Any:
        """What an expression gives in the page's own world."""
        with translated():
            return await cast("FrameOf", frame).real.evaluate(expression)

    async def frame_in(self, frame: AnyFrame, selector: str) -> AnyFrame | None:
        """The frame inside the first element that matches."""
        with translated():
            owner = await cast("FrameOf", frame).real.query_selector(selector)
            inner = await owner.content_frame() if owner else None
        return self.frame(inner) if inner else None

    async def place_of(self, frame: AnyFrame, near: tuple[float, float] | None = None) -> tuple[float, float]:
        """Where the frame's viewport begins in that of the window."""
        real = cast("FrameOf", frame).real
        if real.parent_frame is None:
            return 0.0, 0.0
        return await moving.place_of(real, near or (0.0, 0.0))

    # --- input ---

    async def press(self, press: Press) -> None:
        """Moves the mouse there, presses and lets go."""
        if press.button in ("back", "forward"):
            raise StepFailed("invalid_step", f"this browser has no mouse button {press.button!r} for us")
        button = cast("Literal['left', 'middle', 'right']", press.button)
        with self._that_may_close_it():
            for modifier in sorted(press.modifiers):
                await self.page.keyboard.down(modifier)
            try:
                await self.page.mouse.click(
                    press.x, press.y, button=button, click_count=press.clicks, delay=press.hold_ms
                )
            finally:
                for modifier in sorted(press.modifiers):
                    await self.page.keyboard.up(modifier)

    @contextmanager
    def _that_may_close_it(self) -> Iterator[None]:
        """For input that was sent to a page which is there: one that closes under it has had it."""
        there = not self.closed
        with translated():
            try:
                yield
            except PlaywrightError:
                if not (there and self.closed and self.connected):
                    raise

    async def move(self, x: float, y: float, steps: int = 1) -> None:
        """Moves the mouse."""
        with translated():
            await self.page.mouse.move(x, y, steps=steps)

    async def hold(self) -> None:
        """Presses the left button and keeps it pressed."""
        with translated():
            await self.page.mouse.down()

    async def release(self) -> None:
        """Lets go of the left button."""
        with translated():
            await self.page.mouse.up()

    async def scroll_wheel(self, dx: float, dy: float) -> None:
        """Turns the wheel."""
        with translated():
            await self.page.mouse.wheel(dx, dy)

    async def insert_text(self, text: str) -> None:
        """Puts text where the cursor is."""
        with translated():
            if text:
                await self.page.keyboard.insert_text(text)
            else:
                await self.page.keyboard.press("Delete")

    async def key(self, deed: Literal["down", "up", "press"], name: str) -> None:
        """Presses, holds or lets go of a key."""
        keyboard = self.page.keyboard
        try:
            with translated():
                await {"down": keyboard.down, "up": keyboard.up, "press": keyboard.press}[deed](name)
        except DriverError as error:
            if "Unknown key" not in str(error):
                raise
            if len(name) != 1:
                raise StepFailed("invalid_step", f"{name[:20]!r} is no key that can be pressed") from None
            if deed != "up":
                await self.insert_character(name)

    async def insert_character(self, character: str) -> None:
        """What no key of the keyboard layout gives."""
        await self.insert_text(character)

    async def give_files(self, frame: AnyFrame, paths: Sequence[Path]) -> None:
        """Puts files into the file field that is `engine.element`."""
        element = await self._element(frame)
        with translated():
            await element.set_input_files(list(paths), timeout=ACTION_MS)

    # --- the page as a whole ---

    async def goto(self, url: str, seconds: float) -> None:
        """Opens an address; returns when its document has begun."""
        await moving.goto(self, url, seconds)

    async def travel(self, where: Literal["back", "forward", "reload"], seconds: float) -> bool:
        """Through the history."""
        return await moving.travel(self, where, seconds)

    async def wait_loaded(self, wait_until: WaitUntil, seconds: float) -> bool:
        """Whether the document got as far as `wait_until` within the time."""
        return await moving.wait_loaded(self.page, wait_until, seconds)

    async def resize(self, width: int, height: int) -> None:
        """Gives the viewport a size."""
        with translated():
            await self.page.set_viewport_size({"width": width, "height": height})

    @property
    def viewport(self) -> tuple[int, int]:
        """Width and height of the viewport."""
        now = self.page.viewport_size or {"width": 1280, "height": 720}
        return now["width"], now["height"]

    async def emulate_network(self, *, download: float, upload: float, latency_ms: float, offline: bool) -> None:
        """Slows the page's network down; Firefox only knows on and off."""
        speeds = {"downloadThroughput": download, "uploadThroughput": upload, "latency": latency_ms}
        await moving.emulate_network(self.page, self._devtools, {"offline": offline, **speeds})

    async def screenshot(self, *, whole_page: bool = False) -> bytes:
        """What can be seen, as a JPEG."""
        with translated():
            return await self.page.screenshot(
                type="jpeg", quality=50, full_page=whole_page, timeout=ACTION_MS, animations="allow"
            )

    async def pdf(self) -> bytes:
        """The page as it would be printed."""
        try:
            return await self.page.pdf(print_background=True)
        except PlaywrightError as error:
            raise StepFailed("invalid_step", "this browser cannot print a page to PDF") from error

    async def bring_to_front(self) -> None:
        """Makes it the page that is seen."""
        with translated():
            await self.page.bring_to_front()

    async def close(self) -> None:
        """Closes the page."""
        with translated():
            await self.page.close()
