"""`${variables}` in the texts of a Selenium test: what is known when it is imported, and what only when it runs."""

import ast
import json
import math
import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from operator import add, mul, sub
from typing import Any, Literal

from shared.core.errors import TooLarge

MAX_TEXT = 64 * 1024  # characters of a text once its variables are in it
MAX_CONDITION = 1000
MAX_DEPTH = 40
# As Selenium IDE itself looks for them.
PLACEHOLDER = re.compile(r"\$\{([^{}]*)\}")
_ESCAPES = re.compile(r"\\([\\nr])")
_ESCAPED = {"\\": "\\", "n": "\n", "r": "\r"}
_NAME = re.compile(r"[^\W\d][\w.-]{0,63}")
_OPERATOR = re.compile(r"(===|!==|==|!=|<=|>=|<|>)")
_SUM = re.compile(r"[\d ()]{1,60}[+*-][\d ()+*-]{1,60}")
_REDUCED: dict[type, Callable[[int, int], int]] = {ast.Add: add, ast.Sub: sub, ast.Mult: mul}
_LARGEST = 2**53
_STRING = re.compile(r"'([^'\\\n\r]*)'|\"([^\"\\\n\r]*)\"")

# A part of a text: itself, the name of a value taken from a page, or the name of what only a row can give.
Part = tuple[Literal["text", "taken", "open"], str]


@dataclass(frozen=True, slots=True)
class Said:
    """A text of the file with its variables looked up."""

    parts: tuple[Part, ...]
    sole: str | None = None  # the one variable that it consists of

    @property
    def text(self) -> str | None:
        """The text, where all of it is known."""
        return "".join(part for _, part in self.parts) if all(kind == "text" for kind, _ in self.parts) else None

    @property
    def template(self) -> str | None:
        """The text with `${name}` for what is taken from a page; None where a row must give a part, or nothing fits."""
        if any(kind == "open" or (kind == "text" and "${" in part) for kind, part in self.parts):
            return None
        return "".join(part if kind == "text" else f"${{{part}}}" for kind, part in self.parts)

    @property
    def open(self) -> tuple[str, ...]:
        """The names that nothing before gives a value."""
        return tuple(dict.fromkeys(part for kind, part in self.parts if kind == "open"))


@dataclass(slots=True)
class Variables:
    """What the variables of a test hold at a point of it."""

    known: dict[str, Any] = field(default_factory=dict)  # JSON values
    taken: dict[str, str] = field(default_factory=dict)  # name → how the step that takes it calls it
    doubtful: set[str] = field(default_factory=set)  # what was not carried over may have set them
    versions: dict[str, int] = field(default_factory=dict)  # one more with every value that it gets

    def copy(self) -> "Variables":
        """The same, for itself."""
        return Variables(self.known.copy(), self.taken.copy(), self.doubtful.copy(), self.versions.copy())

    def know(self, name: str, value: Any) -> None:
        """From here on the variable holds this."""
        self.forget([name])
        self.doubtful.discard(name)
        self.known[name] = value

    def take(self, name: str) -> str:
        """From here on the variable holds what a step takes from the page, under the name that is given back."""
        self.forget([name])
        self.doubtful.discard(name)
        safe = name if _NAME.fullmatch(name) else "v_" + re.sub(r"[^\w.-]", "_", name)[:60]
        self.taken[name] = safe
        return safe

    def forget(self, names: Iterable[str]) -> None:
        """Nobody knows any more what these hold."""
        for name in names:
            self.known.pop(name, None)
            self.taken.pop(name, None)
            self.doubtful.add(name)
            self.versions[name] = self.versions.get(name, 0) + 1

    def version(self, name: str) -> tuple[str, int]:
        """The same as long as the variable holds the same."""
        return name, self.versions.get(name, 0)

    def said(self, text: str) -> Said:
        """The text as Selenium reads it: without spaces around, its variables and escapes looked up.

        Raises `TooLarge` where they make it longer than a text may be.
        """
        text = text.strip()
        parts: list[Part] = []
        at, size = 0, len(text)
        for found in PLACEHOLDER.finditer(text):
            if found.start() > at:
                parts.append(("text", _unescaped(text[at : found.start()])))
            parts.append(self._part(found[1]))
            at, size = found.end(), size + len(parts[-1][1])
            _refuse_long(size)
        if at < len(text):
            parts.append(("text", _unescaped(text[at:])))
        whole = PLACEHOLDER.fullmatch(text)
        return Said(tuple(parts), whole[1] if whole and whole[1] != "nbsp" else None)

    def _part(self, name: str) -> Part:
        if name in self.known:
            return "text", as_text(self.known[name])
        if name in self.taken:
            return "taken", self.taken[name]
        return ("text", "\N{NO-BREAK SPACE}") if name == "nbsp" else ("open", name)

    def script(self, script: str, texts: Collection[str] = ()) -> str | None:
        """A script with the known values in it, as literals; None where it needs one that only a browser knows.

        `texts`: of what is taken from the page, what is text; it keeps its `${name}`. A name that nothing gives a value
        stays as it is, as in Selenium: it may be JavaScript's own `${…}`.
        """
        if any(name in self.taken and name not in texts for name in PLACEHOLDER.findall(script)):
            return None

        size = len(script)

        def _literal(found: re.Match[str]) -> str:
            nonlocal size
            if found[1] in self.taken:
                return f"${{{self.taken[found[1]]}}}"
            if found[1] not in self.known:
                return found[0]
            value = f"({json.dumps(self.known[found[1]], ensure_ascii=False)})"
            size += len(value)
            _refuse_long(size)
            return value

        return PLACEHOLDER.sub(_literal, _unescaped(script.strip()))


def _refuse_long(size: int) -> None:
    if size > MAX_TEXT:
        raise TooLarge(
            f"the test cannot be imported: with its variables put in, a text of it is over {MAX_TEXT // 1024} KiB."
        )


def _unescaped(text: str) -> str:
    return _ESCAPES.sub(lambda found: _ESCAPED[found[1]], text)


def as_text(value: Any) -> str:
    """A JSON value as JavaScript's `String(value)` writes it."""
    match value:
        case str():
            return value
        case bool() | None:
            return json.dumps(value)
        case float() if value.is_integer() and abs(value) < 1e21:
            return str(int(value))
        case int() | float():
            return str(value)
        case list():
            return ",".join("" if item is None else as_text(item) for item in value)
        case _:
            return "[object Object]"


class Unknown(Exception):
    """Only a browser could say what this comes to."""


def literal(text: str) -> Any:
    """The value of JavaScript that is a JSON value or a plain string. Raises `Unknown`."""
    text = text.strip()
    if string := _STRING.fullmatch(text):
        return string[1] if string[1] is not None else string[2]
    if len(text) > MAX_TEXT or _depth(text) > MAX_DEPTH:
        raise Unknown
    try:
        value = json.loads(text)
        again = json.dumps(value, ensure_ascii=False, allow_nan=False)
        again.encode()
    except ValueError:  # a lone surrogate among them
        raise Unknown from None
    if "\\u0000" in again:
        raise Unknown
    return value


def _depth(text: str) -> int:
    """At most so many levels of JSON."""
    deepest = level = 0
    for found in re.finditer(r"[\[\]{}]", text):
        level += 1 if found[0] in "[{" else -1
        deepest = max(deepest, level)
    return deepest


def returned(script: str) -> Any:
    """What a script that only returns a literal, or a sum or a product of numbers, returns. Raises `Unknown`."""
    script = script.strip().removesuffix(";")
    if not re.match(r"return\b", script):
        raise Unknown
    given = script.removeprefix("return").strip()
    return _reckoned(given) if _SUM.fullmatch(given) else literal(given)


def _reckoned(text: str) -> int:
    """`(1)+1`, as loops count with it: whole numbers, which Python and JavaScript reckon alike. Raises `Unknown`."""
    try:
        found = _value_of(ast.parse(text, mode="eval").body)
    except (SyntaxError, ValueError, RecursionError):
        raise Unknown from None
    if abs(found) > _LARGEST:
        raise Unknown
    return found


def _value_of(node: ast.expr) -> int:
    match node:
        case ast.Constant(value=int() as number):
            return number
        case ast.UnaryOp(op=ast.USub(), operand=inner):
            return -_value_of(inner)
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() | ast.Mult() as sign, right=right):
            return _REDUCED[type(sign)](_value_of(left), _value_of(right))
        case _:
            raise Unknown


def holds(condition: str) -> bool:
    """Whether a condition between literals holds, as in JavaScript. Raises `Unknown` for any other."""
    condition = _bare(condition)
    if len(condition) > MAX_CONDITION:
        raise Unknown
    pieces = _OPERATOR.split(condition)
    if len(pieces) == 1:
        return _truthy(literal(condition))
    # An operator inside of a text splits it as well: then no side is a literal.
    left, operator, right = literal(_bare(pieces[0])), pieces[1], literal(_bare("".join(pieces[2:])))
    if any(isinstance(side, list | dict) for side in (left, right)):
        raise Unknown
    if operator in ("===", "!=="):
        same = type(left) is type(right) or _both_numbers(left, right)
        return (same and left == right) is (operator == "===")
    return _compared(left, operator, right)


def _bare(text: str) -> str:
    """Without the parentheses that a value was put in with."""
    text = text.strip()
    if len(text) <= MAX_CONDITION:
        while text.startswith("(") and text.endswith(")"):
            text = text[1:-1].strip()
    return text


def _compared(left: Any, operator: str, right: Any) -> bool:
    if not (isinstance(left, str) and isinstance(right, str)):
        left, right = _number(left), _number(right)
    match operator:
        case "==":
            return bool(left == right)
        case "!=":
            return bool(left != right)
    if isinstance(left, str):
        raise Unknown
    return bool({"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[operator])


def _both_numbers(left: Any, right: Any) -> bool:
    return all(isinstance(side, int | float) and not isinstance(side, bool) for side in (left, right))


def _number(value: Any) -> float:
    """As JavaScript compares it with a number. Raises `Unknown` where its rules are its own."""
    if isinstance(value, bool) or value is None or not isinstance(value, int | float | str):
        raise Unknown
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise Unknown from None
    if not math.isfinite(number):
        raise Unknown
    return number


def _truthy(value: Any) -> bool:
    return isinstance(value, list | dict) or bool(value)
