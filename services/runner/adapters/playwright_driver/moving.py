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
# A point of a frame in the viewport around it; frames may be drawn smaller or larger.
AROUND = """(frame, [x, y]) => {
  const box = frame.getBoundingClientRect();
  if (!box.width || !box.height) return null;
  const own = getComputedStyle(frame);
  const inner = (side, edge) => edge + (parseFloat(own[side]) || 0);
  return [
    box.left + (inner("paddingLeft", frame.clientLeft) + x) * (box.width / (frame.offsetWidth || box.width)),
    box.top + (inner("paddingTop", frame.clientTop) + y) * (box.height / (frame.offsetHeight || box.height)),
  ];
}"""


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


async def place_of(frame: Frame, near: tuple[float, float]) -> tuple[float, float]:
    """Where a frame's viewport begins in that of the window, so that its point `near` is met; scrolls it into view."""
    owners = []
    with translated():
        while frame.parent_frame is not None:
            owners.append(await frame.frame_element())
            frame = frame.parent_frame
        for owner in owners:
            await owner.scroll_into_view_if_needed(timeout=ACTION_MS)
        x, y = near
        for owner in owners:
            around = await owner.evaluate(AROUND, [x, y])
            if around is None:
                raise StepFailed("not_visible", "the frame around its element cannot be seen", transient=True)
            x, y = around
    return x - near[0], y - near[1]
