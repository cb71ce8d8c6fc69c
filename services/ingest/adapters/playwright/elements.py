"""What a locator of Playwright says of an element, in the spellings that the replay evaluates."""

import re
from dataclasses import dataclass, field
from typing import Any

from services.ingest.adapters.chrome.selectors import bundle_of, element_of, primary_locator
from services.ingest.adapters.faults import shown
from services.ingest.adapters.playwright.locators import Part, Parts, Words
from services.ingest.adapters.playwright.xpath import xpath_of

_IDENTIFIER = re.compile(r"-?[A-Za-z_][\w-]*")
_FRAME_TAG = re.compile(r"\s*i?frame\s*")


@dataclass(slots=True)
class Element:
    """`json`: the step's keys `selector`, `bundle` and `metadata`; empty where nothing could be said.

    `changed`: what is said in another way. `missing`: what is left out, so that more elements may fit than were meant.
    """

    json: dict[str, Any] = field(default_factory=lambda: {"bundle": {}, "metadata": {}})
    changed: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    @property
    def is_said(self) -> bool:
        """Whether there is a locator at all."""
        return "selector" in self.json

    def add(self, other: "Element") -> None:
        """Another locator of the same element, to be tried after this one."""
        if not (self.is_said and other.is_said):
            return
        for key, value in other.json["bundle"].items():
            self.json["bundle"].setdefault(key, value)
        said = self.json["metadata"]["selectors"]
        said += [one for one in other.json["metadata"]["selectors"] if one not in said]


def element_for(parts: Parts) -> Element:
    """The element that the parts lead to."""
    element = Element()
    chain, parts = _frames(parts, element)
    if chain is None:
        return element
    alternatives = _alternatives(parts, element)
    if not alternatives:
        return element
    bundle, metadata = bundle_of(alternatives), element_of(alternatives)
    bundle.pop("shadowHosts", None)  # parts that hold the next one, shadow roots or not: the alternatives say it
    if not any(part.kind == "xpath" for part in parts):
        bundle.pop("xpath", None)  # one of ours, which stands among the alternatives
    _told(parts, bundle, metadata)
    if chain:
        bundle["iframeChain"] = chain
    primary, _ = primary_locator(alternatives)
    metadata["selectors"] = alternatives
    element.json = {"selector": primary, "bundle": bundle, "metadata": metadata}
    return element


def label_in(parts: Parts) -> str | None:
    """What a person would call the element: the words of the last part that has some."""
    for part in reversed(parts):
        if part.words and not part.words.pattern and part.kind != "has_not_text":
            return part.words.text
    return None


def _frames(parts: Parts, element: Element) -> tuple[list[str | int] | None, Parts]:
    """The chain of frames, and what is looked for in the last; None where a frame cannot be said."""
    chain: list[str | int] = []
    start = 0
    for at, part in enumerate(parts):
        if part.kind != "frame":
            continue
        link = _frame_link(parts[start:at])
        if link is None:
            element.missing.append("its frame, which is not given by CSS")
            return None, parts
        chain.append(link)
        start = at + 1
    return chain, parts[start:]


def _frame_link(parts: Parts) -> str | int | None:
    """A frame by CSS, or by its place among the frames around it."""
    match parts:
        case (Part(kind="css", body=css),):
            return css
        case (Part(kind="css", body=css), Part(kind="nth", index=index)) if _FRAME_TAG.fullmatch(css) and index >= 0:
            return index
        case (one,):
            return next(iter(_spellings(one, first=True)), None) if one.kind in ("title", "attribute") else None
        case _:
            return None


def _alternatives(parts: Parts, element: Element) -> list[list[str]]:
    refining = [part for part in parts if part.refines and part.kind != "visible"]
    found = [part for part in parts if not part.refines]
    element.missing += [part.body for part in found if part.kind == "unsaid"]
    if not found or element.missing:
        return []
    if any(part.kind == "visible" for part in parts):
        element.changed.append("only what can be seen is ever used, so visible is left out")
    plain = _chains(found, element)
    if not refining and plain:
        return [*plain, *(one for one in _holding(tuple(found)) if one not in plain)]
    xpath = xpath_of(parts)
    if xpath:
        element.changed.append("its filters or its place among several are written as XPath over the page's own tags")
        return [[f"xpath/{xpath}"]]
    element.missing += [_in_words(part) for part in refining]
    return plain


def _chains(parts: list[Part], element: Element) -> list[list[str]]:
    """The recorded way, and the same once more through shadow roots where the first is CSS of one tree."""
    spellings = [_spellings(part, first=not at) for at, part in enumerate(parts)]
    if not all(spellings):
        element.missing += [_in_words(part) for part, said in zip(parts, spellings, strict=True) if not said]
        return []
    ways = max(len(said) for said in spellings)
    chains = [[said[min(way, len(said) - 1)] for said in spellings] for way in range(ways)]
    return [chain for at, chain in enumerate(chains) if chain not in chains[:at]]


def _holding(parts: Parts) -> list[list[str]]:
    """An element whose name only holds the words, as XPath: names are compared as a whole otherwise."""
    last = parts[-1]
    loose = last.kind in ("role", "label") and last.words and not last.words.exact and not last.words.pattern
    xpath = xpath_of(parts) if loose else None
    return [[f"xpath/{xpath}"]] if xpath else []


def _spellings(part: Part, *, first: bool) -> list[str]:
    """How the replay spells a part, the preferred way first; none where it cannot."""
    words = part.words
    if words and words.pattern and part.kind != "role":
        return []
    match part.kind:
        case "css":
            return [part.body, f"pierce/{part.body}"]
        case "xpath":
            within = part.body if first or part.body.startswith(".") else f".{part.body}"
            return [f"xpath/{within}"]
        case "role":
            if set(part.states) - {"include-hidden", "includeHidden"} or (words and words.pattern):
                xpath = xpath_of((part,))
                return [f"xpath/{'' if first else '.'}{xpath}"] if xpath else []
            name = _quoted(words.text) if words else ""
            return [f'aria/{name}[role="{part.body}"]']
        case "label" if words:
            return [f"aria/{_quoted(words.text)}"]
        case "text" if words:
            return [f"text/{_quoted(words.text)}"]
        case "placeholder" | "alt" | "title" | "attribute" | "test_id" if words:
            css = _attribute_css(part.body or part.kind, words)
            return [css, f"pierce/{css}"]
        case _:
            return []


def _attribute_css(name: str, words: Words) -> str:
    text = words.text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\a ")
    if name == "id" and words.exact and _IDENTIFIER.fullmatch(words.text):
        return f"#{words.text}"
    return f'[{name}="{text}"]' if words.exact else f'[{name}*="{text}" i]'


def _quoted(text: str) -> str:
    """As it is, or in quotes where it would be read as something else."""
    text = " ".join(text.split())
    odd = (text[:1] in "\"'" and text[:1] == text[-1:]) or re.search(r"\[\s*role\s*=[^\]]*\]$", text)
    return f'"{text}"' if odd and text else text


def _in_words(part: Part) -> str:
    match part.kind:
        case "unsaid":
            return part.body
        case "nth":
            return "its place among several"
        case "role" if part.states:
            return f"the state ({', '.join(part.states)}) of the role {part.body}"
        case "or":
            return "the other locator after or"
        case _ if part.words and part.words.pattern:
            return f"the regular expression {shown(part.words.text)}"
        case _:
            return f"the filter {part.kind}"


def _told(parts: Parts, bundle: dict[str, Any], metadata: dict[str, Any]) -> None:
    """What the last part says of its element besides the alternatives, for stand-ins and for labels."""
    last = next((part for part in reversed(parts) if not part.refines), None)
    if last is None:
        return
    if last.kind == "placeholder" and last.words:
        bundle.setdefault("placeholder", last.words.text)
    if last.kind == "role":
        metadata.setdefault("role", last.body)
        if last.words and not last.words.pattern:
            bundle.setdefault("aria", last.words.text)
