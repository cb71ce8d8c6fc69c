"""Read model: what became of a recording, revision by revision, and who or which row brought it about."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from shared.bus.subjects import ALL_RECORDINGS, stream_of
from shared.contracts.ingest import (
    REVISIONS,
    HealAdopted,
    RecordingEdited,
    RecordingHealingSet,
    RecordingImported,
    RecordingTaught,
    RevisionUndone,
    VariablesRevised,
)
from shared.core.events import Event, Recorded
from shared.db.queries import as_rows, load_queries
from shared.projections import Connection, Projection

queries = load_queries(__file__)


async def _project_revisions(connection: Connection, items: Sequence[Recorded]) -> None:
    recordings = {item.id: UUID(stream_of(item.subject).id) for item in items}
    ids = list(set(recordings.values()))
    reached = {row["recording_id"]: row["revision"] async for row in queries.revisions_reached(connection, ids=ids)}
    rows: list[dict[str, Any]] = []
    for item in items:
        recording_id = recordings[item.id]
        number = 1 if isinstance(item.event, RecordingImported) else reached[recording_id] + 1
        reached[recording_id] = number
        about = {"id": item.id, "organization_id": item.org, "recording_id": recording_id, "revision": number}
        rows.append(
            {**about, "actor": item.actor, "at": item.at, "step_numbers": [], "detail": {}, **_told(item.event)}
        )
    await queries.add_revisions(connection, rows=as_rows(rows))


def _told(event: Event) -> dict[str, Any]:
    match event:
        case RecordingImported():
            return {"kind": "imported"}
        case RecordingTaught():
            learned = [{"step_number": one.step_number, "bundle": one.bundle.to_json()} for one in event.taught]
            numbers = [one.step_number for one in event.taught]
            whence = {"job_id": event.job_id, "row_index": event.row}
            return {"kind": "taught", "step_numbers": numbers, "detail": {"learned": learned}, **whence}
        case HealAdopted():
            adopted = {"selector": event.selector, "bundle": event.bundle.to_json(), "made_on": event.made_on}
            told = {"step_numbers": [event.step_number], "detail": adopted, "heal_id": event.heal_id}
            return {"kind": "heal_adopted", **told}
        case RevisionUndone():
            return {"kind": "undone", "step_numbers": _numbers(event), "detail": {"undone": event.undone}}
        case RecordingHealingSet():
            numbers = [event.step_number] if event.step_number is not None else []
            said = {"mode": event.mode, "threshold": event.threshold}
            return {"kind": "healing_set", "step_numbers": numbers, "detail": said}
        case VariablesRevised():
            return {"kind": "variables_set", "detail": {"labels": list(event.variables)}}
        case RecordingEdited():
            return {"kind": "edited", "step_numbers": _numbers(event), "detail": _edit(event)}
        case _:
            return {"kind": type(event).__name__}


def _numbers(event: RecordingEdited | RevisionUndone) -> list[int]:
    return [step.step_number for step in event.steps]


def _edit(event: RecordingEdited) -> dict[str, Any]:
    """The new name, the labels whose variables are others now, and which steps came, went and moved (from, to)."""
    detail: dict[str, Any] = {"labels": list(event.variables)}
    if event.name is not None:
        detail["name"] = event.name
    if event.order is not None:
        detail |= _reordered(event.order)
    return detail


def _reordered(order: list[int]) -> dict[str, list[int]]:
    """Of one edit, which does one of the three."""
    if inserted := [number for number, was in enumerate(order, start=1) if not was]:
        return {"inserted": inserted}
    if deleted := sorted(set(range(1, max(order, default=0) + 1)) - set(order)):
        return {"deleted": deleted}
    away = [number for number, was in enumerate(order, start=1) if was != number]
    if not away:
        return {"deleted": [len(order) + 1]}
    first, last = away[0], away[-1]
    return {"moved": [first, last] if order[last - 1] == first else [last, first]}


REVISIONS_OF_RECORDINGS = Projection(
    "recording_revisions",
    (ALL_RECORDINGS,),
    ("recording_revisions",),
    _project_revisions,
    events=(RecordingImported, *REVISIONS),
)
