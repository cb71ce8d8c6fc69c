"""Whether what was done to a stand-in had an effect, as the recorded action had one: see docs/how-to/healing.md.

Looked at where the element was healed or came from the cache; a step whose own locators found it is believed.
"""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from services.runner.adapters.driver_terms import Frame
from services.runner.adapters.faults import DriverFailure, StepFailed
from services.runner.adapters.locating import Located

if TYPE_CHECKING:
    from services.runner.adapters.performing import Mark, Performance

LIMIT_SECONDS = 1.0  # within which an effect begins to show
LOOK_SECONDS = 0.1  # what only the browser tells is looked at this often
PRESSES = frozenset({"click", "double_click", "right_click"})
STAND_INS = frozenset({"healed", "cached"})
# What a healthy step is known to bring about without anybody looking; `dom`, `focus`, `value`, `scroll` and `other` (a
# file chooser, the clipboard, a film that starts …) are seen by looking alone.
KNOWN = frozenset({"navigation", "popup", "dialog", "download", "request"})
TAUGHT = KNOWN - {"request"}  # one may be under way by chance
# Says that what was done had no effect: nothing came of it, the field did not take its value, the page did not lead on.
TELLING = frozenset({"heal_without_effect", "value_not_taken", "navigation_failed"})

ATTEND = "(engine, elsewhere) => engine.attend(elsewhere)"
EFFECTS = "(engine, asked) => engine.effects(asked)"
UNATTEND = "(engine) => engine.unattend()"


@dataclass(frozen=True, slots=True)
class Before:
    """Where everything stood before a press."""

    mark: "Mark"
    dialogs: int
    downloads: int
    sending: bool


def before(doing: "Performance", mark: "Mark") -> Before:
    """Costs nothing: only what is known already."""
    happenings = doing.session.happenings
    return Before(mark, len(happenings.dialogs), happenings.downloads_begun, mark.tab.sending or mark.tab.loading)


def known_effects(doing: "Performance", then: Before) -> set[str]:
    """What came of the press, as far as the browser has told by itself."""
    tab, mark, happenings = then.mark.tab, then.mark, doing.session.happenings
    moved = tab.closed or tab.stand != (mark.moves, mark.inner) or tab.leaving
    seen = {
        "navigation": moved,
        "popup": len(doing.session.tabs) > mark.tabs or tab.popups_announced > mark.announced,
        "dialog": len(happenings.dialogs) > then.dialogs,
        "download": happenings.downloads_begun > then.downloads,
        "request": not then.sending and not tab.closed and (tab.sending or tab.loading),
    }
    return {kind for kind, happened in seen.items() if happened}


async def attend(located: Located) -> None:
    """From the press on, the page's scripts and what they change are watched, in its frame and in the page around."""
    await located.ask(ATTEND, False)
    if located.frame is not located.tab.main:
        await located.tab.ask(located.tab.main, ATTEND, True)


async def check(doing: "Performance") -> None:
    """After an action. Raises `StepFailed` where a stand-in was pressed and nothing came of it in `LIMIT_SECONDS`."""
    located, then = doing.stands_in, doing.before
    if then is None or doing.leads_elsewhere:
        return
    if located is None:
        doing.session.saw_effects(doing.step, known_effects(doing, then) & TAUGHT)
    elif doing.event in PRESSES:
        await _wait_for_one(doing, located, then)


async def _wait_for_one(doing: "Performance", located: Located, then: Before) -> None:
    wanted = _wanted(doing.step.metadata.get("effects"))
    frames = [located.frame] if located.frame is located.tab.main else [located.frame, located.tab.main]
    loop = asyncio.get_running_loop()
    until = loop.time() + LIMIT_SECONDS
    seen = known_effects(doing, then)
    while not _suits(seen, wanted):
        left = until - loop.time()
        if left <= 0:
            await _unattend(located, frames)
            raise StepFailed("heal_without_effect", _nothing(wanted))
        for frame in frames:
            seen |= await _seen_in(located, frame, wanted, min(left, LOOK_SECONDS))
        seen |= known_effects(doing, then)
    await _unattend(located, frames)


def _suits(seen: set[str], wanted: frozenset[str]) -> bool:
    return bool(seen & wanted if wanted else seen)


async def _seen_in(located: Located, frame: Frame, wanted: frozenset[str], seconds: float) -> set[str]:
    """What the page has seen; a document that is no more was led elsewhere."""
    asked = {"limit": round(seconds * 1000), "wanted": sorted(wanted)}
    try:
        seen: Any = await located.tab.ask(frame, EFFECTS, asked)
    except DriverFailure:
        return {"navigation"}
    return {"navigation"} if seen is None else set(seen)


async def _unattend(located: Located, frames: list[Frame]) -> None:
    for frame in frames:
        try:
            await located.tab.ask(frame, UNATTEND)
        except DriverFailure:
            continue


def _wanted(recorded: Any) -> frozenset[str]:
    """The kinds that healthy runs of the step always showed; none: any kind will do."""
    return frozenset(one for one in recorded if one in KNOWN) if isinstance(recorded, list) else frozenset()


def _nothing(wanted: frozenset[str]) -> str:
    usual = f" ({', '.join(sorted(wanted))})" if wanted else ""
    return (
        f"its element was a stand-in, and pressing it had no effect{usual} within {LIMIT_SECONDS:g} s; it was pressed "
        "all the same, so the step is not tried again by itself: look at the page, then correct the step's locator"
    )


def without_effect(failure: StepFailed) -> StepFailed:
    """The same failure where the element was a stand-in."""
    if failure.error_type == "heal_without_effect":
        return failure
    acted = "it was acted on all the same, so the step is not tried again by itself"
    return StepFailed("heal_without_effect", f"its element was a stand-in, and {failure.detail}; {acted}")
