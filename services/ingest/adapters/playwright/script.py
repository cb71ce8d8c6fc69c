"""Scripts of Playwright in Python (codegen's sync, async and pytest; written by hand) → recordings.

The script is parsed and never run. It is followed from its entry, statement by statement, as far as what it does is
certain: through functions of its own, `with` blocks, and loops over a list that is written out. Where a condition or an
unknown list decides what is done to a page, the file is refused with the line.
"""

import ast
import re
import warnings

from services.ingest.adapters.faults import Faults
from services.ingest.adapters.imported import ImportedRecording
from services.ingest.adapters.playwright.entry import Function, entry_of, fixtures_before
from services.ingest.adapters.playwright.recording import recording_of
from services.ingest.adapters.playwright.terms import Value
from services.ingest.adapters.playwright.walk import Walk

MAX_NODES = 200_000
MAX_NESTING = 100
_JAVASCRIPT = re.compile(r"=>|require\(|\bconst |;\s*$", re.MULTILINE)


def import_script(tree: ast.Module, name: str, faults: Faults, test: str | None = None) -> ImportedRecording:
    """The recording. `test` names the test to follow. Raises `InvalidInput`."""
    walk = Walk(faults)
    walk.module(tree, names_only=test is not None)
    entry = entry_of(tree, test)
    if entry is not None and (test is not None or not walk.drafts):
        for fixture in fixtures_before(tree, entry):
            walk.enter(fixture)
        walk.enter(entry)
        _tell_fixtures(walk, tree, entry)
    return recording_of(walk.drafts, name, "playwright_codegen", faults, walk.told)


def _tell_fixtures(walk: Walk, tree: ast.Module, test: Function) -> None:
    """What a test asks for and never uses is there to do something before it."""
    used = {one.id for one in ast.walk(test) if isinstance(one, ast.Name)}
    here = {one.name for one in ast.walk(tree) if isinstance(one, Function)}
    for name, given in walk.fixtures.items():
        if name not in here and isinstance(given, Value) and given.text is None and name not in used and name != "self":
            walk.about("not_carried", f"the fixture {name} stands in another file; what it does is left out")


def parsed(text: str, faults: Faults) -> ast.Module:
    """The script as a tree. Raises `InvalidInput` where it is no Python, or hostile."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd escapes in somebody else's texts
            tree = ast.parse(text)
        _check_size(tree, faults)
    except SyntaxError as error:
        if error.lineno is None:  # a NUL
            faults.add("", "it holds a character that is no text; save the script again.")
        elif _JAVASCRIPT.search(text):
            faults.add(f"line {error.lineno}", "this is no Python; generate it with --target python, or as jsonl.")
        else:
            faults.add(f"line {error.lineno}", f"this is no Python ({error.msg}).")
    except (RecursionError, MemoryError, ValueError):
        faults.add("", "it is nested too deep, or holds what is no text, and cannot be read as Python.")
    else:
        faults.refuse_if_any()
        return tree
    faults.refuse_if_any()
    raise AssertionError("unreachable: a fault was noted")


def _check_size(tree: ast.Module, faults: Faults) -> None:
    level: list[ast.AST] = [tree]
    count = depth = 0
    while level:
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        count, depth = count + len(level), depth + 1
        if count > MAX_NODES or depth > MAX_NESTING:
            faults.add("", "it is too long, or nested too deep, for a script of one recording; split it.")
            return
