"""What an XPath says of the element that it ends at, and what a person would call that."""

import re
from collections.abc import Iterable
from typing import Any

# The last step of a path: its tag, and predicates that each compare attributes with texts.
_LAST_STEP = re.compile(r"(?:^|/)([A-Za-z][\w-]*|\*)((?:\[@[\w-]+=(?:'[^']*'|\"[^\"]*\")\])+)$")
_EQUAL = re.compile(r"@([\w-]+)=(?:'([^']*)'|\"([^\"]*)\")")
_TEXT = re.compile(
    r"\[(?:contains\()?\s?(?:text\(\)|\.|normalize-space\((?:text\(\)|\.)?\)|@alt|@title|@value)\s?[=,]\s?"
    r"('[^']+'|\"[^\"]+\")\s?\)?\]\)?(?:\[\d+\])?$"
)
_SHOWN = re.compile(r"\[(?:alt|title|value)=('[^']+'|\"[^\"]+\")\]$")  # in CSS
_LONGEST = 2000


def said_by_path(part: str) -> dict[str, Any]:
    """The fields of a bundle, and `metadata`, that the last step gives for certain: `//input[@type='password']`."""
    path = part.removeprefix("xpath/")
    step = _LAST_STEP.search(path) if part.startswith("xpath/") and len(path) < _LONGEST else None
    if not step:
        return {}
    said = {found[1]: found[2] if found[2] is not None else found[3] for found in _EQUAL.finditer(step[2])}
    tag = step[1].lower() if step[1] != "*" else None
    fields = {
        "tag": tag,
        "id": said.get("id"),
        "name": said.get("name"),
        "placeholder": said.get("placeholder"),
        "aria": said.get("aria-label"),
    }
    kind = said.get("type") if tag in (None, "input", "button") else None
    found: dict[str, Any] = {key: value for key, value in fields.items() if value}
    return found | ({"metadata": {"elementType": kind.lower()}} if kind else {})


def text_in_paths(alternatives: Iterable[list[str]]) -> str | None:
    """The text that one of the locators looks for (`//button[contains(., 'Save')]`), for people: it may be a part."""
    lasts = (parts[-1][-_LONGEST:] for parts in alternatives)
    found = (_TEXT.search(last) or _SHOWN.search(last) for last in lasts)
    text = next((match[1][1:-1] for match in found if match), "")
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:80].strip() or None
