"""Texts, lists and regular expressions of a script, put together as Python would, without running anything."""

import ast
import re
from typing import TYPE_CHECKING, Any

from services.ingest.adapters.playwright.handles import Call, Page, Tool, Unknown
from services.ingest.adapters.playwright.terms import Pattern, Value, number

if TYPE_CHECKING:
    from services.ingest.adapters.playwright.walk import Walk

LONGEST_TEXT = 64 * 1024
_FLAGS = {"I": "i", "IGNORECASE": "i", "M": "m", "MULTILINE": "m", "S": "s", "DOTALL": "s"}


def listed(walk: "Walk", node: ast.expr) -> Any:
    """Lists, dictionaries, formatted and joined texts, and what is taken out of a list."""
    from services.ingest.adapters.playwright.calls import evaluated

    match node:
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Set(elts=elements):
            return [evaluated(walk, one) for one in elements if not isinstance(one, ast.Starred)]
        case ast.Dict(keys=keys, values=values):
            return {
                _key(evaluated(walk, key)): evaluated(walk, value)
                for key, value in zip(keys, values, strict=True)
                if key is not None
            }
        case ast.JoinedStr(values=values):
            return joined([evaluated(walk, one) for one in values], ast.unparse(node))
        case ast.FormattedValue(value=value, format_spec=None, conversion=-1):
            return evaluated(walk, value)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return joined([evaluated(walk, left), evaluated(walk, right)], ast.unparse(node))
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _flags(node)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            return -number
        case ast.Subscript(value=value, slice=index):
            return _taken(evaluated(walk, value), evaluated(walk, index), ast.unparse(node)[:60])
        case ast.IfExp(test=test, body=body, orelse=orelse):  # `context.pages[0] if context.pages else …`
            given = evaluated(walk, test)
            sure = isinstance(given, list | str | bool | int) or given is None
            return evaluated(walk, body if given else orelse) if sure else Unknown(ast.unparse(node)[:60])
        case _:
            return Unknown(ast.unparse(node)[:60] if isinstance(node, ast.Name | ast.Attribute) else "")


def _key(found: Any) -> Any:
    key = found.text if isinstance(found, Value) else found
    return key if isinstance(key, str | int) else ""


def _taken(holder: Any, index: Any, name: str) -> Any:
    index = index.text if isinstance(index, Value) else index
    if isinstance(holder, dict) and isinstance(index, str | int) and index in holder:
        return holder[index]
    if isinstance(holder, list) and isinstance(index, int) and -len(holder) <= index < len(holder):
        return holder[index]
    if isinstance(holder, Tool):  # `browser.contexts[0]`
        return holder
    return Value(None, variable=_last_word(name)) if not isinstance(holder, Page) else Unknown(name)


def _last_word(name: str) -> str:
    """`os.environ["USER_NAME"]` → `USER_NAME`."""
    words = re.findall(r"\w+", name)
    return words[-1] if words else name


def joined(parts: list[Any], spelled: str) -> Any:
    """Texts behind each other; one that holds something unknown is unknown as a whole."""
    texts: list[str] = []
    for part in parts:
        if isinstance(part, Value) and part.text is not None:
            texts.append(part.text)
        elif isinstance(part, str) or number(part) is not None:
            texts.append(str(part))
        else:
            names = [one.variable for one in parts if isinstance(one, Value) and one.variable]
            return Value(None, variable=names[0] if names else _last_word(spelled)[:60])
    text = "".join(texts)[:LONGEST_TEXT]
    taken = any(isinstance(part, Value) and part.taken for part in parts)
    alone = [part.variable for part in parts if isinstance(part, Value)] if len(parts) == 1 else []
    return Value(text, variable=alone[0] if alone else None, taken=taken)


def formatted(target: Any, method: str, call: Call, name: str) -> Any:
    """What a method of a text, or of the environment, gives: `os.environ.get("USER")`, `text.strip()`."""
    first = call[0][0] if call[0] else None
    first = first.text if isinstance(first, Value) else first
    if method in ("get", "getenv") and isinstance(first, str):
        if isinstance(target, dict):
            return target.get(first, Unknown(name))
        return Value(None, variable=first)
    if method == "splitlines":
        return target
    if method in ("strip", "lower", "upper") and not call[0]:
        text = target.text if isinstance(target, Value) else target
        if isinstance(text, str):
            return {"strip": text.strip, "lower": text.lower, "upper": text.upper}[method]()
    if method in ("items", "keys", "values") and isinstance(target, dict):
        return list({"items": target.items, "keys": target.keys, "values": target.values}[method]())
    return Unknown(name)


def pattern_of(method: str, call: Call) -> Any:
    """`re.compile("…", re.IGNORECASE)`."""
    source = call[0][0] if call[0] else call[1].get("pattern")
    source = source.text if isinstance(source, Value) else source
    given = call[0][1] if len(call[0]) > 1 else call[1].get("flags")
    if not isinstance(source, str) or method == "escape":
        return Unknown()
    words = given.name.split("|") if isinstance(given, Unknown) else []
    flags = "".join(_FLAGS.get(word.strip().removeprefix("re."), "") for word in words)
    return Pattern(source, "".join(sorted(set(flags))))


def _flags(node: ast.expr) -> Unknown:
    return Unknown(ast.unparse(node)[:60])
