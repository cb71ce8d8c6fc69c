"""Actions of the pointer, and others that are done to an element as a whole."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from services.runner.adapters.driver_terms import Button, Modifier, Press
from services.runner.adapters.faults import StepFailed
from services.runner.adapters.locating import Located, offset_of

if TYPE_CHECKING:
    from services.runner.adapters.performing import Performance

LONGEST_PRESS_MS = 10_000
# Lists that are sorted are deaf for a moment after each change, and see only so where something is let go; no hand that
# drags is quite at rest.
LINGERS, LINGER_SECONDS = (1, 0, 1, 0), 0.06  # px
BUTTONS = ("left", "middle", "right", "back", "forward")
# Chrome's recorder writes `primary`, `auxiliary`, `secondary`.
SPOKEN_BUTTONS = {"primary": "left", "auxiliary": "middle", "secondary": "right"}
SPOKEN_MODIFIERS: dict[str, Modifier] = {
    "alt": "Alt",
    "option": "Alt",
    "control": "Control",
    "ctrl": "Control",
    "meta": "Meta",
    "command": "Meta",
    "shift": "Shift",
}
AIM_AGAIN = "(engine, offset) => engine.aimAgain(offset)"
SUBMIT = """(engine) => {
  const element = engine.element;
  if (!element || !element.isConnected) return { gone: true };
  const form = element.form || element.closest("form");
  const sends = element !== form && ["submit", "image"].includes(element.type);
  if (form) form.requestSubmit(sends ? element : undefined);
  return { sent: Boolean(form) };
}"""
FOCUS = "(engine) => Boolean(engine.element && engine.element.isConnected) && (engine.element.focus(), true)"
BLUR = "(engine) => Boolean(engine.element && engine.element.isConnected) && (engine.element.blur(), true)"
REPLACED = "its element was replaced before it could be used"


@dataclass(frozen=True, slots=True)
class Aim:
    """A point of the window that nothing covers, and whether a press there may commit something."""

    x: float
    y: float
    commits: bool


async def take_aim(doing: "Performance", located: Located, *, again: bool = False) -> Aim:
    """Where the pointer acts. Raises a transient `StepFailed` when the page has changed."""
    aimed: dict[str, Any] = located.prepared.get("aim") or located.prepared.get("press") or {"gone": True}
    near = (aimed["x"], aimed["y"]) if "x" in aimed else None
    left, top = await located.tab.place_of(located.frame, near)
    if again or (left, top) != (0.0, 0.0):  # a frame that was scrolled into view may have moved what is in it
        aimed = await located.ask(AIM_AGAIN, None if located.prepared.get("named") else offset_of(doing.step))
    if aimed.get("gone"):
        raise StepFailed("not_found", REPLACED, transient=True)
    if aimed.get("covered") and doing.event != "drop":
        raise StepFailed("covered", f"its element is covered by {aimed['covered']}", transient=True)
    return Aim(left + aimed["x"], top + aimed["y"], bool(aimed.get("commits")))


async def press(doing: "Performance", located: Located, *, times: int = 1, quietly: bool = False) -> None:
    """Presses the element, telling the intent first where the press may commit something (unless `quietly`)."""
    held = doing.step.metadata.get("duration")
    button, modifiers = button_of(doing), modifiers_of(doing)
    aim = await take_aim(doing, located)
    if (aim.commits and not quietly) or doing.leads_elsewhere:
        await doing.intend(f"{doing.event} {located.tag} {located.selector}")
        aim = await _aim_after_intent(doing, located)
    mark = doing.mark(located.tab)
    hold_ms = min(float(held), LONGEST_PRESS_MS) if isinstance(held, int | float) else 0.0
    doing.dispatched = True
    await located.tab.press(Press(aim.x, aim.y, button, times, hold_ms, modifiers))
    await doing.settle(mark)


async def _aim_after_intent(doing: "Performance", located: Located) -> Aim:
    """Storing the intent took a moment: the element may be elsewhere by now, or drawn anew."""
    try:
        return await take_aim(doing, located, again=True)
    except StepFailed as failure:
        if failure.detail != REPLACED:
            raise
        return await take_aim(doing, await doing.locate_again())


def button_of(doing: "Performance") -> Button:
    """The recorded button of the mouse."""
    given = "right" if doing.event == "right_click" else doing.step.metadata.get("button") or "left"
    spoken = SPOKEN_BUTTONS.get(given, given) if isinstance(given, str) else given
    if spoken not in BUTTONS:
        raise StepFailed("invalid_step", f"the mouse button {str(given)[:20]!r} cannot be pressed")
    return cast("Button", spoken)


def modifiers_of(doing: "Performance") -> frozenset[Modifier]:
    """The keys that were held while the button was pressed."""
    given = doing.step.metadata.get("modifiers") or []
    try:
        return frozenset(SPOKEN_MODIFIERS[str(one).casefold()] for one in given)
    except (KeyError, TypeError):
        known = "Alt, Control, Meta, Shift"
        raise StepFailed("invalid_step", f"metadata.modifiers may name {known}, not {str(given)[:40]}") from None


async def click(doing: "Performance") -> None:
    """Click, double click, right click. A closed list is only focused: its options open outside of the page."""
    located = await doing.locate()
    if located.prepared.get("opensList") and button_of(doing) == "left":
        doing.dispatched = True
        await located.ask(FOCUS)
        doing.message = "Focused the list; the next step chooses from it."
        return
    if located.prepared.get("echo"):
        doing.message = "The click on its label before this one has done it already."
        return
    given = doing.step.metadata.get("clickCount")
    counted = given if isinstance(given, int) and 1 <= given <= 3 else None
    await press(doing, located, times=counted or (2 if doing.event == "double_click" else 1))


async def hover(doing: "Performance") -> None:
    """Moves the pointer over the element."""
    located = await doing.locate()
    aim = await take_aim(doing, located)
    await located.tab.move(aim.x, aim.y)


async def drag(doing: "Performance") -> None:
    """Takes hold of the element; the drop that follows lets go."""
    located = await doing.locate()
    aim = await take_aim(doing, located)
    await located.tab.move(aim.x, aim.y)
    doing.dispatched = True
    await located.tab.hold()
    doing.session.dragging = True
    await located.tab.move(aim.x + 5, aim.y + 5, steps=2)


async def drop(doing: "Performance") -> None:
    """Lets go of what is held, over the element."""
    if not doing.session.dragging:
        raise StepFailed("invalid_step", "nothing is held: a drop needs a drag before it")
    located = await doing.locate()
    await doing.intend(f"drop on {located.tag} {located.selector}")
    aim = await take_aim(doing, located, again=True)
    mark = doing.mark(located.tab)
    doing.dispatched = True
    doing.session.dragging = False
    await located.tab.move(aim.x, aim.y, steps=5)
    for aside in LINGERS:
        await asyncio.sleep(LINGER_SECONDS)
        await located.tab.move(aim.x + aside, aim.y)
    await located.tab.release()
    await doing.settle(mark)


async def submit(doing: "Performance") -> None:
    """Sends the form that the element is, or belongs to, as its button would."""
    located = await doing.locate()
    await doing.intend(f"submit {located.selector}")
    mark = doing.mark(located.tab)
    doing.dispatched = True
    answer = await located.ask(SUBMIT)
    if answer.get("gone"):
        doing.dispatched = False
        raise StepFailed("not_found", REPLACED, transient=True)
    if not answer["sent"]:
        raise StepFailed("invalid_step", "its element belongs to no form that could be sent")
    await doing.settle(mark)


async def focus(doing: "Performance") -> None:
    """Puts the cursor into the element."""
    if not await (await doing.locate()).ask(FOCUS):
        raise StepFailed("not_found", REPLACED, transient=True)


async def blur(doing: "Performance") -> None:
    """Takes the cursor out of the element."""
    if not await (await doing.locate()).ask(BLUR):
        raise StepFailed("not_found", REPLACED, transient=True)
