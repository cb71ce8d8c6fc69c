"""Giving a value to a field, whatever kind of field it turns out to be, and reading it back."""

import asyncio
import re
from typing import TYPE_CHECKING, Any

from services.runner.adapters import files
from services.runner.adapters.driver_terms import Press
from services.runner.adapters.faults import StepFailed
from services.runner.adapters.locating import Located
from services.runner.adapters.pointer import press, take_aim

if TYPE_CHECKING:
    from services.runner.adapters.performing import Performance

# fmt: off
YES = frozenset((
    "true", "1", "yes", "y", "on", "x", "checked", "✓", "✔", "ja", "j", "oui", "o", "si", "sí", "s", "sim", "tak",
    "ano", "да",
))
NO = frozenset((
    "", "false", "0", "no", "n", "off", "unchecked", "nein", "non", "não", "nao", "nie", "ne", "нет", "-",
))
# fmt: on
PLAIN = re.compile(r"[+-]?\d+(\.\d+)?")
DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+")
ONE_GROUP = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}")
GROUPED = re.compile(r"([+-]?\d{1,3}([.,'’\s])\d{3}(?:\2\d{3})*)(?:(?!\2)[.,](\d+))?")
SECOND_LOOK_SECONDS = 0.05
AGAIN = 3
MODES = ("replace", "append", "keys")
TOOK = "(engine, value) => engine.took(engine.element, value)"
CHECKED = "(engine) => engine.isChecked(engine.element)"
CHOSEN = "(engine, index) => engine.chosen(engine.element, index)"
LIMIT = "(engine) => engine.element ? engine.element.getAttribute('maxlength') : null"


async def fill(doing: "Performance") -> None:
    """Types, chooses or ticks, by what the field really is."""
    # What leads elsewhere commits something: nothing is touched before that is told.
    located = await doing.locate(**_asked(doing), act=not doing.leads_elsewhere)
    kind = located.prepared.get("kind")
    if kind == "file":
        await files.give(doing, located)
        return
    ticks = doing.event in ("check", "uncheck")
    if ticks and kind not in ("toggle", "radio"):
        raise StepFailed("invalid_step", "its element is no checkbox")
    if doing.leads_elsewhere and kind not in ("toggle", "radio"):
        await doing.intend(f"{doing.event} {located.tag} {located.selector}")
        located = await doing.locate(**_asked(doing), act=True)
    located = await _entered(doing, located)
    match kind:
        case "select":
            await _choose(doing, located)
        case "toggle" | "radio":
            await _tick(doing, located, kind)
        case "value":
            await _set(doing, located)
        case _:
            await _type(doing, located)


async def _entered(doing: "Performance", located: Located) -> Located:
    """The field, pressed first as a person does where the page reacts to fields being entered."""
    if not located.prepared.get("press"):
        return located
    aim = await take_aim(doing, located)
    await located.tab.press(Press(aim.x, aim.y))
    return await doing.locate(**_asked(doing), act=True, pressed=True)


def _asked(doing: "Performance") -> dict[str, Any]:
    value = value_of(doing)
    mode = doing.step.metadata.get("mode") or "replace"
    if mode not in MODES:
        raise StepFailed("invalid_step", f"metadata.mode is one of {', '.join(MODES)}, not {str(mode)[:20]!r}")
    return {"value": value, "mode": mode, "ticked": _ticked(doing, value)}


def value_of(doing: "Performance") -> str:
    """What the row gives the step, else what was recorded."""
    return doing.value if doing.value is not None else doing.step.value or ""


async def _type(doing: "Performance", located: Located) -> None:
    value = plain_number(value_of(doing)) if located.type == "number" else value_of(doing)
    if not located.prepared.get("focused"):
        raise StepFailed("value_not_taken", "its field does not take the cursor", transient=True)
    mark = doing.mark(located.tab)
    doing.dispatched = True
    mode = doing.step.metadata.get("mode") or "replace"
    if mode == "keys":  # behind what is there, as a person does who goes on typing
        await located.tab.type_keys(value)
    else:
        await _put(located, value, clear=mode == "replace")
    if doing.leads_elsewhere:
        await doing.settle(mark)
    elif mode == "replace" and not await _took(located, value):
        await _again(doing, value)


def plain_number(written: str) -> str:
    """A number as pages take it: `1.234,56` and `1,234.56` are 1234.56, `12,5` is 12.5.

    `1,234` stays as it is, for it is one number here and another there.
    """
    number = written.strip()
    if PLAIN.fullmatch(number):
        return written
    if DECIMAL_COMMA.fullmatch(number) and not ONE_GROUP.fullmatch(number):
        return number.replace(",", ".")
    grouped = GROUPED.fullmatch(number)
    if grouped is None or ONE_GROUP.fullmatch(number):
        return written
    whole, mark, decimals = grouped.groups()
    return whole.replace(mark, "") + (f".{decimals}" if decimals else "")


async def _put(located: Located, value: str, *, clear: bool) -> None:
    """All at once but for the last character: pages that listen to keys hear one, with the whole value in the field."""
    tab = located.tab
    if not value:
        if clear:
            await tab.key("press", "Delete")
    elif value[-1].isprintable():
        await tab.put(value[:-1], value[-1])
    else:  # a key for it may do something else: Enter sends
        await tab.insert_text(value)


async def _by_keys(located: Located, value: str) -> None:
    await located.tab.key("press", "Delete")
    await located.tab.type_keys(value)


def _ungrouped(value: str) -> str:
    """An amount without what masks put between its thousands, and take for a decimal point when it is typed."""
    grouped = GROUPED.fullmatch(value.strip())
    if grouped is None:
        return value
    whole, mark, _ = grouped.groups()
    return str(whole.replace(mark, "") + value.strip()[len(whole) :])


async def _took(located: Located, value: str) -> bool:
    for pause in (0.0, SECOND_LOOK_SECONDS):
        if pause:
            await asyncio.sleep(pause)
        if await located.ask(TOOK, value):
            return True
    return False


async def _again(doing: "Performance", value: str) -> None:
    """A page that was just waking up may have eaten the value, or wants to see every key."""
    await doing.log("debug", "The field did not keep the value; typing it once more, key by key.")
    for attempt in range(AGAIN):  # a field may be replaced when it is entered, and once more when it is typed into
        located = await _entered(doing, await doing.locate(**_asked(doing), act=True))
        doing.retries += 1
        if await _took(located, value):
            return
        await _by_keys(located, value if attempt < AGAIN - 1 else _ungrouped(value))
        if await _took(located, value):
            return
    if located.type in SHAPES:
        raise StepFailed("value_not_taken", _wants(located.type))
    limit = await located.ask(LIMIT)
    because = f" (it holds at most {limit} characters)" if limit and len(value) > int(limit or 0) else ""
    raise StepFailed("value_not_taken", f"its field does not keep what is typed{because}")


SHAPES = {
    "date": "a date as 2025-12-31",
    "time": "a time as 23:59",
    "datetime-local": "date and time as 2025-12-31T23:59",
    "month": "a month as 2025-12",
    "week": "a week as 2025-W52",
    "color": "a colour as #rrggbb",
    "number": "a number as 1234.56",
    "range": "a number in its range",
}


def _wants(field_type: str) -> str:
    return f"its field takes {SHAPES.get(field_type, 'another kind of value')}, and the value is none"


async def _set(doing: "Performance", located: Located) -> None:
    """Dates, colours and the like: a person picks them, and no key says which."""
    mark = doing.mark(located.tab)
    if not located.prepared.get("set"):
        raise StepFailed("value_not_taken", _wants(located.type))
    doing.dispatched = True
    if doing.leads_elsewhere:
        await doing.settle(mark)


async def _choose(doing: "Performance", located: Located) -> None:
    option: dict[str, Any] = located.prepared["option"]
    wanted = value_of(doing)
    named = "the value" if doing.options.secret else f'"{wanted[:80]}"'
    if option.get("several"):
        detail = f"{named} fits {option['several']} options of its list; give the option's own value"
        raise StepFailed("value_not_taken", detail)
    if "index" not in option:
        offered = ", ".join(f'"{one[:40]}"' for one in option.get("offered", [])) or "nothing"
        raise StepFailed("value_not_taken", f"its list has no option {named}; it offers {offered}")
    if option.get("disabled"):
        raise StepFailed("value_not_taken", "the option cannot be chosen: it is disabled")
    mark = doing.mark(located.tab)
    if not located.prepared.get("chosen"):
        raise StepFailed("value_not_taken", "its list went back to another option", transient=True)
    doing.dispatched = True
    if doing.leads_elsewhere:
        await doing.settle(mark)
    elif await located.ask(CHOSEN, option["index"]) is False:
        raise StepFailed("value_not_taken", "its list went back to another option")


async def _tick(doing: "Performance", located: Located, kind: str) -> None:
    wanted = value_of(doing)
    ticked = _ticked(doing, wanted)
    if located.prepared.get("named"):
        ticked = True  # the value is that of a radio button of the group
    if ticked is None:
        unclear = f'"{doing.session.scrub(wanted)[:40]}" says neither yes nor no; use true or false'
        raise StepFailed("invalid_step", unclear)
    if located.prepared["checked"] == ticked:
        doing.message = f"It is {'ticked' if ticked else 'not ticked'} already."
        return
    if kind == "radio" and not ticked:
        raise StepFailed("invalid_step", "a radio button cannot be unticked; choose another of its group")
    await press(doing, located, quietly=True)
    if doing.leads_elsewhere:
        return
    if await located.ask(CHECKED) is (not ticked):
        await asyncio.sleep(SECOND_LOOK_SECONDS)
        if await located.ask(CHECKED) is (not ticked):
            raise StepFailed("value_not_taken", f"it did not become {'ticked' if ticked else 'unticked'}")


def _ticked(doing: "Performance", wanted: str) -> bool | None:
    """Whether it should be ticked in the end; none where the value says neither."""
    if doing.value is None and not doing.step.value:
        return doing.event != "uncheck"
    word = wanted.strip().casefold()
    return word in YES if word in YES or word in NO else None
