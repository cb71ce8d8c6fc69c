"""A locator of Playwright as a list of parts, whichever way it was written: Python, jsonl or an internal selector."""

import re
from dataclasses import dataclass, field
from typing import Any, Literal

PartKind = Literal[
    "css", "xpath", "role", "label", "text", "placeholder", "alt", "title", "attribute", "test_id",
    "has_text", "has_not_text", "has", "has_not", "nth", "visible", "or", "frame", "unsaid",
]  # fmt: skip
# They choose among what the parts before them found.
REFINING = frozenset({"has_text", "has_not_text", "has", "has_not", "nth", "visible", "or"})

_META = re.compile(r"[\\^$.*+?()\[\]{}|]")
_CLASS_ESCAPE = re.compile(r"\\([A-Za-z0-9])")


@dataclass(frozen=True, slots=True)
class Words:
    """A text that is looked for: the whole of it (`exact`) or a part; without regard to case unless `exact`.

    `pattern`: it is a regular expression that says more than one text.
    """

    text: str
    exact: bool = False
    pattern: bool = False

    @classmethod
    def of_pattern(cls, source: str, flags: str = "") -> "Words":
        """A regular expression as the text that it means, where it means just one: `^Product 2$`."""
        whole = source.startswith("^") and source.endswith("$") and not source.endswith(r"\$")
        inner = source.removeprefix("^").removesuffix("$") if whole else source
        plain = re.sub(r"\\([^A-Za-z0-9])", "", inner)
        if _META.search(plain) or _CLASS_ESCAPE.search(inner) or not inner:
            return cls(source, pattern=True)
        return cls(re.sub(r"\\(.)", r"\1", inner), exact=whole and "i" not in flags)


@dataclass(frozen=True, slots=True)
class Part:
    """One link of a locator; each is looked for inside what the one before found."""

    kind: PartKind
    body: str = ""  # a selector, a role, the name of an attribute, or what nobody can say
    words: Words | None = None
    index: int = 0
    inner: tuple["Part", ...] = ()
    states: dict[str, Any] = field(default_factory=dict)  # of a role: level, checked, …

    @property
    def refines(self) -> bool:
        """Whether it only chooses among what was found before."""
        return self.kind in REFINING


Parts = tuple[Part, ...]


def unsaid(what: str) -> Part:
    """A part for which there is no word here."""
    return Part("unsaid", what)


_PSEUDO_TEXT = re.compile(r""":(has-text|text-is|text)\(\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')\s*\)$""")
_PSEUDO_OWN = re.compile(
    r":(?:has-text|text-is|text-matches|text|visible|light|nth-match|right-of|left-of|above|below|near)\b"
)
_ENGINE = re.compile(r"(?s)^(css|xpath|text|id|data-testid|data-test-id|data-test|_react|_vue)(?::light)?=(.*)$")


def selector_parts(selector: str) -> Parts:
    """One selector without `>>`, as a person writes it: CSS with Playwright's additions, XPath, text or an engine's."""
    selector = selector.strip()
    if found := _ENGINE.match(selector):
        engine, body = found[1], found[2].strip()
        match engine:
            case "css":
                return _css(body)
            case "xpath":
                return (Part("xpath", body),)
            case "text":
                return (_text(body),)
            case "_react" | "_vue":
                return (unsaid(f"the {engine} selector"),)
            case _:
                return (Part("attribute", engine, Words(body, exact=True)),)
    if selector.startswith(("//", "..", "(//", "/html")):
        return (Part("xpath", selector),)
    if selector[:1] in ("'", '"') and selector[-1:] == selector[:1] and len(selector) > 1:
        return (_text(selector),)
    return _css(selector)


def _text(body: str) -> Part:
    if body[:1] in ("'", '"') and body[-1:] == body[:1] and len(body) > 1:
        return Part("text", words=Words(_unescaped(body[1:-1]), exact=True))
    if pattern := re.fullmatch(r"(?s)/(.*)/([a-z]*)", body):
        return Part("text", words=Words.of_pattern(pattern[1], pattern[2]))
    return Part("text", words=Words(body))


def _css(selector: str) -> Parts:
    refined: list[Part] = []
    while True:
        if selector.endswith(":visible"):
            refined.append(Part("visible"))
            selector = selector.removesuffix(":visible")
        elif said := _PSEUDO_TEXT.search(selector):
            text = _unescaped(said[2] if said[2] is not None else said[3])
            refined.append(Part("has_text", words=Words(text, exact=said[1] == "text-is")))
            selector = selector[: said.start()]
        else:
            break
    if _PSEUDO_OWN.search(selector):
        return (unsaid(f"the selector {selector[:60]}"),)
    return (Part("css", selector.strip() or "*"), *reversed(refined))


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
