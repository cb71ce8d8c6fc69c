"""Read models of ingest: recordings, users, teams, URL policies, security events."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.ingest.revisions import REVISIONS_OF_RECORDINGS
from shared.bus.subjects import ALL_ORGANIZATIONS, ALL_RECORDINGS, ALL_URL_POLICIES, ROW_EVENTS, stream_of
from shared.contracts.ingest import (
    REVISIONS,
    OrganizationFounded,
    RecordingImported,
    RecordingSnapshot,
    TeamFormed,
    TeamJoined,
    UrlPolicyAdded,
    UrlPolicyChanged,
    UrlPolicyRemoved,
    UserInvited,
    revised,
)
from shared.contracts.recording import Step, Variable
from shared.contracts.runner import UrlRefused
from shared.core.events import Recorded
from shared.core.time_and_ids import derived_id
from shared.db.queries import as_rows, load_queries
from shared.projections import Connection, Projection

queries = load_queries(__file__)


async def _project_recordings(connection: Connection, items: Sequence[Recorded]) -> None:
    imported: dict[UUID, dict[str, Any]] = {}
    revisions: list[Recorded] = []
    for item in items:
        match item.event:
            case RecordingImported() as event:
                imported.setdefault(event.recording_id, _imported(item, event))
            case event if isinstance(event, REVISIONS):
                revisions.append(item)
    if imported:
        await queries.add_recordings(connection, rows=as_rows(list(imported.values())))
    if revisions:
        await _revise(connection, revisions)


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


async def _revise(connection: Connection, revisions: Sequence[Recorded]) -> None:
    """Raises `LookupError` for a recording that is not there: its import was put aside."""
    ids = {item.position: UUID(stream_of(item.subject).id) for item in revisions}
    now = {row["id"]: dict(row) async for row in queries.steps_of(connection, ids=list(ids.values()))}
    for item in revisions:
        row = now[ids[item.position]]
        steps = tuple(map(Step.model_validate, row["steps"]))
        variables = {label: Variable.model_validate(variable) for label, variable in row["variables"].items()}
        before = RecordingSnapshot(row["id"], row["name"], "", row["revision"], steps, variables)
        after = revised(before, item.event)
        row |= {"name": after.name, "revision": after.revision, "at": item.at}
        row["steps"] = [step.to_json() for step in after.steps]
        row["variables"] = {label: variable.to_json() for label, variable in after.variables.items()}
    await queries.revise_recordings(connection, rows=as_rows(list(now.values())))


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


async def _project_url_policies(connection: Connection, items: Sequence[Recorded]) -> None:
    added: dict[UUID, dict[str, Any]] = {}
    changed: dict[UUID, dict[str, Any]] = {}
    removed: list[UUID] = []
    for item in items:
        match item.event:
            case UrlPolicyAdded() as event:
                policy = {"id": event.policy_id, "organization_id": item.org, "pattern": event.pattern}
                policy |= {"type": event.type, "created_at": item.at}
                added.setdefault(event.policy_id, policy | _changeable(item, event))
            case UrlPolicyChanged() as event:
                known = added.get(event.policy_id) or changed.setdefault(event.policy_id, {"id": event.policy_id})
                known |= _changeable(item, event)
            case UrlPolicyRemoved() as event:
                removed.append(event.policy_id)
    if added:
        await queries.add_url_policies(connection, rows=as_rows(list(added.values())))
    if changed:
        await queries.change_url_policies(connection, rows=as_rows(list(changed.values())))
    if removed:
        await queries.remove_url_policies(connection, ids=removed)


def _changeable(item: Recorded, event: UrlPolicyAdded | UrlPolicyChanged) -> dict[str, Any]:
    told = {"description": event.description, "is_active": event.is_active, "metadata": event.metadata}
    return told | {"at": item.at}


async def _project_security_events(connection: Connection, items: Sequence[Recorded]) -> None:
    refused = [(item, item.event) for item in items if isinstance(item.event, UrlRefused)]
    rows = [_refusal(item, event) for item, event in refused]
    if rows:
        await queries.add_security_events(connection, rows=as_rows(rows))


def _refusal(item: Recorded, event: UrlRefused) -> dict[str, Any]:
    """A page that looks around in private networks is another thing than one that an organization keeps closed."""
    match event.reason:
        case "metadata" | "private":
            event_type, severity = "suspicious_activity", "high"
        case "policy":
            event_type, severity = "unauthorized_access", "medium"
        case _:
            event_type, severity = "malicious_request", "medium"
    return {
        "id": item.id,
        "organization_id": item.org,
        "event_type": event_type,
        "severity": severity,
        "description": f"row {event.row}: the URL policy refused {event.url}: {event.rule}",
        "details": event.model_dump(mode="json"),
        "at": item.at,
    }


RECORDINGS = Projection("recordings", (ALL_RECORDINGS,), ("recordings",), _project_recordings)
USERS = Projection("users", (ALL_ORGANIZATIONS,), ("users",), _project_users)
TEAMS = Projection("teams", (ALL_ORGANIZATIONS,), ("teams", "team_members"), _project_teams)
URL_POLICIES = Projection("url_policies", (ALL_URL_POLICIES,), ("url_policies",), _project_url_policies)
SECURITY_EVENTS = Projection(
    "security_events", (ROW_EVENTS,), ("security_events",), _project_security_events, events=(UrlRefused,)
)
PROJECTIONS = (RECORDINGS, REVISIONS_OF_RECORDINGS, USERS, TEAMS, URL_POLICIES, SECURITY_EVENTS)
