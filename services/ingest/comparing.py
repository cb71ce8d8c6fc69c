"""PURE: what is another way between two revisions of a recording, step by step and field by field."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from shared.contracts.ingest import REVISIONS, RecordingSnapshot, snapshot_of
from shared.contracts.recording import Step, Variable
from shared.contracts.recording_changes import stood_at
from shared.contracts.sealed import MASK, is_sealed
from shared.contracts.steps import is_password
from shared.core.errors import NotFound, Refused
from shared.core.events import Event

Change = Literal["added", "removed", "moved", "changed"]
_WITHIN = ("bundle", "metadata", "navigation")  # compared key by key


def differences(events: Sequence[Event], before: int | None, after: int | None) -> dict[str, Any]:
    """From the revision `before` (the one before `after`, where it is not said) to `after` (the newest).

    `steps`: `{change, before, after, event, label, fields: [{field, before, after}]}`, by their numbers in both, in
    the order of the later one; those that only changed their number since others came or went are not told.
    `variables`: `{change, label, fields}`. Secrets are masked. Raises `NotFound`, `Refused`.
    """
    newest = snapshot_of(events)
    if newest is None:
        raise NotFound("there is no such recording")
    last = newest.revision if after is None else after
    first = max(1, last - 1) if before is None else before
    if not 1 <= first <= last <= newest.revision:
        raise Refused(
            f"there is nothing between {first} and {last}: the revisions are 1 to {newest.revision}, in order"
        )
    one, other = snapshot_of(events, first), snapshot_of(events, last)
    assert one is not None
    assert other is not None
    later = [event for event in events if isinstance(event, REVISIONS)][first - 1 : last - 1]
    stood = stood_at(len(one.steps), (getattr(event, "order", None) for event in later))
    told: dict[str, Any] = {"before": first, "after": last}
    if one.name != other.name:
        told["name"] = {"before": one.name, "after": other.name}
    if one.healing != other.healing:
        told["healing"] = {"before": one.healing, "after": other.healing}
    told["steps"] = list(_steps(one, other, _paired(one, other, stood)))
    return {**told, "variables": list(_variables(one, other))}


def _paired(one: RecordingSnapshot, other: RecordingSnapshot, stood: Sequence[int]) -> list[int]:
    """Where each step stood; one that went and came back as it was is the same, though an undoing brought it anew."""
    gone = {step.step_number: _without_number(step) for step in one.steps if step.step_number not in stood}
    paired = []
    for was, step in zip(stood, other.steps, strict=True):
        same = next((number for number, each in gone.items() if not was and each == _without_number(step)), was)
        gone.pop(same, None)
        paired.append(same)
    return paired


def _without_number(step: Step) -> dict[str, Any]:
    return {key: value for key, value in step.to_json().items() if key != "stepNumber"}


def _steps(one: RecordingSnapshot, other: RecordingSnapshot, stood: Sequence[int]) -> Iterator[dict[str, Any]]:
    former = {step.step_number: step for step in one.steps}
    moved = _moved([was for was in stood if was])
    for step in one.steps:
        if step.step_number not in stood:
            yield _told("removed", step, None, [])
    for was, step in zip(stood, other.steps, strict=True):
        if not was:
            yield _told("added", None, step, list(_fields({}, _without_number(step), secret=is_password(step))))
            continue
        before = former[was]
        secret = is_password(before) or is_password(step)
        fields = list(_fields(_without_number(before), _without_number(step), secret=secret))
        if was in moved or fields:
            yield _told("moved" if was in moved else "changed", before, step, fields)


def _moved(stood: Sequence[int]) -> set[int]:
    """The steps that went past others: all but the longest row of them that is still in order."""
    best: list[list[int]] = []  # the shortest-ending row of each length
    for number in stood:
        at = next((place for place, row in enumerate(best) if row[-1] > number), len(best))
        row = [*(best[at - 1] if at else []), number]
        best[at : at + 1] = [row]
    return set(stood) - set(best[-1] if best else [])


def _told(change: Change, before: Step | None, after: Step | None, fields: list[dict[str, Any]]) -> dict[str, Any]:
    step = after or before
    assert step is not None
    return {
        "change": change,
        "before": before.step_number if before else None,
        "after": after.step_number if after else None,
        "event": step.event,
        "label": step.label,
        "fields": fields,
    }


def _fields(before: Mapping[str, Any], after: Mapping[str, Any], *, secret: bool) -> Iterator[dict[str, Any]]:
    one, other = _flat(before), _flat(after)
    for name in dict.fromkeys([*one, *other]):
        old, new = one.get(name), other.get(name)
        if old != new:
            hidden = secret and name in ("value", "defaultValue")
            yield {"field": name, "before": _shown(old, hidden=hidden), "after": _shown(new, hidden=hidden)}


def _flat(step: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in step.items():
        if key in _WITHIN and isinstance(value, dict):
            flat |= {f"{key}.{inner}": each for inner, each in value.items()}
        else:
            flat[key] = value
    return flat


def _shown(value: Any, *, hidden: bool) -> Any:
    return MASK if value and (hidden or is_sealed(value)) else value


def _variables(one: RecordingSnapshot, other: RecordingSnapshot) -> Iterator[dict[str, Any]]:
    for label in dict.fromkeys([*one.variables, *other.variables]):
        old, new = one.variables.get(label), other.variables.get(label)
        change: Change = "added" if old is None else "removed" if new is None else "changed"
        fields = list(_fields(_fields_of(old), _fields_of(new), secret=_is_secret(one, old) or _is_secret(other, new)))
        if fields:
            yield {"change": change, "label": label, "fields": fields if change == "changed" else []}


def _fields_of(variable: Variable | None) -> dict[str, Any]:
    told = variable.to_json() if variable else {"exists": False}
    return {key: value for key, value in told.items() if key != "stepNumber"}


def _is_secret(recording: RecordingSnapshot, variable: Variable | None) -> bool:
    number = variable.step_number if variable else None
    return any(is_password(step) for step in recording.steps if step.step_number == number)
