"""Pictures of a page that show nothing secret."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from services.runner.adapters.driver import Tab
from services.runner.adapters.driver_terms import Frame
from services.runner.adapters.faults import DriverFailure, StepFailed


async def without_secrets(tab: Tab, secrets: Iterable[str], take: Callable[[Tab], Awaitable[bytes]]) -> bytes:
    """A picture or a print of the page; what shows one of `secrets` is blanked out. Raises `StepFailed` if not."""
    hidden = sorted(secrets)
    frames = tab.frames if hidden else ()
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
