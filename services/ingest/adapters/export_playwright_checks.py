"""Assertions, waits, values taken and scripts of a recording as statements of Playwright in Python."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from shared.contracts.recording import Step

if TYPE_CHECKING:
    from services.ingest.adapters.export_playwright_steps import Writer

Line = list[str] | None
# what -> (method, its opposite); without a value.
_SO_OR_NOT = {
    "visible": ("to_be_visible()", "not_to_be_visible()"),
    "present": ("to_be_attached()", "not_to_be_attached()"),
    "checked": ("to_be_checked()", "not_to_be_checked()"),
    "enabled": ("to_be_enabled()", "to_be_disabled()"),
    "editable": ("to_be_editable()", "not_to_be_editable()"),
}
_COMPARED = {"text": "to_have_text", "value": "to_have_value", "title": "to_have_title", "url": "to_have_url"}
_READ = {"text": "inner_text()", "value": "input_value()", "title": "title()"}
_NO = frozenset({"false", "no", "0", "off", ""})


def extracted_name(name: str) -> str:
    """The local variable for what is taken as `name`."""
    return f"taken_{re.sub(r'[^A-Za-z0-9_]', '_', name)}"


def _assert(writer: "Writer", step: Step) -> Line:
    given = step.metadata.get("assertion")
    said: dict[str, Any] = given if isinstance(given, dict) else {}
    what, operator = said.get("what") or "text", said.get("operator") or "equals"
    if step.metadata.get("soft") is True:
        writer.notes.changed(step, "what does not hold ends the row here")
    is_not = (operator == "not_equals") != ((step.value or "true").casefold() in _NO)
    absent = is_not or operator.startswith("not_") or what == "count"
    page, element = writer.page(step), writer.element(step, alone=absent)
    subject = page if what in ("url", "title") else element
    if what == "text" and element is None:
        subject = f"{page}.locator('body')"
    if subject is None:
        return None
    if what in _SO_OR_NOT:
        return [f"expect({subject}).{_SO_OR_NOT[what][is_not]}"]
    call = _comparison(what, operator, writer.value(step), said.get("attribute"))
    return [f"expect({subject}).{call}"] if call else None


def _comparison(what: str, operator: str, value: str, attribute: Any) -> str | None:
    not_, operator = ("not_", operator.removeprefix("not_")) if operator.startswith("not_") else ("", operator)
    if what == "count" and operator == "equals":
        return f"{not_}to_have_count(int({value}))"
    if what == "selected" and operator == "equals":
        return f"{not_}to_have_values({value}.splitlines())"
    if operator == "matches":
        value = f"re.compile({value})"
    elif operator == "contains" and what == "text":
        return f"{not_}to_contain_text({value})"
    elif operator in ("contains", "starts_with", "ends_with"):
        start, end = "^" if operator == "starts_with" else "", "$" if operator == "ends_with" else ""
        value = f"re.compile({start!r} + re.escape({value}) + {end!r})"
    elif operator != "equals":
        return None
    if what == "attribute" and isinstance(attribute, str):
        return f"{not_}to_have_attribute({attribute!r}, {value})"
    return f"{not_}{_COMPARED[what]}({value})" if what in _COMPARED else None


def _extract(writer: "Writer", step: Step) -> Line:
    given = step.metadata.get("extract")
    said: dict[str, Any] = given if isinstance(given, dict) else {}
    what, page, element = said.get("what") or "text", writer.page(step), writer.element(step)
    name = extracted_name(str(said.get("name")))
    if what == "title":
        taken = f"{page}.title()"
    elif what == "url":
        taken = f"{page}.url"
    elif what == "attribute" and element and isinstance(said.get("attribute"), str):
        taken = f"{element}.get_attribute({said['attribute']!r}) or ''"
    elif what in _READ and (element or what == "text"):
        taken = f"{element or page + '.locator(' + repr('body') + ')'}.{_READ[what]}"
    else:
        return None
    lines = [f"{name} = {taken}"]
    if isinstance(said.get("pattern"), str):
        writer.notes.changed(step, "its regular expression is read as Python reads it")
        lines.append(f"found = re.search({said['pattern']!r}, {name})")
        lines.append(f"{name} = (found[1] if found and found.re.groups else found[0]) if found else ''")
    return lines


def _wait_for_text(writer: "Writer", step: Step) -> Line:
    element = writer.element(step) or f"{writer.page(step)}.locator('body')"
    return [f"expect({element}).to_contain_text({writer.value(step)})"]


def _wait_for_url(writer: "Writer", step: Step) -> Line:
    pattern = step.metadata.get("pattern") or step.value
    if not isinstance(pattern, str):
        return None
    spelled = f"**{pattern}" if pattern.startswith("/") else pattern
    return [f"{writer.page(step)}.wait_for_url({spelled!r})"]


def _wait_for_element(writer: "Writer", step: Step) -> Line:
    given, element = step.metadata.get("condition"), writer.element(step, alone=True)
    said: dict[str, Any] = given if isinstance(given, dict) else {}
    if element is None or said.get("properties"):
        return None
    operator, count, visible = said.get("operator") or ">=", said.get("count"), said.get("visible")
    lines = []
    if operator == "==" and count == 0:
        lines.append(f"{element}.wait_for(state={'hidden' if visible else 'detached'!r})")
    elif operator == ">=" and count in (None, 1) and visible is not False:
        lines.append(f"{element}.wait_for()" if visible else f"{element}.wait_for(state='attached')")
    elif operator == "==" and count is not None and visible is None:
        lines.append(f"expect({element}).to_have_count({int(count)})")
    else:
        return None
    attributes = said.get("attributes") if isinstance(said.get("attributes"), dict) else {}
    return [*lines, *(f"expect({element}).to_have_attribute({k!r}, {v!r})" for k, v in (attributes or {}).items())]


def _wait_for_expression(writer: "Writer", step: Step) -> Line:
    expression = step.metadata.get("expression") or step.value
    return [f"{writer.page(step)}.wait_for_function({expression!r})"] if isinstance(expression, str) else None


def _wait(writer: "Writer", step: Step) -> Line:
    given = step.metadata.get("duration", step.value)
    try:
        return [f"{writer.page(step)}.wait_for_timeout({float(str(given)):g})"]
    except (TypeError, ValueError):
        return None


def _run_script(writer: "Writer", step: Step) -> Line:
    script = step.metadata.get("script") or step.value
    if not isinstance(script, str) or step.metadata.get("interpolate") is True:
        return None
    call = f"{writer.page(step)}.evaluate({f'async () => {{ {script} }}'!r})"
    given = step.metadata.get("extract")
    name = given.get("name") if isinstance(given, dict) else None
    return [f"{extracted_name(str(name))} = str({call})" if name else call]


CHECKS: dict[str, Callable[["Writer", Step], Line]] = {
    "assert": _assert,
    "extract": _extract,
    "wait_for_text": _wait_for_text,
    "wait_for_url": _wait_for_url,
    "wait_for_element": _wait_for_element,
    "wait_for_expression": _wait_for_expression,
    "wait": _wait,
    "run_script": _run_script,
}
