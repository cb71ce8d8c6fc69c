"""One step of Chrome's recorder → one canonical step, for each of the fourteen types."""

from collections.abc import Callable
from typing import Any

from services.ingest.adapters.addresses import BROWSER_PAGES, fault_of_address, redacted, scheme_of
from services.ingest.adapters.canonical import canonical_step
from services.ingest.adapters.chrome.keys import StepKeys
from services.ingest.adapters.chrome.selectors import bundle_of, element_of, primary_locator
from services.ingest.adapters.chrome.typing import KEY_EVENTS
from services.ingest.adapters.faults import Faults, kind, shown
from services.ingest.adapters.labels import placeholder_in
from shared.contracts.steps import address_of, canonical_event, event_of

RECORDED_BY = "chrome_recorder"
KEPT_STEP = "retold"  # name of a custom step that holds a canonical one, as exports write them

_BUTTONS = {"primary": "left", "auxiliary": "middle", "secondary": "right", "back": "back", "forward": "forward"}
_DEVICES = ("mouse", "pen", "touch")
_FAKE_PATH = "c:\\fakepath\\"
# What a carrier adds to the step: `event`, `value`, `navigation`, `metadata`; `column`: what fills it. None: the step
# is not carried.
_Part = dict[str, Any] | None


def carried_step(keys: StepKeys, flow_timeout: int | float | None) -> _Part:
    """The canonical JSON of the step, still without number, label and page; None when it is not carried."""
    type_name = keys.text("type", required=True)
    if type_name is None:
        return None
    carrier = _CARRIERS.get(type_name)
    if carrier is None:
        keys.fault(
            f"{shown(type_name)} is no step type; use one of: {', '.join(_CARRIERS)}; or remove the step.", "type"
        )
        return None
    alternatives = keys.selectors(required=type_name in _NEED_SELECTORS) if type_name in _MAY_SELECT else []
    step = _with_element(alternatives)
    part = carrier(keys, step)
    step["metadata"] |= _of_every_step(keys, flow_timeout)
    if type_name in _MAY_FRAME and (frame := keys.frame()):
        step["bundle"]["iframeChain"] = frame
    navigation, title = _asserted(keys)
    for key in keys.unread():
        keys.not_carried(f'the key "{key[:60]}" has no meaning in a {type_name} step')
    if part is None:
        return None
    if "bundle" in part:  # a whole step
        return part
    step["metadata"] |= ({"title": title} if title else {}) | part.pop("metadata", {})
    if type_name == "navigate":  # `value` is where it goes, `navigation` where that led
        navigation = {"type": "navigation", "url": navigation.get("url", part["value"])}
    return {**step, "navigation": navigation, **part}


def _with_element(alternatives: list[list[str]]) -> dict[str, Any]:
    step: dict[str, Any] = {"bundle": bundle_of(alternatives), "metadata": element_of(alternatives)}
    selector, _ = primary_locator(alternatives)
    if selector is not None:
        step["selector"] = selector
        step["metadata"]["selectors"] = alternatives
    return step


def _of_every_step(keys: StepKeys, flow_timeout: int | float | None) -> dict[str, Any]:
    metadata: dict[str, Any] = {"recordedBy": RECORDED_BY}
    target = keys.text("target")
    if target and target != "main":
        metadata["target"] = _without_secrets(keys, target, "the address of the target")
    timeout = keys.timeout() or flow_timeout
    if timeout is not None:
        metadata["timeout"] = timeout
    return metadata


def _asserted(keys: StepKeys) -> tuple[dict[str, Any], str | None]:
    """What the recorder saw the step lead to: the step's `navigation`, and the title of the page."""
    navigation: dict[str, Any] = {"type": "same_page"}
    title = None
    for event in keys.objects("assertedEvents"):
        if event.get("type") != "navigation":
            keys.not_carried(f"the asserted event {shown(event.get('type'))} is not checked when the recording runs")
            continue
        if navigation["type"] == "navigation":
            keys.changed("several navigations were asserted; the last one is awaited")
        navigation = {"type": "navigation"}
        address = event.get("url")
        if isinstance(address, str) and scheme_of(address) in ("http", "https"):
            navigation["url"] = _without_secrets(keys, address, "the address that the step leads to")
        elif address:
            keys.not_carried(f"the asserted address {shown(address)} is not on the web; any navigation is awaited")
        title = event.get("title")
        if title is not None and not isinstance(title, str):
            keys.not_carried(f"the asserted title is {kind(title)}, not text")
            title = None
        for key in event.keys() - {"type", "url", "title"}:
            keys.not_carried(f'the key "{key[:60]}" of an asserted event is not known')
    return navigation, title


def _without_secrets(keys: StepKeys, address: str, what: str) -> str:
    address, names = redacted(address)
    if names:
        keys.changed(f"{what} held what looks like a secret ({', '.join(dict.fromkeys(names))}); it is not kept")
    return address


def _navigate(keys: StepKeys, _: dict[str, Any]) -> _Part:
    address = keys.text("url", required=True)
    if address is None:
        return None
    if scheme_of(address) in BROWSER_PAGES:
        keys.not_carried(f"{shown(address)} is a page of the browser itself; the recording starts after it")
        return None
    if fault := fault_of_address(address):
        keys.fault(fault, "url")
        return None
    address = _without_secrets(keys, address, "the address")
    return {"event": "navigate", "value": address}


def _click(keys: StepKeys, _: dict[str, Any]) -> _Part:
    part = _pointer(keys, "click")
    duration = keys.number("duration")
    if duration is not None:
        part["metadata"]["duration"] = duration
    return part


def _double_click(keys: StepKeys, _: dict[str, Any]) -> _Part:
    return _pointer(keys, "double_click")


def _pointer(keys: StepKeys, event: str) -> dict[str, Any]:
    metadata: dict[str, Any] = {}
    button = _BUTTONS[keys.word("button", _BUTTONS) or "primary"]
    if button != "left":
        metadata["button"] = button
    device = keys.word("deviceType", _DEVICES)
    if device in ("pen", "touch"):
        keys.changed(f"recorded with {device}, replayed with the mouse")
    metadata |= _offset(keys)
    return {"event": "right_click" if (event, button) == ("click", "right") else event, "metadata": metadata}


def _offset(keys: StepKeys) -> dict[str, Any]:
    """Where within the element; Chrome may write it on any step that has one."""
    found = {key: keys.number(key) for key in ("offsetX", "offsetY")}
    return {key: offset for key, offset in found.items() if offset is not None}


def _change(keys: StepKeys, step: dict[str, Any]) -> _Part:
    value = keys.text("value", required=True)
    if value is not None and value.casefold().startswith(_FAKE_PATH):
        keys.carried("a file was chosen here, and the recorder kept only its name; give its path before running")
    event = canonical_event("change", step["bundle"].get("tag"), step["metadata"].get("elementType"))
    part = {"event": event, "value": value, "metadata": _offset(keys)}
    if value is not None and (name := placeholder_in(value)):
        keys.changed(f"{shown(value)} is a place for a value: it becomes a column to be filled in")
        part |= {"value": None, "column": name}
    return part


def _hover(keys: StepKeys, _: dict[str, Any]) -> _Part:
    return {"event": "hover", "metadata": _offset(keys)}


def _key_down(keys: StepKeys, _: dict[str, Any]) -> _Part:
    return {"event": "key_down", "metadata": {"key": keys.text("key", required=True)}}


def _key_up(keys: StepKeys, _: dict[str, Any]) -> _Part:
    return {"event": "key_up", "metadata": {"key": keys.text("key", required=True)}}


def _scroll(keys: StepKeys, _: dict[str, Any]) -> _Part:
    return {"event": "scroll", "metadata": {"scroll": {"x": keys.number("x") or 0, "y": keys.number("y") or 0}}}


def _set_viewport(keys: StepKeys, _: dict[str, Any]) -> _Part:
    viewport: dict[str, Any] = {key: keys.number(key, required=True) for key in ("width", "height")}
    for key, size in viewport.items():
        if size is not None and size <= 0:
            keys.fault("this must be more than 0 pixels.", key)
    viewport["deviceScaleFactor"] = keys.number("deviceScaleFactor")
    viewport |= {key: keys.flag(key) for key in ("isMobile", "hasTouch", "isLandscape")}
    return {
        "event": "resize",
        "metadata": {"viewport": {key: value for key, value in viewport.items() if value is not None}},
    }


def _emulate_network(keys: StepKeys, _: dict[str, Any]) -> _Part:
    network = {key: keys.number(key, required=True) for key in ("download", "upload", "latency")}
    return {"event": "emulate_network", "metadata": {"network": network}}


def _close(_: StepKeys, __: dict[str, Any]) -> _Part:
    return {"event": "close"}


def _custom_step(keys: StepKeys, _: dict[str, Any]) -> _Part:
    name = keys.text("name", required=True)
    parameters = keys.anything("parameters")
    if name == KEPT_STEP and (kept := _kept_step(keys, parameters)):
        return kept
    keys.not_carried(f"the custom step {shown(name)} has no meaning here; it is kept, and skipped when it runs")
    return {
        "event": "custom",
        "metadata": {"name": name} | ({} if parameters is None else {"parameters": parameters}),
    }


def _kept_step(keys: StepKeys, parameters: Any) -> _Part:
    """The step that an export of a recording kept whole, since Chrome's recorder has no word for it."""
    if not isinstance(parameters, dict):
        return None
    faults = Faults("")
    step = canonical_step({**parameters, "stepNumber": 1}, 0, "", faults)
    if step is None or faults or (event_of(step) in KEY_EVENTS and not isinstance(step.metadata.get("key"), str)):
        return None
    kept = step.to_json()
    if event_of(step) == "navigate":
        kept["value"] = _without_secrets(keys, address_of(step) or "", "the address")
        kept["navigation"] = {"type": "navigation", "url": kept["value"]}
    return {key: value for key, value in kept.items() if key != "stepNumber"} | {"event": event_of(step)}


def _wait_for_element(keys: StepKeys, _: dict[str, Any]) -> _Part:
    attributes = keys.mapping("attributes")
    for name, value in (attributes or {}).items():
        if not isinstance(value, str):
            keys.fault(f"an attribute's value must be text, not {kind(value)}.", "attributes", name)
    count = keys.number("count")
    if count is not None and (count < 0 or count != int(count)):
        keys.fault("the count must be a whole number from 0.", "count")
    condition = {
        "operator": keys.word("operator", (">=", "==", "<=")),
        "count": count,
        "visible": keys.flag("visible"),
        "attributes": attributes,
        "properties": keys.mapping("properties"),
    }
    return {
        "event": "wait_for_element",
        "metadata": {"condition": {key: value for key, value in condition.items() if value is not None}},
    }


def _wait_for_expression(keys: StepKeys, _: dict[str, Any]) -> _Part:
    return {"event": "wait_for_expression", "metadata": {"expression": keys.text("expression", required=True)}}


_CARRIERS: dict[str, Callable[[StepKeys, dict[str, Any]], _Part]] = {
    "change": _change,
    "click": _click,
    "close": _close,
    "customStep": _custom_step,
    "doubleClick": _double_click,
    "emulateNetworkConditions": _emulate_network,
    "hover": _hover,
    "keyDown": _key_down,
    "keyUp": _key_up,
    "navigate": _navigate,
    "scroll": _scroll,
    "setViewport": _set_viewport,
    "waitForElement": _wait_for_element,
    "waitForExpression": _wait_for_expression,
}
_NEED_SELECTORS = frozenset({"change", "click", "doubleClick", "hover", "waitForElement"})
_MAY_SELECT = _NEED_SELECTORS | {"scroll"}
_MAY_FRAME = _MAY_SELECT | {"customStep", "waitForExpression"}
