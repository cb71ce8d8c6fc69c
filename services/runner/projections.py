"""Read models of the runner: results, log lines, samples of the workers."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from shared.bus.subjects import ALL_JOBS, ALL_ROWS, LINES_OF_ROWS, LINES_OF_WORKERS
from shared.contracts.runner import RowFinished, RowStarted, StepResult
from shared.contracts.scheduler import JobEnded, JobRowsAdded, RowSkipped
from shared.core.events import Recorded
from shared.core.time_and_ids import derived_id
from shared.db.queries import load_queries
from shared.lines import StoredLine
from shared.projections import Connection, Projection

queries = load_queries(__file__)


async def _project_results(connection: Connection, items: Sequence[Recorded]) -> None:
    for item in items:
        match item.event:
            case JobRowsAdded() as event:
                await queries.add_inputs(
                    connection,
                    [
                        {
                            "organization_id": item.org,
                            "job_id": event.job_id,
                            "row_index": event.first_row + offset,
                            "row_data": row,
                        }
                        for offset, row in enumerate(event.rows)
                    ],
                )
            case RowStarted() as event:
                await queries.start_row(connection, job_id=event.job_id, row_index=event.row, at=item.at)
            case RowFinished(final=True) as event:
                await _add_result(
                    connection,
                    item,
                    status=event.status,
                    attempt=event.attempt,
                    duration=event.duration,
                    error_type=event.error_type,
                    error_message=event.error_message,
                    failed_step=event.failed_step,
                    step_results=[step_result(step) for step in event.steps],
                    screenshot_url=f"/runner/v1/files/{event.screenshot}" if event.screenshot else None,
                    worker_id=event.worker_id,
                )
            case RowSkipped() as event:
                await _add_result(connection, item, status="skipped", error_type=event.reason)
            case JobEnded() as event:
                await queries.forget_inputs(connection, job_id=event.job_id)


async def _add_result(connection: Connection, item: Recorded, **columns: Any) -> None:
    assert isinstance(item.event, RowFinished | RowSkipped)
    empty: dict[str, Any] = dict.fromkeys(
        ("duration", "error_type", "error_message", "failed_step", "screenshot_url", "worker_id")
    )
    await queries.add_result(
        connection,
        id=derived_id(item.event.job_id, item.event.row),
        organization_id=item.org,
        job_id=item.event.job_id,
        row_index=item.event.row,
        at=item.at,
        **{**empty, "attempt": 0, "step_results": [], **columns},
    )


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
    await queries.add_lines(
        connection,
        [
            {
                "id": derived_id("line", item.position, item.index),
                "organization_id": item.org,
                "job_id": item.line.job_id,
                "level": item.line.level,
                "message": item.line.message,
                "row_index": item.line.row,
                "step_number": item.line.step_number,
                "metadata": item.line.metadata,
                "at": datetime.fromisoformat(item.line.at),
                "position": item.position,
                "line": item.index,
            }
            for item in items
        ],
    )


async def _project_samples(connection: Connection, items: Sequence[StoredLine]) -> None:
    for item in items:
        sample = dict(item.line.metadata)
        await queries.add_sample(
            connection,
            id=derived_id("sample", item.position, item.index),
            organization_id=item.org,
            at=datetime.fromisoformat(item.line.at),
            cpu_usage=Decimal(str(sample.pop("cpu_usage"))),
            memory_usage=Decimal(str(sample.pop("memory_usage"))),
            **sample,
        )


PROJECTIONS = (
    Projection("execution_results", (ALL_JOBS, ALL_ROWS), ("execution_results", "result_inputs"), _project_results),
    Projection("execution_logs", (LINES_OF_ROWS,), ("execution_logs",), _project_lines, source="lines"),
    Projection("vdi_metrics", (LINES_OF_WORKERS,), ("vdi_metrics",), _project_samples, source="lines"),
)
