"""What a page looks like: as a picture, and on paper."""

import asyncio
import base64
from typing import TYPE_CHECKING

from services.runner.adapters.cdp.connection import JSON
from services.runner.adapters.faults import DocumentGone, DriverError, StepFailed

if TYPE_CHECKING:
    from services.runner.adapters.cdp.tab import CdpTab

PICTURE_SECONDS = 5.0
TRIES, AGAIN_SECONDS = 3, 0.1
TALLEST = 16_384  # pixels: no graphics card draws more at once
PIECE_BYTES = 1 << 20


async def screenshot(tab: "CdpTab", *, whole_page: bool) -> bytes:
    """A JPEG. A page that nobody sees may not be drawn: it is brought to the front and asked again."""
    wanted: JSON = {"format": "jpeg", "quality": 50, "optimizeForSpeed": True}
    if whole_page:
        size = (await tab.channel.send("Page.getLayoutMetrics"))["cssContentSize"]
        most = int(TALLEST / tab.window.options.device_scale_factor)
        box = {"x": 0, "y": 0, "width": min(size["width"], most), "height": min(size["height"], most), "scale": 1}
        wanted |= {"captureBeyondViewport": True, "clip": box}
    for _ in range(TRIES):
        try:
            async with asyncio.timeout(PICTURE_SECONDS):
                drawn = await tab.channel.send("Page.captureScreenshot", wanted)
                return base64.b64decode(drawn["data"])
        except TimeoutError:
            tab.channel.post("Page.bringToFront")
        except (DriverError, DocumentGone):  # one document is just being replaced by the next
            await asyncio.sleep(AGAIN_SECONDS)
    raise DriverError("the browser drew no picture of the page")


async def pdf(tab: "CdpTab") -> bytes:
    """The page as it would be printed, colours and backgrounds as on the screen."""
    wanted = {"transferMode": "ReturnAsStream", "printBackground": True, "preferCSSPageSize": True}
    try:
        stream = (await tab.channel.send("Page.printToPDF", wanted))["stream"]
    except DriverError as error:
        raise StepFailed("script_error", f"this browser cannot print the page ({error})") from error
    pieces = []
    while True:
        piece = await tab.channel.send("IO.read", {"handle": stream, "size": PIECE_BYTES})
        pieces.append(base64.b64decode(piece["data"]) if piece.get("base64Encoded") else piece["data"].encode())
        if piece["eof"]:
            tab.channel.post("IO.close", {"handle": stream})
            return b"".join(pieces)
