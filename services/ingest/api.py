"""EDGE: JSON for machines. Recordings come in as files; people, teams and URL policies as JSON."""

import json
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel, Field

from services.ingest import handlers
from services.ingest.adapters.json_document import MAX_FILE_BYTES
from services.ingest.adapters.schema import recording_schema
from services.ingest.aggregates.organization import FormTeam, InviteUser, JoinTeam
from services.ingest.aggregates.url_policy import AddUrlPolicy, ChangeUrlPolicy, RemoveUrlPolicy
from services.ingest.api_editing import add_editing_routes
from services.ingest.api_exports import add_export_routes
from services.ingest.api_healing import add_healing_routes
from services.ingest.api_imports import add_import_routes
from services.ingest.api_revisions import add_revision_routes
from services.ingest.api_security import add_security_routes
from services.ingest.api_variables import add_variable_routes
from services.ingest.projections import RECORDINGS, TEAMS, URL_POLICIES, USERS, queries
from shared.contracts.ingest import PolicyType
from shared.core.errors import InvalidInput, NotFound, TooLarge
from shared.core.time_and_ids import derived_id, new_id
from shared.runtime import Resources
from shared.secrets import masked
from shared.url_policy import read_pattern
from shared.web.at_least import at_least
from shared.web.callers import CallerOf
from shared.web.paging import PageOf, link_next

MAX_METADATA_BYTES = 16_384
MAX_UPLOAD_BYTES = 64 * 1024**2
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


PolicyWord = Literal["whitelist", "blacklist", "allow", "deny"]
POLICY_TYPES: dict[PolicyWord, PolicyType] = {
    "whitelist": "whitelist",
    "blacklist": "blacklist",
    "allow": "whitelist",
    "deny": "blacklist",
}
Metadata = Annotated[dict[str, Any] | None, Field(description=f"anything, up to {MAX_METADATA_BYTES} bytes of JSON")]


class NewUrlPolicy(BaseModel):
    """A rule about the addresses that browsers may open; `shared.url_policy.patterns` says how a pattern is written."""

    pattern: str = Field(min_length=1, max_length=255, examples=["*.example.com", "10.0.0.0/8", "https://a.test/x/*"])
    type: PolicyWord = "blacklist"
    description: str | None = Field(None, max_length=2000)
    is_active: bool = True
    metadata: Metadata = None


class UrlPolicyChange(BaseModel):
    """What is to be another way; what is not said stays."""

    description: str | None = Field(None, max_length=2000)
    is_active: bool | None = None
    metadata: Metadata = None


def router(resources: Resources) -> APIRouter:
    """The routes of ingest."""
    routes = APIRouter(prefix="/v1")
    add_import_routes(routes, resources, _body)
    _recording_routes(routes, resources)
    add_export_routes(routes, resources)
    add_variable_routes(routes, resources)
    add_editing_routes(routes, resources)
    add_revision_routes(routes, resources)
    add_healing_routes(routes, resources)
    _file_routes(routes, resources)
    _people_routes(routes, resources)
    _url_policy_routes(routes, resources)
    add_security_routes(routes, resources)
    return routes


def _recording_routes(routes: APIRouter, resources: Resources) -> None:
    database = resources.database
    up_to_date = [at_least(resources, RECORDINGS)]

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


def _file_routes(routes: APIRouter, resources: Resources) -> None:
    @routes.post("/files", status_code=201, tags=["files"])
    async def keep_file(
        request: Request, caller: CallerOf, name: Annotated[str, Query(min_length=1, max_length=200)]
    ) -> dict[str, Any]:
        """Keep the file in the body for steps that upload it: its `file` is what their value, or a cell, names."""
        content = await _body(request, MAX_UPLOAD_BYTES, "a file to upload")
        if "/" in name or "\\" in name or not name.isprintable():
            raise InvalidInput("a file's name has no slash and nothing that cannot be printed")
        digest = await resources.objects.put(caller.org, content)
        return {"file": f"retold-file:{digest}/{name}", "digest": digest, "size": len(content)}


async def _body(request: Request, limit: int = MAX_FILE_BYTES, what: str = "a recording") -> bytes:
    """The whole body. Raises `TooLarge` as soon as it is over the limit."""
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit:
            raise TooLarge(f"the file is over {limit // 1024**2} MiB, the limit for {what}")
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


def _url_policy_routes(routes: APIRouter, resources: Resources) -> None:
    database = resources.database

    @routes.post("/url-policies", status_code=201, tags=["security"])
    async def add_url_policy(
        policy: NewUrlPolicy, response: Response, caller: CallerOf, idempotency_key: Idempotency = None
    ) -> dict[str, Any]:
        """Add a rule about the addresses that browsers may open; it counts for every row that starts from now on."""
        _check_size(policy.metadata)
        pattern = read_pattern(policy.pattern).text
        policy_id = derived_id(caller.org, "url policy", idempotency_key) if idempotency_key else new_id()
        kind = POLICY_TYPES[policy.type]
        rule = AddUrlPolicy(policy_id, pattern, kind, policy.description, policy.is_active, policy.metadata)
        position = await handlers.change_url_policies(resources, caller.context(), rule)
        response.headers["Location"] = f"/ingest/v1/url-policies/{policy_id}"
        return {"id": policy_id, "pattern": pattern, "type": kind, "is_active": policy.is_active, "position": position}

    @routes.get("/url-policies", tags=["security"], dependencies=[at_least(resources, URL_POLICIES)])
    async def list_url_policies(
        request: Request,
        response: Response,
        caller: CallerOf,
        page: PageOf,
        type: PolicyWord | None = None,  # noqa: A002 - document E's word
    ) -> list[dict[str, Any]]:
        """The rules, newest first."""
        before = {"before_at": page.before_at, "before_id": page.before_id}
        async with database.tenant(caller.org) as connection:
            kind = POLICY_TYPES[type] if type else None
            found = queries.list_url_policies(connection, **before, type=kind, page=page.limit)
            rows = [dict(row) async for row in found]
        link_next(request, response, rows, page)
        return rows

    @routes.patch("/url-policies/{policy_id}", tags=["security"])
    async def change_url_policy(policy_id: UUID, change: UrlPolicyChange, caller: CallerOf) -> dict[str, Any]:
        """Switch a rule on or off, or describe it anew."""
        _check_size(change.metadata)
        command = ChangeUrlPolicy(policy_id, change.description, change.is_active, change.metadata)
        return {"id": policy_id, "position": await handlers.change_url_policies(resources, caller.context(), command)}

    @routes.delete("/url-policies/{policy_id}", tags=["security"])
    async def remove_url_policy(policy_id: UUID, caller: CallerOf) -> dict[str, Any]:
        """Take a rule away."""
        command = RemoveUrlPolicy(policy_id)
        return {"id": policy_id, "position": await handlers.change_url_policies(resources, caller.context(), command)}


def _check_size(metadata: dict[str, Any] | None) -> None:
    if metadata is not None and len(json.dumps(metadata)) > MAX_METADATA_BYTES:
        raise InvalidInput(f"the metadata of a URL policy has at most {MAX_METADATA_BYTES} bytes of JSON")
