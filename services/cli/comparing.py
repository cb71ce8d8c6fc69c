"""PURE: what differs between two states of a thing, field by field."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Change:
    """A field (a path with dots: `steps.3.bundle.tag`) that came, changed, or went. JSON values."""

    field: str
    change: Literal["added", "changed", "removed"]
    before: Any = None
    after: Any = None


def changes(before: Any, after: Any, path: str = "") -> Iterator[Change]:
    """The smallest parts of two JSON values that differ, in order; whole objects that came or went stay whole.

    A field without a value is no field: null and nothing are the same.
    """
    if before is None or after is None:
        if before is not after:
            yield Change(path, "added" if before is None else "removed", before, after)
    elif isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in [*before, *(key for key in after if key not in before)]:
            yield from changes(before.get(key), after.get(key), f"{path}.{key}" if path else str(key))
    elif isinstance(before, list) and isinstance(after, list):
        yield from changes(dict(enumerate(before)), dict(enumerate(after)), path)
    elif before != after or isinstance(before, bool) != isinstance(after, bool):
        yield Change(path, "changed", before, after)
