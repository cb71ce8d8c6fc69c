"""Read models of the runner: results, log lines, samples of the workers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.runner.recording_projections import RECORDING_SESSIONS
from shared.bus.subjects import ALL_EVENTS, LINES_OF_ROWS, LINES_OF_WORKERS
from shared.contracts.browsers import BROWSER_TYPES
from shared.contracts.runner import ArtifactKept, RowFinished, RowStarted, StepEvidence, StepResult
from shared.contracts.scheduler import JobCreated, JobEnded, JobRowsAdded, RowLost, RowSkipped
from shared.core.events import Recorded
from shared.core.time_and_ids import derived_id
from shared.db.queries import as_rows, load_queries
from shared.lines import StoredLine
from shared.projections import Connection, Projection

queries = load_queries(__file__)


Row = tuple[UUID, int]


async def _project_results(connection: Connection, items: Sequence[Recorded]) -> None:
    jobs: list[dict[str, Any]] = []
    inputs: list[dict[str, Any]] = []
    started: dict[Row, datetime] = {}
    results: dict[Row, dict[str, Any]] = {}
    ended: list[UUID] = []
    for item in items:
        match item.event:
            case JobCreated() as event:
                jobs.append(_job(item, event))
            case JobRowsAdded() as event:
                inputs += _inputs(item, event)
            case RowStarted() as event:
                started[event.job_id, event.row] = item.at
            case RowFinished(final=True) | RowLost(final=True) | RowSkipped() as event:
                row = (event.job_id, event.row)
                results.setdefault(row, _result(item, event, started.pop(row, None)))
            case JobEnded() as event:
                ended.append(event.job_id)
    if jobs:
        await queries.add_jobs(connection, rows=as_rows(jobs))
    if inputs:
        await queries.add_inputs(connection, rows=as_rows(inputs))
    if started:
        starts = [{"job_id": job_id, "row_index": row, "at": at} for (job_id, row), at in started.items()]
        await queries.start_rows(connection, rows=as_rows(starts))
    if results:
        await queries.add_results(connection, rows=as_rows(list(results.values())))
    if ended:
        await queries.forget_inputs(connection, job_ids=ended)


def _job(item: Recorded, event: JobCreated) -> dict[str, Any]:
    return {
        "organization_id": item.org,
        "job_id": event.job_id,
        "recording_id": event.recording_id,
        "user_id": event.user_id,
        "stop_on_error": event.stop_on_error,
        "options": event.options.model_dump(mode="json"),
    }


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
                "screenshot_url": file_url(event.screenshot),
                "worker_id": event.worker_id,
                "extracted": event.extracted or {},
                "total_steps": event.total_steps,
                "browser": event.browser,
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
        "locatingUs": step.locating_us,
        "retries": step.retries or None,
        "message": step.message,
        "error": step.error,
        "errorType": step.error_type,
        "healingAttempted": step.healing_attempted or None,
        "healingSuccess": step.healing_success,
        "warning": step.warning,
        "evidence": _evidence(step.evidence) if step.evidence else None,
    }
    return {key: value for key, value in shown.items() if value is not None}


def _evidence(seen: StepEvidence) -> dict[str, Any]:
    """What was seen beside a step, under document D's names."""
    shown = {
        "pageUrl": seen.page_url,
        "selectorUsed": seen.selector_used,
        "fallbacksAttempted": seen.fallbacks_attempted,
        "suggestedSelectors": seen.suggested_selectors,
        "elementVisible": seen.element_visible,
        "elementEnabled": seen.element_enabled,
        "waitTime": seen.wait_ms,
        "domReadyMs": seen.dom_ready_ms,
        "networkRequests": [each.model_dump(mode="json") for each in seen.network] or seen.network_requests,
        "consoleLogs": seen.console,
        "screenshotBefore": file_url(seen.screenshot_before),
        "screenshotAfter": file_url(seen.screenshot_after),
        "screenshotError": file_url(seen.screenshot_error),
        "domSnapshot": file_url(seen.dom_snapshot),
    }
    return {key: value for key, value in shown.items() if value not in (None, [])}


def file_url(digest: str | None) -> str | None:
    """Where a kept file is served."""
    return f"/runner/v1/files/{digest}" if digest else None


async def _project_artifacts(connection: Connection, items: Sequence[Recorded]) -> None:
    rows = [
        {
            "id": item.id,
            "organization_id": item.org,
            "job_id": event.job_id,
            "row_index": event.row,
            "attempt": event.attempt,
            "step_number": event.step_number,
            "artifact_type": event.kind,
            "file_name": event.name,
            "file_path": file_url(event.digest),
            "mime_type": event.media_type,
            "size_bytes": event.size,
            "checksum": event.digest,
            "at": item.at,
        }
        for item in items
        if isinstance(event := item.event, ArtifactKept)
    ]
    if rows:
        await queries.add_artifacts(connection, rows=as_rows(rows))


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


async def _project_workers(connection: Connection, items: Sequence[StoredLine]) -> None:
    """Each worker as it last said of itself; releases before said less."""
    workers: dict[str, dict[str, Any]] = {}
    for item in items:
        told = item.line.metadata
        if told.get("slots") == 0:
            continue  # it only serves results
        jobs = told.get("jobs") or [None]
        began = workers.get(told["worker_id"], {}).get("started_at") or told.get("started_at") or item.line.at
        workers[told["worker_id"]] = {
            "id": derived_id("worker", told["worker_id"]),
            "organization_id": item.org,
            "worker_id": told["worker_id"],
            "worker_region": told.get("worker_region"),
            "browser_type_id": _first_type(told.get("browsers") or ()),
            "status": told.get("status") or "idle",
            "current_job_id": jobs[0],
            "at": item.line.at,
            "started_at": began,
            "metadata": {name: told[name] for name in ("slots", "jobs", "browsers") if name in told},
        }
    if workers:
        await queries.note_workers(connection, rows=as_rows(list(workers.values())))


def _first_type(offered: Sequence[dict[str, Any]]) -> int | None:
    engines = [each["engine"] for each in offered if each.get("reason") is None]
    return next((kind.id for engine in engines for kind in BROWSER_TYPES if kind.type == engine), None)


RESULTS = Projection(
    "execution_results",
    (ALL_EVENTS,),
    ("execution_results", "result_inputs", "executed_jobs"),
    _project_results,
    events=(JobCreated, JobRowsAdded, RowStarted, RowFinished, RowLost, RowSkipped, JobEnded),
)
LOGS = Projection("execution_logs", (LINES_OF_ROWS,), ("execution_logs",), _project_lines, source="lines")
METRICS = Projection("vdi_metrics", (LINES_OF_WORKERS,), ("vdi_metrics",), _project_samples, source="lines")
WORKERS = Projection("browser_workers", (LINES_OF_WORKERS,), ("browser_workers",), _project_workers, source="lines")
ARTIFACTS = Projection("job_artifacts", (ALL_EVENTS,), ("job_artifacts",), _project_artifacts, events=(ArtifactKept,))
PROJECTIONS = (RESULTS, LOGS, METRICS, WORKERS, ARTIFACTS, RECORDING_SESSIONS)
