"""Every command of Selenium IDE by its name, and what becomes of it; those of the control flow: `flow`."""

import re
from collections.abc import Callable
from functools import partial

from services.ingest.adapters.faults import shown
from services.ingest.adapters.selenium import actions, checks, dialogs, places, selenese, storing
from services.ingest.adapters.selenium.keys import send_keys
from services.ingest.adapters.selenium.legacy import LEGACY, RENAMED
from services.ingest.adapters.selenium.project import Command
from services.ingest.adapters.selenium.stage import Stage

Handler = Callable[[Stage, Command], None]

FLOW = frozenset({"if", "elseIf", "else", "end", "while", "times", "forEach", "do", "repeatIf", "run"})
_WHILE_HELD = frozenset({"mouseUp", "mouseUpAt", "mouseMoveAt", "mouseOver", "mouseOut"})
# What follows them depends on them, or they are half of a step.
_NO_STEP_ALONE = FLOW | dialogs.COMMANDS | {
    "close", "selectFrame", "selectWindow", "storeWindowHandle", "mouseDown", "mouseDownAt", "mouseUp", "mouseUpAt",
    "mouseMoveAt",
}  # fmt: skip

COMMANDS: dict[str, Handler] = {
    "open": places.open_page,
    "close": places.close,
    "selectFrame": places.select_frame,
    "selectWindow": places.select_window,
    "storeWindowHandle": places.store_handle,
    "setWindowSize": actions.viewport,
    "click": actions.click,
    "clickAt": partial(actions.press_at, event="click"),
    "doubleClick": partial(actions.press, event="double_click"),
    "doubleClickAt": partial(actions.press_at, event="double_click"),
    "dragAndDropToObject": actions.drag_and_drop,
    "mouseDown": actions.mouse_down,
    "mouseDownAt": actions.mouse_down,
    "mouseMoveAt": partial(actions.press_at, event="mouse_move"),
    "mouseOut": partial(actions.press, event="mouse_leave"),
    "mouseOver": partial(actions.press, event="hover"),
    "mouseUp": actions.mouse_up,
    "mouseUpAt": actions.mouse_up,
    "submit": partial(actions.press, event="submit"),
    "type": actions.fill,
    "editContent": actions.fill,
    "sendKeys": send_keys,
    "check": partial(actions.set_to, event="check"),
    "uncheck": partial(actions.set_to, event="uncheck"),
    "select": actions.select,
    "addSelection": partial(actions.change_selection, chosen=True),
    "removeSelection": partial(actions.change_selection, chosen=False),
    "pause": checks.pause,
    "waitForElementPresent": checks.wait_for,
    "waitForElementNotPresent": partial(checks.wait_for, gone=True),
    "waitForElementVisible": partial(checks.wait_for, visible=True),
    "waitForElementNotVisible": partial(checks.wait_for, visible=True, gone=True),
    "waitForElementEditable": partial(checks.wait_until, what="editable"),
    "waitForElementNotEditable": partial(checks.wait_until, what="editable", negated=True),
    "waitForText": partial(checks.wait_until, what="text"),
    "assert": partial(checks.check_variable, soft=False),
    "verify": partial(checks.check_variable, soft=True),
    **{f"assert{kind}": partial(checks.check, kind=kind, soft=False) for kind in checks.CHECKS},
    **{f"verify{kind}": partial(checks.check, kind=kind, soft=True) for kind in checks.CHECKS},
    "store": storing.store,
    "storeJson": storing.store_json,
    "storeText": partial(storing.store_from_page, what="text"),
    "storeValue": partial(storing.store_from_page, what="value"),
    "storeAttribute": partial(storing.store_from_page, what="attribute"),
    "storeElementCount": partial(storing.store_from_page, what="count"),
    "storeTitle": partial(storing.store_from_page, what="title"),
    "executeScript": storing.execute,
    "executeAsyncScript": partial(storing.execute, waits=True),
    "runScript": storing.execute,
    "chooseOkOnNextConfirmation": partial(dialogs.plan, accept=True),
    "chooseCancelOnNextConfirmation": partial(dialogs.plan, accept=False),
    "chooseCancelOnNextPrompt": partial(dialogs.plan, accept=False),
    "answerOnNextPrompt": partial(dialogs.plan, accept=True, asks=True),
    **{f"assert{kind}": partial(dialogs.check, soft=False) for kind in ("Alert", "Confirmation", "Prompt")},
    **{f"verify{kind}": partial(dialogs.check, soft=True) for kind in ("Alert", "Confirmation", "Prompt")},
    "webdriverChooseOkOnVisibleConfirmation": partial(dialogs.answer, accept=True),
    "webdriverChooseCancelOnVisibleConfirmation": partial(dialogs.answer, accept=False),
    "webdriverChooseCancelOnVisiblePrompt": partial(dialogs.answer, accept=False),
    "webdriverAnswerOnVisiblePrompt": partial(dialogs.answer, accept=True, asks=True),
    # What version 4 of the IDE calls them, which still writes projects of version 3.0.
    "acceptAlert": partial(dialogs.answer, accept=True),
    "acceptConfirmation": partial(dialogs.answer, accept=True),
    "dismissConfirmation": partial(dialogs.answer, accept=False),
    "dismissPrompt": partial(dialogs.answer, accept=False),
    "answerPrompt": partial(dialogs.answer, accept=True, asks=True),
    "echo": partial(storing.ignore, why="what it prints has no meaning here"),
    "setSpeed": partial(storing.ignore, why="the steps are done as fast as the page allows"),
    "debugger": partial(storing.ignore, why="nothing is halted when a recording runs"),
}


def _squashed(name: str) -> str:
    return re.sub(r"[\s_-]", "", name).casefold()


_ALL = LEGACY | COMMANDS
_NAMES = {_squashed(name): name for name in (*_ALL, *FLOW)} | {_squashed(old): name for old, name in RENAMED.items()}


def known_name(name: str) -> str | None:
    """The command as it is spelled here: `click at` is `clickAt`, `clickAndWait` of older releases `click`."""
    squashed = _squashed(name)
    return _NAMES.get(squashed) or _NAMES.get(squashed.removesuffix("andwait"))


def carry_out(stage: Stage, command: Command) -> None:
    """What a command that is no control flow comes to."""
    name = known_name(command.name)
    if name not in _WHILE_HELD:
        actions.give_up_holding(stage)
    if name not in dialogs.COMMANDS and name != "pause":
        dialogs.flush(stage)
    if name is None:
        why = f"{shown(command.name)} is no command of Selenium IDE; a plugin may have brought it along"
        stage.leave_out(command, why)
        return
    if stage.held and name in _WHILE_HELD and not name.startswith("mouseUp"):
        actions.move_while_held(stage, command)
        return
    reckoned = selenese.computed(stage, command) if stage.project.selenese else command
    if reckoned is None:
        stage.leave_out(command, "what it needs is put together by a script that was left out")
        return
    _ALL[name](stage, reckoned)
    places.opened(stage, reckoned)


def keep_disabled(stage: Stage, command: Command) -> None:
    """What a command comes to that is switched off in the file: disabled steps, where it comes to steps by itself."""
    apart = Stage(stage.project)  # what it would bring about does not happen
    apart.variables, apart.frames = stage.variables.copy(), list(stage.frames)
    apart.window, apart.windows, apart.frames_lost = stage.window, stage.windows, stage.frames_lost
    name = known_name(command.name)
    if name is not None and name not in _NO_STEP_ALONE:
        _ALL[name](apart, command)
    steps = [line for line in apart.lines if line.step is not None and line.step["event"] != "custom"]
    if not steps:
        stage.note(command, "carried", f"{shown(command.name)} is switched off in the file; it is left out")
        return
    for line in steps:
        assert line.step is not None
        line.step["metadata"]["disabled"] = True
        line.variable, line.given = None, False
        line.notes = [("carried", "it is switched off in the file; it is kept as a step that is disabled")]
    stage.lines += steps


def finish(stage: Stage) -> None:
    """Nothing more comes."""
    actions.give_up_holding(stage)
    dialogs.flush(stage)
    if stage.planned and stage.lines:
        stage.note(stage.lines[-1].command, "not_carried", "an answer is planned for a dialog that no step opens")
