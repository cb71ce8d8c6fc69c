"""Which function of a script is the one to follow."""

import ast
from collections.abc import Iterator

from services.ingest.adapters.export_words import REPLAY_ROW

Function = ast.FunctionDef | ast.AsyncFunctionDef


def entry_of(tree: ast.Module, test: str | None) -> Function | None:
    """The test of that name, else the function that codegen writes, else the only one that is given a page.

    For a file in which nothing calls it.
    """
    if test is not None:
        return next((one for one in tests_of(tree) if one.name == test), None)
    functions = [one for one in tree.body if isinstance(one, Function)]
    usual = next((one for one in functions if one.name in ("run", "main")), None)
    given_a_page = [one for one in functions if any(_is_page(each) for each in one.args.args)]
    return usual or (given_a_page[0] if len(given_a_page) == 1 else None)


def _is_page(argument: ast.arg) -> bool:
    called = argument.annotation and ast.unparse(argument.annotation).rpartition(".")[2]
    return called in ("Page", "Playwright") or argument.arg in ("page", "playwright")


def tests_of(tree: ast.Module) -> Iterator[Function]:
    """The tests that pytest would find, in the order of the file; and what our own exported scripts do for each row."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            yield from (one for one in node.body if isinstance(one, Function) and one.name.startswith("test"))
        if isinstance(node, Function) and (node.name.startswith("test") or node.name == REPLAY_ROW):
            yield node


def is_fixture(function: Function) -> bool:
    """Whether pytest calls the function for what a test asks for by its name."""
    return any("fixture" in ast.unparse(one)[:200] for one in function.decorator_list)


def fixtures_before(tree: ast.Module, test: Function) -> Iterator[Function]:
    """The fixtures of the file that run before the test without being asked for, in their order."""
    for node in tree.body:
        inside = node.body if isinstance(node, ast.ClassDef) and test in node.body else [node]
        for one in inside:
            if isinstance(one, Function) and any("autouse=True" in ast.unparse(mark) for mark in one.decorator_list):
                yield one
