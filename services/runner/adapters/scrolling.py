"""Scrolling: to a position, by the wheel, to an element; lists that grow are followed."""

import time
from typing import TYPE_CHECKING, Any

from services.runner.adapters.driver import Tab
from services.runner.adapters.driver_terms import Frame
from services.runner.adapters.faults import StepFailed
from services.runner.adapters.locating import Located
from shared.contracts.steps import has_element

if TYPE_CHECKING:
    from services.runner.adapters.performing import Performance

GROWING_MS = 1_000  # how long what is too short for the position is waited for to grow
LOOK_MS = 250  # for the element, between two screenfuls
# Scrolls to a position; what is too short for it may grow when its end is seen.
SCROLL_TO = """async (engine, { to, whole, patience }) => {
  const target = whole ? document.scrollingElement || document.documentElement : engine.element;
  if (!target || !target.isConnected) return { gone: true };
  let tall = target.scrollHeight;
  let until = performance.now() + patience;
  for (;;) {
    target.scrollTo({ left: to.x, top: to.y, behavior: "instant" });
    const short = target.scrollTop + 1 < to.y && tall > target.clientHeight;
    if (!short || performance.now() > until) return {};
    await new Promise((resolve) => setTimeout(resolve, 50));
    if (target.scrollHeight > tall) [tall, until] = [target.scrollHeight, performance.now() + patience];
  }
}"""
INTO_VIEW = """(engine) => {
  const element = engine.element;
  if (!element || !element.isConnected) return { gone: true };
  const box = element.getBoundingClientRect();
  const seen = box.top >= 0 && box.left >= 0 && box.bottom <= innerHeight && box.right <= innerWidth;
  if (!seen) element.scrollIntoView({ block: "center", inline: "nearest", behavior: "instant" });
  return {};
}"""
# One screenful further: of the document, else of the largest part that can be scrolled.
ONWARD = """() => {
  const moved = (one) => {
    const before = one.scrollTop;
    one.scrollBy({ top: one.clientHeight * 0.9, behavior: "instant" });
    return one.scrollTop > before;
  };
  if (moved(document.scrollingElement || document.documentElement)) return true;
  const longer = (one) => one.clientHeight > 0 && one.scrollHeight > one.clientHeight + 1;
  const scrolls = (one) => longer(one) && /auto|scroll/.test(getComputedStyle(one).overflowY);
  const parts = [...document.querySelectorAll("*")].filter(scrolls);
  const area = (one) => one.clientHeight * one.clientWidth;
  return parts.sort((a, b) => area(b) - area(a)).some(moved);
}"""
# The browser scrolls smoothly, in frames of its own.
AT_REST = """(engine) => new Promise((resolve) => {
  const parts = [document.scrollingElement];
  for (let one = engine.element; one; one = one.parentElement) parts.push(one);
  const where = () => parts.map((one) => (one ? `${one.scrollLeft},${one.scrollTop}` : "")).join();
  let [last, still] = [where(), 0];
  const until = performance.now() + 1000;
  const look = () => {
    const now = where();
    still = now === last ? still + 1 : 0;
    last = now;
    if (still >= 4 || performance.now() > until) resolve(true);
    else setTimeout(look, 20);
  };
  look();
})"""
MIDDLE = """(engine) => {
  const box = engine.element && engine.element.isConnected && engine.element.getBoundingClientRect();
  return box ? { x: box.left + box.width / 2, y: box.top + box.height / 2 } : null;
}"""
GONE = "its element was replaced before it could be scrolled"


async def scroll(doing: "Performance") -> None:
    """To a position, by the wheel or, with neither, until the element is in view."""
    metadata = doing.step.metadata
    if isinstance(metadata.get("delta"), dict):
        await _turn_wheel(doing, _pair(metadata["delta"]))
    elif isinstance(metadata.get("scroll"), dict) or not has_element(doing.step):
        given = metadata.get("scroll")
        await _to_position(doing, _pair(given if isinstance(given, dict) else {}))
    else:
        await _to_element(doing)


def _pair(given: dict[str, Any]) -> dict[str, float]:
    pair = {key: given.get(key) or 0 for key in ("x", "y")}
    if any(isinstance(each, bool) or not isinstance(each, int | float) for each in pair.values()):
        raise StepFailed("invalid_step", "where to scroll is told in numbers, x and y")
    return pair


async def _to_position(doing: "Performance", to: dict[str, float]) -> None:
    asked = {"to": to, "whole": not has_element(doing.step), "patience": GROWING_MS}
    if has_element(doing.step):
        answer = await (await doing.locate()).ask(SCROLL_TO, asked)
    else:
        tab, frame = await doing.session.page_for(doing.step, doing.options.wait_timeout)
        answer = await tab.ask(frame, SCROLL_TO, asked)
    if answer.get("gone"):
        raise StepFailed("not_found", GONE, transient=True)
    doing.dispatched = True  # the page hears of it a frame later


async def _turn_wheel(doing: "Performance", delta: dict[str, float]) -> None:
    if has_element(doing.step):
        located = await doing.locate()
        tab, frame = located.tab, located.frame
        left, top = await tab.place_of(frame)
        middle = await located.ask(MIDDLE)
        if middle is None:
            raise StepFailed("not_found", GONE, transient=True)
        x, y = left + middle["x"], top + middle["y"]
    else:
        tab, frame = await doing.session.page_for(doing.step, doing.options.wait_timeout)
        x, y = _recorded_point(doing, tab)
    doing.dispatched = True
    await tab.move(x, y)
    await tab.scroll_wheel(delta["x"], delta["y"])
    await tab.ask(frame, AT_REST)


def _recorded_point(doing: "Performance", tab: Tab) -> tuple[float, float]:
    x, y = doing.step.x, doing.step.y
    width, height = tab.viewport
    if x is not None and y is not None and 0 <= x < width and 0 <= y < height:
        return x, y
    return width / 2, height / 2


async def _to_element(doing: "Performance") -> None:
    located = await _followed(doing)
    await located.tab.place_of(located.frame)
    if (await located.ask(INTO_VIEW)).get("gone"):
        raise StepFailed("not_found", GONE, transient=True)
    doing.dispatched = True


async def _followed(doing: "Performance") -> Located:
    """The element; while it is not there the page is scrolled on, as long as that leads further."""
    tab, root = await doing.session.page_for(doing.step, doing.options.wait_timeout)
    deadline = time.monotonic() + doing.options.wait_timeout / 1000
    while True:
        try:
            return await doing.locate(timeout=LOOK_MS)
        except StepFailed as failure:
            if failure.error_type != "not_found" or time.monotonic() >= deadline:
                raise
        if await _onward(tab, root):
            deadline = time.monotonic() + doing.options.wait_timeout / 1000


async def _onward(tab: Tab, frame: Frame) -> bool:
    return bool(await tab.ask(frame, ONWARD))
