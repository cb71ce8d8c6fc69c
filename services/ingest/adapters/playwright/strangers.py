"""What a script does through things that are not followed: functions of other files, objects that hold a page.

Whatever of that may act on a page leaves a gap in the recording, and is told: nothing is dropped in silence.
"""

import ast
from typing import TYPE_CHECKING, Any

from services.ingest.adapters.playwright.entry import Function
from services.ingest.adapters.playwright.handles import Call, Instance, Located, Page, Stranger, Tool, Unknown
from services.ingest.adapters.playwright.terms import Action, Value, number

if TYPE_CHECKING:
    from services.ingest.adapters.playwright.walk import Walk

# They only look at what they are given.
_HARMLESS = frozenset({
    "print", "len", "str", "repr", "type", "isinstance", "bool", "list", "tuple", "id", "hasattr", "getattr", "vars",
    "format", "debug", "info", "warning", "error", "append", "setattr", "cast", "fail", "skip",
})  # fmt: skip
_MOST_CLASSES = 20  # that build upon each other
_OF_TEXTS = frozenset(dir(str)) | frozenset(dir(dict)) | frozenset(dir(list))


def unfollowed(walk: "Walk", node: ast.Call, target: Any, name: str, call: Call) -> Any:
    """The call of something that nobody knows: a gap, where a page is handed over or a fixture is asked to act."""
    if name == "sleep":
        return _slept(walk, node, call)
    handed = any(_holds_page(one) for one in (*call[0], *call[1].values()))
    if name == "super":
        return _above(walk)
    if name == "__init__" or (name[:1].isupper() and handed):
        return Stranger(name)
    asked = isinstance(target, Stranger) or (isinstance(target, Value) and target.variable in walk.fixtures)
    if (handed and name not in _HARMLESS) or (asked and name not in _OF_TEXTS):
        spelled = ast.unparse(node.func)[:60]
        walk.gap(node.lineno, f"{spelled}(…)", "what it does to the page stands in another file; write its steps out")
    return None


def _above(walk: "Walk") -> Any:
    """`super()`: the same object, as its class stands above that of the method."""
    here = walk.scope.find("self")
    if not isinstance(here, Instance):
        return Unknown("super")
    above = [walk.scope.find(base.id) for base in here.made_of.bases if isinstance(base, ast.Name)]
    known = next((one for one in above if isinstance(one, ast.ClassDef)), None)
    return Instance(known, here.names) if known else Stranger("super")


def _slept(walk: "Walk", node: ast.Call, call: Call) -> Any:
    seconds = number(call[0][0]) if call[0] else None
    if seconds is not None and seconds >= 0:
        walk.act(Action("wait_for_timeout", node.lineno, walk.page, None, {"timeout": seconds * 1000}))
    else:
        walk.note(node.lineno, "not_carried", "a pause whose length is known only when the script runs is left out")
    return Unknown()


def _holds_page(found: Any) -> bool:
    if isinstance(found, dict):
        found = list(found.values())
    if isinstance(found, list | tuple):
        return any(_holds_page(one) for one in found[:100])
    return isinstance(found, Page | Located | Stranger | Instance) or (
        isinstance(found, Tool) and found.kind != "request"
    )


def of_instance(walk: "Walk", node: ast.Call, target: Instance, method: str, call: Call) -> Any:
    """A method of an object of the script's own class."""
    found = _method_of(walk, target.made_of, method)
    if found is not None:
        static = any(isinstance(one, ast.Name) and one.id == "staticmethod" for one in found.decorator_list)
        return walk.enter(found, call[0] if static else [target, *call[0]], call[1])
    return unfollowed(walk, node, Stranger(target.made_of.name), method, call)


def instance_of(walk: "Walk", node: ast.ClassDef, call: Call) -> Any:
    """An object of a class of the script, built as its `__init__` does."""
    made = Instance(node, {})
    begins = _method_of(walk, node, "__init__")
    if begins is not None:
        walk.enter(begins, [made, *call[0]], call[1])
    return made


def _method_of(walk: "Walk", owner: ast.ClassDef, name: str) -> Function | None:
    """A method of a class of the script, or of those that it builds upon."""
    left, seen = [owner], 0
    while left and seen < _MOST_CLASSES:
        here, seen = left.pop(0), seen + 1
        found = next((one for one in here.body if isinstance(one, Function) and one.name == name), None)
        if found is not None:
            return found
        above = [walk.scope.find(base.id) for base in here.bases if isinstance(base, ast.Name)]
        left += [one for one in above if isinstance(one, ast.ClassDef)]
    return None
