"""What Playwright's assertions, waits and scripts become."""

import re
from typing import Any

from services.ingest.adapters.export_words import SUBMIT
from services.ingest.adapters.faults import Faults
from services.ingest.adapters.playwright.terms import Action, Carrier, Made, Part, Pattern, Value, number, value_part

# Assertion: (what is compared, operator); `not_` goes before the operator where it is negated.
_SO_OR_NOT = {
    "to_be_visible": ("visible", True),
    "to_be_hidden": ("visible", False),
    "to_be_attached": ("present", True),
    "to_be_checked": ("checked", True),
    "to_be_enabled": ("enabled", True),
    "to_be_disabled": ("enabled", False),
    "to_be_editable": ("editable", True),
}
_COMPARED = {
    "to_have_text": ("text", "equals"),
    "to_contain_text": ("text", "contains"),
    "to_have_value": ("value", "equals"),
    "to_have_url": ("url", "equals"),
    "to_have_title": ("title", "equals"),
    "to_have_count": ("count", "equals"),
    "to_have_values": ("selected", "equals"),
    "to_have_class": ("attribute", "equals"),
    "to_contain_class": ("attribute", "contains"),
    "to_have_id": ("attribute", "equals"),
    "to_have_attribute": ("attribute", "equals"),
    "to_have_accessible_name": None,
}
_ATTRIBUTES = {"to_have_class": "class", "to_contain_class": "class", "to_have_id": "id"}
_STATES: dict[str, dict[str, Any]] = {
    "visible": {"visible": True},
    "attached": {},
    "hidden": {"operator": "==", "count": 0, "visible": True},
    "detached": {"operator": "==", "count": 0},
}
_PYTHON_ONLY = re.compile(r"\(\?P|\\[AZ]|\(\?#|\(\?[aLux]|[*+?}]\+")
_NEEDLESS_ESCAPE = re.compile(r"\\([^A-Za-z0-9^$\\.*+?()\[\]{}|/])")
_SCROLL = re.compile(r"(?:element => element\.)?scrollTo\((-?[\d.]{1,12}), (-?[\d.]{1,12})\)")
_CALLED_WHEN_A_FUNCTION = 'typeof value === "function" ? await value() : value'


def javascript_pattern(pattern: Pattern) -> str | None:
    """The regular expression as JavaScript reads it with the flag `u`; None where it has no word for it."""
    if _PYTHON_ONLY.search(pattern.source) or set(pattern.flags) - set("imsgu"):
        return None
    inside = "".join(flag for flag in "ims" if flag in pattern.flags)
    source = _NEEDLESS_ESCAPE.sub(r"\1", pattern.source)
    return f"(?{inside}:{source})" if inside else source


def _expect(action: Action, made: Made, _: Faults) -> Part:
    what, negated = str(action.args.get("what")), bool(action.args.get("negated"))
    if what in _SO_OR_NOT:
        return _so_or_not(action, made, what, negated)
    found = _COMPARED.get(what)
    if found is None:
        made.note("not_carried", f"{what} has no counterpart here")
        return None
    subject, operator = found
    expected, note = _expected(action.args.get("expected"))
    if note:
        made.note("not_carried", f"{what}: {note}")
        return None
    assertion: dict[str, Any] = {"what": subject}
    if subject == "attribute":
        assertion["attribute"] = _ATTRIBUTES.get(what) or action.args.get("attribute")
    if isinstance(expected, Pattern):
        operator, source = "matches", javascript_pattern(expected)
        if source is None:
            made.note("not_carried", f"{what}: its regular expression cannot be said in JavaScript")
            return None
        expected = source
    elif action.args.get("ignore_case") is True and isinstance(expected, str):
        operator, expected = "matches", _ignoring_case(expected, whole=operator == "equals")
    if negated:
        operator = f"not_{operator}"
    if operator != "equals":
        assertion["operator"] = operator
    return value_part("assert", expected, made, {"assertion": assertion})


def _so_or_not(action: Action, made: Made, what: str, negated: bool) -> Part:
    subject, is_so = _SO_OR_NOT[what]
    # In Playwright's words: to_be_checked(checked=False), to_be_visible(visible=False).
    said = next((action.args[key] for key in (subject, "attached") if isinstance(action.args.get(key), bool)), True)
    if any(step_note[0] == "not_carried" for step_note in made.notes) and (is_so != said) != negated:
        made.note("not_carried", f"{what} is left out: with a locator that says less it would mean something else")
        return None
    assertion = {"what": subject} | ({} if (is_so == said) != negated else {"operator": "not_equals"})
    return {"event": "assert", "metadata": {"assertion": assertion}}


def _expected(given: Any) -> tuple[Any, str | None]:
    """What is expected, or why it cannot be said."""
    if isinstance(given, list | tuple):
        texts = [one.text if isinstance(one, Value) else one for one in given]
        if len(given) == 1:
            return given[0], None
        return None, f"{len(texts)} elements are compared at once, which no step does"
    if isinstance(given, str | Value | Pattern):
        return given, None
    if number(given) is not None:
        return str(given), None
    return None, "what is expected is known only when the script runs"


def _ignoring_case(text: str, *, whole: bool) -> str:
    spelled = re.sub(r"[\\^$.*+?()\[\]{}|/]", r"\\\g<0>", text)
    return f"(?i:^\\s*{spelled}\\s*$)" if whole else f"(?i:{spelled})"


def _wait_for(action: Action, made: Made, _: Faults) -> Part:
    state = action.args.get("state") or "visible"
    if state not in _STATES or action.parts is None:
        made.note("not_carried", "what is waited for is known only when the script runs")
        return None
    return {"event": "wait_for_element", "metadata": {"condition": dict(_STATES[state])}}


def _wait_for_url(action: Action, made: Made, _: Faults) -> Part:
    given = action.args.get("url")
    if isinstance(given, Pattern):
        source = javascript_pattern(given)
        if source is not None:
            return {
                "event": "assert",
                "value": source,
                "metadata": {"assertion": {"what": "url", "operator": "matches"}},
            }
    if isinstance(given, Value):
        given = given.text
    if not isinstance(given, str) or any(mark in given for mark in "{}["):
        made.note("not_carried", "which address is waited for cannot be said here")
        return None
    return {"event": "wait_for_url", "metadata": {"pattern": given}}


def _wait_for_timeout(action: Action, made: Made, _: Faults) -> Part:
    milliseconds = number(action.args.pop("timeout", None))
    if milliseconds is None or milliseconds < 0:
        made.note("not_carried", "how long it waits is known only when the script runs")
        return None
    return {"event": "wait", "metadata": {"duration": milliseconds}}


def _wait_for_function(action: Action, made: Made, _: Faults) -> Part:
    expression = _script(action, made)
    if expression is None:
        return None
    said = f"(() => {{ const value = ({expression}); return {_CALLED_WHEN_A_FUNCTION.replace('await ', '')}; }})()"
    return {"event": "wait_for_expression", "metadata": {"expression": said}}


def _evaluate(action: Action, made: Made, _: Faults) -> Part:
    expression = _script(action, made)
    if expression is None:
        return None
    if scrolled := _SCROLL.fullmatch(expression):
        return {"event": "scroll", "metadata": {"scroll": {"x": _size(scrolled[1]), "y": _size(scrolled[2])}}}
    if action.parts is not None:
        if expression == SUBMIT:
            return {"event": "submit"}
        made.note("not_carried", "a script that is given an element is left out")
        return None
    metadata: dict[str, Any] = {"script": f"const value = ({expression});\nreturn {_CALLED_WHEN_A_FUNCTION};"}
    if name := action.args.get("name"):
        metadata["extract"] = {"name": name}
    return {"event": "run_script", "metadata": metadata}


def _script(action: Action, made: Made) -> str | None:
    given = action.args.get("expression")
    expression = given.text if isinstance(given, Value) and not given.taken else given
    if not isinstance(expression, str) or not expression.strip():
        made.note("not_carried", "its script is known only when it runs")
        return None
    if action.args.get("arg") is not None:
        made.note("not_carried", "a script that is given an argument is left out")
        return None
    return expression.strip().rstrip(";")


def _size(text: str) -> int | float:
    return float(text) if "." in text else int(text)


def _settled(_: Action, made: Made, __: Faults) -> Part:
    made.note("carried", "pages are waited for without being asked")
    return None


LOOKING: dict[str, Carrier] = {
    "expect": _expect,
    "wait_for": _wait_for,
    "wait_for_url": _wait_for_url,
    "wait_for_timeout": _wait_for_timeout,
    "wait_for_function": _wait_for_function,
    "wait_for_load_state": _settled,
    "evaluate": _evaluate,
}
