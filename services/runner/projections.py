"""Read models of the runner: results, log lines, samples of the workers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.bus.subjects import ALL_EVENTS, LINES_OF_ROWS, LINES_OF_WORKERS
from shared.contracts.runner import RowFinished, RowStarted, StepResult
from shared.contracts.scheduler import JobEnded, JobRowsAdded, RowLost, RowSkipped
from shared.core.events import Recorded
from shared.core.time_and_ids import derived_id
from shared.db.queries import as_rows, load_queries
from shared.lines import StoredLine
from shared.projections import Connection, Projection

queries = load_queries(__file__)


Row = tuple[UUID, int]


async def _project_results(connection: Connection, items: Sequence[Recorded]) -> None:
    inputs: list[dict[str, Any]] = []
    started: dict[Row, datetime] = {}
    results: dict[Row, dict[str, Any]] = {}
    ended: list[UUID] = []
    for item in items:
        match item.event:
            case JobRowsAdded() as event:
                inputs += _inputs(item, event)
            case RowStarted() as event:
                started[event.job_id, event.row] = item.at
            case RowFinished(final=True) | RowLost(final=True) | RowSkipped() as event:
                row = (event.job_id, event.row)
                results.setdefault(row, _result(item, event, started.pop(row, None)))
            case JobEnded() as event:
                ended.append(event.job_id)
    if inputs:
        await queries.add_inputs(connection, rows=as_rows(inputs))
    if started:
        starts = [{"job_id": job_id, "row_index": row, "at": at} for (job_id, row), at in started.items()]
        await queries.start_rows(connection, rows=as_rows(starts))
    if results:
        await queries.add_results(connection, rows=as_rows(list(results.values())))
    if ended:
        await queries.forget_inputs(connection, job_ids=ended)


def _inputs(item: Recorded, event: JobRowsAdded) -> list[dict[str, Any]]:
    job = {"organization_id": item.org, "job_id": event.job_id}
    return [{**job, "row_index": index, "row_data": row} for index, row in enumerate(event.rows, event.first_row)]


def _result(item: Recorded, event: RowFinished | RowLost | RowSkipped, started_at: datetime | None) -> dict[str, Any]:
    result: dict[str, Any] = {
        "id": derived_id(event.job_id, event.row),
        "organization_id": item.org,
        "job_id": event.job_id,
        "row_index": event.row,
        "started_at": started_at,
        "at": item.at,
    }
    match event:
        case RowSkipped():
            return result | {"status": "skipped", "attempt": 0, "error_type": event.reason, "step_results": []}
        case RowLost():
            result |= {"status": "failed", "step_results": []}
        case RowFinished():
            result |= {
                "status": event.status,
                "duration": event.duration,
                "step_results": [step_result(step) for step in event.steps],
                "screenshot_url": f"/runner/v1/files/{event.screenshot}" if event.screenshot else None,
                "worker_id": event.worker_id,
            }
    return result | {
        "attempt": event.attempt,
        "error_type": event.error_type,
        "error_message": event.error_message,
        "failed_step": event.failed_step,
    }


def step_result(step: StepResult) -> dict[str, Any]:
    """A step's result under document A's names."""
    shown = {
        "stepNumber": step.step_number,
        "success": step.status == "completed",
        "status": step.status,
        "duration": step.duration,
        "strategy": step.strategy,
        "foundBy": step.found_by,
        "agreeing": step.agreeing,
        "confidence": step.confidence,
        "locatingMs": step.locating_ms,
        "retries": step.retries or None,
        "message": step.message,
        "error": step.error,
        "errorType": step.error_type,
        "healingAttempted": step.healing_attempted or None,
        "healingSuccess": step.healing_success,
    }
    return {key: value for key, value in shown.items() if value is not None}


async def _project_lines(connection: Connection, items: Sequence[StoredLine]) -> None:
    rows = [
        {
            "id": derived_id("line", item.position, item.index),
            "organization_id": item.org,
            "job_id": item.line.job_id,
            "level": item.line.level,
            "message": item.line.message,
            "row_index": item.line.row,
            "step_number": item.line.step_number,
            "metadata": item.line.metadata,
            "at": item.line.at,
            "position": item.position,
            "line": item.index,
        }
        for item in items
    ]
    await queries.add_lines(connection, rows=as_rows(rows))


async def _project_samples(connection: Connection, items: Sequence[StoredLine]) -> None:
    rows = [
        {
            **item.line.metadata,
            "id": derived_id("sample", item.position, item.index),
            "organization_id": item.org,
            "at": item.line.at,
        }
        for item in items
    ]
    await queries.add_samples(connection, rows=as_rows(rows))


RESULTS = Projection(
    "execution_results",
    (ALL_EVENTS,),
    ("execution_results", "result_inputs"),
    _project_results,
    events=(JobRowsAdded, RowStarted, RowFinished, RowLost, RowSkipped, JobEnded),
)
LOGS = Projection("execution_logs", (LINES_OF_ROWS,), ("execution_logs",), _project_lines, source="lines")
METRICS = Projection("vdi_metrics", (LINES_OF_WORKERS,), ("vdi_metrics",), _project_samples, source="lines")
PROJECTIONS = (RESULTS, LOGS, METRICS)
