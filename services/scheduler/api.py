"""EDGE: JSON for machines. A job is a table (the CSV file) and a request."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Header, Query, Request, Response, UploadFile
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field, ValidationError

from services.scheduler import automation, handlers
from services.scheduler.adapters.csv_table import MAX_BYTES
from services.scheduler.aggregates.job import HIGHEST_PRIORITY, PauseJob, ReprioritizeJob, ResumeJob, StopJob
from services.scheduler.automation import AutomationRequest, AutomationStatus
from services.scheduler.handlers import JobRequest, NewJob, RerunRequest
from services.scheduler.projections import JOBS, queries
from shared.bus import subjects
from shared.contracts.healer import HealAccepted, HealRejected
from shared.contracts.runner import HealProposed, RowFinished, RowStarted
from shared.contracts.scheduler import (
    JobCreated,
    JobEnded,
    JobPaused,
    JobReprioritized,
    JobResumed,
    JobStopping,
    JobSubmitted,
    RowDispatched,
    RowLost,
    RowSkipped,
)
from shared.core.errors import Fault, InvalidInput, NotFound, TooLarge
from shared.core.events import Recorded
from shared.core.time_and_ids import derived_id, new_id
from shared.runtime import Resources
from shared.web.at_least import at_least
from shared.web.callers import Caller, CallerOf
from shared.web.live import LIVE, LastEventId, LiveMessage, event_id, live_response, seen_by
from shared.web.paging import PageOf, link_next

Idempotency = Annotated[str | None, Header(alias="Idempotency-Key", max_length=200)]
SHOWN = (
    JobSubmitted,
    JobPaused,
    JobResumed,
    JobReprioritized,
    JobStopping,
    JobEnded,
    RowDispatched,
    RowStarted,
    RowFinished,
    RowLost,
    RowSkipped,
    HealProposed,
    HealAccepted,
    HealRejected,
)


class JobChange(BaseModel):
    """What can be changed of a job under way."""

    priority: int = Field(ge=0, le=HIGHEST_PRIORITY)


def router(resources: Resources) -> APIRouter:
    """The routes of the scheduler."""
    routes = APIRouter(prefix="/v1", tags=["jobs"])
    _reading_routes(routes, resources)
    _changing_routes(routes, resources)
    _automation_routes(routes, resources)
    _live_routes(routes, resources)
    return routes


def _changing_routes(routes: APIRouter, resources: Resources) -> None:
    @routes.post("/jobs", status_code=202)
    async def create_job(
        response: Response,
        caller: CallerOf,
        file: UploadFile,
        request: Annotated[str, Form(description="a JobRequest as JSON")],
        idempotency_key: Idempotency = None,
    ) -> dict[str, Any]:
        """Run a recording for every row of a CSV file."""
        wanted = _job_request(request)
        content = await file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise TooLarge(f"the table is over {MAX_BYTES // 1024**2} MiB; split it into several jobs")
        job_id = derived_id(caller.org, "job", idempotency_key) if idempotency_key else new_id()
        return await submit(response, caller, await handlers.plan_job(resources, caller, wanted, content, job_id))

    @routes.post("/jobs/{job_id}/rerun", status_code=202)
    async def rerun_job(
        job_id: UUID,
        wanted: RerunRequest,
        response: Response,
        caller: CallerOf,
        idempotency_key: Idempotency = None,
    ) -> dict[str, Any]:
        """A new job over some rows of an ended one; `failed` leaves out those whose outcome is unknown."""
        new_job_id = derived_id(caller.org, "rerun", job_id, idempotency_key) if idempotency_key else new_id()
        new = await handlers.plan_rerun(resources, caller, job_id, wanted, new_job_id)
        return await submit(response, caller, new)

    @routes.post("/jobs/{job_id}/cancel", status_code=202)
    async def cancel_job(job_id: UUID, caller: CallerOf) -> dict[str, Any]:
        """Stop a job: rows not started are skipped, rows under way stop within a step."""
        return await steer(caller, StopJob(job_id, "cancelled"))

    @routes.post("/jobs/{job_id}/pause", status_code=202)
    async def pause_job(job_id: UUID, caller: CallerOf) -> dict[str, Any]:
        """Hand out no further row until the job is resumed; rows under way stop before their next step."""
        return await steer(caller, PauseJob(job_id))

    @routes.post("/jobs/{job_id}/resume", status_code=202)
    async def resume_job(job_id: UUID, caller: CallerOf) -> dict[str, Any]:
        """Go on with a paused job."""
        return await steer(caller, ResumeJob(job_id))

    @routes.patch("/jobs/{job_id}", status_code=202)
    async def change_job(job_id: UUID, change: JobChange, caller: CallerOf) -> dict[str, Any]:
        """Give a job another priority; it counts from the next row that starts."""
        return await steer(caller, ReprioritizeJob(job_id, change.priority))

    async def steer(caller: Caller, command: PauseJob | ResumeJob | ReprioritizeJob | StopJob) -> dict[str, Any]:
        position = await handlers.steer_job(resources, caller.context(), command)
        return {"id": command.job_id, "position": position}

    async def submit(response: Response, caller: Caller, new: NewJob) -> dict[str, Any]:
        position = await handlers.submit_job(resources, caller.context(), new)
        created = new.created
        response.headers["Location"] = f"/scheduler/v1/jobs/{created.job_id}"
        return {
            "id": created.job_id,
            "recording_id": created.recording_id,
            "recording_name": created.recording_name,
            "total_rows": created.total_rows,
            "priority": created.priority,
            "field_mapping": created.field_mapping,
            "unmapped_columns": created.unmapped,
            "secret_columns": created.secret_columns,
            "keeps_recorded": new.keeps_recorded,
            "position": position,
        }


def _job_request(text: str) -> JobRequest:
    try:
        return JobRequest.model_validate_json(text)
    except ValidationError as error:
        faults = [Fault("/" + "/".join(map(str, each["loc"])), each["msg"]) for each in error.errors()]
        detail = "; ".join(f"{fault.pointer}: {fault.detail}" for fault in faults)
        raise InvalidInput(f"the job request is not right: {detail}", faults) from error


def _reading_routes(routes: APIRouter, resources: Resources) -> None:
    database = resources.database
    up_to_date = [at_least(resources, JOBS)]

    @routes.get("/jobs", dependencies=up_to_date)
    async def list_jobs(
        request: Request,
        response: Response,
        caller: CallerOf,
        page: PageOf,
        status: str | None = None,
    ) -> list[dict[str, Any]]:
        """Jobs, newest first."""
        async with database.tenant(caller.org) as connection:
            found = queries.list_jobs(
                connection, status=status, before_at=page.before_at, before_id=page.before_id, page=page.limit
            )
            rows = [dict(row) async for row in found]
        link_next(request, response, rows, page)
        return rows

    @routes.get("/jobs/find", dependencies=up_to_date)
    async def find_jobs(caller: CallerOf, q: Annotated[str, Query(pattern="^[0-9a-fA-F-]{1,36}$")]) -> list[UUID]:
        """Ids of jobs that begin with `q`."""
        async with database.tenant(caller.org) as connection:
            return [row["id"] async for row in queries.find_jobs(connection, prefix=q.lower())]

    @routes.get("/jobs/{job_id}", dependencies=up_to_date)
    async def get_job(job_id: UUID, caller: CallerOf) -> dict[str, Any]:
        """One job with its counts."""
        async with database.tenant(caller.org) as connection:
            row = await queries.get_job(connection, id=job_id)
        if row is None:
            raise NotFound(f"no job {job_id} in this organization")
        return dict(row)

    @routes.get("/jobs/{job_id}/waiting", dependencies=up_to_date)
    async def list_waiting(job_id: UUID, caller: CallerOf) -> list[dict[str, Any]]:
        """The rows that wait for a person to accept or reject a stand-in (`heal_id`)."""
        async with database.tenant(caller.org) as connection:
            return [dict(row) async for row in queries.list_waiting(connection, job_id=job_id)]


def _automation_routes(routes: APIRouter, resources: Resources) -> None:
    database, up_to_date = resources.database, [at_least(resources, JOBS)]
    place = "/automation-jobs"

    @routes.post(place, status_code=202)
    async def create_automation_job(
        wanted: AutomationRequest, response: Response, caller: CallerOf, idempotency_key: Idempotency = None
    ) -> dict[str, Any]:
        """Open an address, perform some actions there once, keep what is asked for."""
        job_id = derived_id(caller.org, "automation", idempotency_key) if idempotency_key else new_id()
        new, notes = await automation.plan_automation(resources, caller, wanted, job_id)
        position = await handlers.submit_job(resources, caller.context(), new)
        response.headers["Location"] = f"/scheduler/v1/automation-jobs/{job_id}"
        return {
            "id": job_id,
            "status": "pending",
            "target_url": wanted.target_url,
            "browser_type": new.created.options.browser,
            "priority": wanted.priority,
            "steps": len(new.created.automation.steps if new.created.automation else ()),
            "notes": notes,
            "position": position,
        }

    @routes.get(place, dependencies=up_to_date)
    async def list_automation_jobs(
        request: Request, response: Response, caller: CallerOf, page: PageOf, status: AutomationStatus | None = None
    ) -> list[dict[str, Any]]:
        """Automation jobs, newest first."""
        async with database.tenant(caller.org) as connection:
            found = queries.list_automation_jobs(
                connection, status=status, before_at=page.before_at, before_id=page.before_id, page=page.limit
            )
            rows = [automation.shown(row) async for row in found]
        link_next(request, response, rows, page)
        return rows

    @routes.get(f"{place}/stats", dependencies=up_to_date)
    async def count_automation_jobs(caller: CallerOf) -> dict[str, int]:
        """How many automation jobs there are of each status."""
        async with database.tenant(caller.org) as connection:
            counted = {row["status"]: row["count"] async for row in queries.count_automation_jobs(connection)}
        return {status: counted.get(status, 0) for status in automation.STATUSES}

    @routes.get(f"{place}/{{job_id}}", dependencies=up_to_date)
    async def get_automation_job(job_id: UUID, caller: CallerOf) -> dict[str, Any]:
        """One automation job: its status, what it took from the page, and the files that it left."""
        async with database.tenant(caller.org) as connection:
            row = await queries.get_automation_job(connection, id=job_id)
        if row is None:
            raise NotFound(f"no automation job {job_id} in this organization")
        left = await resources.log.load(subjects.row(job_id, 0))
        return {**automation.shown(row), "artifacts": automation.artifacts_of(left)}

    @routes.post(f"{place}/{{job_id}}/cancel", status_code=202)
    async def cancel_automation_job(job_id: UUID, caller: CallerOf) -> dict[str, Any]:
        """Stop an automation job, within a step where it is under way."""
        command = StopJob(job_id, "cancelled")
        return {"id": job_id, "position": await handlers.steer_job(resources, caller.context(), command)}


def _live_routes(routes: APIRouter, resources: Resources) -> None:
    async def known_job(job_id: UUID, caller: CallerOf) -> JobCreated:
        first = await resources.log.first(subjects.job(job_id))
        if first is None or first.org != caller.org or not isinstance(first.event, JobCreated):
            raise NotFound(f"no job {job_id} in this organization")
        return first.event

    @routes.get("/jobs/{job_id}/events", response_class=StreamingResponse, responses=LIVE)
    async def job_events(
        created: Annotated[JobCreated, Depends(known_job)], last_event_id: LastEventId = None
    ) -> StreamingResponse:
        """Live progress from the job's beginning, or behind `Last-Event-ID`; ends when the job has ended."""
        heals = subjects.heals(created.recording_id).canonical_filter
        subject_filters = (subjects.job(created.job_id).canonical_filter, subjects.rows_of(created.job_id), heals)
        seen = seen_by(last_event_id)
        return live_response(
            resources.log.follow(subject_filters, seen.follow_after),
            _message,
            seen=seen,
            stopping=resources.stopping,
            ends_with=lambda item: isinstance(item.event, JobEnded),
        )


def _message(item: Recorded) -> LiveMessage | None:
    """What a watcher sees of an event: no table, no step details."""
    if not isinstance(item.event, SHOWN):
        return None
    name = type(item.event).__name__
    unseen = {"steps", "recording_id", "revision", "healed_bundle", "rivals"}
    data = item.event.model_dump(mode="json", exclude=unseen)
    return LiveMessage(event_id(item), name, {**data, "at": item.at.isoformat(), "type": name})
