"""The methods of Playwright's Python API that scripts call, and the names of what they are given by place."""

from typing import Any

from services.ingest.adapters.playwright.handles import Call

ARGUMENTS: dict[str, tuple[str, ...]] = {
    "goto": ("url",),
    "fill": ("value",),
    "type": ("text",),
    "press_sequentially": ("text",),
    "press": ("key",),
    "keyboard_press": ("key",),
    "mouse_wheel": ("delta_x", "delta_y"),
    "set_checked": ("checked",),
    "select_option": ("value",),
    "set_input_files": ("files",),
    "drag_to": ("target",),
    "wait_for_url": ("url",),
    "wait_for_timeout": ("timeout",),
    "wait_for_function": ("expression",),
    "wait_for_load_state": ("state",),
    "evaluate": ("expression", "arg"),
    "set_viewport_size": ("viewport_size",),
}
KEYBOARD = {"keyboard_down": "keyboard_press", "keyboard_up": "keyboard_press"}
# They only ask something, or are about the script itself.
IGNORED = frozenset({
    "set_default_timeout", "set_default_navigation_timeout", "pause", "highlight", "count", "is_visible", "is_checked",
    "is_enabled", "is_disabled", "is_hidden", "is_editable", "content", "bounding_box", "url", "is_closed", "describe",
})  # fmt: skip
# Of Playwright, a browser or a context, and no step.
OF_TOOLS = frozenset({
    "launch", "connect", "connect_over_cdp", "start", "close", "stop", "set_default_timeout", "clear_cookies",
    "set_default_navigation_timeout", "storage_state",
})  # fmt: skip
# Of a page, with a selector first: page.click("#save").
OF_PAGE_WITH_SELECTOR = frozenset({
    "click", "dblclick", "tap", "fill", "type", "press", "check", "uncheck", "set_checked", "select_option", "hover",
    "set_input_files", "focus", "text_content", "inner_text", "inner_html", "input_value", "get_attribute",
    "is_visible", "is_checked", "is_enabled", "is_disabled", "is_hidden", "is_editable",
})  # fmt: skip
# Of a locator, and what is taken.
READ = {"text_content": "text", "inner_text": "text", "input_value": "value", "get_attribute": "attribute"}


def assertion_args(what: str, call: Call) -> dict[str, Any]:
    """What an assertion is given, under the names that all share."""
    positional, named = list(call[0]), dict(call[1])
    if what == "to_have_attribute":
        attribute = positional.pop(0) if positional else named.pop("name", None)
        named["attribute"] = getattr(attribute, "text", attribute)
    expected = positional[0] if positional else None
    for key in ("expected", "value", "count", "url_or_reg_exp", "title_or_reg_exp", "values", "id"):
        expected = named.pop(key) if expected is None and key in named else expected
    return {**named, "expected": expected}


def arguments(method: str, call: Call) -> dict[str, Any]:
    """What a method is given, by name."""
    return {**dict(zip(ARGUMENTS.get(method, ()), call[0], strict=False)), **call[1]}
