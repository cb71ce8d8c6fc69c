"""Calls of the keyboard, the mouse, and of what has pages: Playwright itself, a browser, a context."""

import ast
from typing import TYPE_CHECKING, Any

from services.ingest.adapters.playwright.handles import Awaited, Call, Device, Tool
from services.ingest.adapters.playwright.keyboard import TYPING, typed_behind
from services.ingest.adapters.playwright.methods import KEYBOARD, OF_TOOLS, arguments
from services.ingest.adapters.playwright.options import context_options
from services.ingest.adapters.playwright.terms import Action

if TYPE_CHECKING:
    from services.ingest.adapters.playwright.walk import Walk


def of_device(walk: "Walk", node: ast.Call, device: Device, method: str, call: Call) -> None:
    """What the keyboard types goes into the field of the step before."""
    name = f"{device.kind}_{method}"
    if name in TYPING:
        before = next((one for one in reversed(walk.drafts) if one.json), None)
        action = Action(name, node.lineno, device.page, None, {"text": (call[0] or [None])[0]})
        walk.drafts += typed_behind(before, action, walk.faults)
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
