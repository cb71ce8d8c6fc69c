"""The row `inside`: how long the engine in the page takes to find an element, healthy, changed, or gone.

The pages were drawn with this engine at hand: only the times are figures, what is found again says nothing of others.
"""

from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

from playwright.async_api import Page, async_playwright

from shared.chromium import find_chromium
from shared.core.errors import Unavailable
from shared.injected import engine
from tests.benchmarks.comparing import Tell
from tests.benchmarks.figures import Figure

SIZES = (2_000, 10_000)
COUNT, QUICK_COUNT = 30, 6
# ms, at how many elements: the median there, the 95th percentile at the other.
GOALS = {2_000: ("median", 10.0), 10_000: ("p95", 50.0)}
ADDRESS = "http://localhost/"
# Only a page that is isolated from others gets a clock finer than 0.1 ms.
HEADERS = {
    "Content-Type": "text/html",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}
INSIDE = Path(__file__).with_name("inside.js")
# What is asked: its name, which elements, what is done to them before, which event.
CASES = (
    ("healthy field", "li input", "none", "type"),
    ("healthy button without id", "li button", "none", "click"),
    ("renamed field", "li input", "renamed", "type"),
    ("reworded button", "li button", "reworded", "focus"),
    ("moved field", "li input", "moved", "type"),
    ("moved button", "li button", "moved", "focus"),
    ("field that is gone", "li input", "gone", "type"),
    ("button that is gone", "li button", "gone", "focus"),
)


async def measure_inside(tell: Tell, *, quick: bool, sizes: Sequence[int] = SIZES) -> list[Figure]:
    """Every case at every size: milliseconds in the page, and how many of the changed were told wrong."""
    browser_file = find_chromium()
    if browser_file is None:
        raise Unavailable("No Chromium was found: install chromium-headless-shell.")
    found: list[Figure] = []
    async with async_playwright() as playwright:
        options: Any = {"executable_path": str(browser_file.path), "args": browser_file.arguments()}
        browser = await playwright.chromium.launch(**options)
        page = await browser.new_page()
        await page.route("**", lambda route: route.fulfill(body="<!doctype html><title>List</title>", headers=HEADERS))
        for size in sizes:
            tell(f"{size} elements")
            found += await _at(page, size, QUICK_COUNT if quick else COUNT)
        await browser.close()
    return found


async def _at(page: Page, size: int, count: int) -> list[Figure]:
    await page.goto(ADDRESS)
    asking = await page.evaluate_handle(f"({INSIDE.read_text('utf-8')})({engine()})")
    nodes = await asking.evaluate("(asking, nodes) => asking.build(nodes)", size)
    healed: list[dict[str, Any]] = []
    found = []
    for name, selector, how, event in CASES:
        question = "(asking, given) => asking.measure(...given)"
        await asking.evaluate(question, [selector, how, event, 3])  # warms the compiler up
        measured = await asking.evaluate(question, [selector, how, event, count])
        found.append(_figure(f"{name} at {size:,}", measured, f"{nodes} elements, {count} times; time in the page"))
        healed += measured if how != "none" else []
    return [*found, *_together(size, healed, f"{nodes} elements, {len(healed)} heals and refusals; time in the page")]


def _figure(name: str, measured: list[dict[str, Any]], settings: str) -> Figure:
    times = [each["ms"] for each in measured]
    return Figure(name, median(times), "ms", "lower", settings, None, min(times), max(times))


def _together(size: int, healed: list[dict[str, Any]], settings: str) -> list[Figure]:
    times = sorted(each["ms"] for each in healed)
    values = {"median": median(times), "p95": times[round(0.95 * (len(times) - 1))]}
    which, goal = GOALS.get(size, ("", 0.0))
    wrong = sum(each["found"] and not each["right"] for each in healed)
    return [
        *(
            Figure(
                f"heal in the page at {size:,}, {name}", value, "ms", "lower", settings, goal if name == which else None
            )
            for name, value in values.items()
        ),
        Figure(f"wrong elements at {size:,}", wrong, f"of {len(healed)}", "lower", settings, 0),
    ]
