"""Read model of the scheduler: jobs and their counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.bus.subjects import ALL_JOBS, ALL_ROWS
from shared.contracts.runner import RowFinished, RowStarted
from shared.contracts.scheduler import (
    JobCreated,
    JobEnded,
    JobRowsAdded,
    JobStopping,
    JobSubmitted,
    RowDispatched,
    RowSkipped,
)
from shared.core.events import Recorded
from shared.db.queries import load_queries
from shared.projections import Connection, Projection

queries = load_queries(__file__)


@dataclass(slots=True)
class _Counts:
    """What a run of row events adds to a job."""

    at: datetime
    successful: int = 0
    failed: int = 0
    skipped: int = 0
    unknown: int = 0
    worker_id: str | None = None
    claimed_at: datetime | None = None

    def see(self, item: Recorded) -> None:
        self.at = item.at
        match item.event:
            case RowStarted() as event if self.worker_id is None:
                self.worker_id, self.claimed_at = event.worker_id, item.at
            case RowFinished(final=True) as event:
                self.successful += event.status == "success"
                self.failed += event.status == "failed"
                self.unknown += event.error_type == "outcome_unknown"
            case RowSkipped():
                self.skipped += 1


async def _project_jobs(connection: Connection, items: Sequence[Recorded]) -> None:
    counts: dict[UUID, _Counts] = {}
    for item in items:
        event = item.event
        if isinstance(event, RowDispatched | RowStarted | RowFinished | RowSkipped):
            counts.setdefault(event.job_id, _Counts(item.at)).see(item)
        elif isinstance(event, JobCreated | JobRowsAdded | JobSubmitted | JobStopping | JobEnded):
            await _add_counts(connection, counts)
            await _project_job_event(connection, item)
    await _add_counts(connection, counts)


async def _add_counts(connection: Connection, counts: dict[UUID, _Counts]) -> None:
    for job_id, count in counts.items():
        await queries.count_rows(
            connection,
            id=job_id,
            successful=count.successful,
            failed=count.failed,
            skipped=count.skipped,
            unknown=count.unknown,
            worker_id=count.worker_id,
            claimed_at=count.claimed_at,
            at=count.at,
        )
    counts.clear()


async def _project_job_event(connection: Connection, item: Recorded) -> None:
    match item.event:
        case JobCreated() as event:
            await _add_job(connection, item, event)
        case JobRowsAdded() as event:
            await queries.add_rows(connection, id=event.job_id, rows=event.rows, at=item.at)
        case JobSubmitted() as event:
            await queries.submit_job(connection, id=event.job_id, at=item.at)
        case JobStopping() as event:
            await queries.stop_job(connection, id=event.job_id, reason=event.reason, at=item.at)
        case JobEnded() as event:
            await queries.end_job(connection, id=event.job_id, status=event.status, at=item.at)


async def _add_job(connection: Connection, item: Recorded, event: JobCreated) -> None:
    await queries.add_job(
        connection,
        id=event.job_id,
        organization_id=item.org,
        recording_id=event.recording_id,
        recording_name=event.recording_name,
        revision=event.revision,
        user_id=event.user_id,
        field_mapping=event.field_mapping,
        columns=event.columns,
        unmapped_columns=event.unmapped,
        secret_columns=event.secret_columns,
        total_rows=event.total_rows,
        concurrency=event.concurrency,
        stop_on_error=event.stop_on_error,
        options=event.options.model_dump(mode="json"),
        rerun_of=event.rerun_of,
        at=item.at,
    )


PROJECTIONS = (Projection("execution_jobs", (ALL_JOBS, ALL_ROWS), ("execution_jobs",), _project_jobs),)
