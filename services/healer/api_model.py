"""EDGE: JSON for machines: whether a model is asked, what it was asked, and what that cost."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from services.healer.model_projections import MODEL_CALLS, queries
from services.healer.settings import HealerSettings
from shared.bus.model_switch import ModelSwitch
from shared.contracts.vision import ModelOutcome
from shared.runtime import Resources
from shared.web.at_least import at_least
from shared.web.callers import CallerOf
from shared.web.paging import PageOf, link_next

Limit = Annotated[int, Query(ge=1, le=1000)]


def model_router(resources: Resources) -> APIRouter:
    """The routes about the model."""
    routes = APIRouter(tags=["model"])
    database = resources.database
    settings: HealerSettings = resources.settings
    switch = ModelSwitch(resources.nats, settings.replicas)
    up_to_date = [at_least(resources, MODEL_CALLS)]

    @routes.get("/model")
    async def model(caller: CallerOf) -> dict[str, Any]:  # noqa: ARG001 - whoever may call may know
        """Whether a model is asked where ranking finds nothing certain, which, and what a job may spend on it."""
        told = await switch.read()
        price = settings.price
        return {
            "on": told.on,
            "why_not": told.why_not,
            "model": told.model or settings.model,
            "price_usd_per_million_tokens": price and {"input": price.input, "output": price.output},
            "most_of_a_job": {
                "calls": settings.model_calls,
                "tokens": settings.model_tokens,
                "usd": settings.model_budget_usd,
            },
        }

    @routes.get("/model-calls", dependencies=up_to_date)
    async def list_calls(
        request: Request,
        response: Response,
        caller: CallerOf,
        page: PageOf,
        job_id: UUID | None = None,
        recording_id: UUID | None = None,
        outcome: ModelOutcome | None = None,
    ) -> list[dict[str, Any]]:
        """Questions to the model that were settled, newest first. Costs in US dollars; none: not known."""
        async with database.tenant(caller.org) as connection:
            found = queries.list_calls(
                connection,
                job_id=job_id,
                recording_id=recording_id,
                outcome=outcome,
                before_at=page.before_at,
                before_id=page.before_id,
                page=page.limit,
            )
            rows = [_in_numbers(dict(row)) async for row in found]
        link_next(request, response, rows, page)
        return rows

    @routes.get("/model-calls/sums", dependencies=up_to_date)
    async def sum_calls(caller: CallerOf, job_id: UUID | None = None, limit: Limit = 100) -> list[dict[str, Any]]:
        """What the model was asked for each job, and what that cost; the jobs that asked last first."""
        async with database.tenant(caller.org) as connection:
            found = queries.sum_calls(connection, job_id=job_id, page=limit)
            return [_in_numbers(dict(row)) async for row in found]

    @routes.get("/ai-queue", dependencies=up_to_date)
    async def list_questions(
        caller: CallerOf,
        status: Literal["pending", "processing", "completed", "failed"] | None = None,
        limit: Limit = 100,
    ) -> list[dict[str, Any]]:
        """Questions in the order in which they are seen to."""
        async with database.tenant(caller.org) as connection:
            return [dict(row) async for row in queries.list_questions(connection, status=status, page=limit)]

    return routes


def _in_numbers(row: dict[str, Any]) -> dict[str, Any]:
    """Sums and costs are exact numbers in Postgres, and numbers in JSON."""
    exact = ("cost_estimate", "cost_usd", "input_tokens", "output_tokens")
    numbers = {name: row[name] for name in exact if row.get(name) is not None}
    return row | {name: float(each) if name.startswith("cost") else int(each) for name, each in numbers.items()}
