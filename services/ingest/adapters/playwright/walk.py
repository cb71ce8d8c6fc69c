"""Follows a script's statements without running it, and gathers what they do to pages."""

import ast
from collections.abc import Sequence
from typing import Any

from services.ingest.adapters.faults import Faults
from services.ingest.adapters.imported import MAX_STEPS, about_file
from services.ingest.adapters.playwright.actions import carried, gap
from services.ingest.adapters.playwright.branches import perform_if, perform_try, touches
from services.ingest.adapters.playwright.calls import evaluated
from services.ingest.adapters.playwright.entry import Function, is_fixture
from services.ingest.adapters.playwright.handles import (
    Awaited,
    Instance,
    Page,
    Scope,
    Tool,
    Unknown,
)
from services.ingest.adapters.playwright.terms import Action, Made, Value
from shared.contracts.ingest import FidelityNote

MAX_DEPTH = 20  # functions inside each other
MAX_TURNS = 200  # of one loop
MAX_STATEMENTS = 50_000  # with every turn of every loop and every call of a function
_NAMING = (ast.Assign, ast.AnnAssign, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_FIXTURES = {"page": "Page", "context": "BrowserContext", "browser": "Browser", "playwright": "Playwright"}
_QUIET = (ast.Import, ast.ImportFrom, ast.Pass, ast.Global, ast.Nonlocal, ast.Break, ast.Continue)


class Returned(Exception):
    """A function of the script is done; `value` is what it gives back."""

    def __init__(self, value: Any) -> None:
        self.value = value


class Walk:
    """State of one reading: the steps so far, the pages, the names."""

    def __init__(self, faults: Faults) -> None:
        self.faults = faults
        self.drafts: list[Made] = []
        self.told: list[FidelityNote] = []
        self._said: set[tuple[Any, str]] = set()
        self.scope = Scope()
        self.pages = 0
        self.base_url = ""
        self.test_id = "data-testid"
        self.depth = 0
        self._read = 0
        self.fixtures: dict[str, Any] = {}  # what the test was given under a name
        self.pending_dialogs: list[Action] = []  # told by page.once before the call that opens them
        self.downloads = 0  # open `with page.expect_download()` blocks that no step belongs to yet

    def module(self, tree: ast.Module, *, names_only: bool = False) -> None:
        """The statements of the file itself; functions are only noted. `names_only`: nothing is run by itself."""
        self.block([one for one in tree.body if not names_only or isinstance(one, _NAMING)])

    def enter(self, function: Function, given: Sequence[Any] = (), named: dict[str, Any] | None = None) -> Any:
        """Follows a function of the script with these arguments; fixtures and unknown values for the rest."""
        if self.depth >= MAX_DEPTH:
            self.faults.add(f"line {function.lineno}", f"{function.name} calls itself, or is nested too deep.")
            return Unknown()
        arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
        places = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
        defaults: dict[str, ast.expr] = dict(zip(places[::-1], function.args.defaults[::-1], strict=False))
        by_name = zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)
        defaults |= {one.arg: default for one, default in by_name if default is not None}
        scope = Scope(outer=self._outermost())
        for at, argument in enumerate(arguments):
            scope.names[argument.arg] = self._argument(argument, at, given, named or {}, defaults)
        before, self.scope, self.depth = self.scope, scope, self.depth + 1
        try:
            self.block(function.body)
        except Returned as returned:
            return returned.value
        finally:
            self.scope, self.depth = before, self.depth - 1
        return None

    def _outermost(self) -> Scope:
        scope = self.scope
        while scope.outer is not None:
            scope = scope.outer
        return scope

    def _argument(self, argument: ast.arg, at: int, given: Sequence[Any], named: dict[str, Any], defaults: Any) -> Any:
        if at < len(given):
            return given[at]
        if argument.arg in named:
            return named[argument.arg]
        if argument.arg in defaults:
            found = evaluated(self, defaults[argument.arg])
            return Value(found, variable=argument.arg) if isinstance(found, str) else found
        if argument.arg not in self.fixtures:
            self.fixtures[argument.arg] = Value(None, variable=argument.arg)  # for one that asks for itself
            self.depth += 1
            self.fixtures[argument.arg] = self._fixture(argument)
            self.depth -= 1
        return self.fixtures[argument.arg]

    def _fixture(self, argument: ast.arg) -> Any:
        """What pytest would give a test under that name."""
        written = self._outermost().names.get(argument.arg)
        if isinstance(written, Function) and is_fixture(written):
            return self.enter(written)
        word = ast.unparse(argument.annotation).rpartition(".")[2] if argument.annotation else ""
        match word or _FIXTURES.get(argument.arg, ""):
            case "Page":
                return self.new_page()
            case "BrowserContext" | "Browser" | "Playwright":
                return Tool(word or argument.arg)
            case _:
                return Value(None, variable=argument.arg)

    @property
    def page(self) -> int:
        """The page of the step before; the first, where there is none."""
        return next((one.page for one in reversed(self.drafts) if one.json), 1)

    def new_page(self) -> Page:
        """Another page than the ones before."""
        self.pages += 1
        return Page(self.pages)

    def act(self, action: Action) -> None:
        """One call that does something."""
        if len(self.drafts) > MAX_STEPS * 2:
            return
        if self.downloads and action.name in ("click", "dblclick", "press", "goto"):
            self.downloads -= 1
            action.args["_download"] = True
        made = carried(action, self.faults)
        self.drafts += made
        if any(one.json and one.json["event"] not in ("navigate", "type") for one in made):
            for dialog in self.pending_dialogs:
                self.drafts += carried(dialog, self.faults)
            self.pending_dialogs.clear()

    def gap(self, line: int, what: str, why: str) -> None:
        """A step in the place of something that is not followed, which is skipped when the recording runs."""
        made = Made(line, self.page, gap(what))
        made.note("not_carried", f"{what} is left out: {why}")
        self.drafts.append(made)

    def note(self, line: int, kind: Any, detail: str) -> None:
        """Something for the report that is no step."""
        made = Made(line, 1)
        made.note(kind, detail)
        self.drafts.append(made)

    def fault(self, node: ast.AST, detail: str) -> None:
        """Why the file cannot be imported, and where."""
        self.faults.add(f"line {getattr(node, 'lineno', 0)}", detail)

    def about(self, kind: Any, detail: str) -> None:
        """Something for the report about the file."""
        if (kind, detail) not in self._said:
            self._said.add((kind, detail))
            self.told.append(about_file(kind, detail))

    def block(self, statements: Sequence[ast.stmt]) -> None:
        """Statements, one after the other."""
        for statement in statements:
            self.statement(statement)

    def statement(self, node: ast.stmt) -> None:
        """One statement."""
        self._read += 1
        if self._read > MAX_STATEMENTS:
            self.fault(node, "with its loops and functions it does too much to be followed; write out the steps.")
            self.faults.refuse_if_any()
        match node:
            case ast.Expr(value=ast.Constant()):
                pass
            case ast.Expr(value=ast.Yield(value=value)):  # of a fixture: what follows is done behind the test
                raise Returned(evaluated(self, value))
            case ast.Expr(value=value):
                evaluated(self, value)
            case ast.Assign(targets=targets, value=value):
                found = evaluated(self, value, named=_plain_name(targets[0]))
                for target in targets:
                    self._assign(target, found)
            case ast.AnnAssign(target=target, value=value) if value is not None:
                self._assign(target, evaluated(self, value, named=_plain_name(target)))
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                self.scope.names[node.name] = node
            case ast.With() | ast.AsyncWith():
                self._with(node)
            case ast.Return():
                raise Returned(evaluated(self, node.value) if node.value else None)
            case ast.For():
                self._for(node)
            case ast.If():
                perform_if(self, node)
            case ast.Try():
                perform_try(self, node)
            case ast.Assert():
                self.note(node.lineno, "not_carried", "an assert of Python's own is not checked when it is replayed")
            case _ if not isinstance(node, _QUIET) and touches(self, node):
                self.fault(node, "what is done to the page here depends on what happens; write out the steps.")
            case _:
                pass

    def _assign(self, target: ast.expr, found: Any) -> None:
        if isinstance(target, ast.Name):
            if isinstance(found, str):
                found = Value(found, variable=target.id)
            elif isinstance(found, Unknown):
                found = Value(None, variable=target.id) if not found.name.startswith("=") else found
            elif isinstance(found, Value) and found.variable is None and not found.taken:
                found = Value(found.text, variable=target.id)
            self.scope.names[target.id] = found
        elif isinstance(target, ast.Attribute) and isinstance(holder := evaluated(self, target.value), Instance):
            holder.names[target.attr] = found
        elif isinstance(target, ast.Tuple | ast.List):
            values = found if isinstance(found, list | tuple) and len(found) == len(target.elts) else []
            for at, one in enumerate(target.elts):
                self._assign(one, values[at] if values else Unknown(ast.unparse(one)[:60]))

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        awaited = []
        for item in node.items:
            found = evaluated(self, item.context_expr)
            if item.optional_vars is not None:
                self._assign(item.optional_vars, found)
            if isinstance(found, Awaited):
                awaited.append(found)
                self.downloads += found.kind == "download"
        before = len(self.drafts)
        open_downloads = self.downloads
        self.block(node.body)
        for one in awaited:
            self._came(one, node, before)
        self.downloads = min(self.downloads, max(0, open_downloads - sum(one.kind == "download" for one in awaited)))

    def _came(self, awaited: Awaited, node: ast.With | ast.AsyncWith, before: int) -> None:
        """What the block waited for belongs to the last step in it."""
        step = next((one.json for one in reversed(self.drafts[before:]) if one.json), None)
        if awaited.kind == "navigation" and step and step["navigation"]["type"] == "same_page":
            step["navigation"] = {"type": "navigation"}
        elif awaited.kind not in ("page", "download", "navigation"):
            self.note(node.lineno, "not_carried", f"expect_{awaited.kind} is left out: nothing is waited for")

    def _for(self, node: ast.For) -> None:
        turns = evaluated(self, node.iter)
        if isinstance(turns, str):
            turns = list(turns)
        if not touches(self, node):
            return
        if not isinstance(turns, list | tuple) or len(turns) > MAX_TURNS:
            self.fault(node, "how often this loop runs is known only when the script runs; write out its steps.")
            return
        if any(isinstance(one, ast.Break | ast.Continue) for one in ast.walk(node)):
            self.fault(node, "what ends this loop is known only when the script runs; write out its steps.")
            return
        for turn in turns:
            if len(self.drafts) > MAX_STEPS * 2:
                break
            self._assign(node.target, turn)
            self.block(node.body)
        self.block(node.orelse)


def _plain_name(target: ast.expr) -> str | None:
    return target.id if isinstance(target, ast.Name) else None
