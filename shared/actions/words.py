"""What each word of an action asks for: the canonical step that it stands for, or several."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from shared.actions import doing, looking
from shared.actions.given import Given, StepFields, fields, squashed
from shared.contracts.steps import canonical_event
from shared.core.errors import InvalidInput

# Words beside those of `shared/contracts/steps.py`: the event, and what the word says already.
_MORE: dict[str, tuple[str, Mapping[str, Any]]] = {
    "go_to": ("navigate", {}),
    "open_url": ("navigate", {}),
    "click_element": ("click", {}),
    "middle_click": ("click", {"button": "middle"}),
    "type_text": ("type", {}),
    "enter_text": ("type", {}),
    "input_text": ("type", {}),
    "clear": ("type", {"value": ""}),
    "press_sequentially": ("type", {"mode": "keys"}),
    "set_checked": ("check", {}),
    "press_key": ("key_press", {}),
    "key": ("key_press", {}),
    "wait_for": ("wait", {}),
    "wait_for_load_state": ("wait_for_expression", {"expression": 'document.readyState === "complete"'}),
    "wait_for_load": ("wait_for_expression", {"expression": 'document.readyState === "complete"'}),
    "wait_for_hidden": ("wait_for_element", {"state": "hidden"}),
    "scroll_down": ("scroll", {"direction": "down"}),
    "scroll_up": ("scroll", {"direction": "up"}),
    "scroll_to_bottom": ("scroll", {"to": "bottom"}),
    "scroll_to_top": ("scroll", {"to": "top"}),
    "capture": ("screenshot", {}),
    "full_page_screenshot": ("screenshot", {"full_page": True}),
    "print": ("pdf", {}),
    "get_title": ("extract", {"what": "title"}),
    "get_url": ("extract", {"what": "url"}),
    "get_value": ("extract", {"what": "value"}),
    "get_attribute": ("extract", {"what": "attribute"}),
    "js": ("run_script", {}),
    "javascript": ("run_script", {}),
    "execute": ("run_script", {}),
    "script": ("run_script", {}),
    "assert_text": ("assert", {"what": "text", "operator": "contains"}),
    "assert_value": ("assert", {"what": "value"}),
    "assert_visible": ("assert", {"what": "visible", "expected": "true"}),
    "assert_hidden": ("assert", {"what": "visible", "expected": "false"}),
    "assert_title": ("assert", {"what": "title"}),
    "assert_url": ("assert", {"what": "url"}),
    "assert_count": ("assert", {"what": "count"}),
    "assert_checked": ("assert", {"what": "checked", "expected": "true"}),
    "drag_and_drop": ("drag", {}),
    "drag_to": ("drag", {}),
}
MORE = {squashed(word): meant for word, meant in _MORE.items()}
BUILDERS: dict[str, Callable[[Given], Iterator[StepFields]]] = {
    "navigate": doing.navigate,
    "new_tab": doing.new_tab,
    "switch_tab": doing.switch_tab,
    **{event: doing.pressing(event) for event in ("click", "double_click", "right_click", "hover", "focus", "blur")},
    "type": doing.fill,
    "select": doing.select,
    "check": doing.ticking("check"),
    "uncheck": doing.ticking("uncheck"),
    **{event: doing.keying(event) for event in ("key_press", "key_down", "key_up")},
    "upload": doing.upload,
    "download": doing.download,
    "drag": doing.drag,
    "scroll": doing.scroll,
    "resize": doing.resize,
    "dialog": doing.dialog,
    "wait": looking.wait,
    "wait_for_element": looking.wait_for_element,
    "wait_for_text": looking.wait_for_text,
    "wait_for_url": looking.wait_for_url,
    "wait_for_expression": looking.wait_for_expression,
    "assert": looking.check,
    "extract": looking.extract,
    "run_script": looking.run_script,
    "screenshot": looking.screenshot,
    "pdf": looking.pdf,
}


def meant_by(word: str) -> tuple[str, Mapping[str, Any]]:
    """The canonical event of a word, and what the word says already. Raises `InvalidInput` when nobody knows it."""
    return MORE.get(squashed(word)) or (canonical_event(word), {})


def is_known(word: str) -> bool:
    """Whether an action can be called so."""
    try:
        meant_by(word)
    except InvalidInput:
        return False
    return True


def steps_of(event: str, given: Given) -> Iterator[StepFields]:
    """The steps that an action of that event asks for, their numbers still missing. Raises `InvalidInput`."""
    builder = BUILDERS.get(event)
    if builder is not None:
        yield from builder(given)
    else:
        yield fields(event, given.element(), given.typed("value", "text"))
