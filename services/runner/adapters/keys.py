"""Keys pressed on the keyboard, wherever the cursor is."""

from typing import TYPE_CHECKING, Literal

from services.runner.adapters.driver import Tab
from services.runner.adapters.faults import StepFailed
from services.runner.adapters.pointer import FOCUS, REPLACED
from shared.contracts.steps import has_element

if TYPE_CHECKING:
    from services.runner.adapters.performing import Performance

# Keys that by themselves commit nothing, wherever the cursor is.
HARMLESS = frozenset({"Tab", "Shift", "ShiftLeft", "ShiftRight", "CapsLock", "NumLock"})
MODIFIERS = frozenset({"Control", "Alt", "Meta", "AltGraph"})
SENDS = frozenset({"Enter", "NumpadEnter", "\r", "\n"})
DEEDS: dict[str, Literal["down", "up", "press"]] = {"key_down": "down", "key_up": "up", "key_press": "press"}
IS_TYPING = "(engine) => document.hasFocus() && engine.isTyping()"


async def key(doing: "Performance") -> None:
    """Presses, holds or lets go of a key; into the step's element, if it names one."""
    name = doing.step.metadata.get("key") or doing.value or doing.step.value
    if not isinstance(name, str) or not name:
        raise StepFailed("invalid_step", "the step does not say which key (metadata.key)")
    if has_element(doing.step):
        located = await doing.locate()
        if not await located.ask(FOCUS):
            raise StepFailed("not_found", REPLACED, transient=True)
        tab = located.tab
    else:
        tab, _ = await doing.session.page_for(doing.step, doing.options.wait_timeout)
    if doing.leads_elsewhere or await _may_commit(doing, tab, name):
        await doing.intend(f"{doing.event} {name[:20]}")
    mark = doing.mark(tab)
    doing.dispatched = True
    await tab.key(DEEDS[doing.event], name)
    _hold(doing, name)
    await doing.settle(mark)


def _hold(doing: "Performance", name: str) -> None:
    bare = name.removesuffix("Left").removesuffix("Right")
    if bare in MODIFIERS and doing.event == "key_down":
        doing.session.held.add(bare)
    elif bare in MODIFIERS:
        doing.session.held.discard(bare)


async def _may_commit(doing: "Performance", tab: Tab, name: str) -> bool:
    bare = name.removesuffix("Left").removesuffix("Right")
    if bare in HARMLESS or bare in MODIFIERS:
        return False
    if name in SENDS or doing.session.held or "+" in name[:-1]:
        return True
    for frame in tab.frames:
        if await tab.ask(frame, IS_TYPING):
            return False
    return True
