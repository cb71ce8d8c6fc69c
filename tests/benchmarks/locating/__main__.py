"""`python -m tests.benchmarks.locating`: builds pages of three sizes in Chromium, measures, prints a table or JSON."""

import argparse
import asyncio
import json
import statistics
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Page, async_playwright

from shared.chromium import find_chromium
from shared.injected import engine

SIZES = (500, 2_000, 10_000)
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
    ("healthy, a field", "li input", "none", "type"),
    ("healthy, a button without id", "li button", "none", "click"),
    ("renamed, a field", "li input", "renamed", "type"),
    ("reworded, a button", "li button", "reworded", "focus"),
    ("moved, a field", "li input", "moved", "type"),
    ("moved, a button", "li button", "moved", "focus"),
    ("gone, a field", "li input", "gone", "type"),
    ("gone, a button", "li button", "gone", "focus"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """One measurement: milliseconds in the page, and what came of it."""

    nodes: int
    case: str
    median: float
    p95: float
    worst: float
    right: int
    refused: int
    wrong: int


async def measure(sizes: Sequence[int], count: int, source: str) -> list[Line]:
    """Every case at every size; `source` is the engine as JavaScript."""
    browser_file = find_chromium()
    if browser_file is None:
        raise SystemExit("No Chromium was found: install chromium-headless-shell.")
    lines = []
    async with async_playwright() as playwright:
        options: Any = {"executable_path": str(browser_file.path), "args": browser_file.arguments()}
        browser = await playwright.chromium.launch(**options)
        page = await browser.new_page()
        await page.route("**", lambda route: route.fulfill(body="<!doctype html><title>List</title>", headers=HEADERS))
        for size in sizes:
            lines += await _at(page, size, count, source)
        await browser.close()
    return lines


async def _at(page: Page, size: int, count: int, source: str) -> list[Line]:
    await page.goto(ADDRESS)
    asking = await page.evaluate_handle(f"({INSIDE.read_text('utf-8')})({source})")
    nodes = await asking.evaluate("(asking, nodes) => asking.build(nodes)", size)
    lines = []
    for name, selector, how, event in CASES:
        question = "(asking, given) => asking.measure(...given)"
        await asking.evaluate(question, [selector, how, event, 3])  # warms the compiler up
        found = await asking.evaluate(question, [selector, how, event, count])
        lines.append(_line(nodes, name, found))
    return lines


def _line(nodes: int, name: str, found: list[dict[str, Any]]) -> Line:
    times = sorted(each["ms"] for each in found)
    return Line(
        nodes=nodes,
        case=name,
        median=round(statistics.median(times), 3),
        p95=round(times[min(len(times) - 1, round(0.95 * (len(times) - 1)))], 3),
        worst=round(times[-1], 3),
        right=sum(1 for each in found if each["right"]),
        refused=sum(1 for each in found if not each["found"]),
        wrong=sum(1 for each in found if each["found"] and not each["right"]),
    )


def main() -> None:
    """Results on standard output."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="JSON instead of a table")
    parser.add_argument("--count", type=int, default=30, help="elements a case (30)")
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES), help="elements of the pages")
    parser.add_argument("--engine", type=Path, help="another engine's source, to compare")
    given = parser.parse_args()
    source = given.engine.read_text("utf-8") if given.engine else engine()
    lines = asyncio.run(measure(given.sizes, given.count, source))
    if given.json:
        sys.stdout.write(json.dumps([asdict(line) for line in lines], indent=1) + "\n")
        return
    sys.stdout.write(f"{'elements':>8}  {'case':<30}{'median':>9}{'p95':>9}{'worst':>9}   right/refused/wrong\n")
    for line in lines:
        times = f"{line.median:>9.3f}{line.p95:>9.3f}{line.worst:>9.3f}"
        sys.stdout.write(f"{line.nodes:>8}  {line.case:<30}{times}   {line.right}/{line.refused}/{line.wrong}\n")


if __name__ == "__main__":
    main()
