"""Selenium's commands that give variables values: from texts, from the page, from scripts."""

import re

from services.ingest.adapters.selenium.keys import is_secret
from services.ingest.adapters.selenium.project import Command
from services.ingest.adapters.selenium.stage import Line, Stage
from services.ingest.adapters.selenium.values import PLACEHOLDER, Unknown, literal, returned
from shared.contracts.steps import sounds_secret

# What a browser answers is not what stands in the page.
_TEXTS = frozenset({"text", "value", "attribute", "title", "url"})
_RESOLVED = frozenset({"href", "src", "style", "action", "checked", "selected", "disabled", "value"})


def name_of(text: str) -> str:
    """The name of a variable; people write `${name}` for it, too."""
    found = PLACEHOLDER.fullmatch(text.strip())
    return found[1] if found else text.strip()


def store(stage: Stage, command: Command) -> None:
    """`store`: a text that is known, or another name for what is taken from the page."""
    name, said = name_of(command.value), stage.variables.said(command.target)
    if not name:
        stage.leave_out(command, "it does not say which variable gets the text")
    elif said.text is not None:
        stage.variables.know(name, said.text)
    elif len(said.parts) == 1 and said.parts[0][0] == "taken":
        taken = said.parts[0][1]
        stage.variables.take(name)
        stage.variables.taken[name] = taken
    else:
        stage.variables.forget([name])
        stage.leave_out(command, "a text is put together from values that are only known when the test runs")


def store_json(stage: Stage, command: Command) -> None:
    """`storeJson`."""
    name, text = name_of(command.value), stage.variables.said(command.target).text
    try:
        value = literal(text) if text is not None else None
    except Unknown:
        value = None
    if value is None or not name:
        stage.variables.forget([name])
        stage.leave_out(command, "it is no JSON value that is known before the test runs")
        return
    stage.variables.know(name, value)


def store_from_page(stage: Stage, command: Command, what: str) -> None:
    """`storeText`, `storeValue`, `storeElementCount`, `storeTitle`, `storeAttribute`, `storeLocation`."""
    of_page = what in ("title", "url")
    name = name_of(command.value) or (name_of(command.target) if of_page else "")
    locator, at, attribute = command.target.rpartition("@") if what == "attribute" else (command.target, "@", "-")
    if not name or not at or not attribute.strip():
        stage.leave_out(command, "it does not say which variable is meant, or which attribute")
        return
    element = None
    if not of_page:
        element = stage.element(command, locator if what == "attribute" else None)
        if element is None or (what == "value" and is_secret(element)):
            stage.variables.forget([name])
            if element is not None:
                stage.leave_out(command, "what a password field holds is neither read nor kept")
            return
    if element and what == "count":
        element = element.alone()
    takes = {"name": stage.variables.take(name), "what": what}
    if what == "attribute":
        takes["attribute"] = attribute.strip()
    line = stage.add(command, "extract", element, extract=takes)
    line.called = f"Take {name}"[:80]
    if what == "attribute" and attribute.strip().casefold() in _RESOLVED:
        line.notes.append(("changed", f"the attribute {attribute.strip()} is taken as it stands in the page"))


def execute(stage: Stage, command: Command, *, waits: bool = False) -> None:
    """`executeScript`, `executeAsyncScript`, `runScript`. A script that only returns a literal need not run."""
    name = name_of(command.value)
    texts = {each for each in stage.variables.taken if _is_text(stage, each)}
    script = stage.variables.script(command.target, texts)
    if script is None or not script.strip():
        stage.variables.forget([name] if name else [])
        empty = "there is no script" if script is not None else "the script needs a value that is no text of the page"
        stage.leave_out(command, empty)
        return
    if name:
        try:
            stage.variables.know(name, returned(script))
        except Unknown:
            pass
        else:
            return
    if stage.frames_lost:
        stage.leave_out(command, stage.frames_lost)
        return
    if waits and not re.match(r"\s*(return\b|var\b|let\b|const\b)", script):
        script = f"return {script.lstrip()}"
    line = stage.act(command, "run_script", script=script)
    line.called = f"Take {name}"[:80] if name else "Run a script"
    assert line.step is not None
    if any(each in texts for each in PLACEHOLDER.findall(command.target)):
        line.step["metadata"]["interpolate"] = True
    if name:
        line.step["metadata"]["extract"] = {"name": stage.variables.take(name)}
    if sounds_secret(script) and re.search(r"[\"'`]", script):
        line.notes.append(("carried", "the script speaks of a secret; if it holds one, take it out of the script"))


def taking(stage: Stage, name: str) -> Line | None:
    """The line that took what the variable holds now."""
    called = stage.variables.taken.get(name)
    for line in reversed(stage.lines):
        if line.step and called and (line.step["metadata"].get("extract") or {}).get("name") == called:
            return line
    return None


def _is_text(stage: Stage, name: str) -> bool:
    line = taking(stage, name)
    return bool(line and line.step and line.step["metadata"]["extract"].get("what") in _TEXTS)


def ignore(stage: Stage, command: Command, why: str) -> None:
    """A command that does nothing to the page."""
    stage.note(command, "not_carried", why)
