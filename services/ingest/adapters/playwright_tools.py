"""Calls of the keyboard, the mouse, and of what has pages: Playwright itself, a browser, a context."""

import ast
from typing import TYPE_CHECKING, Any

from services.ingest.adapters.playwright_handles import Awaited, Call, Device, Tool
from services.ingest.adapters.playwright_methods import KEYBOARD, OF_TOOLS, arguments
from services.ingest.adapters.playwright_options import context_options
from services.ingest.adapters.playwright_terms import Action

if TYPE_CHECKING:
    from services.ingest.adapters.playwright_walk import Walk

_TYPES_INTO = ("click", "focus", "type")


def of_device(walk: "Walk", node: ast.Call, device: Device, method: str, call: Call) -> None:
    """What the keyboard types goes into the field of the step before."""
    name = f"{device.kind}_{method}"
    if name in ("keyboard_type", "keyboard_insert_text"):
        before = next((one for one in reversed(walk.drafts) if one.json), None)
        field = before.json if before else None
        if not field or "selector" not in field or field["event"] not in _TYPES_INTO:
            walk.note(node.lineno, "not_carried", f"{device.kind}.{method} is left out: no step before enters a field")
            return
        action = Action("press_sequentially", node.lineno, device.page, None, {"text": (call[0] or [None])[0]})
        walk.act(action)
        typed = walk.drafts[-1]
        if typed.json:
            kept = {key: field[key] for key in ("selector", "bundle")}
            typed.json |= kept | {"metadata": {**field["metadata"], **typed.json["metadata"]}}
            typed.hint = before.hint if before else None
            typed.note("changed", "typed into the field of the step before it")
        return
    walk.act(Action(name, node.lineno, device.page, None, arguments(KEYBOARD.get(name, name), call)))


def of_tool(walk: "Walk", node: ast.Call, method: str, call: Call) -> Any:
    """What the call of a browser or a context stands for: mostly another one, or a page."""
    match method:
        case "new_context" | "launch_persistent_context" | "new_page":
            context_options(walk, node, call[1])
            if method != "new_page":
                return Tool("context")
            page = walk.new_page()
            if page.number > 1:
                walk.act(Action("new_page", node.lineno, page.number))
            return page
        case "set_test_id_attribute":
            given = call[0][0] if call[0] else None
            walk.test_id = given if isinstance(given, str) else walk.test_id
            return None
        case "expect_page" | "expect_popup":
            return Awaited("page", walk.new_page().number)
        case _ if method in OF_TOOLS:
            return Tool(method)
        case _ if method.startswith("expect_"):
            return Awaited(method.removeprefix("expect_"))
        case _:
            walk.note(node.lineno, "not_carried", f"{ast.unparse(node.func)[:60]} has no counterpart here")
            return Tool(method)
