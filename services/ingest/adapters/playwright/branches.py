"""Conditions and errors of a script: what a recording, which is one sequence of steps, makes of them."""

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from services.ingest.adapters.faults import shown
from services.ingest.adapters.playwright.entry import Function
from services.ingest.adapters.playwright.handles import Dialog, Instance, Located, Page, Stranger, Tool

if TYPE_CHECKING:
    from services.ingest.adapters.playwright.walk import Walk

_MAIN = "__name__ == '__main__'"


def perform_if(walk: "Walk", node: ast.If) -> None:
    """Follows a way that is sure; leaves out what is only done sometimes; refuses to choose between two ways."""
    if ast.unparse(node.test).replace('"', "'") == _MAIN:
        walk.block(node.body)
    elif not touches(walk, node):
        return
    elif all(isinstance(one, Tool) for one in _used(walk, node)):  # with the saved login, or without
        walk.note(node.lineno, "changed", f"of what depends on {_asked(node)}, the last way is followed")
        walk.block(node.orelse or node.body)
    elif node.orelse:
        walk.fault(node, "a condition decides here what is done to the page; write out the steps of one case.")
    elif any(touches(walk, one) for one in node.body):
        walk.gap(node.lineno, "if", f"what is done depends on {_asked(node)}; write its steps out if they are needed")


def perform_try(walk: "Walk", node: ast.Try) -> None:
    """Follows what is tried; what would be done after an error is left out, since an error ends a row."""
    if node.handlers:
        walk.note(node.lineno, "changed", "errors are not caught: a step that fails ends the row")
    for handler in node.handlers:
        if touches(walk, handler):
            walk.note(handler.lineno, "not_carried", "what is done to the page after an error is left out")
    walk.block([*node.body, *node.orelse, *node.finalbody])


def touches(walk: "Walk", node: ast.AST) -> bool:
    """Whether something in it may act on a page: it calls a method of one, or a function of the script."""
    return any(True for _ in _used(walk, node))


def _used(walk: "Walk", node: ast.AST) -> Iterator[Any]:
    for one in ast.walk(node):
        if not isinstance(one, ast.Call):
            continue
        root: ast.expr = one.func
        while isinstance(root, ast.Attribute | ast.Call | ast.Subscript | ast.Await):
            root = root.func if isinstance(root, ast.Call) else root.value
        if isinstance(root, ast.Name):
            found = walk.scope.find(root.id)
            if isinstance(found, Page | Located | Tool | Dialog | Instance | Stranger | Function):
                yield found
            elif root.id == "expect":
                yield root


def _asked(node: ast.If) -> str:
    return shown(ast.unparse(node.test))
