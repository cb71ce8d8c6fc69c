"""An organization: its people and teams.

Events: `OrganizationFounded`, `UserInvited`, `TeamFormed`, `TeamJoined`, `OrganizationErased`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, assert_never
from uuid import UUID

from shared.contracts.ingest import OrganizationErased, OrganizationFounded, TeamFormed, TeamJoined, UserInvited
from shared.core.decider import Decider
from shared.core.errors import NotFound, Refused
from shared.core.events import Event

OrganizationRole = Literal["owner", "admin", "manager", "member", "viewer"]
TeamRole = Literal["owner", "admin", "member", "viewer"]


@dataclass(frozen=True, slots=True)
class FoundOrganization:
    """Make the organization and its first user, the owner."""

    organization_id: UUID
    name: str
    owner_id: UUID
    owner_email: str


@dataclass(frozen=True, slots=True)
class InviteUser:
    """A person becomes part of the organization."""

    user_id: UUID
    email: str
    role: OrganizationRole


@dataclass(frozen=True, slots=True)
class FormTeam:
    """Make a team; its owner is its first member."""

    team_id: UUID
    name: str
    slug: str
    owner_id: UUID


@dataclass(frozen=True, slots=True)
class JoinTeam:
    """Add a user to a team, or change the role there."""

    team_id: UUID
    user_id: UUID
    role: TeamRole


@dataclass(frozen=True, slots=True)
class EraseOrganization:
    """Note that the organization's personal values were destroyed; nothing follows."""

    organization_id: UUID


Command = FoundOrganization | InviteUser | FormTeam | JoinTeam | EraseOrganization


@dataclass(frozen=True, slots=True)
class Organization:
    """What the rules need to know: users by id, teams by slug, roles in teams."""

    founded: bool = False
    erased: bool = False
    emails: Mapping[UUID, str] = field(default_factory=dict)
    slugs: Mapping[UUID, str] = field(default_factory=dict)
    roles: Mapping[tuple[UUID, UUID], str] = field(default_factory=dict)


def evolve(state: Organization, event: Event) -> Organization:
    """The organization after an event."""
    match event:
        case OrganizationFounded():
            return replace(state, founded=True, emails={event.owner_id: event.owner_email})
        case UserInvited():
            return replace(state, emails={**state.emails, event.user_id: event.email})
        case TeamFormed():
            return replace(state, slugs={**state.slugs, event.team_id: event.slug})
        case TeamJoined():
            return replace(state, roles={**state.roles, (event.team_id, event.user_id): event.role})
        case OrganizationErased():
            return replace(state, erased=True)
        case _:
            return state


def decide(command: Command, state: Organization) -> Sequence[Event]:
    """New events for a command."""
    if not isinstance(command, FoundOrganization) and not state.founded:
        raise NotFound("the organization does not exist")
    if isinstance(command, EraseOrganization):
        return [] if state.erased else [OrganizationErased(organization_id=command.organization_id)]
    if state.erased and not isinstance(command, FoundOrganization):
        raise Refused("the organization was erased")
    match command:
        case FoundOrganization():
            if state.founded:
                return []
            return [
                OrganizationFounded(
                    organization_id=command.organization_id,
                    name=command.name,
                    owner_id=command.owner_id,
                    owner_email=command.owner_email,
                )
            ]
        case InviteUser():
            return _invite(command, state)
        case FormTeam():
            return _form_team(command, state)
        case JoinTeam():
            return _join(command, state)
        case _:
            assert_never(command)


def _invite(command: InviteUser, state: Organization) -> Sequence[Event]:
    if state.emails.get(command.user_id) == command.email:
        return []
    if command.email.casefold() in {email.casefold() for email in state.emails.values()}:
        raise Refused(f"{command.email} belongs to the organization already")
    return [UserInvited(user_id=command.user_id, email=command.email, role=command.role)]


def _form_team(command: FormTeam, state: Organization) -> Sequence[Event]:
    if state.slugs.get(command.team_id) == command.slug:
        return []
    if command.team_id in state.slugs:
        raise Refused(f"team {command.team_id} exists already, as {state.slugs[command.team_id]}")
    if command.slug in state.slugs.values():
        raise Refused(f"a team {command.slug} exists already")
    if command.owner_id not in state.emails:
        raise NotFound(f"no user {command.owner_id} in this organization")
    formed = TeamFormed(team_id=command.team_id, name=command.name, slug=command.slug, owner_id=command.owner_id)
    return [formed, TeamJoined(team_id=command.team_id, user_id=command.owner_id, role="owner")]


def _join(command: JoinTeam, state: Organization) -> Sequence[Event]:
    if command.team_id not in state.slugs:
        raise NotFound(f"no team {command.team_id} in this organization")
    if command.user_id not in state.emails:
        raise NotFound(f"no user {command.user_id} in this organization")
    if state.roles.get((command.team_id, command.user_id)) == command.role:
        return []
    return [TeamJoined(team_id=command.team_id, user_id=command.user_id, role=command.role)]


organizations: Decider[Command, Organization] = Decider(Organization(), evolve, decide)
