"""EDGE: JSON for machines. Recordings come in as files; people and teams as JSON."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel, Field

from services.ingest import handlers
from services.ingest.adapters.importing import read_recording
from services.ingest.adapters.json_document import MAX_FILE_BYTES
from services.ingest.adapters.schema import recording_schema
from services.ingest.aggregates.organization import FormTeam, InviteUser, JoinTeam
from services.ingest.projections import RECORDINGS, TEAMS, USERS, queries
from shared.core.errors import NotFound, TooLarge
from shared.core.time_and_ids import derived_id, new_id
from shared.runtime import Resources
from shared.secrets import masked
from shared.web.at_least import at_least
from shared.web.callers import CallerOf
from shared.web.paging import PageOf, link_next

Idempotency = Annotated[str | None, Header(alias="Idempotency-Key", max_length=200)]


class NewUser(BaseModel):
    """A person of the organization."""

    email: str = Field(pattern=r"^[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}$", max_length=255)
    role: Literal["admin", "manager", "member", "viewer"] = "member"


class NewTeam(BaseModel):
    """A team; the caller owns it."""

    name: str = Field(min_length=2, max_length=100)
    slug: str = Field(pattern=r"^[a-z0-9-]+$", max_length=100)


class Membership(BaseModel):
    """A user's role in a team."""

    role: Literal["owner", "admin", "member", "viewer"] = "member"


def router(resources: Resources) -> APIRouter:
    """The routes of ingest."""
    routes = APIRouter(prefix="/v1")
    _recording_routes(routes, resources)
    _people_routes(routes, resources)
    return routes


def _recording_routes(routes: APIRouter, resources: Resources) -> None:
    database = resources.database
    up_to_date = [at_least(resources, RECORDINGS)]

    @routes.post("/recordings", status_code=201, tags=["recordings"])
    async def import_recording(
        request: Request,
        response: Response,
        caller: CallerOf,
        filename: Annotated[str, Query(max_length=255)] = "recording.json",
        name: Annotated[str | None, Query(min_length=1, max_length=200)] = None,
        idempotency_key: Idempotency = None,
    ) -> dict[str, Any]:
        """Import the recording in the body: canonical JSON, or an export of the Chrome DevTools Recorder."""
        imported = read_recording(await _body(request), filename)
        recording_id = derived_id(caller.org, "recording", idempotency_key) if idempotency_key else new_id()
        position = await handlers.import_recording(resources, caller, recording_id, imported, name)
        response.headers["Location"] = f"/ingest/v1/recordings/{recording_id}"
        return {
            "id": recording_id,
            "name": name or imported.name,
            "starting_url": imported.starting_url,
            "step_count": len(imported.steps),
            "source": imported.source,
            "variables": {label: variable.to_json() for label, variable in imported.variables.items()},
            "fidelity": [note.model_dump() for note in imported.fidelity],
            "position": position,
        }

    @routes.get("/recordings", tags=["recordings"], dependencies=up_to_date)
    async def list_recordings(
        request: Request, response: Response, caller: CallerOf, page: PageOf
    ) -> list[dict[str, Any]]:
        """Recordings, newest first."""
        async with database.tenant(caller.org) as connection:
            found = queries.list_recordings(
                connection, before_at=page.before_at, before_id=page.before_id, page=page.limit
            )
            rows = [dict(row) async for row in found]
        link_next(request, response, rows, page)
        return rows

    @routes.get("/recordings/find", tags=["recordings"], dependencies=up_to_date)
    async def find_recordings(caller: CallerOf, q: Annotated[str, Query(min_length=1)]) -> list[dict[str, Any]]:
        """Recordings whose id begins with, or whose name is, `q`."""
        async with database.tenant(caller.org) as connection:
            escaped = q.lower().replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
            return [dict(row) async for row in queries.find_recordings(connection, prefix=escaped, name=q)]

    @routes.get("/recordings/{recording_id}", tags=["recordings"], dependencies=up_to_date)
    async def get_recording(recording_id: UUID, caller: CallerOf) -> dict[str, Any]:
        """One recording with its steps; sealed values are masked."""
        async with database.tenant(caller.org) as connection:
            row = await queries.get_recording(connection, id=recording_id)
        if row is None:
            raise NotFound(f"no recording {recording_id} in this organization")
        steps = [{**step, "value": masked(step["value"])} if step.get("value") else step for step in row["steps"]]
        return {**dict(row), "steps": steps}

    @routes.get("/recording.schema.json", tags=["recordings"])
    async def schema() -> dict[str, Any]:
        """The JSON Schema of a canonical recording."""
        return recording_schema()


async def _body(request: Request) -> bytes:
    """The whole body. Raises `TooLarge` as soon as it is over the limit."""
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_FILE_BYTES:
            raise TooLarge(f"the file is over {MAX_FILE_BYTES // 1024**2} MiB, the limit for a recording")
        chunks.append(chunk)
    return b"".join(chunks)


def _people_routes(routes: APIRouter, resources: Resources) -> None:
    database = resources.database

    @routes.post("/users", status_code=201, tags=["people"])
    async def invite_user(user: NewUser, caller: CallerOf) -> dict[str, Any]:
        """Add a person to the organization."""
        user_id = new_id()
        command = InviteUser(user_id, user.email, user.role)
        position = await handlers.change_organization(resources, caller.context(), command)
        return {"id": user_id, "position": position}

    @routes.get("/users", tags=["people"], dependencies=[at_least(resources, USERS)])
    async def list_users(caller: CallerOf) -> list[dict[str, Any]]:
        """The people of the organization."""
        async with database.tenant(caller.org) as connection:
            return [dict(row) async for row in queries.list_users(connection)]

    @routes.post("/teams", status_code=201, tags=["people"])
    async def form_team(team: NewTeam, caller: CallerOf) -> dict[str, Any]:
        """Make a team; the caller is its first member."""
        team_id = new_id()
        command = FormTeam(team_id, team.name, team.slug, caller.user_id)
        position = await handlers.change_organization(resources, caller.context(), command)
        return {"id": team_id, "position": position}

    @routes.get("/teams", tags=["people"], dependencies=[at_least(resources, TEAMS)])
    async def list_teams(caller: CallerOf) -> list[dict[str, Any]]:
        """The teams of the organization."""
        async with database.tenant(caller.org) as connection:
            return [dict(row) async for row in queries.list_teams(connection)]

    @routes.put("/teams/{team_id}/members/{user_id}", tags=["people"])
    async def join_team(team_id: UUID, user_id: UUID, membership: Membership, caller: CallerOf) -> dict[str, Any]:
        """Add a user to a team, or change the role there."""
        command = JoinTeam(team_id, user_id, membership.role)
        return {"position": await handlers.change_organization(resources, caller.context(), command)}
