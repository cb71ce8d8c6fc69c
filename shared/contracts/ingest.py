"""What ingest tells: organizations and their people, recordings and what was learned about them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.contracts.recording import Step, Variable
from shared.contracts.runner import Taught
from shared.core.events import Event

PolicyType = Literal["whitelist", "blacklist"]


class FidelityNote(BaseModel):
    """What an importer changed or could not carry over, step by step."""

    model_config = ConfigDict(frozen=True)
    step_number: int | None
    source_index: int | None
    kind: Literal["carried", "changed", "not_carried"]
    detail: str


class OrganizationFounded(Event):
    """An organization exists, with its first user as owner."""

    personal = ("name", "owner_email")
    organization_id: UUID
    name: str
    owner_id: UUID
    owner_email: str


class TeamFormed(Event):
    """A team within the organization."""

    team_id: UUID
    name: str
    slug: str
    owner_id: UUID


class TeamJoined(Event):
    """A user became a member of a team, or got another role in it."""

    team_id: UUID
    user_id: UUID
    role: Literal["owner", "admin", "member", "viewer"]


class UserInvited(Event):
    """A person belongs to the organization."""

    personal = ("email",)
    user_id: UUID
    email: str
    role: Literal["owner", "admin", "manager", "member", "viewer"]


class OrganizationErased(Event):
    """The organization's data key and files were destroyed: its personal values are gone, its history stays."""

    organization_id: UUID


class RecordingImported(Event):
    """A recording came in from a file. Values of password fields are sealed."""

    personal = ("name", "description", "starting_url", "steps", "variables", "fidelity.*.detail")
    recording_id: UUID
    user_id: UUID
    name: str
    description: str | None
    starting_url: str
    steps: list[Step]
    variables: dict[str, Variable]
    recording_method: Literal["extension", "cloud_browser"]
    source: Literal["canonical", "chrome_recorder"]
    fidelity: list[FidelityNote]


class RecordingTaught(Event):
    """Steps that were recorded with thin locators got the full bundles that a successful run saw."""

    personal = ("taught",)
    recording_id: UUID
    taught: list[Taught]


class UrlPolicyAdded(Event):
    """Browsers of the organization may open what a pattern means (whitelist), or may not (blacklist)."""

    personal = ("pattern", "description", "metadata")
    policy_id: UUID
    pattern: str
    type: PolicyType
    description: str | None
    is_active: bool
    metadata: dict[str, Any] | None


class UrlPolicyChanged(Event):
    """A URL policy was switched on or off, or described anew; its pattern and type never change."""

    personal = ("description", "metadata")
    policy_id: UUID
    description: str | None
    is_active: bool
    metadata: dict[str, Any] | None


class UrlPolicyRemoved(Event):
    """A URL policy counts no more."""

    policy_id: UUID


EVENTS: tuple[type[Event], ...] = (
    OrganizationFounded,
    UserInvited,
    TeamFormed,
    TeamJoined,
    OrganizationErased,
    RecordingImported,
    RecordingTaught,
    UrlPolicyAdded,
    UrlPolicyChanged,
    UrlPolicyRemoved,
)


@dataclass(frozen=True, slots=True)
class RecordingSnapshot:
    """A recording as of a revision (1 = as imported, one more for every later event)."""

    recording_id: UUID
    name: str
    starting_url: str
    revision: int
    steps: tuple[Step, ...]
    variables: Mapping[str, Variable] = field(default_factory=dict)
    user_id: UUID | None = None


def snapshot_of(events: Iterable[Event], revision: int | None = None) -> RecordingSnapshot | None:
    """The recording that a recording's events tell of, up to a revision; `None` where there is none."""
    snapshot: RecordingSnapshot | None = None
    for event in events:
        if revision is not None and snapshot is not None and snapshot.revision >= revision:
            break
        match event:
            case RecordingImported():
                snapshot = RecordingSnapshot(
                    event.recording_id,
                    event.name,
                    event.starting_url,
                    1,
                    tuple(event.steps),
                    event.variables,
                    event.user_id,
                )
            case RecordingTaught() if snapshot is not None:
                steps = tuple(with_taught(step, event.taught) for step in snapshot.steps)
                snapshot = replace(snapshot, steps=steps, revision=snapshot.revision + 1)
    return snapshot


def with_taught(step: Step, taught: Iterable[Taught]) -> Step:
    """The step with what was learned: what was recorded stays, what was missing is filled in."""
    for lesson in taught:
        if lesson.step_number == step.step_number:
            bundle = {**lesson.bundle.to_json(), **{k: v for k, v in step.bundle.to_json().items() if v}}
            known = {"elementTag": lesson.element_tag, "elementType": lesson.element_type, "taught": True}
            metadata = {**known, **step.metadata, "taught": True}
            return Step.model_validate({**step.to_json(), "bundle": bundle, "metadata": metadata})
    return step


def url_policies_of(
    events: Iterable[Event], before: Mapping[UUID, UrlPolicyAdded] | None = None
) -> dict[UUID, UrlPolicyAdded]:
    """The URL policies that stand after an organization's events, by id, each as if it had been added as it is now."""
    policies = dict(before or {})
    for event in events:
        match event:
            case UrlPolicyAdded():
                policies[event.policy_id] = event
            case UrlPolicyChanged() if event.policy_id in policies:
                changed = {"description": event.description, "is_active": event.is_active, "metadata": event.metadata}
                policies[event.policy_id] = policies[event.policy_id].model_copy(update=changed)
            case UrlPolicyRemoved():
                policies.pop(event.policy_id, None)
    return policies
