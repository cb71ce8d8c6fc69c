"""Opening addresses, and going back and forth between them."""

import asyncio
from typing import TYPE_CHECKING, Literal

from services.runner.adapters.cdp.connection import JSON
from services.runner.adapters.faults import StepFailed, TargetGone, place

if TYPE_CHECKING:
    from services.runner.adapters.cdp.tab import CdpTab

EMPTY_REFUSAL = "net::ERR_HTTP_RESPONSE_CODE_FAILURE"  # an error status without a body: the status says it
ROUTE_SECONDS = 1.0
ABORTED = "net::ERR_ABORTED"


async def goto(tab: "CdpTab", url: str, seconds: float) -> None:
    """Opens an address; one that turns out to be a download is no failure."""
    tab.status, tab.unreachable = None, False
    moves, documents, downloads = tab.moves, tab.documents, tab.downloads_begun
    try:
        async with asyncio.timeout(seconds):
            answer = await tab.channel.send("Page.navigate", {"url": url})
            error = answer.get("errorText")
            if answer.get("isDownload") or (error == ABORTED and tab.downloads_begun > downloads):
                return
            if error and error != EMPTY_REFUSAL and not (error == ABORTED and tab.documents > documents):
                raise StepFailed("navigation_failed", f"{place(url)} cannot be opened ({error})")
            if answer.get("loaderId"):
                await tab.bell.until(lambda: tab.documents > documents or tab.closed or tab.crashed, None)
            else:  # a change of address within the document
                await tab.bell.until(lambda: tab.moves > moves, ROUTE_SECONDS)
    except TimeoutError:
        tab.channel.post("Page.stopLoading")
        raise StepFailed("navigation_failed", f"{place(url)} did not answer within {seconds:g} s") from None
    except TargetGone:
        tab.fail_if_gone()
        raise


async def travel(tab: "CdpTab", where: Literal["back", "forward", "reload"], seconds: float) -> bool:
    """Through the history; False when there is nothing there."""
    command: tuple[str, JSON] = ("Page.reload", {})
    if where != "reload":
        history = await tab.channel.send("Page.getNavigationHistory")
        index = history["currentIndex"] + (1 if where == "forward" else -1)
        if not 0 <= index < len(history["entries"]):
            return False
        command = ("Page.navigateToHistoryEntry", {"entryId": history["entries"][index]["id"]})
    moves, documents = tab.moves, tab.documents
    await tab.channel.send(*command)

    def there() -> bool:
        moved = tab.documents > documents if where == "reload" else tab.moves > moves
        return moved or tab.closed or tab.crashed

    if not await tab.bell.until(there, seconds):
        tab.channel.post("Page.stopLoading")
        raise StepFailed("navigation_failed", f"the page did not answer within {seconds:g} s")
    tab.fail_if_gone()
    return True
