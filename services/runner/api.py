"""EDGE: JSON for machines: results, log lines, files."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from fastapi.responses import StreamingResponse

from services.runner.projections import LOGS, RESULTS, queries
from shared.bus import subjects
from shared.core.errors import NotFound
from shared.lines import StoredLine
from shared.runtime import Resources
from shared.secrets import masked
from shared.web.at_least import at_least
from shared.web.callers import CallerOf
from shared.web.live import LIVE, LastEventId, LiveMessage, event_id, live_response, seen_by


def router(resources: Resources) -> APIRouter:
    """The routes of the runner."""
    routes = APIRouter(prefix="/v1")
    _result_routes(routes, resources)
    _line_routes(routes, resources)
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

    @routes.get("/files/{digest}", tags=["results"])
    async def get_file(digest: str, caller: CallerOf) -> Response:
        """A screenshot, by its SHA-256."""
        content = await resources.objects.get(caller.org, digest)
        headers = {"Cache-Control": "private, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
        return Response(content, media_type=_media_type(content), headers=headers)


def _media_type(content: bytes) -> str:
    if content.startswith(b"\xff\xd8"):
        return "image/jpeg"
    return "image/png" if content.startswith(b"\x89PNG") else "application/octet-stream"


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
        recorded = await resources.log.load(subjects.job(job_id))
        if not recorded or recorded[0].org != caller.org:
            raise NotFound(f"no job {job_id} in this organization")
        return job_id

    @routes.get("/jobs/{job_id}/logs/live", response_class=StreamingResponse, responses=LIVE, tags=["logs"])
    async def live_lines(
        job_id: Annotated[UUID, Depends(known_job)], last_event_id: LastEventId = None
    ) -> StreamingResponse:
        """Log lines as they come, from the job's beginning or behind `Last-Event-ID`."""
        seen = seen_by(last_event_id)
        batches = resources.lines.follow((subjects.lines_of(job_id),), seen.follow_after)
        return live_response(batches, _message, seen=seen, stopping=resources.stopping)


def _message(item: StoredLine) -> LiveMessage:
    line = item.line
    data = {
        "timestamp": line.at,
        "level": line.level,
        "message": line.message,
        "row_index": line.row,
        "step_number": line.step_number,
        "metadata": line.metadata,
    }
    return LiveMessage(event_id(item), "line", data)
