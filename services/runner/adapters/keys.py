"""Keys pressed on the keyboard, wherever the cursor is."""

import asyncio
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
# Pages that are worked by keys (lists sorted with the arrows, games, editors) often listen for the next one only after
# they have drawn what the last one did; a person is never as fast.
BETWEEN_SECONDS = 0.05
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
    bare = name.removesuffix("Left").removesuffix("Right")
    plain = bare in HARMLESS or bare in MODIFIERS or await _is_typing(tab)
    if doing.leads_elsewhere or not plain or _may_send(doing, bare):
        await doing.intend(f"{doing.event} {name[:20]}")
    mark = doing.mark(tab)
    doing.dispatched = True
    await tab.key(DEEDS[doing.event], name)
    _hold(doing, bare)
    await doing.settle(mark)
    if not plain:
        await asyncio.sleep(BETWEEN_SECONDS)


def _hold(doing: "Performance", bare: str) -> None:
    if bare in MODIFIERS and doing.event == "key_down":
        doing.session.held.add(bare)
    elif bare in MODIFIERS:
        doing.session.held.discard(bare)


def _may_send(doing: "Performance", bare: str) -> bool:
    """Whether a key may commit something although the cursor is in a text field: Enter, and shortcuts."""
    if bare in HARMLESS or bare in MODIFIERS:
        return False
    return bare in SENDS or bool(doing.session.held) or "+" in bare[:-1]


async def _is_typing(tab: Tab) -> bool:
    """Whether the cursor is in a text field of any frame."""
    for frame in tab.frames:
        if await tab.ask(frame, IS_TYPING):
            return True
    return False
