"""Giving a value to a field, whatever kind of field it turns out to be, and reading it back."""

import asyncio
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from playwright.async_api import Error as PlaywrightError

from services.runner.adapters.faults import StepFailed, document_gone
from services.runner.adapters.locating import Located
from services.runner.adapters.pointer import ACTION_MS, press

if TYPE_CHECKING:
    from services.runner.adapters.performing import Performance

YES = frozenset(
    [
        "true",
        "1",
        "yes",
        "y",
        "on",
        "x",
        "checked",
        "✓",
        "✔",
        "ja",
        "j",
        "oui",
        "o",
        "si",
        "sí",
        "s",
        "sim",
        "tak",
        "ano",
        "да",
    ]
)
NO = frozenset(["false", "0", "no", "n", "off", "unchecked", "nein", "non", "não", "nao", "nie", "ne", "нет", "-"]) | {
    ""
}
SECOND_LOOK_SECONDS = 0.05
LOOK_AGAIN_SECONDS = 0.1


async def fill(doing: "Performance") -> None:
    """Types, chooses or ticks, by what the field really is."""
    located = await doing.locate()
    kind = await located.tab.ask(located.frame, "(engine, element) => engine.kindOf(element)", located.element)
    match kind:
        case "file":
            detail = (
                "its field takes a file, and uploading files is not possible yet; take the step out of the recording"
            )
            raise StepFailed("invalid_step", detail)
        case "select":
            await _choose(doing, located)
        case "toggle" | "radio":
            await _tick(doing, located, kind)
        case _ if doing.event in ("check", "uncheck"):
            raise StepFailed("invalid_step", "its element is no checkbox")
        case _:
            await _type(doing, located)


def _value(doing: "Performance") -> str:
    return doing.value if doing.value is not None else doing.step.value or ""


async def _type(doing: "Performance", located: Located) -> None:
    value = _value(doing)
    if doing.leads_elsewhere:
        await doing.intend(f"type into {located.tag} {located.selector}")
    mark = doing.mark(located.tab)
    await _put(doing, located, value)
    if not doing.leads_elsewhere and not await _took(located, value):
        await _again(doing, located, value)
    if doing.leads_elsewhere:
        await doing.settle(mark)


async def _put(doing: "Performance", located: Located, value: str) -> None:
    try:
        await located.element.fill(value, force=True, timeout=ACTION_MS)
    except PlaywrightError as error:
        if document_gone(error):
            raise
        said = str(error)
        if "Malformed value" in said or "Cannot type text into" in said:
            raise StepFailed("value_not_taken", _wants(located.type)) from None
        raise
    doing.dispatched = True


SHAPES = {
    "date": "a date as 2025-12-31",
    "time": "a time as 23:59",
    "datetime-local": "date and time as 2025-12-31T23:59",
    "month": "a month as 2025-12",
    "week": "a week as 2025-W52",
    "color": "a colour as #rrggbb",
    "number": "a number",
    "range": "a number in its range",
}


def _wants(field_type: str) -> str:
    return f"its field takes {SHAPES.get(field_type, 'another kind of value')}, and the value is none"


async def _took(located: Located, value: str) -> bool:
    question = "(engine, [element, value]) => element.isConnected && engine.took(element, value)"
    for pause in (0.0, SECOND_LOOK_SECONDS):
        await asyncio.sleep(pause)
        if await located.tab.ask(located.frame, question, [located.element, value]):
            return True
    return False


async def _again(doing: "Performance", located: Located, value: str) -> None:
    """A page that was just waking up may have eaten the value, or wants to see every key."""
    await doing.log("debug", "The field did not keep the value; typing it once more, key by key.")
    located = await doing.locate()
    doing.retries += 1
    if await _took(located, value):
        return
    await located.element.fill("", force=True, timeout=ACTION_MS)
    await located.element.focus()
    await located.tab.page.keyboard.type(value)
    if await _took(located, value):
        return
    if located.type in SHAPES:
        raise StepFailed("value_not_taken", _wants(located.type))
    limit = await located.element.get_attribute("maxlength")
    because = f" (it holds at most {limit} characters)" if limit and len(value) > int(limit or 0) else ""
    raise StepFailed("value_not_taken", f"its field does not keep what is typed{because}")


async def _option(doing: "Performance", located: Located, wanted: str) -> dict[str, Any]:
    """The option for a value; waits for it, because lists are often filled late."""
    question = "(engine, [element, value]) => engine.optionsFor(element, value)"
    deadline = time.monotonic() + doing.options.wait_timeout / 1000
    while True:
        found: dict[str, Any] = await located.tab.ask(located.frame, question, [located.element, wanted])
        if "index" in found:
            return found
        named = "the value" if doing.options.secret else f'"{wanted[:80]}"'
        if found.get("several"):
            detail = f"{named} fits {found['several']} options of its list; give the option's own value"
            raise StepFailed("value_not_taken", detail)
        if time.monotonic() >= deadline:
            offered = ", ".join(f'"{one[:40]}"' for one in found["offered"]) or "nothing"
            raise StepFailed("value_not_taken", f"its list has no option {named}; it offers {offered}")
        await asyncio.sleep(LOOK_AGAIN_SECONDS)


async def _choose(doing: "Performance", located: Located) -> None:
    found = await _option(doing, located, _value(doing))
    if found["disabled"]:
        raise StepFailed("value_not_taken", "the option cannot be chosen: it is disabled")
    if doing.leads_elsewhere:
        await doing.intend(f"select in {located.selector}")
    mark = doing.mark(located.tab)
    await located.element.select_option(index=found["index"], force=True, timeout=ACTION_MS)
    doing.dispatched = True
    if doing.leads_elsewhere:
        await doing.settle(mark)
        return
    question = "(engine, [element, index]) => !element.isConnected || engine.chosen(element, index)"
    if not await located.tab.ask(located.frame, question, [located.element, found["index"]]):
        raise StepFailed("value_not_taken", "its list went back to another option")


async def _tick(doing: "Performance", located: Located, kind: str) -> None:
    wanted = _value(doing)
    if kind == "radio":
        question = "(engine, [element, value]) => Boolean(engine.element = engine.radioFor(element, value))"
        if wanted and await located.tab.ask(located.frame, question, [located.element, wanted]):
            chosen = (await located.tab.handle(located.frame, "(engine) => engine.element")).as_element()
            if chosen is not None:
                located, wanted = replace(located, element=chosen), "true"
    ticked = _ticked(doing, wanted)
    checked = "(engine, element) => engine.isChecked(element)"
    if await located.tab.ask(located.frame, checked, located.element) == ticked:
        doing.message = f"It is {'ticked' if ticked else 'not ticked'} already."
        return
    if kind == "radio" and not ticked:
        raise StepFailed("invalid_step", "a radio button cannot be unticked; choose another of its group")
    await press(doing, located, quietly=True)
    if not doing.leads_elsewhere and await located.tab.ask(located.frame, checked, located.element) != ticked:
        raise StepFailed("value_not_taken", f"it did not become {'ticked' if ticked else 'unticked'}")


def _ticked(doing: "Performance", wanted: str) -> bool:
    if doing.value is None and not doing.step.value:
        return doing.event != "uncheck"
    word = wanted.strip().casefold()
    if word in YES or word in NO:
        return word in YES
    raise StepFailed("invalid_step", f'"{doing.session.scrub(wanted)[:40]}" says neither yes nor no; use true or false')
