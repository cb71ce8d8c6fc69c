"""Read what a CSS selector says for certain about the element that it ends on. Nothing here is ever evaluated."""

import re
from dataclasses import dataclass, field

_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})[ \t\n]?|(.))", re.DOTALL)
# No two alternatives share a character and nothing is given back: a hostile name cannot make the match slow.
_NAME = r"(?:[A-Za-z0-9_-]|[^\x00-\x7f]|\\(?:[0-9a-fA-F]{1,6}+[ \t\n]?+|[^0-9a-fA-F]))++"
_TOKEN = re.compile(
    rf"""
      (?P<tag>(?<!.){_NAME}|(?<!.)\*)
    | \#(?P<id>{_NAME})
    | \.(?P<class>{_NAME})
    | \[\s*(?P<attribute>{_NAME})\s*(?:=\s*(?:"(?P<double>(?:[^"\\]|\\.)*+)"|'(?P<single>(?:[^'\\]|\\.)*+)'
        |(?P<bare>{_NAME}))\s*)?\]
    | ::?(?P<pseudo>[\w-]+)
    """,
    re.VERBOSE | re.DOTALL,
)
_CLOSING = {"[": "]", "(": ")"}


@dataclass(frozen=True, slots=True)
class Compound:
    """The last compound of a selector: `input#email[name="mail"]`."""

    tag: str | None = None
    id: str | None = None
    attributes: dict[str, str] = field(default_factory=dict)


def last_compound(selector: str) -> Compound | None:
    """What the selector says of its element; None where it leaves that open or is not understood."""
    compound = _last_part(selector.strip())
    if compound is None:
        return None
    tag = element_id = None
    attributes: dict[str, str] = {}
    at = 0
    while at < len(compound):
        token = _TOKEN.match(compound, at)
        if token is None and compound[at] in _CLOSING:  # `:not(…)`, `[id^=…]`: nothing certain
            at = _end_of_group(compound, at)
            continue
        if token is None:
            return None
        if token["tag"] and token["tag"] != "*":
            tag = _unescaped(token["tag"]).lower()
        if token["id"]:
            element_id = _unescaped(token["id"])
        if token["attribute"]:
            value = next((token[kind] for kind in ("double", "single", "bare") if token[kind] is not None), None)
            if value is not None:
                attributes[_unescaped(token["attribute"]).lower()] = _unescaped(value)
        at = token.end()
    return Compound(tag, element_id or attributes.get("id"), attributes)


def _unescaped(name: str) -> str:
    def _character(escape: re.Match[str]) -> str:
        if not escape[1]:
            return escape[2]
        code = int(escape[1], 16)
        return chr(code) if 0 < code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF else "\N{REPLACEMENT CHARACTER}"

    return _ESCAPE.sub(_character, name)


def _end_of_group(text: str, at: int) -> int:
    """The index after the bracket that closes the one at `at`; the end of the text when nothing does."""
    open_groups: list[str] = []
    while at < len(text):
        character = text[at]
        if character == "\\":
            at += 1
        elif character in "\"'":
            end = at + 1
            while end < len(text) and text[end] != character:
                end += 2 if text[end] == "\\" else 1
            at = end
        elif character in _CLOSING:
            open_groups.append(_CLOSING[character])
        elif open_groups and character == open_groups[-1]:
            open_groups.pop()
            if not open_groups:
                return at + 1
        at += 1
    return len(text)


def _last_part(selector: str) -> str | None:
    """The text of the last compound; None for a list of selectors, which may end on different elements."""
    start = at = 0
    while at < len(selector):
        character = selector[at]
        if character == ",":
            return None
        if escape := _ESCAPE.match(selector, at):
            at = escape.end()
        elif character in _CLOSING:
            at = _end_of_group(selector, at)
        elif character.isspace() or character in ">+~|":
            at += 1
            start = at
        else:
            at += 1
    return selector[start:] or None
