"""Commands of Selenium IDE for Firefox (1 and 2) and of tools after it, which live on in migrated projects."""

import re
from collections.abc import Callable
from functools import partial

from services.ingest.adapters.faults import shown
from services.ingest.adapters.selenium import actions, checks, storing
from services.ingest.adapters.selenium.project import Command
from services.ingest.adapters.selenium.stage import Stage

Handler = Callable[[Stage, Command], None]

_KEY_CODES = {
    "8": "Backspace",
    "9": "Tab",
    "10": "Enter",
    "13": "Enter",
    "27": "Escape",
    "32": "Space",
    "127": "Delete",
}
_WAITED_FOR = "a page that loads is waited for without being told"


def _page(stage: Stage, command: Command, event: str, called: str) -> None:
    stage.act(command, event).called = called


def _key(stage: Stage, command: Command) -> None:
    """`keyPress`, `keyDown`: a key by its code (`\\13`, `13`) or the character itself; `keyUp` belongs to it."""
    code = command.value.strip()
    key = _KEY_CODES.get(code.removeprefix("\\")) or (code if re.fullmatch(r"\S", code) else None)
    if key is None:
        stage.leave_out(command, f"{shown(code)} is no key that is known by its code")
    elif element := stage.element(command):
        stage.act(command, "key_press", element, key=key).called = f"Press {key}"


def _picture(stage: Stage, command: Command) -> None:
    """`captureEntirePageScreenshot`, `screenshot`: the file is called as there, without the folder."""
    name = re.split(r"[\\/]", command.target.strip())[-1][:80]
    line = stage.add(command, "screenshot", None, wholePage=True)
    if name and line.step is not None:
        line.step["metadata"]["name"] = name
    line.called = "Take a screenshot"


def _missing(why: str) -> Handler:
    return lambda stage, command: stage.leave_out(command, why)


_GONE = {
    "dragAndDrop": "it drags by a distance, and not onto an element",
    "fireEvent": "an event by itself is not what a person does; record what they do",
    "openWindow": "record the click that opens the window instead",
    "selectPopUp": "which window is meant is not in the file; use selectWindow",
    "waitForPopUp": "a window is waited for when it is used; its name is not kept",
    "storeEval": "it is a script of the old Selenium; use executeScript",
    "waitForCondition": "it is a script of the old Selenium; wait for an element instead",
    "gotoIf": "a recording is one sequence of steps and has no jumps",
    "goto": "a recording is one sequence of steps and has no jumps",
    "gotoLabel": "a recording is one sequence of steps and has no jumps",
    "label": "a recording is one sequence of steps and has no jumps",
    "createCookie": "cookies are not set by hand; give the job a login",
    "deleteCookie": "cookies are not set by hand; give the job a login",
    "storeElementPresent": "whether something is there cannot be stored; assert it",
    "storeTextPresent": "whether something is there cannot be stored; assert it",
    "storeHtmlSource": "the source of a whole page is not kept as a value",
    "storeBodyText": "the text of a whole page is not kept as a value",
}

LEGACY: dict[str, Handler] = {
    **{name: _missing(why) for name, why in _GONE.items()},
    **{f"waitFor{kind}": partial(checks.check, kind=kind, soft=False) for kind in checks.CHECKS},
    "goBack": partial(_page, event="go_back", called="Go back"),
    "refresh": partial(_page, event="reload", called="Reload the page"),
    "focus": partial(actions.press, event="focus"),
    "contextMenu": partial(actions.press, event="right_click"),
    "contextMenuAt": partial(actions.press_at, event="right_click"),
    "mouseMove": partial(actions.press, event="mouse_move"),
    "keyPress": _key,
    "keyDown": _key,
    "keyUp": partial(storing.ignore, why="the key was pressed and let go by the command before"),
    "captureEntirePageScreenshot": _picture,
    "captureScreenshot": _picture,
    "screenshot": _picture,
    "storeLocation": partial(storing.store_from_page, what="url"),
    "waitForPageToLoad": partial(storing.ignore, why=_WAITED_FOR),
    "waitForFrameToLoad": partial(storing.ignore, why=_WAITED_FOR),
    "windowMaximize": partial(storing.ignore, why="the window has the size that the job says"),
    "windowFocus": partial(storing.ignore, why="the window that is worked in is in front"),
    "setTimeout": partial(storing.ignore, why="how long to wait is a setting of the job"),
    "deleteAllVisibleCookies": partial(storing.ignore, why="a row begins without cookies, or with those of its login"),
    "highlight": partial(storing.ignore, why="it only shows the element to a person"),
    "comment": partial(storing.ignore, why="it is a remark"),
}

# Other names of today's commands.
RENAMED = {
    "waitForVisible": "waitForElementVisible",
    "waitForNotVisible": "waitForElementNotVisible",
    "typeKeys": "sendKeys",
    "upload": "type",
    "setViewportSize": "setWindowSize",
    "storeXpathCount": "storeElementCount",
    "storeCssCount": "storeElementCount",
    "endIf": "end",
    "endWhile": "end",
    "endTimes": "end",
    "endForEach": "end",
    # Of early 2018.
    "webdriverChooseOkOnNextConfirmation": "webdriverChooseOkOnVisibleConfirmation",
    "webdriverChooseCancelOnNextConfirmation": "webdriverChooseCancelOnVisibleConfirmation",
    "webdriverChooseCancelOnNextPrompt": "webdriverChooseCancelOnVisiblePrompt",
    "webdriverAnswerOnNextPrompt": "webdriverAnswerOnVisiblePrompt",
}
