"""What an expression of a script stands for; a call that does something to a page is noted on the way."""

import ast
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin

from services.ingest.adapters.export_words import BEST_OF, NAMED, TICKED
from services.ingest.adapters.playwright.expressions import formatted, listed, pattern_of
from services.ingest.adapters.playwright.handles import (
    PROPERTIES,
    Awaited,
    Call,
    Device,
    Dialog,
    Expecting,
    Instance,
    Located,
    Page,
    Stranger,
    Tool,
    Unknown,
    narrowed,
    selector_of,
)
from services.ingest.adapters.playwright.methods import (
    IGNORED,
    OF_PAGE_WITH_SELECTOR,
    READ,
    arguments,
    assertion_args,
)
from services.ingest.adapters.playwright.strangers import instance_of, of_instance, unfollowed
from services.ingest.adapters.playwright.terms import Action, Pattern, Value, number
from services.ingest.adapters.playwright.tools import of_device, of_tool

if TYPE_CHECKING:
    from services.ingest.adapters.playwright.walk import Walk

_METHOD = re.compile(r"get_by_\w+|locator|click|fill|goto|press|check|type|hover|expect_\w+|select_option")


def evaluated(walk: "Walk", node: ast.expr | None, named: str | None = None) -> Any:
    """What the expression stands for. `named`: the name that it is about to get."""
    match node:
        case None:
            return None
        case ast.Constant(value=value):
            return value
        case ast.Await(value=value):
            return evaluated(walk, value, named)
        case ast.Name(id=name):
            return walk.scope.find(name)
        case ast.Attribute():
            return _attribute(walk, node)
        case ast.Call():
            return _call(walk, node, named)
        case ast.Lambda():
            return node
        case _:
            return listed(walk, node)


def _attribute(walk: "Walk", node: ast.Attribute) -> Any:
    target, name = evaluated(walk, node.value), node.attr
    match target:
        case Page() if name in ("keyboard", "mouse"):
            return Device(name, target.number)
        case Page() if name in ("context", "request"):
            return Tool(name)
        case Page() if name == "main_frame":
            return Page(target.number)
        case Located() if name in PROPERTIES:
            parts = (*target.parts, *PROPERTIES[name])
            return Page(target.page, parts) if name == "content_frame" else Located(target.page, parts)
        case Page() if name in ("first", "last") and target.parts:  # of a frame locator
            return Page(target.number, (*target.parts[:-1], *PROPERTIES[name], target.parts[-1]))
        case Page() if name == "owner" and target.parts:
            return Located(target.number, target.parts[:-1])
        case Awaited(kind="page", page=number) if name == "value":
            return Page(number)
        case Instance() if name in target.names:
            return target.names[name]
        case Stranger():
            return target
        case Tool():
            return [Page(number + 1) for number in range(walk.pages)] if name == "pages" else Tool(name)
        case _:
            return Unknown(ast.unparse(node)[:60])


def _call(walk: "Walk", node: ast.Call, named: str | None) -> Any:
    call: Call = ([evaluated(walk, one) for one in node.args], {})
    for keyword in node.keywords:
        given = evaluated(walk, keyword.value)
        if keyword.arg is not None:
            call[1][keyword.arg] = given
        elif isinstance(given, dict):
            call[1].update(given)
        else:
            spelled = ast.unparse(keyword.value)[:60]
            walk.about("not_carried", f"line {node.lineno}: **{spelled} is left out; give the job its settings")
    if isinstance(node.func, ast.Name):
        return _function(walk, node, node.func.id, call)
    if not isinstance(node.func, ast.Attribute):
        return Unknown()
    target, method = evaluated(walk, node.func.value), node.func.attr
    match target:
        case Page():
            return _of_page(walk, node, target, method, call, named)
        case Located():
            return _of_located(walk, node, target, method, call, named)
        case Expecting():
            return _expect(walk, node, target, method, call)
        case Device():
            return of_device(walk, node, target, method, call)
        case Tool():
            return of_tool(walk, node, method, call)
        case Awaited() if method in ("save_as", "path", "failure"):
            walk.note(node.lineno, "changed", "the download is kept with the row's result, and not under a path")
            return Unknown()
        case Unknown() | Value() if method in ("compile", "escape") and _root(node.func) == "re":
            return pattern_of(method, call)
        case Instance():
            return of_instance(walk, node, target, method, call)
        case Unknown() | Value() if _METHOD.fullmatch(method) and not isinstance(node.func.value, ast.Constant):
            walk.fault(node, f"{ast.unparse(node.func)[:60]}: nobody knows what page this is; write the steps out.")
            return Unknown()
        case _:
            found = unfollowed(walk, node, target, method, call)
            return formatted(target, method, call, ast.unparse(node.func)[:60]) if found is None else found


def _root(node: ast.expr) -> str:
    return node.value.id if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) else ""


def _function(walk: "Walk", node: ast.Call, name: str, call: Call) -> Any:
    found = walk.scope.find(name)
    if isinstance(found, ast.ClassDef):
        return instance_of(walk, found, call)
    if isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef):
        return _of_export(found.name, call) or walk.enter(found, *call)
    if name in ("sync_playwright", "async_playwright"):
        return Tool("playwright")
    if name == "expect":
        subject = call[0][0] if call[0] else None
        if isinstance(subject, Located):
            return Expecting(subject.page, subject.parts, subject.others)
        return Expecting(subject.number, None) if isinstance(subject, Page) else Unknown("=expect")
    if name == "range" and all(isinstance(one, int) for one in call[0]) and 1 <= len(call[0]) <= 3:
        turns = range(*call[0]) if len(call[0]) < 3 or call[0][2] else range(0)
        return list(turns[:1000]) if len(turns) < 1000 else Unknown("range")
    if name in ("str", "int") and call[0] and isinstance(call[0][0], str | int | Value):
        return str(call[0][0]) if number(call[0][0]) is not None else call[0][0]
    return unfollowed(walk, node, found, name, call) or Unknown(name)


def _of_export(name: str, call: Call) -> Any:
    """The helpers of a script that we exported: several locators of one element, a name, and a word that means yes."""
    located = [one for one in call[0] if isinstance(one, Located)]
    if name == BEST_OF and located:
        return Located(located[0].page, located[0].parts, tuple(one.parts for one in located[1:]))
    if name == NAMED and call[0] and isinstance(call[0][0], str):
        return call[0][0]
    return call[0][0] if name == TICKED and call[0] and isinstance(call[0][0], Value) else None


def _of_page(walk: "Walk", node: ast.Call, page: Page, method: str, call: Call, named: str | None) -> Any:
    parts = narrowed(method, call, walk.test_id)
    if parts is not None and method == "nth" and page.parts:  # of a frame locator
        return Page(page.number, (*page.parts[:-1], *parts, page.parts[-1]))
    if parts is not None:
        found = (*page.parts, *parts)
        return Page(page.number, found) if method == "frame_locator" else Located(page.number, found)
    if method in ("frame", "wait_for_selector", "query_selector"):
        return _looked_up(walk, node, page, method, call)
    if method.startswith("expect_"):
        return _awaited(walk, page, method)
    if method in ("once", "on"):
        return _listening(walk, node, page, method, call)
    if method in OF_PAGE_WITH_SELECTOR and page is not None:
        selector, *rest = call[0] or [call[1].pop("selector", None)]
        located = Located(page.number, (*page.parts, *selector_of(selector)))
        return _of_located(walk, node, located, method, (rest, call[1]), named)
    if method == "title":
        return _taken(walk, node, Located(page.number, ()), "title", call, named) if named else Unknown()
    if method == "drag_and_drop":
        source, target = (*call[0], call[1].get("source"), call[1].get("target"))[:2]
        args = {**call[1], "target": (*page.parts, *selector_of(target))}
        walk.act(Action("drag_to", node.lineno, page.number, (*page.parts, *selector_of(source)), args))
        return None
    args = arguments(method, call)
    if method in ("goto", "wait_for_url") and walk.base_url:
        args["url"] = _joined(walk.base_url, args.get("url"))
    if method == "evaluate" and named:
        args["name"] = named
    if method not in IGNORED:
        walk.act(Action(method, node.lineno, page.number, page.parts or None, args))
    return Value(f"${{{named}}}", taken=True) if method == "evaluate" and named else Unknown(f"={method}")


def _looked_up(walk: "Walk", node: ast.Call, page: Page, method: str, call: Call) -> Any:
    if method == "frame":
        name = call[0][0] if call[0] else call[1].get("name")
        text = name.text if isinstance(name, Value) else name
        css = f'iframe[name="{text}"]' if isinstance(text, str) and '"' not in text else "_react=frame"
        return Page(page.number, (*page.parts, *selector_of(css), *PROPERTIES["content_frame"]))
    located = Located(page.number, (*page.parts, *selector_of(call[0][0] if call[0] else call[1].get("selector"))))
    if method == "wait_for_selector":
        walk.act(Action("wait_for", node.lineno, page.number, located.parts, call[1]))
    return located


def _awaited(walk: "Walk", page: Page, method: str) -> Awaited:
    kind = method.removeprefix("expect_")
    if kind in ("popup", "page"):
        return Awaited("page", walk.new_page().number)
    return Awaited(kind, page.number)


def _listening(walk: "Walk", node: ast.Call, page: Page, method: str, call: Call) -> None:
    """`page.once("dialog", lambda dialog: dialog.dismiss())` tells how the next dialog is answered."""
    event, handler = (*call[0], None, None)[:2]
    answer = _answer(walk, handler) if (event.text if isinstance(event, Value) else event) == "dialog" else None
    if method == "once" and answer is not None:
        walk.pending_dialogs.append(Action("dialog", node.lineno, page.number, None, answer))
    else:
        walk.note(node.lineno, "not_carried", f"page.{method}({str(event)[:20]}) is left out")


def _answer(walk: "Walk", handler: Any) -> dict[str, Any] | None:
    body = handler.body if isinstance(handler, ast.Lambda) else None
    if not (isinstance(body, ast.Call) and isinstance(body.func, ast.Attribute)):
        return None
    if body.func.attr not in ("accept", "dismiss"):
        return None
    given = evaluated(walk, body.args[0]) if body.args else None
    text = given.text if isinstance(given, Value) else given
    return {"accept": body.func.attr == "accept", "text": text}


def _of_located(walk: "Walk", node: ast.Call, located: Located, method: str, call: Call, named: str | None) -> Any:
    parts = narrowed(method, call, walk.test_id)
    if parts is not None:
        found = (*located.parts, *parts)
        return Page(located.page, found) if method == "frame_locator" else Located(located.page, found)
    if method in READ:
        return _taken(walk, node, located, method, call, named) if named else Unknown()
    if method == "all":
        return Unknown("=all")
    args = arguments(method, call)
    if method == "drag_to":
        target = args.get("target")
        args["target"] = target.parts if isinstance(target, Located) else ()
        args["target_others"] = target.others if isinstance(target, Located) else ()
    if method not in IGNORED:
        known = {"elementTag": "select"} if method == "select_option" else {}
        walk.act(Action(method, node.lineno, located.page, located.parts, args, known, others=located.others))
    return Unknown(f"={method}")


def _taken(walk: "Walk", node: ast.Call, located: Located, method: str, call: Call, named: str | None) -> Value:
    args = {"name": named, "what": READ.get(method, "title")}
    if method == "get_attribute":
        args["attribute"] = call[0][0] if call[0] else call[1].get("name")
    walk.act(Action("extract", node.lineno, located.page, located.parts or None, args, others=located.others))
    return Value(f"${{{named}}}", taken=True)


def _expect(walk: "Walk", node: ast.Call, expecting: Expecting, method: str, call: Call) -> None:
    negated = method.startswith("not_")
    what = method.removeprefix("not_")
    args = assertion_args(what, call) | {"what": what, "negated": negated}
    if what == "to_have_url" and walk.base_url:
        args["expected"] = _joined(walk.base_url, args.get("expected"))
    walk.act(Action("expect", node.lineno, expecting.page, expecting.parts, args, others=expecting.others))


def _joined(base: str, given: Any) -> Any:
    if isinstance(given, Pattern):
        return given
    text = given.text if isinstance(given, Value) else given
    if not isinstance(text, str) or text.startswith("*"):
        return given
    joined = urljoin(base, text)
    return Value(joined, given.variable, given.taken) if isinstance(given, Value) else joined


__all__ = ["Dialog", "evaluated"]
