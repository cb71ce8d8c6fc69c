"""Drags that the browser itself carries out (`draggable`), for drivers whose browser begins them and never drops."""

from contextlib import suppress
from typing import TYPE_CHECKING

from services.runner.adapters.faults import DocumentGone, StepFailed

if TYPE_CHECKING:
    from services.runner.adapters.driver import Tab

EXPECT = """(engine) => {
  engine.drags = false;
  const begun = (event) => setTimeout(() => { engine.drags = !event.defaultPrevented; });
  addEventListener("dragstart", begun, { once: true });
}"""
DRAGS = "(engine) => engine.drags === true"


async def expect(tab: "Tab") -> None:
    """Notices from now on whether a drag begins that is not the page's own."""
    for frame in tab.frames:
        with suppress(DocumentGone):
            await tab.ask(frame, EXPECT)


async def began(tab: "Tab") -> bool:
    """Whether one did."""
    for frame in tab.frames:
        with suppress(DocumentGone):
            if await tab.ask(frame, DRAGS):
                return True
    return False


def refuse(browser: str) -> StepFailed:
    """Why nothing was dropped."""
    return StepFailed("invalid_step", f"{browser} cannot be made to drop what a page drags; run the row in Chromium")
