"""The browser of one row over WebDriver: whose turn it is, where it looks, and what has become of its pages."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

from services.runner.adapters.driver_terms import Listener, WindowRemains
from services.runner.adapters.driver_windows import Window
from services.runner.adapters.faults import DriverFailure, StepFailed, TargetGone
from services.runner.adapters.options import SessionOptions
from services.runner.adapters.webdriver import dialogs, scripts
from services.runner.adapters.webdriver.downloads import Downloads
from services.runner.adapters.webdriver.frames import ELEMENT_KEY, FrameOf
from services.runner.adapters.webdriver.launching import SCREEN, Driver
from services.runner.adapters.webdriver.tab import WebKitTab
from services.runner.adapters.webdriver.wire import AlertOpen, Wire

LOOK_EVERY_SECONDS = 0.1
MOST_DIALOGS = 50  # that one command is held up by
CLOSE_SECONDS = 5.0
SIZE_TRIES = 20
SIZE_SECONDS = 0.05
LANGUAGE = "navigator.language"
SIZES = "return [innerWidth, innerHeight, outerWidth, outerHeight];"
REST = (SCREEN[0] // 2, SCREEN[1] // 2)
INSIDE, ASIDE = 20, 100


class WebKitWindow(Window):
    """A WebDriver session. It has one window and one frame at a time, so everything takes its turn.

    WebDriver has no events: what the pages do by themselves is looked up every 100 ms while nobody else has the turn.
    """

    def __init__(self, wire: Wire, driver: Driver, options: SessionOptions, listener: Listener) -> None:
        super().__init__()
        self.listener = listener
        self.when_closed: Callable[[], None] = lambda: None
        self._wire, self._driver, self._options = wire, driver, options
        self._downloads = Downloads(driver.folder, listener)
        self._turn = asyncio.Lock()
        self._at: FrameOf | None = None  # where the session looks
        self._front: WebKitTab | None = None
        self._focused: WebKitTab | None = None
        self._given_first = False
        self._watching: asyncio.Task[None] | None = None

    async def begin(self) -> None:
        """Finds its first page, and begins to look what happens."""
        await self.look()
        await self.first.resize(self._options.width, self._options.height)
        if self._options.locale and self._options.locale != await self.first.evaluate(self.first.main, LANGUAGE):
            self.listener.note(
                "warn", f"WebKit does not speak {self._options.locale}: this machine has no such locale."
            )
        self._watching = asyncio.create_task(self._watch())

    @property
    def first(self) -> WebKitTab:
        """The page with which it was opened."""
        if not self.tabs:
            raise TargetGone("WebKit opened no page")
        return self._known[0]

    @property
    def _known(self) -> list[WebKitTab]:
        return [tab for tab in self.tabs if isinstance(tab, WebKitTab)]

    @property
    def lost(self) -> bool:
        """Whether its browser is gone."""
        return self._wire.lost or not self._driver.started.running

    # --- the port ---

    @property
    def opening(self) -> int:
        """Pages are there as soon as they are seen."""
        return 0

    async def open_tab(self) -> WebKitTab:
        """The page that the session began with, then further ones."""
        if not self._given_first:
            self._given_first = True
            self.listener.opened(self.first)
            return self.first
        async with self.turn(self._known[-1].main):
            handle = (await self.send("POST", "/window/new", {"type": "window"}))["handle"]
        await self.look()
        tab = next((one for one in self._known if one.handle == handle), None)
        if tab is None:
            raise StepFailed("page_crashed", "the page did not open")
        await tab.resize(*self.first.viewport)
        return tab

    async def settled(self) -> None:
        """Looks whether pages were opened."""
        with suppress(DriverFailure):
            await self.look()

    async def storage(self) -> Mapping[str, Any]:
        """WebDriver tells only what belongs to the page that is open, which is no login to keep."""
        raise StepFailed("invalid_step", "WebKit cannot keep a login; take it in Chromium or Firefox")

    async def close(self) -> WindowRemains:
        """Ends its browser; there is nothing that it would have to save."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.wait({self._watching})
        await self._wire.close()
        await self._driver.end()
        self.when_closed()
        return WindowRemains()

    # --- turns ---

    @asynccontextmanager
    async def turn(self, frame: FrameOf) -> AsyncIterator[None]:
        """Within, commands are about a frame, and nobody else sends any."""
        async with self._turn:
            try:
                if frame.tab is self._front and frame.tab is not self._focused:
                    await self._bring(frame.tab)
                await self._go_to(frame)
                yield
            except BaseException:
                self._at = None  # it may have been between two places
                raise

    async def send(self, method: str, path: str, body: Any = None) -> Any:
        """A command within a turn; a dialog that is in its way is answered."""
        for _ in range(MOST_DIALOGS):
            try:
                return await self._wire.send(method, path, body)
            except AlertOpen:
                await dialogs.answer(self._wire, self.listener)
        raise StepFailed("script_error", "the page opens one dialog after the other")

    async def run(self, script: str, *arguments: Any) -> Any:
        """What a script that does nothing to the page returns."""
        return await self.send("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    async def run_async(self, script: str, *arguments: Any) -> Any:
        """What a script calls back with."""
        return await self.send("POST", "/execute/async", {"script": script, "args": list(arguments)})

    async def _go_to(self, frame: FrameOf) -> None:
        if self._at is frame:
            return
        if self._at is None or self._at.tab is not frame.tab:
            await self.send("POST", "/window", {"handle": frame.tab.handle})
        if self._at is None or self._at is not frame.parent:
            await self.send("POST", "/frame", {"id": None})
            chain = frame.chain
        else:
            chain = [frame]
        for link in chain:
            await self.send("POST", "/frame", {"id": {ELEMENT_KEY: link.reference}})
        self._at = frame

    # --- looking ---

    async def look(self) -> None:
        """Which pages there are, and where those that work or load stand."""
        self._downloads.look(self._front.url if self._front else "about:blank")
        async with self._turn:
            handles = await self.send("GET", "/window/handles")
            for tab in self._known:
                tab.is_open(handles)
            for handle in handles:
                if handle not in [tab.handle for tab in self._known]:
                    self._new(WebKitTab(self, handle))
            for tab in self._known:
                if not tab.closed and (tab is self._front or tab.main.state != "complete"):
                    await self._look_at(tab.main)

    def _new(self, tab: WebKitTab) -> None:
        self.tabs.append(tab)
        if self._given_first:
            self.listener.opened(tab)
        self._front = tab

    async def _look_at(self, frame: FrameOf) -> None:
        try:
            await self._go_to(frame)
            found = await self.run(scripts.LOOK, frame.tab.kept_as)
            if found is None:
                await self.run(scripts.install(), frame.tab.kept_as)
                found = await self.run(scripts.LOOK, frame.tab.kept_as)
        except DriverFailure:  # it is being replaced; the next look finds what is there then
            self._at = None
            return
        if not found:
            return
        if await frame.tab.stands(frame, found[0]):
            await self._look_behind(frame.tab)
        frame.has(found[1])
        for child in frame.children:
            await self._look_at(child)

    async def _look_behind(self, tab: WebKitTab) -> None:
        """WebKit shows what could not be loaded as an empty page with a sentence; the address is that of the page."""
        address = await self.send("GET", "/url")
        if address not in ("", "about:blank"):
            tab.is_unreachable(str(address), str(await self.run("return document.body.innerText") or ""))

    async def _watch(self) -> None:
        while not self.lost:
            await asyncio.sleep(LOOK_EVERY_SECONDS)
            if not self._turn.locked():
                with suppress(DriverFailure, StepFailed):
                    await self.look()

    def works_on(self, tab: WebKitTab) -> None:
        """This is the page whose doings matter now."""
        self._front = tab

    # --- where its pages stand on the screen ---

    async def _bring(self, tab: WebKitTab) -> None:
        """Gives a page the focus: it follows the mouse of the screen, which rests in the middle of it.

        The mouse is left above the page, in the browser's own bar: what moves in the page is WebDriver's mouse.
        """
        if self._focused is not None and not self._focused.closed:
            await self.send("POST", "/window", {"handle": self._focused.handle})
            await self.send("POST", "/window/rect", {"x": REST[0] + ASIDE, "y": 0})
        self._focused = tab
        await self.send("POST", "/window", {"handle": tab.handle})
        width, height, _, outer_height = await self.run(SIZES)
        tab.viewport = (round(width), round(height))
        await self.send("POST", "/window/rect", {"x": REST[0] - INSIDE, "y": REST[1] - (outer_height - height) // 2})
        self._at = tab.main

    async def resize(self, tab: WebKitTab, width: int, height: int) -> None:
        """Within a turn: gives the viewport of a page a size."""
        for tries in range(SIZE_TRIES):
            sizes = await self.run(SIZES)
            inner = tab.viewport = (round(sizes[0]), round(sizes[1]))
            if inner == (width, height):
                return
            if tries % 5 == 0:  # what the window has around its viewport is only known once it is drawn
                wanted = {"width": sizes[2] + width - inner[0], "height": sizes[3] + height - inner[1]}
                await self.send("POST", "/window/rect", wanted)
            await asyncio.sleep(SIZE_SECONDS)
