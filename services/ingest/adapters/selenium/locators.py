"""Selenium's locators in the spelling that the engine searches by, and what they say for certain of an element."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from services.ingest.adapters.chrome.selectors import bundle_of, element_of
from services.ingest.adapters.faults import shown
from services.ingest.adapters.paths import said_by_path

_KINDS = re.compile(r"([A-Za-z]+)\s*=\s*(.*)", re.DOTALL)
# Not CSS: what Selenium 1 and jQuery understood besides.
_NO_CSS = re.compile(r":(?:contains|eq|gt|lt|visible|hidden|first|last|button|input|text|selected|even|odd)\b(?!-)")
_CSS_CONTAINS = re.compile(r"([A-Za-z][\w-]*)?:contains\(\s?(['\"]?)([^'\"()]+)\2\s?\)")


class Unusable(Exception):
    """A locator that cannot be said here; the message says why."""


@dataclass(frozen=True, slots=True)
class Element:
    """An element as a step names it: `bundle` and `metadata` in canonical JSON."""

    selector: str
    alternatives: tuple[tuple[str, ...], ...]
    bundle: dict[str, Any]
    metadata: dict[str, Any]

    def step(self) -> dict[str, Any]:
        """The keys of a step that name the element."""
        alternatives = [list(parts) for parts in self.alternatives]
        return {
            "selector": self.selector,
            "bundle": dict(self.bundle),
            "metadata": {**self.metadata, "selectors": alternatives},
        }

    def css(self) -> str | None:
        """A CSS selector of the element, where one of its locators is one."""
        found = (parts[0] for parts in self.alternatives if not parts[0].startswith("xpath/"))
        return next(found, None)

    def alone(self) -> "Element":
        """By its first locator only, for what counts elements or expects none."""
        return Element(self.selector, self.alternatives[:1], {}, {})


def element_at(locators: Iterable[str]) -> Element:
    """The element that the locators name, the first of them first. Raises `Unusable` where the first is none."""
    alternatives: list[tuple[str, ...]] = []
    link: str | None = None
    for place, locator in enumerate(locators):
        try:
            spelled = spelling(locator)
        except Unusable:
            if place == 0:
                raise
            continue
        alternatives += [(one,) for one in spelled if (one,) not in alternatives]
        link = link or link_text(locator)
    if not alternatives:
        raise Unusable("it has no locator")
    lists = [list(parts) for parts in alternatives]
    bundle, metadata = bundle_of(lists), element_of(lists)
    for said in map(said_by_path, (parts[0] for parts in alternatives)):
        metadata |= {key: value for key, value in said.pop("metadata", {}).items() if key not in metadata}
        bundle |= {key: value for key, value in said.items() if key not in bundle}
    if link:
        bundle = {**bundle, "tag": "a", "visibleText": link}
    return Element(lists[0][0], tuple(alternatives), bundle, metadata)


def spelling(locator: str) -> list[str]:
    """The alternatives that a locator comes to. Raises `Unusable`."""
    kind, rest = _kind_and_rest(locator.strip())
    if not rest:
        raise Unusable("the locator is empty")
    match kind:
        case "id":
            return [f"#{_name(rest)}" if _plain(rest) else f"[id={css_text(rest)}]"]
        case "name":
            return [f"[name={css_text(rest)}]"]
        case "identifier":
            return [f"#{_name(rest)}" if _plain(rest) else f"[id={css_text(rest)}]", f"[name={css_text(rest)}]"]
        case "class" | "classname":
            return [
                "".join(f".{_name(word)}" if _plain(word) else f"[class~={css_text(word)}]" for word in rest.split())
            ]
        case "tag" | "tagname" if re.fullmatch(r"[A-Za-z][\w-]*", rest):
            return [rest]
        case "css" if contains := _CSS_CONTAINS.fullmatch(rest):
            return [f"xpath///{contains[1] or '*'}[contains(., {xpath_text(contains[3])})]"]
        case "css":
            if _NO_CSS.search(rest):
                raise Unusable(f"{shown(rest)} is not CSS that a browser understands")
            return [rest]
        case "xpath":
            return [f"xpath/{rest}"]
        case "link" | "linktext":
            return [f"xpath///a[normalize-space(.)={xpath_text(_exactly(rest))}]"]
        case "partiallinktext":
            return [f"xpath///a[contains(normalize-space(.), {xpath_text(rest)})]"]
        case _:
            raise Unusable(f"locators of the kind {shown(kind)} have no meaning here; use id=, css= or xpath=")


def link_text(locator: str) -> str | None:
    """The whole text of the link that a locator names."""
    kind, rest = _kind_and_rest(locator.strip())
    return " ".join(_exactly(rest).split()) if kind in ("link", "linktext") else None


def css_text(text: str) -> str:
    """A text in CSS."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda found: f"\\{ord(found[0]):x} ", escaped) + '"'


def xpath_text(text: str) -> str:
    """A text in XPath, which has no escapes."""
    if "'" not in text:
        return f"'{text}'"
    if '"' not in text:
        return f'"{text}"'
    pieces = ', "\'", '.join(f"'{piece}'" for piece in text.split("'"))
    return f"concat({pieces})"


def _kind_and_rest(locator: str) -> tuple[str, str]:
    if locator.startswith(("//", "(/", "/html")):
        return "xpath", locator
    if locator.startswith("document."):
        return "dom", locator
    found = _KINDS.fullmatch(locator)
    if found:
        return found[1].casefold(), found[2].strip()
    return "identifier", locator


def _exactly(text: str) -> str:
    """The text of a link, without the word that says how it is compared."""
    kind, colon, rest = text.partition(":")
    if colon and kind in ("regexp", "regexpi", "glob"):
        raise Unusable(f"a link whose text is given as {kind}: has no meaning here; use its whole text or css=")
    return " ".join((rest if colon and kind == "exact" else text).split())


def _plain(name: str) -> bool:
    return bool(re.fullmatch(r"(?:-?[A-Za-z_\u0080-\U0010ffff]|--)[\w\u0080-\U0010ffff:.-]*", name))


def _name(name: str) -> str:
    return re.sub(r"[:.]", lambda found: f"\\{found[0]}", name)
