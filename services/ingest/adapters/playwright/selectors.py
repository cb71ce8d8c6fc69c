"""Playwright's internal selectors, as traces and the jsonl target have them: `internal:role=button[name="Save"i]`."""

import json
import re
from collections.abc import Callable

from services.ingest.adapters.playwright.locators import Part, PartKind, Parts, Words, selector_parts, unsaid

MAX_NESTING = 8
_NAMED = re.compile(r"(?s)^\s*([A-Za-z_:][\w:+-]*)\s*=(.*)$")
_SAID = re.compile(r'(?s)^\s*("(?:[^"\\]|\\.)*")\s*([is]?)\s*$')
_PATTERN = re.compile(r"(?s)^\s*/(.*)/([a-z]*)\s*$")
_STATE = re.compile(r"""(?sx) \[ \s* ([\w-]+) \s* (?: = \s*
    ( "(?:[^"\\]|\\.)*" | /(?:[^/\\]|\\.)*/[a-z]* | [^\]"/\s]+ ) \s* ([is]?) \s* )? \] """)


def internal_parts(selector: str, depth: int = 0) -> Parts:
    """The parts of a whole selector, `>>` between them."""
    if depth > MAX_NESTING:
        return (unsaid("a selector nested too deep"),)
    parts: list[Part] = []
    for piece in _pieces(selector):
        parts += _parts_of(piece.strip(), depth)
    return tuple(parts)


def _pieces(selector: str) -> list[str]:
    """The selector between its `>>`, of which those in quotes are none."""
    pieces: list[str] = []
    quote, start, at = "", 0, 0
    while at < len(selector):
        character = selector[at]
        if character == "\\":
            at += 1
        elif quote:
            quote = "" if character == quote else quote
        elif character in "\"'`":
            quote = character
        elif selector.startswith(">>", at):
            pieces.append(selector[start:at])
            at += 1
            start = at + 1
        at += 1
    pieces.append(selector[start:])
    return [piece for piece in pieces if piece.strip()]


def _parts_of(piece: str, depth: int) -> Parts:
    named = _NAMED.match(piece)
    reader = _READERS.get(named[1]) if named else None
    if named and reader:
        return reader(named[2], depth)
    if named and named[1].startswith("internal:"):
        return (unsaid(f"the selector {named[1]}"),)
    return selector_parts(piece)


def _words(body: str) -> Words | None:
    if said := _SAID.match(body):
        return Words(_json(said[1]), exact=said[2] == "s")
    if pattern := _PATTERN.match(body):
        return Words.of_pattern(pattern[1], pattern[2])
    return None


def _json(quoted: str) -> str:
    try:
        return str(json.loads(quoted))
    except ValueError:
        return re.sub(r"\\(.)", r"\1", quoted[1:-1])


def _of_words(kind: PartKind) -> Callable[[str, int], Parts]:
    def read(body: str, _: int) -> Parts:
        words = _words(body)
        return (Part(kind, words=words),) if words else (unsaid(f"the selector {kind}"),)

    return read


def _of_parts(kind: PartKind) -> Callable[[str, int], Parts]:
    def read(body: str, depth: int) -> Parts:
        inner = internal_parts(_json(body.strip()), depth + 1) if body.strip().startswith('"') else ()
        return (Part(kind, inner=inner),) if inner else (unsaid(f"the selector {kind}"),)

    return read


def _role(body: str, _: int) -> Parts:
    role = re.match(r"\s*([\w-]+)", body)
    if role is None:
        return (unsaid("a role"),)
    states: dict[str, str] = {}
    words = None
    for found in _STATE.finditer(body):
        name, value, flag = found[1], found[2] or "true", found[3]
        if name == "name":
            words = _words(f"{value}{flag}")
        else:
            states[name] = value
    return (Part("role", role[1], words, states=states),)


def _attribute(body: str, _: int) -> Parts:
    found = _STATE.match(body.strip())
    words = _words(f"{found[2] or ''}{found[3]}") if found else None
    if not found or not words:
        return (unsaid("an attribute"),)
    return (attribute_part(found[1], words),)


def attribute_part(name: str, words: Words) -> Part:
    """A part that looks for the value of an attribute."""
    match name:
        case "placeholder":
            return Part("placeholder", words=words)
        case "alt":
            return Part("alt", words=words)
        case "title":
            return Part("title", words=words)
        case _:
            return Part("attribute", name, words)


def _test_id(body: str, depth: int) -> Parts:
    found = _attribute(body, depth)
    words = found[0].words
    return (Part("attribute", found[0].body, Words(words.text, exact=True, pattern=words.pattern)),) if words else found


def _nth(body: str, _: int) -> Parts:
    try:
        return (Part("nth", index=int(body.strip()[:6])),)
    except ValueError:
        return (unsaid("the selector nth"),)


def _control(body: str, _: int) -> Parts:
    return (Part("frame"),) if body.strip() == "enter-frame" else (unsaid("a control of the selector"),)


def _chained(body: str, depth: int) -> Parts:
    return internal_parts(_json(body.strip()), depth + 1)


def _visible(body: str, _: int) -> Parts:
    return (Part("visible"),) if body.strip() == "true" else (unsaid("an element that cannot be seen"),)


_READERS: dict[str, Callable[[str, int], Parts]] = {
    "internal:role": _role,
    "internal:label": _of_words("label"),
    "internal:text": _of_words("text"),
    "internal:attr": _attribute,
    "internal:testid": _test_id,
    "internal:has-text": _of_words("has_text"),
    "internal:has-not-text": _of_words("has_not_text"),
    "internal:has": _of_parts("has"),
    "internal:has-not": _of_parts("has_not"),
    "internal:or": _of_parts("or"),
    "internal:control": _control,
    "internal:chain": _chained,
    "role": _role,
    "nth": _nth,
    "visible": _visible,
}
