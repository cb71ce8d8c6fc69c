"""What the values of a script of Playwright stand for while it is read: pages, locators, and what nobody knows."""

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from services.ingest.adapters.playwright.locators import Part, PartKind, Parts, Words, selector_parts, unsaid
from services.ingest.adapters.playwright.selectors import attribute_part, internal_parts
from services.ingest.adapters.playwright.terms import Pattern, Value


@dataclass(frozen=True, slots=True)
class Unknown:
    """Something that only running the script would tell; `name`: what the script calls it."""

    name: str = ""


@dataclass(frozen=True, slots=True)
class Tool:
    """`playwright`, a browser, a context: things that have pages. `kind` names it."""

    kind: str


@dataclass(frozen=True, slots=True)
class Page:
    """A page by its number, or a frame of it (`parts` end with one)."""

    number: int
    parts: Parts = ()


@dataclass(frozen=True, slots=True)
class Located:
    """A locator on a page; `others` are tried after it, as our own exported scripts do."""

    page: int
    parts: Parts
    others: tuple[Parts, ...] = ()


@dataclass(frozen=True, slots=True)
class Device:
    """The keyboard or the mouse of a page."""

    kind: str
    page: int


@dataclass(frozen=True, slots=True)
class Expecting:
    """`expect(…)`."""

    page: int
    parts: Parts | None
    others: tuple[Parts, ...] = ()


@dataclass(slots=True)
class Awaited:
    """What a `with page.expect_…()` waits for: a page (`page`), a download, or something else."""

    kind: str
    page: int = 0


@dataclass(frozen=True, slots=True)
class Stranger:
    """An object of a class in another file, which holds a page."""

    name: str


@dataclass(slots=True)
class Instance:
    """An object of a class of the script, and what its names stand for."""

    made_of: ast.ClassDef
    names: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Dialog:
    """The argument of a handler of dialogs."""


MOST_PLACES = 100_000
FILTERS: tuple[PartKind, ...] = ("has_text", "has_not_text", "has", "has_not")
Call = tuple[list[Any], dict[str, Any]]
_SELECTOR_ENGINE = re.compile(r"(^|>>)\s*(internal:|nth=|visible=|role=)|>>")


def words_of(given: Any, *, exact: Any = False) -> Words | None:
    """The words of an argument; None where only running the script would tell."""
    if isinstance(given, Pattern):
        return Words.of_pattern(given.source, given.flags)
    text = given.text if isinstance(given, Value) and not given.taken else given
    return Words(text, exact=exact is True) if isinstance(text, str) else None


def selector_of(given: Any) -> Parts:
    """The parts of a selector that a person wrote."""
    text = given.text if isinstance(given, Value) and not given.taken else given
    if not isinstance(text, str):
        return (unsaid("a selector that only running the script would tell"),)
    return internal_parts(text) if _SELECTOR_ENGINE.search(text) else selector_parts(text)


def narrowed(method: str, call: Call, test_id: str) -> Parts | None:
    """The parts that a method of a locator adds; None where it is no such method."""
    builder = _BUILDERS.get(method)
    if builder is not None:
        return builder(call)
    if method == "get_by_test_id":
        words = words_of(_first(call))
        return (Part("attribute", test_id, Words(words.text, exact=True, pattern=words.pattern)),) if words else _lost
    return None


_lost: Parts = (unsaid("a text that only running the script would tell"),)


def _first(call: Call) -> Any:
    positional, named = call
    return positional[0] if positional else next(iter(named.values()), None)


def _by_role(call: Call) -> Parts:
    positional, named = call
    role = positional[0] if positional else named.get("role")
    states = {key: state for key, state in named.items() if key not in ("role", "name", "exact", "description")}
    name = named.get("name")
    words = words_of(name, exact=named.get("exact"))
    if not isinstance(role, str) or (name is not None and words is None):
        return _lost
    return (Part("role", role, words, states=states),)


def _by_words(kind: PartKind) -> Callable[[Call], Parts]:
    def build(call: Call) -> Parts:
        words = words_of(_first(call), exact=call[1].get("exact"))
        return (Part(kind, words=words),) if words else _lost

    return build


def _by_attribute(name: str) -> Callable[[Call], Parts]:
    def build(call: Call) -> Parts:
        words = words_of(_first(call), exact=call[1].get("exact"))
        return (attribute_part(name, words),) if words else _lost

    return build


def _locator(call: Call) -> Parts:
    positional, named = call
    given = positional[0] if positional else named.get("selector_or_locator", named.get("selector"))
    found = given.parts if isinstance(given, Located) else selector_of(given)
    return (*found, *_filtered(([], named)))


def _filtered(call: Call) -> Parts:
    named = call[1]
    parts = [_filter(key, named[key]) for key in FILTERS if named.get(key) is not None]
    if "visible" in named:
        parts.append(Part("visible") if named["visible"] is True else unsaid("an element that cannot be seen"))
    return tuple(parts)


def _filter(kind: PartKind, given: Any) -> Part:
    if kind in ("has", "has_not"):
        return Part(kind, inner=given.parts) if isinstance(given, Located) else unsaid(kind)
    words = words_of(given)
    return Part(kind, words=words) if words else unsaid(kind)


def _nth(call: Call) -> Parts:
    index = _first(call)
    return (Part("nth", index=index),) if isinstance(index, int) and abs(index) < MOST_PLACES else _lost


def _or(call: Call) -> Parts:
    other = _first(call)
    return (Part("or", inner=other.parts),) if isinstance(other, Located) else _lost


_BUILDERS: dict[str, Callable[[Call], Parts]] = {
    "get_by_role": _by_role,
    "get_by_label": _by_words("label"),
    "get_by_text": _by_words("text"),
    "get_by_placeholder": _by_attribute("placeholder"),
    "get_by_alt_text": _by_attribute("alt"),
    "get_by_title": _by_attribute("title"),
    "locator": _locator,
    "frame_locator": lambda call: (*selector_of(_first(call)), Part("frame")),
    "filter": _filtered,
    "nth": _nth,
    "or_": _or,
    "and_": lambda _: (unsaid("and_"),),
}
PROPERTIES: dict[str, Parts] = {
    "first": (Part("nth", index=0),),
    "last": (Part("nth", index=-1),),
    "content_frame": (Part("frame"),),
}


@dataclass(slots=True)
class Scope:
    """The names that a function sees: its own, then the module's."""

    names: dict[str, Any] = field(default_factory=dict)
    outer: "Scope | None" = None

    def find(self, name: str) -> Any:
        """What a name stands for."""
        if name in self.names:
            return self.names[name]
        return self.outer.find(name) if self.outer else Unknown(name)
