"""What the selector alternatives of Chrome's recorder say for certain about one element."""

import re
from typing import Any

from services.ingest.adapters.css import Compound, last_compound

_PREFIXES = ("aria/", "xpath/", "pierce/", "text/")
_ARIA_ATTRIBUTE = re.compile(r"""\[\s*(name|role)\s*=\s*(?:"([^"]*)"|'([^']*)')\s*\]\s*$""")
_XPATH_OF_ID = re.compile(r"""//\*\[@id=(?:"([^"]+)"|'([^']+)')\]""")


def primary_locator(alternatives: list[list[str]]) -> tuple[str | None, list[str]]:
    """The recorded primary locator, and the shadow hosts it is to be looked up in.

    The first alternative that is plain CSS, else the first one in its own spelling.
    """
    for parts in alternatives:
        if all(is_css(part) for part in parts):
            return parts[-1], parts[:-1]
    return (alternatives[0][-1], []) if alternatives else (None, [])


def is_css(part: str) -> bool:
    """Whether a part is CSS that any browser understands."""
    return not part.startswith(_PREFIXES) and "::-p-" not in part and ">>>" not in part


def bundle_of(alternatives: list[list[str]]) -> dict[str, Any]:
    """The fields of a `LocatorBundle` that the alternatives fill for certain; the first that says one wins."""
    fields: dict[str, Any] = {}
    _, hosts = primary_locator(alternatives)
    if hosts:
        fields["shadowHosts"] = hosts
    for parts in alternatives:
        for key, value in _fields_of(parts).items():
            fields.setdefault(key, value)
    return fields


def element_of(alternatives: list[list[str]]) -> dict[str, Any]:
    """The `metadata` keys that the alternatives fill for certain: `elementType`, `role`."""
    found: dict[str, Any] = {}
    for parts in alternatives:
        last = parts[-1]
        if last.startswith("aria/"):
            _, role = aria_name_and_role(last)
            if role:
                found.setdefault("role", role)
        elif compound := _css_compound(last):
            element_type = compound.attributes.get("type")
            if element_type and compound.tag in (None, "input", "button"):
                found.setdefault("elementType", element_type.lower())
    return found


def name_around(alternatives: list[list[str]]) -> str | None:
    """What the element around a nameless one is called: early recorders wrote `aria/Save`, `aria/[role="generic"]`."""
    for parts in alternatives:
        names = [aria_name_and_role(part)[0] for part in reversed(parts) if part.startswith("aria/")]
        if found := next(filter(None, names), None):
            return " ".join("".join(c if c.isprintable() else " " for c in found).split())[:80].strip() or None
    return None


def aria_name_and_role(part: str) -> tuple[str, str | None]:
    """The accessible name and the role of `aria/Name`, `aria/Name[role="x"]` or `aria/[name="x"][role="y"]`."""
    rest = part.removeprefix("aria/")
    given: dict[str, str] = {}
    while attribute := _ARIA_ATTRIBUTE.search(rest):
        given[attribute[1]] = attribute[2] if attribute[2] is not None else attribute[3]
        rest = rest[: attribute.start()]
    return given.get("name") or " ".join(rest.split()), given.get("role")


def _css_compound(part: str) -> Compound | None:
    css = part.removeprefix("pierce/")
    return last_compound(css) if is_css(css) else None


def _fields_of(parts: list[str]) -> dict[str, Any]:
    last, alone = parts[-1], len(parts) == 1
    if last.startswith("aria/"):
        name, _ = aria_name_and_role(last)
        return {"aria": name} if name else {}
    if last.startswith("text/"):
        text = " ".join(last.removeprefix("text/").split())
        return {"visibleText": text} if text and alone else {}
    if last.startswith("xpath/"):
        return _fields_of_xpath(last.removeprefix("xpath/")) if alone else {}
    compound = _css_compound(last)
    if compound is None:
        return {}
    attributes = compound.attributes
    data = {key: value for key, value in attributes.items() if key.startswith("data-")}
    fields = {
        "tag": compound.tag,
        "id": compound.id,
        "name": attributes.get("name"),
        "placeholder": attributes.get("placeholder"),
        "aria": attributes.get("aria-label"),
        "dataAttrs": data,
    }
    return {key: value for key, value in fields.items() if value}


def _fields_of_xpath(xpath: str) -> dict[str, Any]:
    if not xpath:
        return {}
    of_id = _XPATH_OF_ID.fullmatch(xpath)
    return {"xpath": xpath} | ({"id": of_id[1] or of_id[2]} if of_id else {})
