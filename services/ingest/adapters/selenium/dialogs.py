"""Alerts, confirmations and prompts: planned, checked and answered in Selenium, one step behind their opener here."""

from typing import Any

from services.ingest.adapters.selenium.project import Command
from services.ingest.adapters.selenium.stage import PASSIVE, Line, Stage
from shared.contracts.steps import sounds_secret

COMMANDS = frozenset({
    "answerOnNextPrompt", "chooseCancelOnNextConfirmation", "chooseCancelOnNextPrompt", "chooseOkOnNextConfirmation",
    "assertAlert", "assertConfirmation", "assertPrompt", "verifyAlert", "verifyConfirmation", "verifyPrompt",
    "webdriverAnswerOnVisiblePrompt", "webdriverChooseCancelOnVisibleConfirmation",
    "webdriverChooseCancelOnVisiblePrompt", "webdriverChooseOkOnVisibleConfirmation",
    "waitForAlert", "waitForConfirmation", "waitForPrompt",
    "acceptAlert", "acceptConfirmation", "answerPrompt", "dismissConfirmation", "dismissPrompt",
})  # fmt: skip


def plan(stage: Stage, command: Command, *, accept: bool, asks: bool = False) -> None:
    """`choose…OnNext…`, `answerOnNextPrompt`: how the next dialog will be answered."""
    answer = _answer(stage, command, accept=accept, asks=asks)
    if answer is not None:
        stage.planned.append(answer)


def check(stage: Stage, command: Command, *, soft: bool) -> None:
    """`assertAlert`, `assertConfirmation`, `assertPrompt`: it came, and said this."""
    flush_before(stage)
    said = stage.variables.said(command.target)
    given = stage.due.pop(0) if stage.due else {"accept": True}
    exact = said.text is not None and not soft
    line = _insert(stage, command, given | ({"message": said.text} if exact and said.text else {}))
    stage.dialog = line
    if sounds_secret(command.target) and "text" in given:
        _keep_secret(line)
    if exact:
        return
    compared = stage.add(command, "assert")
    if stage.give(compared, said, expected=True):
        assert compared.step is not None
        compared.step["metadata"] |= {"assertion": {"what": "dialog", "operator": "equals"}}
        compared.step["metadata"] |= {"soft": True} if soft else {}


def answer(stage: Stage, command: Command, *, accept: bool, asks: bool = False) -> None:
    """`webdriver…OnVisible…`, `acceptAlert`, `answerPrompt` …: how the dialog that is there is answered."""
    given = _answer(stage, command, accept=accept, asks=asks)
    if given is None:
        return
    if stage.dialog is not None and stage.dialog.step is not None:
        told = stage.dialog.step["metadata"]["dialog"]
        told.pop("text", None)
        told |= given
        if sounds_secret(str(told.get("message", ""))):
            _keep_secret(stage.dialog)
        stage.dialog = None
        return
    flush_before(stage)
    if stage.due:
        stage.due.pop(0)
    _insert(stage, command, given)


def flush(stage: Stage) -> None:
    """No dialog command follows: the dialogs that were planned for the last action come right behind it."""
    for given in stage.due:
        owner = stage.lines[-1].command
        line = _insert(stage, owner, given)
        line.notes.append(
            ("changed", "the answer was planned beforehand; the dialog is expected right behind this step")
        )
    stage.due = []
    stage.dialog = None


def flush_before(stage: Stage) -> None:
    """Answers that were planned and met no action: the dialog is of the step before."""
    stage.due += stage.planned
    stage.planned = []


def _answer(stage: Stage, command: Command, *, accept: bool, asks: bool) -> dict[str, Any] | None:
    given: dict[str, Any] = {"accept": accept}
    if asks:
        text = stage.constant(command, command.target, "the answer")
        if text is None:
            return None
        given["text"] = text
    return given


def _insert(stage: Stage, command: Command, told: dict[str, Any]) -> Line:
    """A `dialog` step behind the step that opened it, before what only passes the time."""
    line = stage.add(command, "dialog", dialog=told)
    stage.lines.pop()
    at = len(stage.lines)
    while at and _passes_by(stage.lines[at - 1]):
        at -= 1
    stage.lines.insert(at, line)
    line.called = "Answer the dialog"
    if not any(before.step for before in stage.lines[:at]):
        line.notes.append(("changed", "nothing before opens the dialog; it is expected when the page is opened"))
    return line


def _passes_by(line: Line) -> bool:
    return line.step is None or line.step["event"] in PASSIVE or "disabled" in line.step["metadata"]


def _keep_secret(line: Line) -> None:
    assert line.step is not None
    line.step["metadata"]["dialog"].pop("text", None)
    line.notes.append(("not_carried", "the answer to a question for a secret is not kept"))
