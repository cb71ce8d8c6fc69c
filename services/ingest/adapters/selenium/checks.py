"""Selenium's commands that look at the page: assert, verify, wait for."""

import json
import re
from dataclasses import dataclass, replace
from typing import Literal

from services.ingest.adapters.chrome.keys import MAX_TIMEOUT_MS
from services.ingest.adapters.selenium.keys import is_secret
from services.ingest.adapters.selenium.project import Command
from services.ingest.adapters.selenium.stage import Line, Stage
from services.ingest.adapters.selenium.storing import taking
from services.ingest.adapters.selenium.values import Said, as_text

# Fails where the script's value is another one. `%s`: the script, what is expected, what it is called.
_CHECKED = """const found = await (async () => {
%s
})();
if (String(found) !== %s) throw new Error(%s + " is " + String(found).slice(0, 100));
return found;"""
_PATTERN = re.compile(r"(exact|regexp?|regexpi|glob):(.*)", re.DOTALL)  # regex: as Katalon Recorder writes it


@dataclass(frozen=True, slots=True)
class Check:
    """What one of the commands compares: `what` as `metadata.assertion` has it, and where what is expected stands."""

    what: str
    negated: bool = False
    expects: Literal["target", "value", "nothing"] = "nothing"
    of_element: bool = True
    operator: str = "equals"


# What stands behind `assert` and `verify`.
CHECKS = {
    "Checked": Check("checked"),
    "NotChecked": Check("checked", negated=True),
    "Editable": Check("editable"),
    "NotEditable": Check("editable", negated=True),
    "ElementPresent": Check("present"),
    "ElementNotPresent": Check("present", negated=True),
    "SelectedValue": Check("selected", expects="value"),
    "NotSelectedValue": Check("selected", negated=True, expects="value"),
    "SelectedLabel": Check("selected", expects="value"),
    "NotSelectedLabel": Check("selected", negated=True, expects="value"),
    "Text": Check("text", expects="value"),
    "NotText": Check("text", negated=True, expects="value"),
    "Value": Check("value", expects="value"),
    "NotValue": Check("value", negated=True, expects="value"),
    "Title": Check("title", expects="target", of_element=False),
    # Of Selenium IDE for Firefox, and of what was migrated from it.
    "NotTitle": Check("title", negated=True, expects="target", of_element=False),
    "Location": Check("url", expects="target", of_element=False),
    "NotLocation": Check("url", negated=True, expects="target", of_element=False),
    "TextPresent": Check("text", expects="target", of_element=False, operator="contains"),
    "TextNotPresent": Check("text", negated=True, expects="target", of_element=False, operator="contains"),
    "Visible": Check("visible"),
    "NotVisible": Check("visible", negated=True),
    "Attribute": Check("attribute", expects="value"),
    "NotAttribute": Check("attribute", negated=True, expects="value"),
    "XpathCount": Check("count", expects="value"),
    "CssCount": Check("count", expects="value"),
}


def check(stage: Stage, command: Command, kind: str, *, soft: bool) -> None:
    """`assert…`, and `verify…`, which only tells what does not hold."""
    wanted = CHECKS[kind]
    locator, _, attribute = command.target.rpartition("@") if wanted.what == "attribute" else ("", "", "")
    element = stage.element(command, locator or None) if wanted.of_element else None
    if wanted.of_element and element is None:
        return
    if element and wanted.what == "value" and is_secret(element):
        stage.leave_out(command, "what a password field holds is neither read nor kept")
        return
    if element and (wanted.what == "count" or (wanted.negated and wanted.what == "present")):
        element = element.alone()
    line = stage.add(command, "assert", element)
    operator = f"not_{wanted.operator}" if wanted.negated else wanted.operator
    if wanted.expects != "nothing":
        raw = command.target if wanted.expects == "target" else command.value
        if wanted.what == "url" and "*" in raw and _PATTERN.fullmatch(raw.strip()) is None:
            raw = f"glob:{raw}"  # as the IDE did that had these commands
        operator, said = _compared(stage, line, raw, operator)
        if not stage.give(line, said, expected=True):
            return
    _assertion(line, wanted.what, operator, soft=soft)
    if attribute and line.step is not None:
        line.step["metadata"]["assertion"]["attribute"] = attribute.strip()
    if wanted.what == "selected":
        line.notes.append(("changed", "compared with the label and with the value of what is chosen; either will do"))


def check_variable(stage: Stage, command: Command, *, soft: bool) -> None:
    """`assert`, `verify` of a variable: decided now where all is known, else where the value is taken."""
    name = command.target.strip().removeprefix("${").removesuffix("}")
    expected = stage.variables.said(command.value).text
    if expected is not None and name in stage.variables.taken and _check_taken(stage, command, name, expected, soft):
        return
    if name not in stage.variables.known or expected is None:
        why = "a variable is compared whose value is only known when the test runs; check the page itself instead"
        stage.leave_out(command, why)
    elif as_text(stage.variables.known[name]) == expected:
        stage.note(command, "carried", "it always holds: the variable has that value whenever the test runs")
    else:
        verb = "only warns" if soft else "always fails"
        stage.leave_out(command, f"it never holds, so that the test {verb} here")


def _check_taken(stage: Stage, command: Command, name: str, expected: str, soft: bool) -> bool:
    """Compares what was taken from the page where it was taken: it stays the same until the command."""
    line = taking(stage, name)
    if line is None or line.step is None:
        return False
    takes = line.step["metadata"]["extract"]
    if line.step["event"] == "run_script":
        if soft:
            return False
        script = _CHECKED % (line.step["metadata"]["script"], *map(json.dumps, (expected, name)))
        checked = {**line.step, "metadata": {**line.step["metadata"], "script": script}}
        stage.lines[stage.lines.index(line)] = replace(line, step=checked)
        stage.note(command, "changed", "compared as soon as the script has given the value; another one fails there")
        return True
    metadata = {key: value for key, value in line.step["metadata"].items() if key not in ("extract", "comment")}
    asked = Line(command, {**line.step, "event": "assert", "value": expected, "metadata": metadata}, window=line.window)
    _assertion(asked, takes["what"], "equals", soft=soft)
    if "attribute" in takes and asked.step is not None:
        asked.step["metadata"]["assertion"]["attribute"] = takes["attribute"]
    asked.notes.append(("changed", "compared on the page as soon as the value is taken from it"))
    stage.lines.insert(stage.lines.index(line) + 1, asked)
    return True


def wait_for(stage: Stage, command: Command, *, visible: bool | None = None, gone: bool = False) -> None:
    """`waitForElementPresent`, `…Visible`, and until they are not."""
    element = stage.element(command)
    if element is None:
        return
    condition: dict[str, object] = {"operator": "==", "count": 0} if gone else {"operator": ">=", "count": 1}
    if visible is not None:
        condition["visible"] = visible
    line = stage.add(command, "wait_for_element", element.alone() if gone else element, condition=condition)
    take_timeout(stage, line, command.value)


def wait_until(stage: Stage, command: Command, what: str, *, negated: bool = False) -> None:
    """`waitForElementEditable`, `waitForText`: an assertion that has so much time."""
    element = stage.element(command)
    if element is None:
        return
    line = stage.add(command, "assert", element)
    operator = "not_equals" if negated else "equals"
    if what == "text":
        operator, said = _compared(stage, line, command.value, operator)
        if not stage.give(line, said, expected=True):
            return
    else:
        take_timeout(stage, line, command.value)
    _assertion(line, what, operator, soft=False)


def pause(stage: Stage, command: Command) -> None:
    """`pause`: milliseconds, in the target; people also write a locator there, and the time behind it."""
    swapped = _is_locator(command.target) and bool(command.value.strip())
    said = stage.variables.said(command.value if swapped else command.target or command.value)
    line = stage.add(command, "wait")
    if swapped:
        line.notes.append(("changed", "the time stands in its value, where Selenium IDE does not look for it"))
    assert line.step is not None
    if said.text is None:
        if stage.give(line, said) and line.given:
            stage.lines.pop()
            stage.leave_out(command, "how long to wait is only known when the test runs")
        return
    try:
        duration = float(said.text or "0")
    except ValueError:
        duration = -1.0
    if not 0 <= duration < 1e9:
        stage.lines.pop()
        stage.leave_out(command, "how long to wait must be a number of milliseconds")
        return
    line.step["metadata"]["duration"] = min(round(duration), MAX_TIMEOUT_MS)
    if duration > MAX_TIMEOUT_MS:
        line.notes.append(("changed", f"the pause is cut to {MAX_TIMEOUT_MS} ms, the longest that is allowed"))


def _is_locator(text: str) -> bool:
    return bool(re.match(r"\s*(?:(?:id|name|css|xpath|link|linkText|class|identifier)\s?=|//)", text))


def _assertion(line: Line, what: str, operator: str, *, soft: bool) -> None:
    assert line.step is not None
    line.step["metadata"]["assertion"] = {"what": what, "operator": operator}
    if soft:
        line.step["metadata"]["soft"] = True


def _compared(stage: Stage, line: Line, raw: str, operator: str) -> tuple[str, Said]:
    """How the expected text is compared, and that text: patterns become regular expressions."""
    found = _PATTERN.fullmatch(raw.strip())
    if found is None and stage.project.selenese and "*" in raw:
        found = _PATTERN.fullmatch(f"glob:{raw.strip()}")  # as the IDE for Firefox reads every text
    said = stage.variables.said(found[2] if found else raw)
    if found is None:
        if said.text and "*" in said.text:
            line.notes.append(("changed", "the * in the expected text stands for itself, and for nothing else"))
        return operator, said
    kind = found[1]
    if kind == "exact" or (kind == "glob" and said.text is None):
        return operator, said
    if kind == "regexpi":
        line.notes.append(("changed", "the pattern is compared with capitals and small letters as they are"))
    if kind == "glob":
        pattern = "".join(
            {"*": ".*", "?": "."}.get(c, re.sub(r"([\\^$.|+()\[\]{}/])", r"\\\1", c)) for c in said.text or ""
        )
        said = Said((("text", f"^{pattern}$"),))
    return ("not_matches" if operator.startswith("not_") else "matches"), said


def take_timeout(stage: Stage, line: Line, raw: str) -> None:
    """How long the step waits, in milliseconds, as a command says it."""
    assert line.step is not None
    said = stage.variables.said(raw).text or ""
    found = re.match(r"\d{1,12}", said)
    if found and int(found[0]) > 0:
        line.step["metadata"]["timeout"] = min(int(found[0]), MAX_TIMEOUT_MS)
        if int(found[0]) > MAX_TIMEOUT_MS:
            line.notes.append(("changed", f"the time to wait is cut to {MAX_TIMEOUT_MS} ms, the longest allowed"))
    elif raw.strip():
        line.notes.append(("changed", "the time to wait is no number of milliseconds; that of the job is used"))
