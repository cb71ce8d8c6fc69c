"""Projects of Selenium IDE (`.side`, 1.0 to 3.0) → canonical recordings, one a test."""

from typing import Any

from services.ingest.adapters.addresses import fault_of_address, redacted
from services.ingest.adapters.faults import Faults, shown
from services.ingest.adapters.imported import ImportedRecording, about_file
from services.ingest.adapters.labels import MAX_LABEL, label_from, unique, variables_for
from services.ingest.adapters.paths import text_in_paths
from services.ingest.adapters.selenium.commands import finish
from services.ingest.adapters.selenium.flow import run_test
from services.ingest.adapters.selenium.project import VERSIONS, Project, Test
from services.ingest.adapters.selenium.stage import Line, Stage
from shared.contracts.ingest import FidelityNote
from shared.contracts.recording import LocatorBundle, Step, Variable
from shared.contracts.steps import EXPECTING, FILLING, is_disabled
from shared.core.errors import InvalidInput

_KEYS = frozenset({"id", "version", "name", "url", "urls", "tests", "suites", "plugins", "snapshot"})
_KEYS |= {"code", "dependencies"}  # of early 1.0: the commands again, as a script
_KEYS |= {"selenese", "cut"}  # of test cases in HTML
_WORDS = {
    "switch_tab": "Switch the window", "wait": "Wait", "run_script": "Run a script", "resize": "Resize the window",
    "close": "Close the window", "dialog": "Answer the dialog", "extract": "Take a value",
}  # fmt: skip


def import_selenium(project: Project, test: Test, document: dict[str, Any], subject: str) -> ImportedRecording:
    """The recording of a test. Raises `InvalidInput` with what is wrong with it."""
    faults = Faults(subject)
    stage = Stage(project)
    run_test(stage, test, None, faults)
    finish(stage)
    notes = _file_notes(project, test, document)
    steps, variables, step_notes = _numbered(stage)
    performed = [step for step in steps if step.event != "custom" and not is_disabled(step)]
    if not performed:
        why = f"; {step_notes[0].detail}" if step_notes else ""
        raise InvalidInput(f"{subject} cannot be imported: nothing of the test {shown(test.name)} is left to do{why}.")
    starting_url = _starting_url(project, steps, faults)
    faults.refuse_if_any()
    first = next((step for step in performed if step.event != "resize"), performed[0])
    if first.event != "navigate":
        detail = f"no command opens a page before {shown(first.label or first.event)}; it starts at {starting_url}"
        notes.append(about_file("changed", detail))
    several = sum(not one.called for one in project.tests) > 1 and project.name != test.name
    return ImportedRecording(
        name=(f"{project.name}: {test.name}" if several else test.name)[:255],
        description=f"Test {shown(test.name)} of the Selenium IDE project {shown(project.name)}",
        starting_url=starting_url,
        steps=steps,
        variables=variables,
        recording_method="extension",
        source="selenium_ide",
        fidelity=notes + step_notes,
    )


def _file_notes(project: Project, test: Test, document: dict[str, Any]) -> list[FidelityNote]:
    notes = [
        about_file("not_carried", f'the key "{key[:60]}" of the file has no meaning here')
        for key in document
        if key not in _KEYS
    ]
    if project.version and project.version not in VERSIONS:
        notes.append(
            about_file("carried", f"a project of version {shown(project.version)}, read as one of version 3.0")
        )
    if document.get("cut") is True:
        notes.append(about_file("not_carried", "the file ends before its table does; commands may be missing"))
    if document.get("plugins"):
        notes.append(about_file("not_carried", "plugins of the project are not run; commands of theirs are left out"))
    if remarks := sum(not command.name and bool(command.comment) for command in test.commands):
        notes.append(about_file("not_carried", f"{remarks} remarks between the commands are not kept"))
    return notes


def _starting_url(project: Project, steps: list[Step], faults: Faults) -> str:
    """Where the test goes first; where it goes nowhere, the project's own address."""
    opening = (step for step in steps if step.event == "navigate" and not is_disabled(step))
    opened = (step.value for step in opening if not step.metadata.get("interpolate"))
    found = next((address for address in opened if address), project.base)
    if not found:
        faults.add("/url", "nothing says where to start: the project has no url, and no command opens a whole address.")
        return ""
    if fault := fault_of_address(found):
        faults.add("/url", fault)
    return redacted(found)[0]


def _numbered(stage: Stage) -> tuple[list[Step], dict[str, Variable], list[FidelityNote]]:
    """The steps with numbers and labels, what their values are called, and what is to be said of each."""
    steps: list[Step] = []
    notes: list[FidelityNote] = []
    taken: list[str] = []
    label_of: dict[tuple[str, int], str] = {}  # of the first step with the value of a variable
    special: dict[str, dict[str, Any]] = {}
    tabs = stage.windows > 1
    for line in stage.lines:
        number = None
        if line.step is not None:
            number = len(steps) + 1
            label = _label(line, number)
            if line.step["event"] in FILLING or (line.step["event"] in EXPECTING and "value" in line.step):
                label = unique(label, taken)
                taken.append(label)
                first = label_of.setdefault(line.variable, label) if line.variable else label
                if first != label:
                    special[label] = {"same_as": first, "required": False}
                elif line.given:
                    special[label] = {"required": True}
            at = {"tabId": line.window} if tabs else {}
            steps.append(Step.model_validate({"stepNumber": number, "label": label, **line.step, **at}))
        notes += [
            FidelityNote(step_number=number, source_index=line.command.place, kind=kind, detail=_about(line, detail))
            for kind, detail in line.notes
        ]
    variables = variables_for(steps, {})
    for label, more in special.items():
        variables[label] = variables[label].model_copy(update=more)
    return steps, variables, notes


def _about(line: Line, detail: str) -> str:
    return f"{line.command.name[:40]}: {detail}"


def _label(line: Line, number: int) -> str:
    """What a person would call the step: a column finds it by that where it takes a value."""
    step = line.step or {}
    selectors = step["metadata"].get("selectors", [])
    named = label_from(LocatorBundle.model_validate(step["bundle"])) or text_in_paths(selectors)
    variable = _tidy(line.variable[0]) if line.variable else None
    if step["event"] in EXPECTING:
        what = step["metadata"]["assertion"]["what"]
        return f"Expected {variable or named or what}"[:MAX_LABEL] if "value" in step else f"Check {named or what}"
    if step["event"] in FILLING and (variable or line.called):
        return variable or _tidy(line.called or "") or f"Step {number}"
    if step["event"] == "navigate":
        return f"Open {step['value'].split('://', 1)[-1].split('?', 1)[0].split('#', 1)[0][:72]}"
    if step["event"] == "wait_for_element" and named:
        return f"Wait for {named}"[:MAX_LABEL]
    if line.called:
        return _tidy(line.called) or f"Step {number}"
    comment = "" if step["event"] in FILLING else line.command.comment
    return comment[:MAX_LABEL] or named or _WORDS.get(step["event"], f"Step {number}")


def _tidy(name: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())[:MAX_LABEL]
