"""One call of Playwright → canonical steps, whichever file it was read from."""

from typing import Any

from services.ingest.adapters.faults import Faults, printable
from services.ingest.adapters.playwright.doing import DOING
from services.ingest.adapters.playwright.elements import Element, element_for, label_in
from services.ingest.adapters.playwright.looking import LOOKING
from services.ingest.adapters.playwright.terms import Action, Carrier, Made, number

RECORDED_BY = "playwright"
MAX_TIMEOUT_MS = 5 * 60_000
_LOOKS_ONLY = frozenset(LOOKING) - {"evaluate"} | {"screenshot", "pdf", "set_viewport_size"}
CARRIERS: dict[str, Carrier] = DOING | LOOKING


def carried(action: Action, faults: Faults) -> list[Made]:
    """The steps that the call becomes: one, or two for a drag. What cannot be kept at all is a fault.

    A call that would have done something and is not carried leaves a `custom` step, which is skipped: the gap is seen.
    """
    if action.name in ("drag_to", "drag_and_drop"):
        return _dragged(action, faults)
    made = Made(action.line, action.page)
    made.json = _json(action, made, faults)
    made.hint = label_in(action.parts) if action.parts else None
    lost = any(kind == "not_carried" for kind, _ in made.notes)
    if made.json is None and lost and action.name not in _LOOKS_ONLY:
        made.json = gap(action.name)
    return [made]


def gap(name: str) -> dict[str, Any]:
    """A step that is kept and skipped, so that something is seen to be missing."""
    metadata = {"recordedBy": RECORDED_BY, "name": f"{RECORDED_BY}:{printable(name)}"}
    return {"event": "custom", "bundle": {}, "navigation": {"type": "same_page"}, "metadata": metadata}


def _json(action: Action, made: Made, faults: Faults) -> dict[str, Any] | None:
    carrier = CARRIERS.get(action.name)
    if carrier is None:
        made.note("not_carried", f"{action.name} has no counterpart here")
        return None
    element = _element(action, made)
    if element is not None and not element.is_said:
        return None
    part = carrier(action, made, faults)
    if part is None:
        return None
    base = element.json if element else {"bundle": {}, "metadata": {}}
    metadata = {**base["metadata"], **_of_every_call(action, made), **part.pop("metadata", {})}
    navigation = part.pop("navigation", {"type": "same_page"})
    return {**base, "navigation": navigation, **part, "metadata": metadata}


def _element(action: Action, made: Made) -> Element | None:
    if action.parts is None:
        return None
    element = element_for(action.parts)
    for more in action.others:
        element.add(element_for(more))
    known = dict(action.known)
    element.json["bundle"] |= known.pop("bundle", {})
    element.json["metadata"] |= known
    for change in element.changed:
        made.note("changed", change)
    if element.missing and not element.is_said:
        left_out = ", ".join(element.missing)
        made.note("not_carried", f"{action.name} is left out, since its element cannot be said here ({left_out})")
    elif element.missing:
        left_out = ", ".join(element.missing)
        made.note("not_carried", f"left out of its locator: {left_out}; it fails where more elements than one fit")
    elif not element.is_said:
        made.note("not_carried", f"{action.name} is left out, since its locator is not understood")
    return element


def _of_every_call(action: Action, made: Made) -> dict[str, Any]:
    metadata: dict[str, Any] = {"recordedBy": RECORDED_BY}
    timeout = number(action.args.get("timeout"))
    if timeout and timeout > 0:
        metadata["timeout"] = min(timeout, MAX_TIMEOUT_MS)
    if action.args.get("force") is True:
        made.note("changed", "force is left out: what is covered or cannot be seen is waited for")
    if action.args.get("_download"):
        metadata["download"] = True
    return metadata


def _dragged(action: Action, faults: Faults) -> list[Made]:
    target, args = action.args.get("target"), action.args
    ends = [
        Action("drag", action.line, action.page, action.parts, {"position": args.get("source_position")}),
        Action("drop", action.line, action.page, target or (), {"position": args.get("target_position")}),
    ]
    ends[0].others, ends[1].others = action.others, args.get("target_others", ())
    steps = [one for end in ends for one in carried(end, faults)]
    if any(step.json is None or step.json["event"] == "custom" for step in steps):
        for step in steps[1:]:
            step.json = None
            step.note("not_carried", f"{action.name} is left out as a whole")
        steps[0].json = gap(action.name)
    return steps
