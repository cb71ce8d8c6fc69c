"""A Chromium of our own, pages that a test writes itself, and somebody who remembers what happened beside the steps."""

import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from services.runner.adapters.cdp.browser import CdpBrowser, launch
from services.runner.adapters.cdp.tab import CdpTab
from services.runner.adapters.cdp.window import CdpWindow
from services.runner.adapters.driver import Tab
from services.runner.adapters.driver_terms import DialogAnswer, DialogShown, Download, RequestSeen
from services.runner.adapters.options import SessionOptions
from shared.chromium import find_chromium, installed_browsers

PATIENCE = 60.0  # seconds: a full Chromium on a machine that is busy with something else
Answer = tuple[int, dict[str, str], bytes]


class Pages:
    """A server on loopback; `pages` path → HTML, or a whole answer, or a function of the handler that gives one."""

    def __init__(self) -> None:
        self.pages: dict[str, str | Answer | Callable[[Any], Answer]] = {}
        self.asked: list[str] = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"site": self}))
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        """An address; `localhost` is another site than 127.0.0.1."""
        return f"http://{host}:{self.port}{path}"


class _Handler(BaseHTTPRequestHandler):
    site: Pages
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.site.asked.append(f"{self.command} {path}")
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        found = self.site.pages.get(path, (404, {}, b"nothing here"))
        if callable(found):
            found = found(self)
        status, headers, body = (200, {}, found.encode()) if isinstance(found, str) else found
        self.send_response(status)
        for name, value in (
            {"Content-Type": "text/html; charset=utf-8", "Content-Length": str(len(body))} | headers
        ).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Keeps silent."""


def slow(seconds: float, html: str) -> Callable[[Any], Answer]:
    """A page that takes its time."""

    def answer(_: Any) -> Answer:
        time.sleep(seconds)
        return 200, {}, html.encode()

    return answer


class Noted:
    """A listener that keeps what it hears."""

    def __init__(self) -> None:
        self.tabs: list[Tab] = []
        self.dialogs: list[DialogShown] = []
        self.answer = DialogAnswer()
        self.downloads: list[Download] = []
        self.lines: list[tuple[str, str]] = []
        self.errors: list[str] = []
        self.requests: list[RequestSeen] = []

    def opened(self, tab: Tab) -> None:
        self.tabs.append(tab)

    def dialog(self, shown: DialogShown) -> DialogAnswer:
        self.dialogs.append(shown)
        return self.answer

    def download(self, download: Download) -> None:
        self.downloads.append(download)

    def console(self, kind: str, text: str) -> None:
        self.lines.append((kind, text))

    def page_error(self, text: str) -> None:
        self.errors.append(text)

    def request(self, seen: RequestSeen) -> None:
        self.requests.append(seen)


class Opened:
    """A window with one page, who listens to it, and the server that it looks at."""

    def __init__(self, window: CdpWindow, tab: CdpTab, noted: Noted, pages: Pages) -> None:
        self.window = window
        self.tab = tab
        self.noted = noted
        self.pages = pages

    async def show(self, html: str, path: str = "/page") -> None:
        """Serves a page and opens it."""
        self.pages.pages[path] = html
        await self.tab.goto(self.pages.url(path), PATIENCE)
        assert await self.tab.wait_loaded("load", PATIENCE)

    async def read(self, expression: str) -> Any:
        """What an expression gives in the page."""
        return await self.tab.evaluate(self.tab.main, expression)

    async def centre(self, selector: str) -> tuple[float, float]:
        """The middle of an element of the page."""
        question = """(engine, selector) => {
          const box = document.querySelector(selector).getBoundingClientRect();
          return [box.x + box.width / 2, box.y + box.height / 2];
        }"""
        x, y = await self.tab.ask(self.tab.main, question, selector)
        return x, y


@pytest.fixture
def pages() -> Iterator[Pages]:
    site = Pages()
    yield site
    site.server.shutdown()
    site.server.server_close()


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[CdpBrowser]:
    installed = find_chromium()
    assert installed is not None
    browser = await launch(installed, headless=True, args=[])
    yield browser
    await browser.close()


@pytest.fixture(scope="session")
async def full_chromium() -> AsyncIterator[CdpBrowser]:
    """A full Chromium: it puts frames of other sites into processes of their own."""
    installed = next((one for one in installed_browsers() if not one.shell), None)
    if installed is None:
        pytest.skip("no full Chromium is installed")
    browser = await launch(installed, headless=True, args=["--site-per-process"])
    yield browser
    await browser.close()


@pytest.fixture
async def opened(chromium: CdpBrowser, pages: Pages) -> AsyncIterator[Opened]:
    async with open_window(chromium, pages) as one:
        yield one


@asynccontextmanager
async def open_window(browser: CdpBrowser, pages: Pages, **options: Any) -> AsyncIterator[Opened]:
    """A window with these options, and one page."""
    noted = Noted()
    window = await browser.window(SessionOptions(**options), noted)
    try:
        yield Opened(window, await window.open_tab(), noted, pages)
    finally:
        await window.close()
