"""Actions on whole pages, and what comes after an action that may lead elsewhere."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from services.runner.adapters.driver import Tab, until
from services.runner.adapters.faults import StepFailed, place
from services.runner.adapters.options import size
from shared.contracts.steps import has_element

if TYPE_CHECKING:
    from services.runner.adapters.performing import Mark, Performance

SCROLL_PAGE = "(engine, to) => scrollTo({ left: to.x, top: to.y, behavior: 'instant' })"
SCROLL_ELEMENT = """(engine, to) => {
  if (engine.element) engine.element.scrollTo({ left: to.x, top: to.y, behavior: 'instant' });
}"""
LAST_MOMENT_SECONDS = 0.4
NEXT_MOMENT_SECONDS = 0.05
LAST_LOADING_SECONDS = 1.0  # some pages are always being sent something
LAST_ANSWER_SECONDS = 10.0
ANSWER_SECONDS = 3.0  # who looked at the page since has seen most of it
FIRST_REFUSAL = 400  # HTTP status from which a document is an error page


async def navigate(doing: "Performance") -> None:
    """Opens an address and waits until the document has loaded."""
    step = doing.step
    url = doing.value or step.value or step.navigation.url or step.page or ""
    if urlsplit(url).scheme not in ("http", "https") and url != "about:blank":
        raise StepFailed("invalid_step", f"{url[:80]!r} is not an http or https address")
    tab, _ = await doing.session.page_for(step, doing.options.wait_timeout)
    seconds = doing.options.navigation_timeout / 1000
    documents = tab.documents
    tab.status, tab.unreachable = None, False
    try:
        await tab.goto(url, seconds)
    except StepFailed as failure:
        raise doing.session.refused_or(failure) from failure
    if tab.documents == documents and tab.url != url:
        return  # a download
    await _load(doing, tab)
    if tab.status is not None and tab.status >= FIRST_REFUSAL:
        raise StepFailed("http_error", f"{place(url)} answered with HTTP status {tab.status}")


async def _load(doing: "Performance", tab: Tab) -> None:
    timeout = doing.options.navigation_timeout
    if not await tab.loaded(doing.options.wait_until, timeout / 1000):
        await doing.log("warn", f"{place(tab.url)} was still loading after {timeout / 1000:g} s; going on.")


async def settle(doing: "Performance", mark: "Mark") -> None:
    """Waits for where an action leads: the recorded navigation must happen, any other is waited for if it begins."""
    tab, seconds = mark.tab, doing.options.navigation_timeout / 1000
    await tab.after_action(seconds)
    await doing.session.popups(tab, mark.tabs, mark.announced)
    opened = doing.session.tabs[mark.tabs :]

    def led_in_a_frame() -> bool:
        return doing.leads_elsewhere and doing.may_lead_in_a_frame and tab.inner > mark.inner

    def led_elsewhere() -> bool:
        return led_in_a_frame() or tab.moves > mark.moves or tab.closed or len(doing.session.tabs) > mark.tabs

    if doing.leads_elsewhere and not await until(lambda: led_elsewhere() or tab.crashed, seconds):
        detail = f"the page did not lead on within {seconds:g} s, as it did when it was recorded"
        raise StepFailed("navigation_failed", detail)
    doing.led_on = led_elsewhere()
    if doing.leads_elsewhere:
        doing.session.seen_moves[tab] = tab.stand
    tab.fail_if_gone()
    if led_in_a_frame() and tab.moves == mark.moves and not tab.closed:
        await tab.ready()
    for fresh in [tab, *opened]:
        if fresh.closed or (fresh is tab and tab.moves == mark.moves):
            continue
        if fresh is not tab or tab.documents > mark.documents:
            await _load(doing, fresh)
        else:
            await fresh.ready()
        await _judge(doing, fresh)


async def _judge(doing: "Performance", tab: Tab) -> None:
    """An error page is no success: it fails a step that was recorded to lead on, and is logged for any other."""
    if tab.unreachable:
        raise doing.session.refused_or(StepFailed("navigation_failed", f"{place(tab.url)} cannot be reached"))
    if tab.status is None or tab.status < FIRST_REFUSAL:
        return
    detail = f"{place(tab.url)} answered with HTTP status {tab.status}"
    if doing.leads_elsewhere:
        raise StepFailed("http_error", detail)
    await doing.log("warn", f"{detail}.")


async def let_finish(tabs: Callable[[], Sequence[Tab]], *, just_acted: bool) -> None:
    """Waits for what a step set off: what it sent, and where it has `just_acted`, what it sends a moment later."""
    end = time.monotonic() + (LAST_ANSWER_SECONDS if just_acted else ANSWER_SECONDS)
    if just_acted:
        await asyncio.sleep(LAST_MOMENT_SECONDS)
        if any(tab.loading for tab in tabs()):
            await until(lambda: not any(tab.loading for tab in tabs()), LAST_LOADING_SECONDS)
            await asyncio.sleep(NEXT_MOMENT_SECONDS)
    while any(tab.sending for tab in tabs()) and time.monotonic() < end:
        await until(lambda: not any(tab.sending for tab in tabs()), end - time.monotonic())
        await asyncio.sleep(NEXT_MOMENT_SECONDS)  # an answer may be followed by the next request


async def close(doing: "Performance") -> None:
    """Closes the page of the step."""
    tab, _ = await doing.session.page_for(doing.step, doing.options.wait_timeout)
    await tab.close()


async def resize(doing: "Performance") -> None:
    """Gives the window the recorded size."""
    tab, _ = await doing.session.page_for(doing.step, doing.options.wait_timeout)
    viewport = doing.step.metadata.get("viewport")
    given = viewport if isinstance(viewport, dict) else {}
    width, height = tab.viewport
    await tab.resize(size(given.get("width"), width), size(given.get("height"), height))
    doing.dispatched = True  # the page hears of it a frame later


async def emulate_network(doing: "Performance") -> None:
    """Slows the page's network down, or cuts it off where nothing may be loaded. Bytes per second, milliseconds."""
    tab, _ = await doing.session.page_for(doing.step, doing.options.wait_timeout)
    given = doing.step.metadata.get("network")
    wanted = {key: _number(given, key) for key in ("download", "upload", "latency")}
    await tab.emulate_network(
        offline=wanted["download"] == 0 and wanted["upload"] == 0,
        download=wanted["download"] or -1,
        upload=wanted["upload"] or -1,
        latency_ms=max(0, wanted["latency"]),
    )


def _number(given: Any, key: str) -> float:
    value = given.get(key) if isinstance(given, dict) else None
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise StepFailed("invalid_step", f"metadata.network.{key} must be a number")
    return value


async def scroll(doing: "Performance") -> None:
    """Scrolls the element of the step, or the document, to a position in CSS pixels."""
    given = doing.step.metadata.get("scroll")
    place_to = given if isinstance(given, dict) else {}
    position = {"x": place_to.get("x") or 0, "y": place_to.get("y") or 0}
    if has_element(doing.step):
        located = await doing.locate()
        await located.ask(SCROLL_ELEMENT, position)
        return
    tab, frame = await doing.session.page_for(doing.step, doing.options.wait_timeout)
    await tab.ask(frame, SCROLL_PAGE, position)
