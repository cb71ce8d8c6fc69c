"""Personal values of an event: what is hidden from the wire, and what stays so that the event still folds.

An event's class names its personal parts as paths into its JSON (`Event.personal`): `rows` means every string below
`rows`, `steps.*.error` one string of each step. Numbers, keys, lists' lengths and null are structure and stay.
"""

import re
from collections.abc import Sequence
from functools import cache
from typing import Any

HIDDEN = "••••••"


@cache
def _something(paths: tuple[str, ...]) -> re.Pattern[bytes]:
    """Matches JSON in which one of the paths' last keys has a value that strings can be in."""
    keys = "|".join(sorted({re.escape(path.rpartition(".")[2]) for path in paths}))
    return re.compile(rf'"(?:{keys})":\s*["{{\[]'.encode())


def may_hold(encoded: bytes, paths: tuple[str, ...]) -> bool:
    """Whether `hide` may find something in an event's JSON: most results of rows have neither error nor message."""
    return bool(paths) and _something(paths).search(encoded) is not None


def hide(data: dict[str, Any], paths: Sequence[str]) -> dict[str, Any]:
    """Put `HIDDEN` in the place of every personal string of `data`.

    Returns the top-level values as they were, for the keys where something was hidden: `data | returned` is the
    original. Empty when there was nothing to hide.
    """
    before: dict[str, Any] = {}
    for path in paths:
        top, _, rest = path.partition(".")
        value = data.get(top)
        hidden = _hidden(value, rest.split(".") if rest else [])
        if hidden is not value:
            before.setdefault(top, value)
            data[top] = hidden
    return before


def _hidden(value: Any, path: Sequence[str]) -> Any:
    """`value` itself when there is nothing to hide in it, else a copy."""
    if isinstance(value, str):
        return value if path or value in ("", HIDDEN) else HIDDEN
    if isinstance(value, dict):
        wanted = path[0] if path else "*"
        changed = {
            key: new
            for key, each in value.items()
            if wanted in ("*", key) and (new := _hidden(each, path[1:])) is not each
        }
        return {**value, **changed} if changed else value
    if isinstance(value, list):
        new_items = [_hidden(each, path[1:] if path else path) for each in value]
        return new_items if any(new is not old for new, old in zip(new_items, value, strict=True)) else value
    return value
