"""One page of a session: what it is loading, whether it went elsewhere, and the engine inside each of its frames."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from playwright.async_api import CDPSession, Frame, JSHandle, Page, Request, Response
from playwright.async_api import Error as PlaywrightError

from services.runner.adapters.faults import StepFailed, browser_gone, document_gone
from services.runner.adapters.options import WaitUntil
from shared.injected import engine

QUIET_SECONDS = 1.0  # how long a fresh document may keep loading before its steps begin all the same
TICK_SECONDS = 0.01
NEVER_FINISHED = frozenset({"websocket", "eventsource", "media", "ping", "manifest"})
# An action's own navigation is asked for in the renderer before a question that was put after the action is answered.
AFTERWARDS = "() => new Promise((resolve) => setTimeout(resolve, 0))"


class Tab:
    """A page, watched. `documents` counts new documents, `routes` changes of address in one, `inner` both in frames."""

    def __init__(self, page: Page, devtools: CDPSession) -> None:
        self.page = page
        self.devtools = devtools
        self.documents = 0
        self.routes = 0
        self.inner = 0
        self.status: int | None = None
        self.unreachable = False
        self.crashed = False
        self.popups_announced = 0
        self._wanted: set[str] = set()
        self._loading: set[Request] = set()
        self._sending: set[Request] = set()
        self._engines: dict[Frame, JSHandle] = {}
        self._main_frame = ""

    @classmethod
    async def watch(cls, page: Page) -> "Tab":
        """Starts watching a page."""
        devtools = await page.context.new_cdp_session(page)
        tab = cls(page, devtools)
        page.on("crash", tab._on_crash)
        page.on("request", tab._on_request)
        page.on("requestfinished", tab._on_request_over)
        page.on("requestfailed", tab._on_request_over)
        page.on("response", tab._on_response)
        devtools.on("Page.frameRequestedNavigation", tab._on_requested)
        devtools.on("Page.frameNavigated", tab._on_navigated)
        devtools.on("Page.navigatedWithinDocument", tab._on_route)
        devtools.on("Page.windowOpen", tab._on_window)
        for over in ("Page.frameStoppedLoading", "Page.frameDetached", "Page.downloadWillBegin"):
            devtools.on(over, tab._on_over)
        await devtools.send("Page.enable")
        tree = await devtools.send("Page.getFrameTree")
        tab._main_frame = tree["frameTree"]["frame"]["id"]
        return tab

    def _on_crash(self, _: Page) -> None:
        self.crashed = True

    def _on_request(self, request: Request) -> None:
        if request.resource_type not in NEVER_FINISHED:
            self._loading.add(request)
            if request.method not in ("GET", "HEAD", "OPTIONS"):
                self._sending.add(request)

    def _on_request_over(self, request: Request) -> None:
        self._loading.discard(request)
        self._sending.discard(request)

    def _on_response(self, response: Response) -> None:
        with suppress(PlaywrightError):  # a page that is just being opened has no frame yet
            if response.request.is_navigation_request() and response.frame == self.page.main_frame:
                self.status = response.status

    def _on_requested(self, event: dict[str, Any]) -> None:
        if event.get("disposition", "currentTab") == "currentTab":
            self._wanted.add(event["frameId"])

    def _on_navigated(self, event: dict[str, Any]) -> None:
        frame = event["frame"]
        self._wanted.discard(frame["id"])
        if not frame.get("parentId"):
            self._main_frame = frame["id"]
            self.documents += 1
            self.unreachable = bool(frame.get("unreachableUrl"))
            self._wanted.clear()
        else:
            self.inner += 1

    def _on_route(self, event: dict[str, Any]) -> None:
        self._wanted.discard(event["frameId"])
        if event["frameId"] == self._main_frame:
            self.routes += 1
        else:
            self.inner += 1

    def _on_window(self, _: dict[str, Any]) -> None:
        self.popups_announced += 1

    def _on_over(self, event: dict[str, Any]) -> None:
        self._wanted.discard(event["frameId"])

    @property
    def moves(self) -> int:
        """How often the page went elsewhere."""
        return self.documents + self.routes

    @property
    def stand(self) -> tuple[int, int]:
        """How often the page, and a frame in it, went elsewhere."""
        return self.moves, self.inner

    @property
    def sending(self) -> bool:
        """Whether the page has sent something that has not been answered."""
        return bool(self._sending) and not self.crashed and not self.page.is_closed()

    def fail_if_gone(self) -> None:
        """Raises `StepFailed` when the page has crashed or its browser is no more."""
        browser = self.page.context.browser
        if browser is not None and not browser.is_connected():
            raise StepFailed("browser_crashed", "the browser has crashed")
        if self.crashed:
            raise StepFailed("page_crashed", "the page has crashed")

    async def ask(self, frame: Frame, question: str, argument: Any = None) -> Any:
        """What a function of (engine, argument) answers in a frame; asked again where the document was replaced."""
        for attempt in range(20):
            self.fail_if_gone()
            try:
                return await (await self._engine(frame)).evaluate(question, argument)
            except PlaywrightError as error:
                if not document_gone(error) or frame.is_detached() or attempt == 19:
                    raise
                self._engines.pop(frame, None)
                await asyncio.sleep(TICK_SECONDS)
        raise AssertionError("unreachable")

    async def handle(self, frame: Frame, question: str, argument: Any = None) -> JSHandle:
        """The same for an answer that stays in the page; not asked again."""
        return await (await self._engine(frame)).evaluate_handle(question, argument)

    async def _engine(self, frame: Frame) -> JSHandle:
        handle = self._engines.get(frame)
        if handle is None:
            handle = self._engines[frame] = await frame.evaluate_handle(engine())
        return handle

    async def after_action(self, seconds: float) -> None:
        """Waits until a navigation that the last action has asked for is there, or was called off."""
        # A page that is busy with its answer does not say anything; what it wants is known already.
        with suppress(PlaywrightError, TimeoutError):
            await asyncio.wait_for(self.page.main_frame.evaluate(AFTERWARDS), 1.0)
        await until(lambda: not self._wanted or self.page.is_closed() or self.crashed, seconds)

    async def loaded(self, wait_until: WaitUntil, seconds: float) -> bool:
        """Waits until the document has loaded and is ready for a person; False when loading takes longer."""
        in_time = True
        try:
            if wait_until != "commit":
                await self.page.wait_for_load_state(wait_until, timeout=max(seconds, 0.001) * 1000)
        except PlaywrightError as error:
            if browser_gone(error) or self.page.is_closed():
                return True
            in_time = False
        await self.ready()
        return in_time

    async def ready(self) -> None:
        """Lets a fresh document attach its listeners: nothing more to load, and time to spare; a second at most."""
        began = asyncio.get_running_loop().time()
        await until(lambda: not self._loading or self.page.is_closed(), QUIET_SECONDS)
        left = QUIET_SECONDS - (asyncio.get_running_loop().time() - began)
        with suppress(PlaywrightError, TimeoutError):
            question = self.ask(
                self.page.main_frame, "(engine, limit) => engine.idle(limit)", max(50, int(left * 1000))
            )
            await asyncio.wait_for(question, max(left, 0.1) + 0.2)
        self._loading.clear()


async def until(done: Callable[[], bool], seconds: float) -> bool:
    """Whether the condition held within the time."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while not done():
        if loop.time() >= deadline:
            return False
        await asyncio.sleep(TICK_SECONDS)
    return True
