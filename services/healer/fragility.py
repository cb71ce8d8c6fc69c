"""Read model: which steps of a recording heal again and again, counted over all rows."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.bus.subjects import ALL_EVENTS
from shared.contracts.healer import HealAccepted, HealRecorded, HealRejected
from shared.contracts.runner import CachedHealMissed, HealWithdrawn, RowFinished
from shared.contracts.scheduler import JobCreated
from shared.core.events import Event, Recorded
from shared.db.queries import as_rows, load_queries
from shared.projections import Connection, Projection

queries = load_queries(__file__)

Counts = dict[str, int]


async def _project_fragility(connection: Connection, items: Sequence[Recorded]) -> None:
    jobs: dict[UUID, dict[str, Any]] = {}
    by_job: defaultdict[tuple[UUID, int], Counts] = defaultdict(lambda: defaultdict(int))
    by_recording: defaultdict[tuple[UUID, int], Counts] = defaultdict(lambda: defaultdict(int))
    healed_at: dict[tuple[UUID, int], datetime] = {}
    for item in items:
        match item.event:
            case JobCreated() as event:
                job = {"job_id": event.job_id, "recording_id": event.recording_id, "organization_id": item.org}
                jobs.setdefault(event.job_id, job)
            case RowFinished() as event:
                for step_number, what in _seen(event):
                    by_job[event.job_id, step_number][what] += 1
            case HealRecorded() | CachedHealMissed() | HealWithdrawn() | HealAccepted() | HealRejected() as event:
                step, what = (event.recording_id, event.step_number), _what(event)
                by_recording[step][what] += 1
                if what == "heals":
                    healed_at[step] = item.at
    if jobs:
        await queries.add_jobs(connection, rows=as_rows(list(jobs.values())))
    if by_job:
        await queries.count_rows(connection, rows=as_rows(list(_rows("job_id", by_job, {}))))
    if by_recording:
        org = {"organization_id": items[0].org}
        rows = [{**row, **org} for row in _rows("recording_id", by_recording, healed_at)]
        await queries.count_heals(connection, rows=as_rows(rows))


def _seen(event: RowFinished) -> Iterator[tuple[int, str]]:
    for step in event.steps:
        if step.status != "skipped":
            yield step.step_number, "rows_seen"
        if step.found_by == "cached":
            yield step.step_number, "cache_hits"


def _what(event: Event) -> str:
    match event:
        case HealRecorded(success=True):
            return "heals"
        case HealRecorded():
            return "failed_heals"
        case CachedHealMissed():
            return "cache_misses"
        case HealWithdrawn():
            return "withdrawn"
        case HealAccepted():
            return "accepted"
        case _:
            return "rejected"


def _rows(
    name: str, counted: dict[tuple[UUID, int], Counts], at: dict[tuple[UUID, int], datetime]
) -> Iterator[dict[str, Any]]:
    for (own_id, step_number), counts in counted.items():
        yield {name: own_id, "step_number": step_number, **counts, "at": at.get((own_id, step_number))}


FRAGILITY = Projection(
    "fragility",
    (ALL_EVENTS,),
    ("step_fragility", "healing_jobs"),
    _project_fragility,
    events=(JobCreated, RowFinished, HealRecorded, CachedHealMissed, HealWithdrawn, HealAccepted, HealRejected),
)
