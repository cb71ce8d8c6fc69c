"""Where a page goes: to an address, through its history, and until its document has loaded. All of it is looked up."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from services.runner.adapters.faults import StepFailed, place
from services.runner.adapters.options import WaitUntil

if TYPE_CHECKING:
    from services.runner.adapters.webdriver.tab import WebKitTab

LOOK_SECONDS = 0.03
NOTHING_THERE_SECONDS = 1.0  # within which a step through the history has begun, if there is one to take
QUIET_SECONDS = 0.5  # without a further request, as others count an idle network
REACHED: dict[WaitUntil, tuple[str, ...]] = {
    "commit": ("loading", "interactive", "complete"),
    "domcontentloaded": ("interactive", "complete"),
    "load": ("complete",),
    "networkidle": ("complete",),
}


async def goto(tab: "WebKitTab", url: str, seconds: float) -> None:
    """Opens an address; returns when its document has begun."""
    tab.status, tab.unreachable = None, False
    tab.window.works_on(tab)
    moves = tab.moves
    async with tab.window.turn(tab.main):
        await tab.window.send("POST", "/url", {"url": url})
    if not await _looked(tab, lambda: tab.moves > moves or tab.closed, seconds):
        raise StepFailed("navigation_failed", f"{place(url)} did not answer within {seconds:g} s")
    if tab.main.url == "about:blank" and not tab.unreachable and not url.startswith("about:"):
        tab.is_unreachable(url, "WebKit does not go there: its port may be one that browsers keep closed")
    if tab.unreachable:
        raise StepFailed("navigation_failed", f"{place(url)} cannot be opened ({tab.why_unreachable[:120]})")


async def travel(tab: "WebKitTab", where: Literal["back", "forward", "reload"], seconds: float) -> bool:
    """Through the history; whether there was something. WebDriver says nothing where there is not."""
    moves = tab.moves
    tab.window.works_on(tab)
    async with tab.window.turn(tab.main):
        await tab.window.send("POST", {"reload": "/refresh"}.get(where, f"/{where}"))
    if not await _looked(tab, lambda: tab.moves > moves or tab.leaving or tab.closed, NOTHING_THERE_SECONDS):
        return False
    if not await _looked(tab, lambda: tab.moves > moves or tab.closed, seconds):
        raise StepFailed("navigation_failed", f"the page did not answer within {seconds:g} s")
    return True


async def wait_loaded(tab: "WebKitTab", wait_until: WaitUntil, seconds: float) -> bool:
    """Whether the document got as far as `wait_until` within the time; so has a page that is no more."""
    states = REACHED[wait_until]
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    if not await _looked(tab, lambda: tab.main.state in states or tab.closed, seconds):
        return False
    if wait_until != "networkidle":
        return True
    seen, since = -1, loop.time()
    while loop.time() < deadline and not tab.closed:
        if tab.main.resources != seen:
            seen, since = tab.main.resources, loop.time()
        elif loop.time() - since >= QUIET_SECONDS:
            return True
        await asyncio.sleep(LOOK_SECONDS)
        await tab.window.settled()
    return tab.closed


async def _looked(tab: "WebKitTab", done: Callable[[], bool], seconds: float) -> bool:
    """Whether it came to that within the time, by looking."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    while True:
        await tab.window.settled()
        if done():
            return True
        tab.fail_if_gone()
        if loop.time() >= deadline:
            return False
        await asyncio.sleep(LOOK_SECONDS)
