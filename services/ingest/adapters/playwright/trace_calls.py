"""Calls of Playwright's protocol, as traces have them → the same calls in the words of its Python API."""

import re
from collections.abc import Callable
from typing import Any

from services.ingest.adapters.playwright.locators import Parts
from services.ingest.adapters.playwright.selectors import internal_parts
from services.ingest.adapters.playwright.terms import Action, Pattern, listed

# What the tracing and the test runner do for themselves.
IGNORED_CLASSES = frozenset({
    "Tracing", "Test", "Browser", "BrowserType", "APIRequestContext", "LocalUtils", "Root", "Route", "Request",
    "Response",
})  # fmt: skip
# They only ask something, or set something up that is no step.
_WAITING = (".waitForEventInfo", ".__waitInfo__")
_ASKING = frozenset({
    "BrowserContext.newPage", "BrowserContext.close", "BrowserContext.storageState", "BrowserContext.cookies",
    "Frame.textContent", "Frame.innerText", "Frame.innerHTML", "Frame.inputValue", "Frame.getAttribute",
    "Frame.isVisible", "Frame.isHidden", "Frame.isChecked", "Frame.isEnabled", "Frame.isDisabled", "Frame.isEditable",
    "Frame.title", "Frame.content", "Frame.querySelector", "Frame.querySelectorAll", "Frame.queryCount",
    "Frame.resolveSelector", "Frame.ariaSnapshot", "Frame.highlight", "Frame.waitForLoadState", "Frame.frameElement",
    "Page.updateSubscription", "Page.setDefaultTimeoutNoReply", "Page.setDefaultNavigationTimeoutNoReply",
    "BrowserContext.setDefaultTimeoutNoReply", "BrowserContext.setDefaultNavigationTimeoutNoReply",
    "BrowserContext.updateSubscription", "Artifact.saveAs", "Artifact.pathAfterFinished", "Artifact.failure",
    "Artifact.saveAsStream", "Artifact.stream", "Artifact.cancel", "Artifact.delete", "JSHandle.dispose",
    "ElementHandle.dispose", "BrowserContext.pause", "Page.consoleMessages", "Page.pageErrors", "Page.requests",
})  # fmt: skip


def action_of(name: str, params: dict[str, Any]) -> Action | None:
    """The action; None for a call that does nothing to the page."""
    if name in _ASKING or name.startswith("Frame.evalOn") or name.endswith(_WAITING):
        return None
    reader = _READERS.get(name)
    if reader is None:
        return Action(_spoken(name), 0)
    action = reader(params)
    selector = params.get("selector")
    if action.parts is None and isinstance(selector, str):
        action.parts = internal_parts(selector)
    return action


def _spoken(name: str) -> str:
    kind, _, method = name.partition(".")
    return f"{kind[:40]}.{re.sub(r'(?<=[a-z])(?=[A-Z])', '_', method).lower()[:60]}"


Reader = Callable[[dict[str, Any]], Action]


def _as(name: str, **keys: str) -> Reader:
    def read(params: dict[str, Any]) -> Action:
        return Action(name, 0, args={ours: params.get(theirs) for ours, theirs in keys.items()})

    return read


_POINTER = {"button": "button", "click_count": "clickCount", "modifiers": "modifiers", "position": "position"}
_POINTER |= {"force": "force", "trial": "trial", "delay": "delay"}


def _select(params: dict[str, Any]) -> Action:
    chosen = [one for one in listed(params.get("options")) if isinstance(one, dict)]
    texts = [next((one[key] for key in ("valueOrLabel", "value", "label") if one.get(key)), None) for one in chosen]
    known = bool(texts) and all(isinstance(one, str) for one in texts)
    return Action("select_option", 0, args={"value": texts} if known else {"index": 0})


def _files(params: dict[str, Any]) -> Action:
    payloads = [*listed(params.get("payloads")), *listed(params.get("files"))]
    names = [one.get("name") for one in payloads if isinstance(one, dict)]
    found = [one for one in [*listed(params.get("localPaths")), *names] if isinstance(one, str)]
    return Action("set_input_files", 0, args={"files": found})


def _drag(params: dict[str, Any]) -> Action:
    ends: list[Parts] = [internal_parts(str(params.get(key) or "")) for key in ("source", "target")]
    args = {"target": ends[1], "source_position": params.get("sourcePosition")}
    return Action("drag_to", 0, parts=ends[0], args=args | {"target_position": params.get("targetPosition")})


def _dialog(accept: bool) -> Reader:
    def read(params: dict[str, Any]) -> Action:
        return Action("dialog", 0, args={"accept": accept, "text": params.get("promptText")})

    return read


_EXPRESSIONS = {
    "to.be.visible": "to_be_visible",
    "to.be.hidden": "to_be_hidden",
    "to.be.attached": "to_be_attached",
    "to.be.detached": "to_be_detached",
    "to.be.checked": "to_be_checked",
    "to.be.unchecked": "to_be_unchecked",
    "to.be.enabled": "to_be_enabled",
    "to.be.disabled": "to_be_disabled",
    "to.be.editable": "to_be_editable",
    "to.have.value": "to_have_value",
    "to.have.values": "to_have_values",
    "to.have.url": "to_have_url",
    "to.have.title": "to_have_title",
    "to.have.count": "to_have_count",
    "to.have.id": "to_have_id",
    "to.have.class": "to_have_class",
    "to.contain.class": "to_contain_class",
    "to.have.attribute.value": "to_have_attribute",
}
_OPPOSITE = {"to_be_unchecked": "to_be_checked", "to_be_detached": "to_be_attached"}


def _expect(params: dict[str, Any]) -> Action:
    expression = str(params.get("expression"))
    wanted = [one for one in listed(params.get("expectedText")) if isinstance(one, dict)]
    what = _EXPRESSIONS.get(expression) or ("to_have_text" if expression.startswith("to.have.text") else expression)
    if what == "to_have_text" and any(one.get("matchSubstring") for one in wanted):
        what = "to_contain_text"
    negated = bool(params.get("isNot"))
    if what in _OPPOSITE:
        what, negated = _OPPOSITE[what], not negated
    args: dict[str, Any] = {"what": what, "negated": negated, "attribute": params.get("expressionArg")}
    if what == "to_be_checked" and isinstance(params.get("expectedValue"), dict):
        args["checked"] = _serialized(params["expectedValue"]).get("checked")
    if what == "to_have_count":
        args["expected"] = params.get("expectedNumber")
    elif wanted:
        args["expected"] = [_text(one) for one in wanted]
        args["ignore_case"] = any(one.get("ignoreCase") is True for one in wanted)
    return Action("expect", 0, args=args)


def _text(given: dict[str, Any]) -> Any:
    if isinstance(given.get("regexSource"), str):
        flags = given.get("regexFlags")
        return Pattern(given["regexSource"], flags.replace("g", "") if isinstance(flags, str) else "")
    return given.get("string")


def _serialized(given: dict[str, Any]) -> dict[str, Any]:
    """An object as the protocol writes it: `{value: {o: [{k, v: {b}}]}}`."""
    value = given.get("value")
    pairs = value.get("o") if isinstance(value, dict) else None
    found = {}
    for pair in listed(pairs):
        held = pair.get("v") if isinstance(pair, dict) else None
        if isinstance(held, dict) and held:
            found[str(pair.get("k"))] = next(iter(held.values()))
    return found


def _wait(params: dict[str, Any]) -> Action:
    given = params.get("waitTimeout", params.get("timeout"))
    return Action("wait_for_timeout", 0, args={"timeout": given})


def _evaluate(params: dict[str, Any]) -> Action:
    given = params.get("arg")
    value = given.get("value") if isinstance(given, dict) else given
    has_argument = value not in (None, {"v": "undefined"}, {"v": "null"})
    return Action("evaluate", 0, args={"expression": params.get("expression"), "arg": True if has_argument else None})


_READERS: dict[str, Reader] = {
    "Frame.goto": _as("goto", url="url"),
    "Frame.click": _as("click", **_POINTER),
    "Frame.dblclick": _as("dblclick", **_POINTER),
    "Frame.tap": _as("tap", **_POINTER),
    "Frame.hover": _as("hover", position="position"),
    "Frame.fill": _as("fill", value="value"),
    "Frame.type": _as("type", text="text"),
    "Frame.press": _as("press", key="key"),
    "Frame.check": _as("check"),
    "Frame.uncheck": _as("uncheck"),
    "Frame.selectOption": _select,
    "Frame.setInputFiles": _files,
    "Frame.setInputFilePaths": _files,
    "Frame.focus": _as("focus"),
    "Frame.blur": _as("blur"),
    "Frame.dragAndDrop": _drag,
    "Frame.expect": _expect,
    "Frame.waitForSelector": _as("wait_for", state="state"),
    "Frame.waitForTimeout": _wait,
    "Frame.waitForFunction": _evaluate,
    "Frame.evaluateExpression": _evaluate,
    "Page.goBack": _as("go_back"),
    "Page.goForward": _as("go_forward"),
    "Page.reload": _as("reload"),
    "Page.close": _as("close"),
    "Page.bringToFront": _as("bring_to_front"),
    "Page.setViewportSize": _as("set_viewport_size", viewport_size="viewportSize"),
    "Page.keyboardType": _as("keyboard_type", text="text"),
    "Page.keyboardInsertText": _as("keyboard_insert_text", text="text"),
    "Page.keyboardPress": _as("keyboard_press", key="key"),
    "Page.keyboardDown": _as("keyboard_down", key="key"),
    "Page.keyboardUp": _as("keyboard_up", key="key"),
    "Page.mouseWheel": _as("mouse_wheel", delta_x="deltaX", delta_y="deltaY"),
    "Page.screenshot": _as("screenshot", full_page="fullPage"),
    "Page.pdf": _as("pdf"),
    "Dialog.accept": _dialog(accept=True),
    "Dialog.dismiss": _dialog(accept=False),
}
_READERS["Frame.waitForFunction"] = lambda params: Action("wait_for_function", 0, args=_evaluate(params).args)
