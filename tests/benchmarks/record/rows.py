"""What an input event costs in a large page, with the recorder in it and without, at the pace of a quick person."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

from playwright.async_api import Browser, CDPSession, async_playwright

from shared.chromium import find_chromium
from shared.core.errors import Unavailable
from tests.benchmarks.comparing import Tell
from tests.benchmarks.figures import FOLDER, Figure, Kind
from tests.conformance.recorded.recording import Recorder

RECORD = Kind("Recording, measured", "what was counted, and what else matters", FOLDER / "record.json")
PAUSE_SECONDS = 0.12  # between two events of a person in a hurry
ELEMENTS_A_ROW = 5
HEAD = "<style>li { display: inline-block; width: 90px }</style><input id=field aria-label=Field><ul>"
Times = dict[str, list[float]]


@dataclass(frozen=True)
class Scale:
    """How much is measured."""

    elements: tuple[int, ...]
    presses: int
    rounds: int


FULL = Scale((2_000, 20_000), 20, 4)
QUICK = Scale((1_000,), 3, 1)


def page_of(elements: int) -> str:
    """A page of many rows, alike but for their number: what is the hardest to tell apart."""
    rows = (
        f"<li><a href='#{n}'>Item {n}</a><span>Text <b>{n}</b></span><button class='b c{n % 7}'>Buy</button></li>"
        for n in range(elements // ELEMENTS_A_ROW)
    )
    return f"{HEAD}{''.join(rows)}</ul>"


async def inputs(scale: Scale, tell: Tell) -> list[Figure]:
    """Milliseconds from sending an event until the page has dealt with it, medians of all rounds."""
    installed = find_chromium()
    if installed is None:
        raise Unavailable("there is no Chromium here")
    figures: list[Figure] = []
    async with async_playwright() as playwright:
        options: Any = {"executable_path": installed.path, "args": installed.arguments()}
        browser = await playwright.chromium.launch(**options)
        for elements in scale.elements:
            plain: Times = defaultdict(list)
            recorded: Times = defaultdict(list)
            for number in range(scale.rounds):
                tell(f"{elements} elements, round {number + 1} of {scale.rounds}")
                await _round(browser, elements, scale.presses, plain, record=False)
                await _round(browser, elements, scale.presses, recorded, record=True)
            figures += _figures(elements, scale.rounds * scale.presses, plain, recorded)
        await browser.close()
    return figures


def _figures(elements: int, events: int, plain: Times, recorded: Times) -> list[Figure]:
    settings = f"{elements} elements; {events} events, {PAUSE_SECONDS * 1000:g} ms between two; wall time of the event"
    found: list[Figure] = []
    for kind in plain:
        name = f"{kind}, {elements} elements"
        for how, times in (("not recorded", plain[kind]), ("recorded", recorded[kind])):
            found.append(Figure(f"{name}, {how}", median(times), "ms", "lower", settings, None, min(times), max(times)))
    return found


async def _round(browser: Browser, elements: int, presses: int, times: Times, *, record: bool) -> None:
    context = await browser.new_context(viewport={"width": 1000, "height": 800})
    page = await (Recorder(context).new_page() if record else context.new_page())
    await page.route("**/*", lambda route: route.fulfill(body=page_of(elements), content_type="text/html"))
    await page.goto("http://large.test/")
    places = [await page.locator("button").nth(3 * number).bounding_box() for number in range(presses)]
    devtools = await context.new_cdp_session(page)
    for box in places:
        assert box is not None
        await _press(devtools, box["x"] + 5, box["y"] + 5, times)
    await page.focus("#field")
    for key in ("abcdefghij" * 10)[:presses]:
        await _timed(times["key"], lambda key=key: _key(devtools, key))  # type: ignore[misc]
    await context.close()


async def _press(devtools: CDPSession, x: float, y: float, times: Times) -> None:
    left = {"x": x, "y": y, "button": "left", "clickCount": 1}
    for kind, event in (
        ("move", {"type": "mouseMoved", "x": x, "y": y}),
        ("press", {"type": "mousePressed", "buttons": 1, **left}),
        ("release", {"type": "mouseReleased", **left}),
    ):
        await _timed(times[kind], lambda event=event: devtools.send("Input.dispatchMouseEvent", event))  # type: ignore[misc]


async def _key(devtools: CDPSession, key: str) -> None:
    await devtools.send("Input.dispatchKeyEvent", {"type": "keyDown", "key": key, "text": key})
    await devtools.send("Input.dispatchKeyEvent", {"type": "keyUp", "key": key})


async def _timed(times: list[float], deed: Callable[[], Awaitable[Any]]) -> None:
    await asyncio.sleep(PAUSE_SECONDS)
    began = time.perf_counter()
    await deed()
    times.append((time.perf_counter() - began) * 1000)


ROWS = {"inputs": inputs}
