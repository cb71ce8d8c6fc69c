"""A key in the page of a recording session, until its effect is drawn there: all of the way, there and back."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urljoin

from playwright.async_api import Browser, Page, WebSocket, async_playwright

from services.ingest.main import BLUEPRINT as INGEST
from services.runner.main import BLUEPRINT as RUNNER
from shared.chromium import find_chromium
from shared.core.errors import Unavailable
from shared.testing.platform import Platform
from tests.benchmarks.comparing import Tell
from tests.benchmarks.figures import FOLDER, Figure, Kind

LIVE = Kind("Recording in a live browser, measured", "what was counted, and what else matters", FOLDER / "live.json")
GOAL_MEDIAN, GOAL_95 = 60, 120  # ms: people notice 100 ms between a key and its letter
PAUSE_SECONDS = 0.25  # between two keys: a person types four a second
WARM_UP = 5
SIZE: Any = {"width": 1280, "height": 800}
TEXT = "<p>Some text that a page has, with <b>bold words</b> and <a href='#'>links</a> between them.</p>" * 40
# A square that each key turns from black to white or back: what the page draws is seen by one of its pixels.
PAGE = f"""<!doctype html><title>Keys</title><style>body {{ margin: 0; padding: 80px; font: 16px sans-serif }}
i {{ position: fixed; left: 0; top: 0; width: 60px; height: 60px; background: #000 }} .on {{ background: #fff }}</style>
<i></i><input autofocus onkeydown="document.querySelector('i').classList.toggle('on')">{TEXT}"""
CLOCK = """() => {
  const canvas = document.querySelector("#picture");
  const brush = canvas.getContext("2d");
  const draw = brush.drawImage.bind(brush);
  const light = () => brush.getImageData(20, 20, 1, 1).data[0] > 127;
  let began = 0;
  let before = null;
  window.times = [];
  document.addEventListener("keydown", (event) => ([began, before] = [event.timeStamp, light()]), true);
  brush.drawImage = (...picture) => {
    draw(...picture);
    if (before === null || light() === before) return;
    window.times.push(performance.now() - began);
    before = null;
  };
}"""


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    keys: int


FULL = Scale(200)
QUICK = Scale(5)


@contextmanager
def _site() -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(PAGE.encode())

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


async def keys(scale: Scale, tell: Tell) -> list[Figure]:
    """Milliseconds from a key to the frame that shows what it did, and what the frames weigh."""
    installed = find_chromium()
    if installed is None:
        raise Unavailable("there is no Chromium here")
    with TemporaryDirectory() as home, _site() as url:
        async with Platform(Path(home), (INGEST, RUNNER)) as platform, async_playwright() as playwright:
            options: Any = {"executable_path": installed.path, "args": installed.arguments()}
            browser = await playwright.chromium.launch(**options)
            answer = await platform.client.post("/runner/v1/recording-sessions", json={"url": url, **SIZE})
            if answer.is_error:
                raise Unavailable(f"no session: {answer.text}")
            view = urljoin(platform.address, answer.json()["view"])
            times, frames = await _measure(browser, view, scale.keys, tell)
            await browser.close()
            await platform.client.delete(f"/runner/v1/recording-sessions/{answer.json()['id']}")
    return _figures(times, frames)


async def _measure(browser: Browser, view: str, presses: int, tell: Tell) -> tuple[list[float], list[int]]:
    frames: list[int] = []
    page = await browser.new_page(viewport={"width": 1700, "height": 1000})

    def watch(socket: WebSocket) -> None:
        socket.on("framereceived", lambda told: frames.append(len(told)) if isinstance(told, bytes) else None)

    page.on("websocket", watch)
    await page.goto(view)
    await page.wait_for_selector("#waiting", state="hidden")
    await page.mouse.click(*await _field(page))
    for _ in range(WARM_UP):
        await page.keyboard.press("a")
        await asyncio.sleep(PAUSE_SECONDS)
    await page.evaluate(CLOCK)
    frames.clear()
    for number in range(presses):
        tell(f"key {number + 1} of {presses}")
        await page.keyboard.press("a")
        await asyncio.sleep(PAUSE_SECONDS)
    times: list[float] = await page.evaluate("window.times")
    if len(times) < presses:
        raise Unavailable(f"{presses - len(times)} of {presses} keys were not seen within {PAUSE_SECONDS * 1000:g} ms")
    return times, frames


async def _field(page: Page) -> tuple[float, float]:
    box = await page.locator("#picture").bounding_box()
    if box is None:
        raise Unavailable("the page of the session shows no picture")
    return box["x"] + 120, box["y"] + 90


def _figures(times: list[float], frames: list[int]) -> list[Figure]:
    how = f"{len(times)} keys, {PAUSE_SECONDS * 1000:g} ms between two; two browsers and the services on this machine"
    size = f"{SIZE['width']}×{SIZE['height']}"
    late = quantiles(times, n=20)[-1]
    return [
        Figure("key to its frame, median", median(times), "ms", "lower", how, GOAL_MEDIAN, min(times), max(times)),
        Figure("key to its frame, 95 %", late, "ms", "lower", how, GOAL_95),
        Figure("a frame, median", median(frames) / 1024, "KiB", "lower", f"{size}, a page of text", None,
               min(frames) / 1024, max(frames) / 1024),
        Figure("frames a key", len(frames) / len(times), "frames", "lower", how),
    ]  # fmt: skip


ROWS = {"keys": keys}
