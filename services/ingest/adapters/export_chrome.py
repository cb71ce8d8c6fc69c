"""A recording as Chrome's DevTools Recorder exports one ("Export as JSON")."""

from collections.abc import Callable
from typing import Any

from services.ingest.adapters.chrome.steps import KEPT_STEP
from services.ingest.adapters.export_locators import alternatives_of
from services.ingest.adapters.export_notes import Notes
from shared.contracts.ingest import FidelityNote, RecordingSnapshot
from shared.contracts.recording import Step
from shared.contracts.sealed import is_sealed
from shared.contracts.steps import event_of

_BUTTONS = {"middle": "auxiliary", "right": "secondary", "back": "back", "forward": "forward"}
_Keys = dict[str, Any] | None


def chrome_recording(recording: RecordingSnapshot) -> tuple[dict[str, Any], list[FidelityNote]]:
    """The document, and what it cannot hold: such steps are kept as custom steps, which other tools pass over."""
    notes = Notes(recording.steps[0].tab_id if recording.steps else None)
    steps: list[dict[str, Any]] = []
    for step in recording.steps:
        steps += _written(step, notes)
    return {"title": recording.name, "steps": steps}, notes.all


def _written(step: Step, notes: Notes) -> list[dict[str, Any]]:
    event = event_of(step)
    writer = _WRITERS.get(event)
    keys = writer(step, notes) if writer else None
    if keys is None:
        notes.lost(step, f"Chrome's recorder has no such {event}; it is kept as a custom step, which tools pass over")
        return [_custom(step)]
    about = {**keys, **_of_every_step(step, notes)}
    if event == "key_press":
        let_go = {key: value for key, value in about.items() if key != "assertedEvents"}
        return [{**about, "type": "keyDown"}, {**let_go, "type": "keyUp"}]
    return [about]


def _custom(step: Step) -> dict[str, Any]:
    kept = {key: value for key, value in step.to_json().items() if not (key == "value" and is_sealed(step.value))}
    return {"type": "customStep", "name": KEPT_STEP, "parameters": kept}


def _of_every_step(step: Step, notes: Notes) -> dict[str, Any]:
    metadata, keys = step.metadata, {}
    if isinstance(metadata.get("timeout"), int | float):
        keys["timeout"] = metadata["timeout"]
    if isinstance(metadata.get("target"), str):
        keys["target"] = metadata["target"]
    elif step.tab_id not in (None, notes.first_tab):
        notes.lost(step, "which tab it is done in is not kept: Chrome's recorder tells tabs apart by their addresses")
    if step.bundle.iframe_chain:
        places = metadata.get("frame")
        given = places if isinstance(places, list) else step.bundle.iframe_chain
        chain = [int(link) if isinstance(link, str) and link.isdigit() else link for link in given]
        if all(isinstance(link, int) for link in chain):
            keys["frame"] = chain
        else:
            notes.lost(step, "its frame is given by CSS, and Chrome's recorder counts frames")
    navigation = step.navigation
    if navigation.type == "navigation" and event_of(step) != "navigate":
        title = {"title": metadata["title"]} if isinstance(metadata.get("title"), str) else {}
        keys["assertedEvents"] = [{"type": "navigation", "url": navigation.url or "", **title}]
    if metadata.get("download") is True or navigation.type == "download":
        notes.lost(step, "that it sets off a download is not kept")
    return keys


def _element(step: Step) -> dict[str, Any]:
    return {"selectors": alternatives_of(step)}


def _has_element(step: Step) -> bool:
    return bool(alternatives_of(step))


def _navigate(step: Step, _: Notes) -> _Keys:
    return {"type": "navigate", "url": step.value or step.navigation.url or step.page or ""}


def _press(step: Step, notes: Notes) -> _Keys:
    if not _has_element(step):
        return None
    metadata = step.metadata
    event = event_of(step)
    keys: dict[str, Any] = {"type": "doubleClick" if event == "double_click" else "click", **_element(step)}
    keys |= _offset(step)
    button = "right" if event == "right_click" else metadata.get("button")
    if button in _BUTTONS:
        keys["button"] = _BUTTONS[button]
    if isinstance(metadata.get("duration"), int | float) and event != "double_click":
        keys["duration"] = metadata["duration"]
    if metadata.get("modifiers"):
        notes.lost(step, "the keys that are held while it is pressed are not kept")
    return keys


def _offset(step: Step) -> dict[str, Any]:
    """Other tools want an offset always: without a recorded one the middle, or where nobody knows it the corner."""
    metadata, box = step.metadata, step.bundle.bounding
    middle = {"offsetX": box.width / 2, "offsetY": box.height / 2} if box else {"offsetX": 1, "offsetY": 1}
    return {key: metadata[key] if isinstance(metadata.get(key), int | float) else middle[key] for key in middle}


def _change(step: Step, notes: Notes) -> _Keys:
    if not _has_element(step):
        return None
    value = step.value or ""
    if is_sealed(step.value):
        notes.lost(step, "its value is kept encrypted and is not exported")
        value = ""
    if step.metadata.get("mode") in ("append", "keys"):
        notes.changed(step, "what it adds to a field replaces what is in it")
    if step.metadata.get("interpolate") is True:
        notes.lost(step, "what an earlier step took is not put into its value")
    return {"type": "change", **_element(step), "value": value}


def _tick(step: Step, notes: Notes) -> _Keys:
    if not _has_element(step):
        return None
    notes.changed(step, "ticking is a click, whatever was ticked before")
    return {"type": "click", **_element(step), **_offset(step)}


def _key(kind: str) -> Callable[[Step, Notes], _Keys]:
    def write(step: Step, notes: Notes) -> _Keys:
        key = step.metadata.get("key") or step.value
        if not isinstance(key, str) or "+" in key[:-1]:
            return None
        if _has_element(step):
            notes.changed(step, "the key is pressed wherever the cursor is")
        return {"type": kind, "key": key}

    return write


def _scroll(step: Step, _: Notes) -> _Keys:
    to = step.metadata.get("scroll")
    if not isinstance(to, dict):
        return None
    element = _element(step) if _has_element(step) else {}
    return {"type": "scroll", **element, "x": to.get("x", 0), "y": to.get("y", 0)}


def _resize(step: Step, _: Notes) -> _Keys:
    viewport = step.metadata.get("viewport")
    if not isinstance(viewport, dict):
        return None
    usual = {"deviceScaleFactor": 1, "isMobile": False, "hasTouch": False, "isLandscape": False}
    return {"type": "setViewport", **usual, **viewport}


def _network(step: Step, _: Notes) -> _Keys:
    network = step.metadata.get("network")
    return {"type": "emulateNetworkConditions", **network} if isinstance(network, dict) else None


def _hover(step: Step, _: Notes) -> _Keys:
    return {"type": "hover", **_element(step)} if _has_element(step) else None


def _close(_: Step, __: Notes) -> _Keys:
    return {"type": "close"}


def _custom_keys(step: Step, _: Notes) -> _Keys:
    name, parameters = step.metadata.get("name"), step.metadata.get("parameters")
    kept = {"type": "customStep", "name": name if isinstance(name, str) else KEPT_STEP}
    return kept | ({} if parameters is None else {"parameters": parameters})


def _wait_for_element(step: Step, _: Notes) -> _Keys:
    condition = step.metadata.get("condition")
    if not _has_element(step):
        return None
    return {"type": "waitForElement", **_element(step), **(condition if isinstance(condition, dict) else {})}


def _wait_for_expression(step: Step, _: Notes) -> _Keys:
    expression = step.metadata.get("expression") or step.value
    return {"type": "waitForExpression", "expression": expression} if isinstance(expression, str) else None


def _assert(step: Step, notes: Notes) -> _Keys:
    given = step.metadata.get("assertion")
    what = given.get("what") if isinstance(given, dict) else None
    if what not in ("visible", "present") or not _has_element(step) or step.value or step.metadata.get("soft"):
        return None
    notes.changed(step, "an assertion is a wait for the element")
    is_not = (given or {}).get("operator") == "not_equals"
    keys = {"type": "waitForElement", **_element(step)} | ({"visible": True} if what == "visible" else {})
    return keys | ({"operator": "==", "count": 0} if is_not else {})


_WRITERS: dict[str, Callable[[Step, Notes], _Keys]] = {
    "navigate": _navigate,
    "click": _press,
    "double_click": _press,
    "right_click": _press,
    "type": _change,
    "select": _change,
    "check": _tick,
    "uncheck": _tick,
    "hover": _hover,
    "key_down": _key("keyDown"),
    "key_up": _key("keyUp"),
    "key_press": _key("keyPress"),
    "scroll": _scroll,
    "resize": _resize,
    "emulate_network": _network,
    "close": _close,
    "custom": _custom_keys,
    "wait_for_element": _wait_for_element,
    "wait_for_expression": _wait_for_expression,
    "assert": _assert,
}
