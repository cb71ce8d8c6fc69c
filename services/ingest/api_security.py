"""EDGE: JSON for machines: what somebody may want to look into."""

from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.ingest.projections import SECURITY_EVENTS, queries
from shared.runtime import Resources
from shared.web.at_least import at_least
from shared.web.callers import CallerOf
from shared.web.paging import PageOf, link_next

SecurityEventType = Literal[
    "failed_login",
    "suspicious_activity",
    "rate_limit_exceeded",
    "unauthorized_access",
    "data_breach_attempt",
    "malicious_request",
]


def add_security_routes(routes: APIRouter, resources: Resources) -> None:
    """The list of security events."""
    database = resources.database

    @routes.get("/security-events", tags=["security"], dependencies=[at_least(resources, SECURITY_EVENTS)])
    async def list_security_events(
        request: Request,
        response: Response,
        caller: CallerOf,
        page: PageOf,
        severity: Literal["low", "medium", "high", "critical"] | None = None,
        event_type: SecurityEventType | None = None,
        job_id: UUID | None = None,
    ) -> list[dict[str, Any]]:
        """What somebody may want to look into, newest first: so far, what the URL policy refused."""
        before = {"before_at": page.before_at, "before_id": page.before_id}
        asked = {"severity": severity, "event_type": event_type, "job_id": str(job_id) if job_id else None}
        async with database.tenant(caller.org) as connection:
            found = queries.list_security_events(connection, **before, **asked, page=page.limit)
            rows = [dict(row) async for row in found]
        link_next(request, response, rows, page)
        return rows
