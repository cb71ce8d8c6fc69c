"""Read models of ingest: recordings, users, teams."""

from collections.abc import Sequence

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
from shared.db.queries import load_queries
from shared.projections import Connection, Projection

queries = load_queries(__file__)


async def _project_recordings(connection: Connection, items: Sequence[Recorded]) -> None:
    for item in items:
        match item.event:
            case RecordingImported() as event:
                data = event.model_dump(mode="json", by_alias=True)
                await queries.add_recording(
                    connection,
                    id=event.recording_id,
                    organization_id=item.org,
                    user_id=event.user_id,
                    name=event.name,
                    description=event.description,
                    starting_url=event.starting_url,
                    duration=_duration(event.steps),
                    steps=data["steps"],
                    variables=data["variables"],
                    recording_method=event.recording_method,
                    source=event.source,
                    fidelity=data["fidelity"],
                    at=item.at,
                )
            case RecordingTaught() as event:
                row = await queries.steps_of(connection, id=event.recording_id)
                steps = [with_taught(Step.model_validate(step), event.taught).to_json() for step in row["steps"]]
                await queries.teach_recording(
                    connection, id=event.recording_id, steps=steps, revision=row["revision"] + 1, at=item.at
                )


def _duration(steps: Sequence[Step]) -> int | None:
    times = [step.timestamp for step in steps if step.timestamp is not None]
    return int(max(times) - min(times)) if len(times) > 1 else None


async def _project_users(connection: Connection, items: Sequence[Recorded]) -> None:
    for item in items:
        match item.event:
            case OrganizationFounded() as event:
                user = {"id": event.owner_id, "email": event.owner_email, "role": "owner"}
            case UserInvited() as event:
                user = {"id": event.user_id, "email": event.email, "role": event.role}
            case _:
                continue
        await queries.add_user(connection, organization_id=item.org, at=item.at, **user)


async def _project_teams(connection: Connection, items: Sequence[Recorded]) -> None:
    for item in items:
        match item.event:
            case TeamFormed() as event:
                await queries.add_team(
                    connection,
                    id=event.team_id,
                    organization_id=item.org,
                    name=event.name,
                    slug=event.slug,
                    owner_id=event.owner_id,
                    at=item.at,
                )
            case TeamJoined() as event:
                await queries.add_team_member(
                    connection,
                    id=derived_id(event.team_id, event.user_id),
                    organization_id=item.org,
                    team_id=event.team_id,
                    user_id=event.user_id,
                    role=event.role,
                    at=item.at,
                )


PROJECTIONS = (
    Projection("recordings", (ALL_RECORDINGS,), ("recordings",), _project_recordings),
    Projection("users", (ALL_ORGANIZATIONS,), ("users",), _project_users),
    Projection("teams", (ALL_ORGANIZATIONS,), ("teams", "team_members"), _project_teams),
)
