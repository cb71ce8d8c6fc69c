"""EDGE: JSON for machines: what was healed and what people decide about it, the cache, which steps are fragile."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from services.healer.fragility import FRAGILITY
from services.healer.handlers import HealKeeping
from services.healer.projections import HEALS, queries
from shared.core.errors import NotFound
from shared.runtime import Resources
from shared.web.at_least import at_least
from shared.web.callers import Caller, CallerOf
from shared.web.paging import PageOf, link_next

HISTORY = 50
State = Literal["recorded", "proposed", "accepted", "rejected", "adopted", "withdrawn"]


def router(resources: Resources) -> APIRouter:
    """The routes of the healer."""
    routes = APIRouter(prefix="/v1", tags=["heals"])
    _heal_routes(routes, resources)
    _deciding_routes(routes, resources)
    _recording_routes(routes, resources)
    return routes


def _heal_routes(routes: APIRouter, resources: Resources) -> None:
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
        step: Annotated[int | None, Query(ge=1)] = None,
        state: State | None = None,
    ) -> list[dict[str, Any]]:
        """Heals and uses of cached heals, newest first; `proposed` are those that rows wait for."""
        async with database.tenant(caller.org) as connection:
            found = queries.list_heals(
                connection,
                recording_id=recording_id,
                job_id=job_id,
                step_number=step,
                state=state,
                before_at=page.before_at,
                before_id=page.before_id,
                page=page.limit,
            )
            rows = [dict(row) async for row in found]
        link_next(request, response, rows, page)
        return rows

    @routes.get("/heals/find", dependencies=up_to_date)
    async def find_heals(
        caller: CallerOf, q: Annotated[str, Query(min_length=1, max_length=36, pattern="^[0-9a-fA-F-]+$")]
    ) -> list[str]:
        """The ids of heals that begin with `q`, ten at most."""
        async with database.tenant(caller.org) as connection:
            return [str(row["id"]) async for row in queries.find_heals(connection, prefix=q.lower())]

    @routes.get("/heals/{heal_id}", dependencies=up_to_date)
    async def get_heal(heal_id: UUID, caller: CallerOf) -> dict[str, Any]:
        """One heal with the history of its step, newest first."""
        heal = await _heal(resources, caller, heal_id)
        async with database.tenant(caller.org) as connection:
            place = {"recording_id": heal["recording_id"], "step_number": heal["step_number"]}
            history = [dict(row) async for row in queries.history_of_step(connection, **place, page=HISTORY)]
        return {**heal, "history": history}


def _deciding_routes(routes: APIRouter, resources: Resources) -> None:
    keeping = HealKeeping(resources)

    @routes.post("/heals/{heal_id}/accept")
    async def accept_heal(heal_id: UUID, caller: CallerOf) -> dict[str, Any]:
        """Accept a heal: rows that wait for it go on, and its step is found by it from the next revision on.

        409 where the step was revised since the heal was made.
        """
        heal = await _heal(resources, caller, heal_id)
        return _decided(heal, "accepted", await keeping.accept(caller, heal))

    @routes.post("/heals/{heal_id}/reject")
    async def reject_heal(heal_id: UUID, caller: CallerOf) -> dict[str, Any]:
        """Reject a heal: rows that wait for it fail, and this stand-in is never used again for the step and page."""
        heal = await _heal(resources, caller, heal_id)
        return _decided(heal, "rejected", await keeping.reject(caller, heal))


def _recording_routes(routes: APIRouter, resources: Resources) -> None:
    database = resources.database

    @routes.get("/recordings/{recording_id}/cache", dependencies=[at_least(resources, HEALS)])
    async def list_cache(recording_id: UUID, caller: CallerOf) -> list[dict[str, Any]]:
        """What the cache holds for a recording."""
        async with database.tenant(caller.org) as connection:
            return [dict(row) async for row in queries.list_cache(connection, recording_id=recording_id)]

    @routes.get("/recordings/{recording_id}/fragility", dependencies=[at_least(resources, FRAGILITY)])
    async def list_fragility(
        recording_id: UUID,
        caller: CallerOf,
        healthy: Annotated[bool, Query(description="also steps that never needed a stand-in")] = False,
    ) -> list[dict[str, Any]]:
        """Which steps heal again and again, worst first; `share`: of the attempts that performed the step."""
        async with database.tenant(caller.org) as connection:
            found = queries.list_fragility(connection, recording_id=recording_id, healthy=healthy)
            return [dict(row) async for row in found]


async def _heal(resources: Resources, caller: Caller, heal_id: UUID) -> dict[str, Any]:
    async with resources.database.tenant(caller.org) as connection:
        row = await queries.get_heal(connection, id=heal_id)
    if row is None:
        raise NotFound(f"no heal {heal_id} in this organization; `retold heals` lists them")
    return dict(row)


def _decided(heal: dict[str, Any], state: str, position: int) -> dict[str, Any]:
    names = (
        "id",
        "recording_id",
        "step_number",
        "original_selector",
        "healed_selector",
        "revision",
        "adopted_revision",
    )
    return {**{name: heal[name] for name in names}, "state": state, "position": position}
