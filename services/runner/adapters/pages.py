"""Actions on whole pages, and what comes after an action that may lead elsewhere."""

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import TimeoutError as PlaywrightTimeout

from services.runner.adapters.faults import StepFailed, first_line, place
from services.runner.adapters.options import size
from services.runner.adapters.tab import until
from shared.contracts.steps import has_element

if TYPE_CHECKING:
    from services.runner.adapters.performing import Mark, Performance

SCROLL = "scrollTo({ left: to.x, top: to.y, behavior: 'instant' })"
FIRST_REFUSAL = 400  # HTTP status from which a document is an error page


async def navigate(doing: "Performance") -> None:
    """Opens an address and waits until the document has loaded."""
    step = doing.step
    url = doing.value or step.value or step.navigation.url or step.page or ""
    if urlsplit(url).scheme not in ("http", "https") and url != "about:blank":
        raise StepFailed("invalid_step", f"{url[:80]!r} is not an http or https address")
    tab, _ = await doing.session.page_for(step, doing.options.wait_timeout)
    tab.status, tab.unreachable = None, False
    timeout = doing.options.navigation_timeout
    try:
        response = await tab.page.goto(url, wait_until="commit", timeout=timeout)
    except PlaywrightTimeout:
        raise StepFailed("navigation_failed", f"{place(url)} did not answer within {timeout / 1000:g} s") from None
    except PlaywrightError as error:
        if "Download is starting" in str(error):
            return
        tab.fail_if_gone()
        raise StepFailed("navigation_failed", f"{place(url)} cannot be opened ({_network_word(error)})") from error
    await _load(doing, tab)
    status = response.status if response else None
    if status is not None and status >= FIRST_REFUSAL:
        raise StepFailed("http_error", f"{place(url)} answered with HTTP status {status}")


def _network_word(error: PlaywrightError) -> str:
    words = [word for word in first_line(error).split() if word.startswith("net::")]
    return words[0] if words else first_line(error)[:80]


async def _load(doing: "Performance", tab: Any) -> None:
    timeout = doing.options.navigation_timeout
    if not await tab.loaded(doing.options.wait_until, timeout / 1000):
        await doing.log("warn", f"{place(tab.page.url)} was still loading after {timeout / 1000:g} s; going on.")


async def settle(doing: "Performance", mark: "Mark") -> None:
    """Waits for where an action leads: the recorded navigation must happen, any other is waited for if it begins."""
    tab, seconds = mark.tab, doing.options.navigation_timeout / 1000
    await tab.after_action(seconds)
    await doing.session.popups(tab, mark.tabs, mark.announced)
    opened = doing.session.tabs[mark.tabs :]

    def led_in_a_frame() -> bool:
        return doing.leads_elsewhere and doing.may_lead_in_a_frame and tab.inner > mark.inner

    def led_elsewhere() -> bool:
        return led_in_a_frame() or tab.moves > mark.moves or tab.page.is_closed() or len(doing.session.tabs) > mark.tabs

    if doing.leads_elsewhere and not await until(lambda: led_elsewhere() or tab.crashed, seconds):
        detail = f"the page did not lead on within {seconds:g} s, as it did when it was recorded"
        raise StepFailed("navigation_failed", detail)
    doing.led_on = led_elsewhere()
    if doing.leads_elsewhere:
        doing.session.seen_moves[tab] = tab.stand
    tab.fail_if_gone()
    if led_in_a_frame() and tab.moves == mark.moves and not tab.page.is_closed():
        await tab.ready()
    for fresh in [tab, *opened]:
        if fresh.page.is_closed() or (fresh is tab and tab.moves == mark.moves):
            continue
        if fresh is not tab or tab.documents > mark.documents:
            await _load(doing, fresh)
        else:
            await fresh.ready()
        await _judge(doing, fresh)


async def _judge(doing: "Performance", tab: Any) -> None:
    """An error page is no success: it fails a step that was recorded to lead on, and is logged for any other."""
    if tab.unreachable:
        raise StepFailed("navigation_failed", f"{place(tab.page.url)} cannot be reached")
    if tab.status is None or tab.status < FIRST_REFUSAL:
        return
    detail = f"{place(tab.page.url)} answered with HTTP status {tab.status}"
    if doing.leads_elsewhere:
        raise StepFailed("http_error", detail)
    await doing.log("warn", f"{detail}.")


async def close(doing: "Performance") -> None:
    """Closes the page of the step."""
    tab, _ = await doing.session.page_for(doing.step, doing.options.wait_timeout)
    await tab.page.close()


async def resize(doing: "Performance") -> None:
    """Gives the window the recorded size."""
    tab, _ = await doing.session.page_for(doing.step, doing.options.wait_timeout)
    viewport = doing.step.metadata.get("viewport")
    given = viewport if isinstance(viewport, dict) else {}
    now = tab.page.viewport_size or {"width": 1280, "height": 720}
    width, height = size(given.get("width"), now["width"]), size(given.get("height"), now["height"])
    await tab.page.set_viewport_size({"width": width, "height": height})


async def emulate_network(doing: "Performance") -> None:
    """Slows the page's network down, or cuts it off where nothing may be loaded. Bytes per second, milliseconds."""
    tab, _ = await doing.session.page_for(doing.step, doing.options.wait_timeout)
    given = doing.step.metadata.get("network")
    wanted = {key: _number(given, key) for key in ("download", "upload", "latency")}
    await tab.devtools.send("Network.enable")
    await tab.devtools.send(
        "Network.emulateNetworkConditions",
        {
            "offline": wanted["download"] == 0 and wanted["upload"] == 0,
            "downloadThroughput": wanted["download"] or -1,
            "uploadThroughput": wanted["upload"] or -1,
            "latency": max(0, wanted["latency"]),
        },
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
        await located.element.evaluate(
            "(element, to) => element.scrollTo({ left: to.x, top: to.y, behavior: 'instant' })", position
        )
        return
    _, frame = await doing.session.page_for(doing.step, doing.options.wait_timeout)
    await frame.evaluate(f"(to) => {SCROLL}", position)
