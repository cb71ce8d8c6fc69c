"""EDGE: JSON for machines: what was healed, and what the cache holds."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.healer.projections import HEALS, queries
from shared.runtime import Resources
from shared.web.at_least import at_least
from shared.web.callers import CallerOf
from shared.web.paging import PageOf, link_next


def router(resources: Resources) -> APIRouter:
    """The routes of the healer."""
    routes = APIRouter(prefix="/v1", tags=["heals"])
    database = resources.database
    up_to_date = [at_least(resources, HEALS)]

    @routes.get("/heals", dependencies=up_to_date)
    async def list_heals(
        request: Request,
        response: Response,
        caller: CallerOf,
        page: PageOf,
        recording_id: UUID | None = None,
        job_id: UUID | None = None,
    ) -> list[dict[str, Any]]:
        """Heals and uses of cached heals, newest first."""
        async with database.tenant(caller.org) as connection:
            found = queries.list_heals(
                connection,
                recording_id=recording_id,
                job_id=job_id,
                before_at=page.before_at,
                before_id=page.before_id,
                page=page.limit,
            )
            rows = [dict(row) async for row in found]
        link_next(request, response, rows, page)
        return rows

    @routes.get("/recordings/{recording_id}/cache", dependencies=up_to_date)
    async def list_cache(recording_id: UUID, caller: CallerOf) -> list[dict[str, Any]]:
        """What the cache holds for a recording."""
        async with database.tenant(caller.org) as connection:
            return [dict(row) async for row in queries.list_cache(connection, recording_id=recording_id)]

    return routes
