"""Pictures of a page that show nothing secret."""

import base64
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from services.runner.adapters.driver import Tab
from services.runner.adapters.driver_terms import Frame
from services.runner.adapters.faults import DriverFailure, StepFailed

Box = dict[str, float]  # x, y, width, height in CSS pixels of the window's viewport


async def without_secrets(
    tab: Tab, secrets: Iterable[str], take: Callable[[Tab], Awaitable[bytes]], *, at_all_costs: bool = False
) -> bytes:
    """A picture or a print of the page; what shows one of `secrets` is blanked out. Raises `StepFailed` if not.

    `at_all_costs`: password fields are blanked out too where no secret is known, for a picture that leaves the house.
    """
    hidden = sorted(secrets)
    frames = tab.frames if hidden or at_all_costs else ()
    try:
        if not await _in_frames(tab, frames, "(engine, secrets) => engine.blank(secrets)", hidden):
            raise StepFailed("script_error", "what is secret on the page could not be blanked out")
        return await take(tab)
    finally:
        await _in_frames(tab, frames, "(engine) => engine.unblank()", None)


async def _in_frames(tab: Tab, frames: Sequence[Frame], question: str, argument: Any) -> bool:
    """Whether every frame answered; one that is gone counts as well, it shows nothing."""
    answered = True
    for frame in frames:
        try:
            await tab.ask(frame, question, argument)
        except DriverFailure:
            answered = answered and frame.detached
    return answered


async def marked(tab: Tab, picture: bytes, boxes: Sequence[Box], *, numbered: bool) -> bytes:
    """The picture of the window with a frame around each box; `numbered` from 1, and cut to what is around them."""
    content = base64.b64encode(picture).decode()
    wanted = {"picture": content, "boxes": boxes, "cut": numbered, "numbered": numbered}
    return base64.b64decode(await tab.ask(tab.main, "(engine, wanted) => engine.marked(wanted)", wanted))
