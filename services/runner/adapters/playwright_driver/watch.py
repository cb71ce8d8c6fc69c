"""What a page is doing, told by Playwright's events and, in Chromium, by the browser's own."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from playwright.async_api import CDPSession, Frame, Page, Request, Response
from playwright.async_api import Error as PlaywrightError

from services.runner.adapters.driver_terms import RequestSeen

if TYPE_CHECKING:
    from services.runner.adapters.playwright_driver.tab import PlaywrightTab

NEVER_FINISHED = frozenset({"websocket", "eventsource", "media", "ping", "manifest"})
READS = ("GET", "HEAD", "OPTIONS")


class Watch:
    """Counts documents, routes and requests of a page for its tab."""

    def __init__(self, tab: "PlaywrightTab") -> None:
        self._tab = tab
        self._main_frame = ""
        self.wanted: set[Any] = set()  # frames that are about to go elsewhere
        self.loading: set[Request] = set()
        self.sending: set[Request] = set()

    def requests_of(self, page: Page) -> None:
        """Follow its requests."""
        page.on("request", self._on_request)
        page.on("requestfinished", self._on_request_finished)
        page.on("requestfailed", self._on_request_failed)
        page.on("response", self._on_response)

    async def navigations_of(self, page: Page, devtools: CDPSession | None) -> None:
        """Follow where it goes; with `devtools` as the browser itself tells it."""
        if devtools is None:
            page.on("framenavigated", self._on_frame)
            page.on("framedetached", lambda frame: self.wanted.discard(frame))  # no builtin: it is marked
            page.on("popup", self._on_window)
            return
        devtools.on("Page.frameRequestedNavigation", self._on_requested)
        devtools.on("Page.frameNavigated", self._on_navigated)
        devtools.on("Page.navigatedWithinDocument", self._on_route)
        devtools.on("Page.windowOpen", self._on_window)
        for over in ("Page.frameStoppedLoading", "Page.frameDetached", "Page.downloadWillBegin"):
            devtools.on(over, self._on_over)
        await devtools.send("Page.enable")
        tree = await devtools.send("Page.getFrameTree")
        self._main_frame = tree["frameTree"]["frame"]["id"]

    def _on_request(self, request: Request) -> None:
        if request.resource_type not in NEVER_FINISHED:
            self.loading.add(request)
            if request.method not in READS:
                self.sending.add(request)
        if not self._tab.has_devtools and request.is_navigation_request():
            with suppress(PlaywrightError):
                self.wanted.add(request.frame)

    def _over(self, request: Request) -> None:
        self.loading.discard(request)
        self.sending.discard(request)

    def _on_request_finished(self, request: Request) -> None:
        self._over(request)
        self._tell(request, None)

    def _on_request_failed(self, request: Request) -> None:
        self._over(request)
        if not self._tab.has_devtools:
            with suppress(PlaywrightError):
                self.wanted.discard(request.frame)
        self._tell(request, request.failure)

    def _tell(self, request: Request, failure: str | None) -> None:
        if self._tab.network_log:
            answer = request.existing_response
            ms = round(max(0.0, request.timing["responseEnd"]))
            seen = RequestSeen(
                request.method, request.url, request.resource_type, answer.status if answer else None, ms, failure
            )
            self._tab.listener.request(seen)

    def _on_response(self, response: Response) -> None:
        with suppress(PlaywrightError):  # a page that is just being opened has no frame yet
            if response.request.is_navigation_request() and response.frame == self._tab.page.main_frame:
                self._tab.status = response.status

    # --- without the browser's own events ---

    def _on_frame(self, frame: Frame) -> None:
        tab, fresh = self._tab, frame in self.wanted
        self.wanted.discard(frame)
        if frame != tab.page.main_frame:
            tab.inner += 1
        elif fresh:
            tab.documents += 1
            tab.unreachable = frame.url.startswith("about:neterror")
        else:
            tab.routes += 1

    # --- with them ---

    def _on_requested(self, event: dict[str, Any]) -> None:
        if event.get("disposition", "currentTab") == "currentTab":
            self.wanted.add(event["frameId"])

    def _on_navigated(self, event: dict[str, Any]) -> None:
        frame, tab = event["frame"], self._tab
        self.wanted.discard(frame["id"])
        if not frame.get("parentId"):
            self._main_frame = frame["id"]
            tab.documents += 1
            tab.unreachable = bool(frame.get("unreachableUrl"))
            self.wanted.clear()
        else:
            tab.inner += 1

    def _on_route(self, event: dict[str, Any]) -> None:
        self.wanted.discard(event["frameId"])
        if event["frameId"] == self._main_frame:
            self._tab.routes += 1
        else:
            self._tab.inner += 1

    def _on_window(self, _: Any) -> None:
        self._tab.popups_announced += 1

    def _on_over(self, event: dict[str, Any]) -> None:
        self.wanted.discard(event["frameId"])
