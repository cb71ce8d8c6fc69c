"""Read models of ingest: recordings, users, teams."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from shared.bus.subjects import ALL_ORGANIZATIONS, ALL_RECORDINGS
from shared.contracts.ingest import (
    OrganizationFounded,
    RecordingImported,
    RecordingTaught,
    TeamFormed,
    TeamJoined,
    UserInvited,
    with_taught,
)
from shared.contracts.recording import Step
from shared.core.events import Recorded
from shared.core.time_and_ids import derived_id
from shared.db.queries import as_rows, load_queries
from shared.projections import Connection, Projection

queries = load_queries(__file__)


async def _project_recordings(connection: Connection, items: Sequence[Recorded]) -> None:
    imported: dict[UUID, dict[str, Any]] = {}
    taught: list[tuple[Recorded, RecordingTaught]] = []
    for item in items:
        match item.event:
            case RecordingImported() as event:
                imported.setdefault(event.recording_id, _imported(item, event))
            case RecordingTaught() as event:
                taught.append((item, event))
    if imported:
        await queries.add_recordings(connection, rows=as_rows(list(imported.values())))
    if taught:
        await _teach(connection, taught)


def _imported(item: Recorded, event: RecordingImported) -> dict[str, Any]:
    data = event.model_dump(mode="json", by_alias=True)
    return {
        "id": event.recording_id,
        "organization_id": item.org,
        "user_id": event.user_id,
        "name": event.name,
        "description": event.description,
        "starting_url": event.starting_url,
        "duration": _duration(event.steps),
        "steps": data["steps"],
        "variables": data["variables"],
        "recording_method": event.recording_method,
        "source": event.source,
        "fidelity": data["fidelity"],
        "at": item.at,
    }


async def _teach(connection: Connection, taught: Sequence[tuple[Recorded, RecordingTaught]]) -> None:
    """Raises `LookupError` for a recording that is not there: its import was put aside."""
    ids = [event.recording_id for _, event in taught]
    now = {row["id"]: dict(row) async for row in queries.steps_of(connection, ids=ids)}
    for item, event in taught:
        row = now[event.recording_id]
        steps = [with_taught(Step.model_validate(step), event.taught).to_json() for step in row["steps"]]
        row |= {"steps": steps, "revision": row["revision"] + 1, "at": item.at}
    await queries.teach_recordings(connection, rows=as_rows(list(now.values())))


def _duration(steps: Sequence[Step]) -> int | None:
    times = [step.timestamp for step in steps if step.timestamp is not None]
    return int(max(times) - min(times)) if len(times) > 1 else None


async def _project_users(connection: Connection, items: Sequence[Recorded]) -> None:
    users: dict[UUID, dict[str, Any]] = {}
    for item in items:
        user: dict[str, Any]
        match item.event:
            case OrganizationFounded() as event:
                user = {"id": event.owner_id, "email": event.owner_email, "role": "owner"}
            case UserInvited() as event:
                user = {"id": event.user_id, "email": event.email, "role": event.role}
            case _:
                continue
        before = users.get(user["id"], {"created_at": item.at})
        users[user["id"]] = before | user | {"organization_id": item.org, "at": item.at}
    if users:
        await queries.add_users(connection, rows=as_rows(list(users.values())))


async def _project_teams(connection: Connection, items: Sequence[Recorded]) -> None:
    teams: dict[UUID, dict[str, Any]] = {}
    members: dict[UUID, dict[str, Any]] = {}
    for item in items:
        match item.event:
            case TeamFormed() as event:
                team = {"id": event.team_id, "name": event.name, "slug": event.slug, "owner_id": event.owner_id}
                teams.setdefault(event.team_id, team | {"organization_id": item.org, "at": item.at})
            case TeamJoined() as event:
                id_ = derived_id(event.team_id, event.user_id)
                member = {"id": id_, "team_id": event.team_id, "user_id": event.user_id}
                before = members.setdefault(id_, member | {"organization_id": item.org, "at": item.at})
                before["role"] = event.role
    if teams:
        await queries.add_teams(connection, rows=as_rows(list(teams.values())))
    if members:
        await queries.add_team_members(connection, rows=as_rows(list(members.values())))


RECORDINGS = Projection("recordings", (ALL_RECORDINGS,), ("recordings",), _project_recordings)
USERS = Projection("users", (ALL_ORGANIZATIONS,), ("users",), _project_users)
TEAMS = Projection("teams", (ALL_ORGANIZATIONS,), ("teams", "team_members"), _project_teams)
PROJECTIONS = (RECORDINGS, USERS, TEAMS)
