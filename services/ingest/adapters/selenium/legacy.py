"""Commands of Selenium IDE for Firefox (1 and 2) and of tools after it, which live on in migrated projects."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from services.ingest.adapters.faults import shown
from services.ingest.adapters.selenium import actions, checks, dialogs, places, selenese, storing
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
_ROWS = "the rows are those of the job: give it the file as its CSV"
_DATA = (
    "loadVars", "endLoadVars", "loadTestData", "nextTestData", "forXml", "endForXml", "forJson", "endForJson",
)  # fmt: skip
_SETTINGS = (
    "addLocationStrategy", "addScript", "allowNativeXpath", "assignId", "ignoreAttributesWithoutValue", "removeScript",
    "setBrowserLogLevel", "setContext", "setMouseSpeed", "useXpathLibrary",
)  # fmt: skip
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


def _event(stage: Stage, command: Command) -> None:
    """`fireEvent`: what a person's own doing fires as well needs no step."""
    name = command.value.strip().casefold().removeprefix("on")
    if event := _FIRED.get(name):
        actions.press(stage, command, event)
    elif name in _FIRED_ANYWAY:
        stage.note(command, "changed", "typing and choosing fire this event themselves")
    else:
        stage.leave_out(command, "an event by itself is not what a person does; record what they do")


def _pop_up(stage: Stage, command: Command) -> None:
    """`selectPopUp`: the window of that name, else the one that was opened last."""
    named = command.target.strip() not in ("", "null")
    places.select_window(stage, command if named else replace(command, target="the pop-up"))


def _missing(why: str) -> Handler:
    return lambda stage, command: stage.leave_out(command, why)


_HELD = "a key that is held while something else is done is not carried over; use sendKeys"
_STORED = "this cannot be stored; assert it"
_NO_COUNTERPART = "nothing here compares this; assert a text, a value or an element instead"
_ELSEWHERE = "what it does stands in another file; add its commands here"
_GONE = {
    "dragAndDrop": "it drags by a distance, and not onto an element",
    "gotoIf": "a recording is one sequence of steps and has no jumps",
    "goto": "a recording is one sequence of steps and has no jumps",
    "gotoLabel": "a recording is one sequence of steps and has no jumps",
    "label": "a recording is one sequence of steps and has no jumps",
    "createCookie": "cookies are not set by hand; give the job a login",
    "deleteCookie": "cookies are not set by hand; give the job a login",
    "include": _ELSEWHERE,
    "call": _ELSEWHERE,
    "rollup": _ELSEWHERE,
    "removeAllSelections": "take the selections back one by one, with removeSelection",
    **dict.fromkeys((f"store{kind}" for kind in ("AlertPresent", "ConfirmationPresent", "PromptPresent")), _STORED),
    **dict.fromkeys((f"store{kind}" for kind in checks.CHECKS), _STORED),
    **dict.fromkeys((f"{key}Key{way}" for key in ("alt", "control", "meta", "shift") for way in ("Down", "Up")), _HELD),
    "storeHtmlSource": "the source of a whole page is not kept as a value",
    "storeBodyText": "the text of a whole page is not kept as a value",
}

# What Selenium could look at besides; each is a command behind `assert`, `assertNot`, `verify`, `waitFor`, `store` ….
_LOOKED_AT = (
    "AlertPresent", "AllButtons", "AllFields", "AllLinks", "AllWindowIds", "AllWindowNames", "AllWindowTitles",
    "AttributeFromAllWindows", "BodyText", "ConfirmationPresent", "Cookie", "CookieByName", "CookiePresent",
    "CursorPosition", "ElementHeight", "ElementIndex", "ElementPositionLeft", "ElementPositionTop", "ElementWidth",
    "ErrorOnNext", "FailureOnNext", "HtmlSource", "LogMessages", "MouseSpeed", "Ordered", "PromptPresent",
    "SelectOptions", "SelectedId", "SelectedIds", "SelectedIndex", "SelectedIndexes", "SelectedLabels",
    "SelectedValues", "SomethingSelected", "Speed", "Table",
)  # fmt: skip
_NO_CHECKS = {
    f"{verb}{kind}": _NO_COUNTERPART
    for name in _LOOKED_AT
    for verb in ("assert", "verify", "waitFor", "store")
    for kind in (name, f"Not{name}", re.sub("Present$", "NotPresent", name))
}
_FIRED = {"blur": "blur", "focus": "focus", "mouseover": "hover", "mouseout": "mouse_leave", "click": "click"}
_FIRED_ANYWAY = frozenset({"change", "input", "keyup", "keydown", "keypress"})

LEGACY: dict[str, Handler] = {
    **{name: _missing(why) for name, why in (_NO_CHECKS | _GONE).items()},
    **{f"waitFor{kind}": partial(checks.check, kind=kind, soft=False) for kind in checks.CHECKS},
    "storeEval": selenese.store_eval,
    "getEval": selenese.store_eval,
    "assertEval": partial(selenese.check_eval, soft=False),
    "verifyEval": partial(selenese.check_eval, soft=True),
    "waitForEval": partial(selenese.check_eval, soft=False),
    "waitForCondition": selenese.wait_for_condition,
    "storeExpression": storing.store,
    **{f"waitFor{kind}": partial(dialogs.check, soft=False) for kind in ("Alert", "Confirmation", "Prompt")},
    "fireEvent": _event,
    "openWindow": places.open_window,
    "selectPopUp": _pop_up,
    "deselectPopUp": lambda stage, command: places.select_window(stage, replace(command, target="null")),
    "waitForPopUp": partial(storing.ignore, why="a window is waited for when it is used"),
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
    **{name: partial(storing.ignore, why=_ROWS) for name in _DATA},
    **{name: partial(storing.ignore, why="it sets how Selenium itself works") for name in _SETTINGS},
    **{name: partial(storing.ignore, why="it is a remark") for name in ("comment", "#")},
}

# Other names of today's commands.
RENAMED = {
    "waitForVisible": "waitForElementVisible",
    "waitForNotVisible": "waitForElementNotVisible",
    "typeKeys": "sendKeys",
    "upload": "type",
    "attachFile": "type",
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
