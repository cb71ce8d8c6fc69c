"""Where an element is, as people and other tools write it, made into the recorder's spellings.

The result is what `metadata.selectors` of a step holds: alternatives, each a list of parts, each part looked up inside
the one before. A part is CSS, or `aria/…`, `text/…`, `xpath/…`, `pierce/…`.
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from shared.core.errors import InvalidInput

LONGEST = 2000  # characters of a locator
_RECORDED = re.compile(r"(aria|xpath|pierce|text|css)/", re.IGNORECASE)
_XPATH = re.compile(r"\(*\.{0,2}//?[\w*@.]|\.\./")
_NAMED = re.compile(r"([a-z][a-z_ -]{0,20}?)\s*=\s*(.*)", re.IGNORECASE | re.DOTALL)
_CHAIN = re.compile(r"\s*(>>>?)\s*")
_QUOTED = re.compile(r"""(["'])(.*)\1[is]?""", re.DOTALL)
_ROLE = re.compile(r"""([\w-]+)\s*(?:\[\s*name\s*=\s*(["'])(.*?)\2\s*[is]?\s*\])?""", re.DOTALL)
# What test tools add to CSS at the end of a selector: which element is meant is said by its text.
_WITH_TEXT = re.compile(r"""(.*?):(?:has-text|text|text-is|contains)\(\s*(["']?)(.*?)\2\s*\)""", re.DOTALL)
_NO_CSS = re.compile(r":(has-text|text|text-is|text-matches|contains|visible|hidden|nth-match|eq|first|last)(?![\w-])")
_STRINGS = re.compile(r""""(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|\\.""")


def _attribute(name: str) -> Callable[[str], str]:
    return lambda value: f"[{name}={json.dumps(value, ensure_ascii=False)}]"


def _role(value: str) -> str:
    found = _ROLE.fullmatch(value.strip())
    if found is None:
        raise InvalidInput(f'{value[:80]!r} is no role; write role=button, or role=button[name="Save"]')
    return f'aria/{found[3] or ""}[role="{found[1]}"]'


# What a locator is found by, squashed: how the recorder spells that.
_WAYS: dict[str, Callable[[str], str]] = {
    "css": lambda value: _css(value),
    "cssselector": lambda value: _css(value),
    "xpath": lambda value: f"xpath/{value}",
    "text": lambda value: f"text/{_unquoted(value)}",
    "visibletext": lambda value: f"text/{_unquoted(value)}",
    "partiallinktext": lambda value: f"text/{_unquoted(value)}",
    "role": _role,
    "aria": lambda value: f"aria/{_unquoted(value)}",
    "arialabel": lambda value: f"aria/{_unquoted(value)}",
    "label": lambda value: f"aria/{_unquoted(value)}",
    "link": lambda value: f'aria/{_unquoted(value)}[role="link"]',
    "linktext": lambda value: f'aria/{_unquoted(value)}[role="link"]',
    "id": lambda value: _attribute("id")(_unquoted(value)),
    "name": lambda value: _attribute("name")(_unquoted(value)),
    "placeholder": lambda value: _attribute("placeholder")(_unquoted(value)),
    "title": lambda value: _attribute("title")(_unquoted(value)),
    "alt": lambda value: _attribute("alt")(_unquoted(value)),
    "testid": lambda value: _attribute("data-testid")(_unquoted(value)),
    "datatestid": lambda value: _attribute("data-testid")(_unquoted(value)),
    "pierce": lambda value: f"pierce/{_css(value)}",
}


def alternatives_of(given: Any) -> list[list[str]]:
    """The alternatives that a text, an object or a list of these names. Raises `InvalidInput`.

    A text: CSS, `text=Save`, `role=button[name="Save"]`, `label=E-mail`, `placeholder=…`, `testid=…`, `xpath=…`,
    `//form/input`, `"Save"`, the recorder's `aria/Save`; `a >> b`: b inside a. An object: `{"role": "button", "name":
    "Save"}`, `{"xpath": "//form"}`, `{"by": "css", "value": "#save"}`. In a list each is tried.
    """
    wanted = given if isinstance(given, list) else [given]
    if not wanted:
        raise InvalidInput("it names no element")
    return [_parts(one) for one in wanted]


def _parts(given: Any) -> list[str]:
    if isinstance(given, Mapping):
        return [_of_object(given)]
    if isinstance(given, list) and given:
        return [part for one in given for part in _parts(one)]
    if not isinstance(given, str) or not given.strip():
        raise InvalidInput(f"{str(given)[:80]!r} names no element; write CSS, text=…, role=…, label=… or xpath=…")
    if len(given) > LONGEST:
        raise InvalidInput(f"a locator has at most {LONGEST} characters")
    return _chained(given.strip())


def _chained(text: str) -> list[str]:
    if _QUOTED.fullmatch(text) or ">>" not in _STRINGS.sub("", text):
        return _one(text)
    first, *rest = _CHAIN.split(text)
    parts = _one(first)
    for joint, part in zip(rest[::2], rest[1::2], strict=True):
        found = _one(part)
        parts += [f"pierce/{found[0]}", *found[1:]] if joint == ">>>" else found
    return parts


def _one(text: str) -> list[str]:
    """One link of a chain; text that it must have makes it two."""
    if quoted := _QUOTED.fullmatch(text):
        return [f"text/{quoted[2]}"]
    if _RECORDED.match(text):
        return [text.removeprefix("css/")]
    if _XPATH.match(text):
        return [f"xpath/{text}"]
    named = _NAMED.fullmatch(text)
    if named and (way := _WAYS.get(_squashed(named[1]))) is not None:
        if not named[2].strip():
            raise InvalidInput(f"{text[:80]!r} does not say what the element's {named[1]} is")
        return _one(named[2].strip()) if _squashed(named[1]) in ("css", "cssselector") else [way(named[2].strip())]
    with_text = _WITH_TEXT.fullmatch(text)
    if with_text and with_text[3]:
        inner = f"text/{with_text[3]}"
        return [_css(with_text[1]), inner] if with_text[1].strip() else [inner]
    return [_css(text)]


def _of_object(given: Mapping[str, Any]) -> str:
    said = {_squashed(str(key)): value for key, value in given.items() if isinstance(value, str) and value.strip()}
    by = next((said.pop(key) for key in ("by", "using", "strategy", "type") if key in said), None)
    if by is not None and "value" in said:
        said = {_squashed(by): said["value"]}
    if "role" in said and "name" in said:
        return f'aria/{said["name"]}[role="{said["role"]}"]'
    if len(said) != 1 or (way := _WAYS.get(next(iter(said)))) is None:
        raise InvalidInput(f"an element is one of {', '.join(_WAYS)}; or role and name; not {dict(given)!r:.120}")
    return way(next(iter(said.values())))


def _css(text: str) -> str:
    """CSS as every browser reads it, as far as can be told without one."""
    bare = _STRINGS.sub("", text)
    if foreign := _NO_CSS.search(bare):
        advice = 'use text=Save, role=button[name="Save"], or XPath'
        raise InvalidInput(f"{text[:80]!r} is no CSS: no browser knows :{foreign[1]}; {advice}")
    closed = bare.count("[") == bare.count("]") and bare.count("(") == bare.count(")") and not {'"', "'"} & set(bare)
    if not (closed and text.strip()):
        raise InvalidInput(f"{text[:80]!r} is no CSS: a bracket or a quote is not closed")
    return text.strip()


def _unquoted(text: str) -> str:
    quoted = _QUOTED.fullmatch(text)
    return quoted[2] if quoted else text


def _squashed(word: str) -> str:
    return re.sub(r"[\s_-]", "", word).casefold()
