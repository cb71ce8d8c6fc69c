"""Read model of the scheduler: jobs and their counts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, get_args
from uuid import UUID

from services.scheduler.waiting_rows import project_waiting
from shared.bus.subjects import ALL_EVENTS
from shared.contracts.healer import HealAccepted, HealRejected
from shared.contracts.runner import HealProposed, RowFinished, RowStarted
from shared.contracts.scheduler import (
    JobCreated,
    JobEnded,
    JobPaused,
    JobReprioritized,
    JobResumed,
    JobRowsAdded,
    JobStopping,
    JobSubmitted,
    RowDispatched,
    RowLost,
    RowSkipped,
)
from shared.core.events import Recorded
from shared.db.queries import as_rows, load_queries
from shared.projections import Connection, Projection

queries = load_queries(__file__)

OfReview = HealProposed | HealAccepted | HealRejected
OfRow = RowDispatched | RowStarted | RowFinished | RowLost | RowSkipped
OfJob = JobRowsAdded | JobSubmitted | JobPaused | JobResumed | JobReprioritized | JobStopping | JobEnded


@dataclass(slots=True)
class _Job:
    """What a run of events changes in a job: rows of its table, sums, and the newest of each fact."""

    at: datetime
    rows: list[dict[str, str]] = field(default_factory=list)
    sums: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    outcome: dict[str, Any] = field(default_factory=dict)

    def see_row(self, item: Recorded) -> None:
        """An event of one of its rows."""
        self.at = item.at
        self.outcome = _outcome(item.event) or self.outcome
        match item.event:
            case RowStarted() as event:
                self.sums.setdefault("worker_id", event.worker_id)
                self.sums.setdefault("claimed_at", item.at)
            case RowFinished(final=True) | RowLost(final=True) as event:
                won = isinstance(event, RowFinished) and event.status == "success"
                self._add("successful" if won else "failed")
                if event.error_type == "outcome_unknown":
                    self._add("unknown")
            case RowSkipped():
                self._add("skipped")
        self.sums["begun"] = True

    def _add(self, name: str) -> None:
        self.sums[name] = self.sums.get(name, 0) + 1

    def see_job(self, item: Recorded, event: OfJob) -> None:
        """An event of the job itself."""
        self.at = item.at
        match event:
            case JobRowsAdded():
                self.rows += event.rows
                return
            case JobSubmitted():
                changed: dict[str, Any] = {"submitted_at": item.at}
            case JobPaused():
                changed = {"state": "paused"}
            case JobResumed():
                changed = {"state": "resumed"}
            case JobReprioritized():
                changed = {"priority": event.priority}
            case JobStopping():
                changed = {"stop_reason": event.reason}
            case JobEnded():
                changed = {"state": event.status, "completed_at": item.at}
        self.facts |= {**changed, "position": item.position}


def _outcome(event: object) -> dict[str, Any]:
    """What an event of a job's first row means where that is the only one: an automation job."""
    if not isinstance(event, RowStarted | RowFinished | RowLost) or event.row != 0:
        return {}
    outcome: dict[str, Any] = {"retry_count": event.attempt - 1, "error_message": None, "result": None}
    if isinstance(event, RowStarted):
        return outcome
    outcome["error_message"] = event.error_message
    if event.final:
        outcome["result"] = {"error_type": event.error_type, "failed_step": event.failed_step}
        if isinstance(event, RowFinished):
            told = {"status": event.status, "duration_ms": event.duration, "browser": event.browser}
            outcome["result"] |= {**told, "extracted": event.extracted or {}}
    return outcome


async def _project_jobs(connection: Connection, items: Sequence[Recorded]) -> None:
    created: list[dict[str, Any]] = []
    changed: dict[UUID, _Job] = {}
    for item in items:
        event = item.event
        if isinstance(event, OfRow):
            _job_of(event, item, changed).see_row(item)
        elif isinstance(event, OfJob):
            _job_of(event, item, changed).see_job(item, event)
        elif isinstance(event, JobCreated):
            created.append(_created(item, event))
    # What is written is the same whichever of these comes first within a batch; a job must be there, of course.
    if created:
        await queries.add_jobs(connection, rows=as_rows(created))
    if added := [{"id": id_, "at": job.at, "rows": job.rows} for id_, job in changed.items() if job.rows]:
        await queries.add_rows(connection, rows=as_rows(added))
    if sums := [{"id": id_, "at": job.at, **job.sums} for id_, job in changed.items() if job.sums]:
        await queries.count_rows(connection, rows=as_rows(sums))
    if facts := [{"id": id_, "at": job.at, **job.facts} for id_, job in changed.items() if job.facts]:
        await queries.change_jobs(connection, rows=as_rows(facts))
    if outcomes := [{"id": id_, **job.outcome} for id_, job in changed.items() if job.outcome]:
        await queries.note_outcomes(connection, rows=as_rows(outcomes))
    await project_waiting(connection, items)


def _job_of(event: Any, item: Recorded, changed: dict[UUID, _Job]) -> _Job:
    return changed.setdefault(event.job_id, _Job(item.at))


def _created(item: Recorded, event: JobCreated) -> dict[str, Any]:
    return {
        "id": event.job_id,
        "organization_id": item.org,
        "recording_id": event.recording_id,
        "recording_name": event.recording_name,
        "revision": event.revision,
        "user_id": event.user_id,
        "field_mapping": event.field_mapping,
        "columns": event.columns,
        "unmapped_columns": event.unmapped,
        "secret_columns": event.secret_columns,
        "total_rows": event.total_rows,
        "concurrency": event.concurrency,
        "stop_on_error": event.stop_on_error,
        "priority": event.priority,
        "options": event.options.model_dump(mode="json"),
        "rerun_of": event.rerun_of,
        "target_url": event.automation and event.automation.target_url,
        "actions": event.automation and event.automation.actions,
        "at": item.at,
    }


JOBS = Projection(
    "execution_jobs",
    (ALL_EVENTS,),
    ("execution_jobs", "waiting_rows"),
    _project_jobs,
    events=(JobCreated, *get_args(OfJob), *get_args(OfRow), *get_args(OfReview)),
)
PROJECTIONS = (JOBS,)
