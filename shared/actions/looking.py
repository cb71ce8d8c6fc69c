"""Actions that wait for something, compare it, or take it from a page: texts, values, pictures, scripts."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from shared.actions.given import ELEMENT, Given, StepFields, fields

READABLE = (
    *("text", "value", "title", "url", "attribute", "checked", "visible", "present", "count"),
    *("enabled", "editable", "selected", "dialog"),
)
SO_OR_NOT = ("checked", "visible", "present", "enabled", "editable")
_ALSO_READABLE = {"innertext": "text", "textcontent": "text", "content": "text", "address": "url", "exists": "present"}
_UNREADABLE = frozenset({"html", "innerhtml", "outerhtml", "json", "table"})
_COMPARED = (
    *("equals", "not_equals", "contains", "not_contains", "matches", "not_matches", "starts_with", "ends_with"),
    *("more_than", "less_than", "at_least", "at_most"),
)
_NAMES = ("name", "as", "key", "variable", "save_as", "store_as")
_CODE = ("script", "code", "expression", "function", "value")
_FUNCTION = re.compile(r"\s*(async\s+)?(function\b|\([^()]*\)\s*=>|[\w$]+\s*=>)")
_STATEMENTS = re.compile(r"\s*(const|let|var|if|for|while|try|throw|switch|class|do)\b|.*\breturn\b", re.DOTALL)


def wait(given: Given) -> Iterator[StepFields]:
    """Waits for whatever it names: a text, an address, an expression, an element, or time to pass."""
    for names, waiting in AWAITED:
        if given.has(*names):
            yield from waiting(given)
            return
    seconds = given.number("seconds")
    names = ("ms", "milliseconds", "duration", "value", "time", "timeout", "delay")
    duration = given.milliseconds(*names) if seconds is None else seconds * 1000
    if duration is None:
        raise given.wrong("it does not say what to wait for: a selector, a text, a url, or milliseconds (ms)", "ms")
    yield fields("wait", duration=duration)


def wait_for_element(given: Given) -> Iterator[StepFields]:
    """Until an element is there and can be seen, or as `state` says; or so many of them."""
    where = given.element(*ELEMENT, "for", "value", must=True)
    state, count = given.text("state") or "visible", given.number("count")
    conditions: dict[str, dict[str, Any]] = {
        "visible": {"visible": True},
        "attached": {},
        "hidden": {"operator": "==", "count": 0, "visible": True},
        "detached": {"operator": "==", "count": 0},
    }
    if state not in conditions:
        raise given.wrong(f"state is one of {', '.join(conditions)}", "state")
    yield fields(
        "wait_for_element", where, condition=conditions[state] | ({} if count is None else {"count": int(count)})
    )


def wait_for_text(given: Given) -> Iterator[StepFields]:
    """Until the element, or the whole page, shows a text."""
    text = given.text("text", "value", "contains")
    if not text:
        raise given.wrong("it does not say which text", "text")
    yield fields("wait_for_text", given.element(), text)


def wait_for_url(given: Given) -> Iterator[StepFields]:
    """Until the page has an address, in which `*` stands for anything but `/`, and `**` for anything."""
    pattern = given.text("url", "pattern", "value")
    if not pattern:
        raise given.wrong("it does not say which address", "url")
    yield fields("wait_for_url", pattern=pattern)


def wait_for_expression(given: Given) -> Iterator[StepFields]:
    """Until a JavaScript expression becomes true."""
    code = given.text("expression", "function", "script", "value")
    if not code:
        raise given.wrong("it does not say which expression", "expression")
    yield fields("wait_for_expression", expression=f"({code})()" if _FUNCTION.match(code) else code)


AWAITED: tuple[tuple[tuple[str, ...], Callable[[Given], Iterator[StepFields]]], ...] = (
    (("text",), wait_for_text),
    (("url", "pattern"), wait_for_url),
    (("expression", "function"), wait_for_expression),
    ((*ELEMENT, "for"), wait_for_element),
)


def waits_for_something(given: Given) -> bool:
    """Whether a `wait` is for more than for time to pass."""
    return any(given.has(*names) for names, _ in AWAITED)


def check(given: Given) -> Iterator[StepFields]:
    """Compares something of the page with what is expected; alone with an element: it can be seen."""
    compared = next((each for each in _COMPARED if given.has(each)), None)
    of_page = next((each for each in ("title", "url") if given.has(each)), None)
    what, attribute = _what(given, of_page)
    operator = given.text("operator", "comparison") or compared
    expected = given.text("expected", "value", *_COMPARED, *((of_page,) if of_page else ("text",)))
    where = given.element()
    if operator is not None and operator not in _COMPARED:
        raise given.wrong(f"operator is one of {', '.join(_COMPARED)}", "operator")
    if what is None:
        what, operator = ("visible", "equals") if expected is None else ("text", operator or "contains")
    if expected is None and what not in SO_OR_NOT:
        raise given.wrong("it does not say what is expected", "value")
    said = {"what": what, "operator": operator or "equals", "attribute": attribute}
    said = {key: value for key, value in said.items() if value is not None}
    yield fields("assert", where, expected, assertion=said, soft=given.yes("soft") or None)


def extract(given: Given) -> Iterator[StepFields]:
    """Takes a value from the page into the result; without a name it is called by the action's place."""
    what, attribute = _what(given)
    taken = {"name": _name(given) or f"action_{given.index}", "what": what or "text", "attribute": attribute}
    taken["pattern"] = given.text("pattern", "regex")
    kept = {key: value for key, value in taken.items() if value is not None}
    yield fields("extract", given.element(), extract=kept)


def _what(given: Given, usual: str | None = None) -> tuple[str | None, str | None]:
    """What is to be read, and which attribute where that is what."""
    attribute = given.text("attribute", "attr")
    said = given.text("what", "property", "prop", "kind") or ("attribute" if attribute else usual)
    if said is None:
        return None, None
    word = re.sub(r"[\s_-]", "", said).casefold()
    what = _ALSO_READABLE.get(word, word)
    if what in _UNREADABLE:
        raise given.wrong(f"{said!r} cannot be taken; one of {', '.join(READABLE)} can, and a script takes the rest")
    if what in READABLE:
        return what, attribute
    return "attribute", attribute or said


def _name(given: Given) -> str | None:
    name = given.text(*_NAMES)
    if name is not None and not re.fullmatch(r"[^\W\d][\w.-]{0,63}", name):
        raise given.wrong("a name begins with a letter and has letters, digits, . _ - (at most 64)", "name")
    return name


def run_script(given: Given) -> Iterator[StepFields]:
    """Runs JavaScript in the page: an expression, a function, or statements with a `return`; it gives a value."""
    code = given.text(*_CODE)
    if not code or not code.strip():
        raise given.wrong("it has no script", "script")
    if _FUNCTION.match(code):
        body = f"return await ({code.strip().rstrip(';')})();"
    elif _STATEMENTS.match(code) or ";" in code.strip().rstrip(";"):
        body = code
    else:
        body = f"return ({code.strip().rstrip(';')});"
    yield fields("run_script", script=body, extract={"name": _name(given) or f"action_{given.index}"})


def screenshot(given: Given) -> Iterator[StepFields]:
    """Keeps a picture of what can be seen, or of the whole page."""
    whole = given.yes("full_page", "whole_page", "full")
    yield fields("screenshot", name=_file_name(given), wholePage=True if whole else None)


def pdf(given: Given) -> Iterator[StepFields]:
    """Keeps the page as it would be printed."""
    yield fields("pdf", name=_file_name(given))


def _file_name(given: Given) -> str | None:
    name: Any = given.text("name", "path", "file", "file_name")
    return re.split(r"[/\\\\]", name)[-1].removesuffix(".png").removesuffix(".jpeg") or None if name else None
