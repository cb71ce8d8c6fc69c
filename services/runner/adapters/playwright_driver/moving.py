"""Where a page goes: to an address, through its history, until its document has loaded; over which network."""

from typing import TYPE_CHECKING, Any, Literal

from playwright.async_api import CDPSession, Frame, Page
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import TimeoutError as PlaywrightTimeout

from services.runner.adapters.faults import StepFailed, place
from services.runner.adapters.options import WaitUntil
from services.runner.adapters.playwright_driver.errors import network_word, translated

if TYPE_CHECKING:
    from services.runner.adapters.playwright_driver.tab import PlaywrightTab

ACTION_MS = 10_000


async def goto(tab: "PlaywrightTab", url: str, seconds: float) -> None:
    """Opens an address; returns when its document has begun."""
    tab.status, tab.unreachable = None, False
    try:
        response = await tab.page.goto(url, wait_until="commit", timeout=seconds * 1000)
    except PlaywrightTimeout:
        raise StepFailed("navigation_failed", f"{place(url)} did not answer within {seconds:g} s") from None
    except PlaywrightError as error:
        if "Download is starting" in str(error):
            return
        tab.fail_if_gone()
        raise StepFailed("navigation_failed", f"{place(url)} cannot be opened ({network_word(error)})") from error
    if response is not None:
        tab.status = response.status


async def travel(tab: "PlaywrightTab", where: Literal["back", "forward", "reload"], seconds: float) -> bool:
    """Through the history; whether there was something."""
    page, before = tab.page, tab.moves
    go = {"back": page.go_back, "forward": page.go_forward, "reload": page.reload}[where]
    try:
        response = await go(wait_until="commit", timeout=seconds * 1000)
    except PlaywrightTimeout:
        raise StepFailed("navigation_failed", f"the page did not answer within {seconds:g} s") from None
    except PlaywrightError as error:
        tab.fail_if_gone()
        raise StepFailed("navigation_failed", f"the page cannot be opened ({network_word(error)})") from error
    return response is not None or tab.moves > before


async def wait_loaded(page: Page, wait_until: WaitUntil, seconds: float) -> bool:
    """Whether the document got as far as `wait_until` within the time; so has a page that is no more."""
    if wait_until == "commit":
        return True
    try:
        await page.wait_for_load_state(wait_until, timeout=max(seconds, 0.001) * 1000)
    except PlaywrightTimeout:
        return False
    except PlaywrightError:
        return True
    return True


async def emulate_network(page: Page, devtools: CDPSession | None, conditions: dict[str, Any]) -> None:
    """Slows the page's network down; without the browser's own tools it is only on or off."""
    with translated():
        if devtools is None:
            await page.context.set_offline(bool(conditions["offline"]))
            return
        await devtools.send("Network.enable")
        await devtools.send("Network.emulateNetworkConditions", conditions)


async def place_of(frame: Frame) -> tuple[float, float]:
    """Where a frame's viewport begins in that of the window; scrolls the frame into view first."""
    with translated():
        owner = await frame.frame_element()
        await owner.scroll_into_view_if_needed(timeout=ACTION_MS)
        box = await owner.bounding_box()
        left, top = await owner.evaluate(
            "(frame) => { const own = getComputedStyle(frame), side = (name) => parseFloat(own[name]) || 0;"
            " return [frame.clientLeft + side('paddingLeft'), frame.clientTop + side('paddingTop')]; }"
        )
    if box is None:
        raise StepFailed("not_visible", "the frame around its element cannot be seen", transient=True)
    return box["x"] + left, box["y"] + top
