"""JavaScript as Selenium IDE for Firefox ran it: beside the page, with its variables in `storedVars`.

It put `${name}` into a script letter by letter, so a number in a text counts as one, where `storedVars.name` is a text.
"""

import re
from collections.abc import Callable
from dataclasses import replace

from services.ingest.adapters.selenium import checks, storing
from services.ingest.adapters.selenium.project import Command
from services.ingest.adapters.selenium.stage import Stage
from services.ingest.adapters.selenium.values import PLACEHOLDER, Unknown, Variables, as_text, holds

_STORED = re.compile(r"storedVars\s{0,9}(?:\[\s{0,9}(['\"])([\w .-]{1,100})\1\s{0,9}\]|\.(\w{1,100}))")
_ASSIGNED = re.compile(_STORED.pattern + r"\s{0,9}(\+\+|--|[+-]?=(?!=))([^;]*);?\s*")
_ASSIGNS = re.compile(_STORED.pattern + r"\s{0,9}(?:\+\+|--|[-+*/]?=(?!=))")
_WINDOW = re.compile(r"(?:(?:this|selenium)\.)?browserbot\.(?:getCurrentWindow|getUserWindow)\(\)")
_DOCUMENT = re.compile(r"(?:(?:this|selenium)\.)?browserbot\.getDocument\(\)")
_OWN = re.compile(
    r"\b(?:selenium|browserbot|storedVars|testdata|LOG)\b|\b(?:prompt|confirm)\(|\bthis\.(?:do|get|is|page)\w*\("
)
_STRING = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'")
_PIECE = re.compile(rf"(?:{_STRING.pattern}|[^;\"'])+")
_DECLARED = re.compile(r"(?:var|let|const)\s+([A-Za-z_$][\w$]*)")
_NO_VALUE = re.compile(r"(?:if|for|while|switch|try|function|do)\b")
_NAME = re.compile(r"(?<![\w.$])[A-Za-z_]\w*(?![\w(])")
_WRAPPED = re.compile(r"javascript\s?\{(.*)\}", re.DOTALL)
_SUMMAND = re.compile(rf"\s*\(?({_STRING.pattern}|-?\d{{1,15}}(?:\.\d{{1,15}})?)\)?\s*(\+|$)")
_FROM, _TO = "\ue000", "\ue001"  # around the name of a variable whose value is meant
_ROWS = re.compile(r"!\s*testdata\.EOF\(\)", re.IGNORECASE)

_SCRIPTS = frozenset(
    {"runscript", "storeeval", "geteval", "asserteval", "verifyeval", "waitforeval", "waitforcondition"}
)
_NEEDS_SELENIUM = "the script speaks to Selenium itself, or needs a value that only a row or a person can give"


def store_eval(stage: Stage, command: Command) -> None:
    """`storeEval`, `getEval`: what an expression comes to, now or in the page."""
    if assigned := _ASSIGNED.fullmatch(command.target.strip()):
        _assign(stage, command, assigned)
        return
    name = storing.name_of(command.value)
    script = script_of(stage.variables, command.target)
    if script is None:
        stage.variables.forget([name] if name else [])
        stage.leave_out(command, _NEEDS_SELENIUM)
        return
    known = stage.variables.script(_twice_escaped(script))
    text = _joined(known.removeprefix("return ")) if known is not None and name else None
    if text is not None:
        stage.variables.know(name, text)
        return
    before = len(stage.lines)
    storing.execute(stage, replace(command, target=_twice_escaped(script)))
    for line in stage.lines[before:]:
        if line.step and line.step["event"] == "run_script":
            line.notes.append(("changed", "it is reckoned in the page; Selenium did so beside it"))


def _assign(stage: Stage, command: Command, found: re.Match[str]) -> None:
    """`storedVars['n'] = 1`, `storedVars.n++`: the variable gets the value."""
    name, sign, rest = found[2] or found[3], found[4], found[5].strip()
    if sign != "=":
        by = f"({rest})" if rest else "1"
        rest = f"${{{name}}} {sign[0]} {by}"
    store_eval(stage, replace(command, target=rest, value=name))


def check_eval(stage: Stage, command: Command, *, soft: bool) -> None:
    """`assertEval`, `verifyEval`: compared with what the expression came to."""
    name = f"eval {command.place + 1}"
    before = len(stage.lines)
    store_eval(stage, replace(command, value=name))
    if name in stage.variables.known or name in stage.variables.taken:
        checks.check_variable(stage, replace(command, target=name), soft=soft)
    elif len(stage.lines) == before:
        stage.leave_out(command, _NEEDS_SELENIUM)


def wait_for_condition(stage: Stage, command: Command) -> None:
    """`waitForCondition`: an expression that the page is asked again and again."""
    script = script_of(stage.variables, command.target)
    known = stage.variables.script(_twice_escaped(script)) if script is not None else None
    if known is None:
        stage.leave_out(command, "its condition speaks to Selenium itself; wait for an element instead")
        return
    one = known.removeprefix("return ")
    expression = one if known.startswith("return ") and ";" not in one else f"(() => {{ {known} }})()"
    line = stage.add(command, "wait_for_expression", expression=expression)
    line.called = "Wait for a condition"
    checks.take_timeout(stage, line, command.value)


def computed(stage: Stage, command: Command) -> Command | None:
    """The command with `javascript{…}` in it reckoned; None, with the command left out, where nobody can."""
    for key in ("target", "value"):
        found = _WRAPPED.fullmatch(getattr(command, key).strip())
        if not found:
            continue
        alone = _STORED.fullmatch(found[1].strip().removesuffix(";"))
        if alone:
            command = _with(command, key, f"${{{alone[2] or alone[3]}}}")
        elif assigned := _ASSIGNED.fullmatch(found[1].strip()):
            _assign(stage, command, assigned)
            name = assigned[2] or assigned[3]
            return replace(command, target=f"${{{name}}}", value=name)
        elif command.name.casefold() in _SCRIPTS:
            command = _with(command, key, found[1])
        elif command.name.casefold() != "echo":
            stores = command.name.casefold() == "store" and key == "target" and command.value.strip()
            name = storing.name_of(command.value) if stores else f"javascript {command.place + 1} {key}"
            store_eval(stage, Command(command.place, "storeEval", found[1], name))
            if name not in stage.variables.known and name not in stage.variables.taken:
                return None
            text = as_text(stage.variables.known[name]) if name in stage.variables.known else f"${{{name}}}"
            command = _with(command, key, text)
    return command


def is_row_loop(condition: str) -> bool:
    """Whether a loop goes through the rows of a data file, as a job does by itself."""
    return bool(_ROWS.fullmatch(condition.strip()))


def condition_holds(variables: Variables, condition: str) -> bool:
    """Whether the condition of `if` or `while` holds, where variables also stand by their names alone.

    Raises `Unknown` where only a browser could say.
    """
    if wrapped := _WRAPPED.fullmatch(condition.strip()):
        condition = wrapped[1]
    text = _by_name(variables, condition)
    script = _resolved(variables, text)
    known = variables.script(_twice_escaped(script)) if script is not None else None
    if known is None:
        raise Unknown
    return holds(known)


def script_of(variables: Variables, expression: str) -> str | None:
    """A script that returns what the expression comes to, its variables as `${name}`; None where the page cannot say.

    Several statements come to the value of the last.
    """
    text = _resolved(variables, expression.strip().rstrip("; \n"))
    if text is None or not text:
        return None
    pieces = _PIECE.findall(text)
    if ";".join(pieces) != text:  # a quote that is not closed, or two semicolons in a row
        return None
    *before, last = [piece.strip() for piece in pieces]
    if _NO_VALUE.match(last):
        return None
    if declared := _DECLARED.match(last):
        before, last = [*before, last], declared[1]
    return "".join(f"{one};\n" for one in before if one) + f"return {last}"


def _resolved(variables: Variables, text: str) -> str | None:
    """With every variable as `${name}` for its value, or as the number that it is; None with what no page knows."""
    if _ASSIGNS.search(text):
        return None
    text = _WINDOW.sub("window", _DOCUMENT.sub("document", text))
    text = _STORED.sub(lambda found: f"{_FROM}{found[2] or found[3]}{_TO}", text)  # first: there is a string in it
    text = _changed(text, lambda code: _outside(variables, code), lambda string: _inside(variables, string))
    text = text.replace(_FROM, "${").replace(_TO, "}")
    needed = PLACEHOLDER.findall(text)
    if _OWN.search(_STRING.sub("", text)) or any(n not in variables.known and n not in variables.taken for n in needed):
        return None
    return text


def _outside(variables: Variables, code: str) -> str:
    """Code between strings: `${name}` is put in as it is, a number most of the time."""

    def put(found: re.Match[str]) -> str:
        if found[1] in variables.known:
            return as_text(variables.known[found[1]])
        return f"Number({found[0]})"

    return PLACEHOLDER.sub(put, code)


def _inside(variables: Variables, string: str) -> str:
    """A string with `${name}` in it: with the value in it, else a sum of strings and values."""

    def put(found: re.Match[str]) -> str:
        known = as_text(variables.known[found[1]]) if found[1] in variables.known else found[0]
        return found[0] if re.search(r"[\"'\\\n\r]", known) else known

    string = PLACEHOLDER.sub(put, string)
    if not PLACEHOLDER.search(string):
        return string
    quote, pieces, at = string[0], [], 1
    for found in PLACEHOLDER.finditer(string):
        pieces += [f"{quote}{string[at : found.start()]}{quote}", found[0]]
        at = found.end()
    pieces.append(f"{quote}{string[at:-1]}{quote}")
    kept = [piece for piece in pieces if piece != quote * 2]
    return kept[0] if len(kept) == 1 else f"({' + '.join(kept)})"


def _by_name(variables: Variables, condition: str) -> str:
    def named(found: re.Match[str]) -> str:
        return f"${{{found[0]}}}" if found[0] in variables.known else found[0]

    return _changed(condition, lambda code: code if "${" in code else _NAME.sub(named, code), lambda string: string)


def _changed(text: str, code: Callable[[str], str], strings: Callable[[str], str]) -> str:
    """JavaScript with its strings, and what is between them, changed."""
    pieces, at = [], 0
    for string in _STRING.finditer(text):
        pieces += [code(text[at : string.start()]), strings(string[0])]
        at = string.end()
    return "".join([*pieces, code(text[at:])])


def _joined(expression: str) -> str | None:
    """The text that a sum comes to which begins with a text; None for everything else."""
    parts: list[str] = []
    at = 0
    while found := _SUMMAND.match(expression, at):
        if not parts and found[1][0] not in "\"'":
            return None
        part = found[1]
        parts.append(part[1:-1] if part[0] in "\"'" else part)
        at = found.end()
        if not found[2]:
            return "".join(parts) if at == len(expression) and "\\" not in expression else None
    return None


def _twice_escaped(script: str) -> str:
    """So that the backslashes of the script are its own when its variables have been put in."""
    return script.replace("\\", "\\\\")


def _with(command: Command, key: str, text: str) -> Command:
    return replace(command, target=text) if key == "target" else replace(command, value=text)
