"""Which function of a script is the one to follow."""

import ast
from collections.abc import Iterator

from services.ingest.adapters.export_words import REPLAY_ROW

Function = ast.FunctionDef | ast.AsyncFunctionDef


def entry_of(tree: ast.Module, test: str | None) -> Function | None:
    """The test of that name, else the function that codegen writes, where nothing in the file calls it."""
    if test is not None:
        return next((one for one in tests_of(tree) if one.name == test), None)
    return next((one for one in tree.body if isinstance(one, Function) and one.name in ("run", "main")), None)


def tests_of(tree: ast.Module) -> Iterator[Function]:
    """The tests that pytest would find, in the order of the file; and what our own exported scripts do for each row."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            yield from (one for one in node.body if isinstance(one, Function) and one.name.startswith("test"))
        if isinstance(node, Function) and (node.name.startswith("test") or node.name == REPLAY_ROW):
            yield node
