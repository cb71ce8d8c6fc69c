"""EDGE: JSON for machines: results, log lines, browsers."""

from datetime import timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from services.runner.api_files import add_file_routes
from services.runner.api_live import add_live_routes, job_of, line_message
from services.runner.api_recording import add_recording_routes
from services.runner.pages import add_pages, add_recording_page
from services.runner.projections import LOGS, RESULTS, queries
from services.runner.recording_sessions import RecordingSessions
from services.runner.standing import browsers_now, workers_now
from shared.bus import subjects
from shared.bus.presence import Presence
from shared.core.time_and_ids import PLATFORM_ORG
from shared.runtime import Resources
from shared.secrets import masked
from shared.web.at_least import at_least
from shared.web.callers import CallerOf
from shared.web.live import LIVE, LastEventId, live_response, seen_by


def router(resources: Resources, recordings: RecordingSessions) -> APIRouter:
    """The routes of the runner."""
    routes = APIRouter(prefix="/v1")
    _result_routes(routes, resources)
    _line_routes(routes, resources)
    _browser_routes(routes, resources)
    add_file_routes(routes, resources)
    add_live_routes(routes, resources)
    add_recording_routes(routes, resources, recordings)
    add_pages(routes)
    add_recording_page(routes)
    return routes


def _result_routes(routes: APIRouter, resources: Resources) -> None:
    database = resources.database

    @routes.get("/jobs/{job_id}/results", tags=["results"], dependencies=[at_least(resources, RESULTS)])
    async def list_results(
        job_id: UUID,
        caller: CallerOf,
        after_row: Annotated[int, Query(ge=-1)] = -1,
        limit: Annotated[int, Query(ge=1, le=1000)] = 500,
        status: str | None = None,
    ) -> list[dict[str, Any]]:
        """Results of a job's rows in order; ask on with `after_row` of the last one. Sealed values are masked."""
        async with database.tenant(caller.org) as connection:
            found = queries.list_results(connection, job_id=job_id, after_row=after_row, status=status, page=limit)
            rows = [dict(row) async for row in found]
        return [{**row, "row_data": {k: masked(v) for k, v in row["row_data"].items()}} for row in rows]


def _browser_routes(routes: APIRouter, resources: Resources) -> None:
    database = resources.database
    presence = Presence(resources.nats, resources.settings.replicas)

    @routes.get("/browser-types", tags=["browsers"])
    async def list_browser_types(caller: CallerOf) -> list[dict[str, Any]]:
        """The browsers that a job may ask for; what of each is installed on the runners that are there, or why not."""
        async with database.tenant(caller.org) as connection:
            types = [dict(row) async for row in queries.list_browser_types(connection)]
        return browsers_now(types, await presence.all())

    @routes.get("/workers", tags=["browsers"])
    async def list_workers(
        caller: CallerOf,
        hours: Annotated[int, Query(ge=1, le=720, description="those that were heard of in the last so many")] = 24,
    ) -> list[dict[str, Any]]:
        """Workers, what they offer and what they do now: idle, busy or offline. Only own jobs are named."""
        now = resources.clock()
        async with database.tenant(PLATFORM_ORG) as connection:
            found = queries.list_workers(connection, since=now - timedelta(hours=hours))
            noted = [dict(row) async for row in found]
        return workers_now(noted, await presence.all(), str(caller.org), now)

    @routes.get("/browser-sessions", tags=["browsers"], dependencies=[at_least(resources, RESULTS)])
    async def list_browser_sessions(
        caller: CallerOf,
        job_id: UUID,
        status: Literal["active", "idle", "terminated", "error"] | None = None,
        limit: Annotated[int, Query(ge=1, le=1000)] = 500,
    ) -> list[dict[str, Any]]:
        """The browser sessions of a job's rows, the newest first."""
        async with database.tenant(caller.org) as connection:
            found = queries.list_browser_sessions(connection, job_id=job_id, status=status, page=limit)
            return [dict(row) async for row in found]


def _line_routes(routes: APIRouter, resources: Resources) -> None:
    database = resources.database

    @routes.get("/jobs/{job_id}/logs", tags=["logs"], dependencies=[at_least(resources, LOGS)])
    async def list_lines(
        job_id: UUID,
        caller: CallerOf,
        after: Annotated[str, Query(pattern=r"^\d+(-\d+)?$", description="`position-line` of the last one")] = "0-0",
        row: Annotated[int | None, Query(ge=0)] = None,
        limit: Annotated[int, Query(ge=1, le=5000)] = 1000,
    ) -> list[dict[str, Any]]:
        """Log lines of a job, oldest first."""
        position, _, line = after.partition("-")
        async with database.tenant(caller.org) as connection:
            found = queries.list_lines(
                connection,
                job_id=job_id,
                after_position=int(position),
                after_line=int(line or 0) if int(position) else -1,
                row_index=row,
                page=limit,
            )
            return [dict(line) async for line in found]

    async def known_job(job_id: UUID, caller: CallerOf) -> UUID:
        return (await job_of(resources, job_id, caller.org)).job_id

    @routes.get("/jobs/{job_id}/logs/live", response_class=StreamingResponse, responses=LIVE, tags=["logs"])
    async def live_lines(
        job_id: Annotated[UUID, Depends(known_job)], last_event_id: LastEventId = None
    ) -> StreamingResponse:
        """Log lines as they come, from the job's beginning or behind `Last-Event-ID`."""
        seen = seen_by(last_event_id)
        batches = resources.lines.follow((subjects.lines_of(job_id),), seen.follow_after)
        return live_response(batches, line_message, seen=seen, stopping=resources.stopping)
