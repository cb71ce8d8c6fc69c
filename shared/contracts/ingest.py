"""What ingest tells: organizations and their people, recordings and what was learned about them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.healing_modes import HealingMode, as_metadata, with_healing
from shared.contracts.recording import LocatorBundle, Step, Variable
from shared.contracts.recording_changes import of_steps_alone, steps_changed, variables_changed
from shared.contracts.runner import Taught
from shared.contracts.step_revisions import with_heal, with_taught
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
    source: Literal["canonical", "chrome_recorder", "selenium_ide", "playwright_codegen", "playwright_trace"]
    fidelity: list[FidelityNote]


def _by_a_row_unknown(data: dict[str, Any]) -> dict[str, Any]:
    """Before it was told which row a recording learned from."""
    return {**data, "job_id": None, "row": None}


class RecordingTaught(Event):
    """Steps that were recorded with thin locators got the full bundles that a successful run saw.

    `job_id` and `row` say which run that was, where it is known.
    """

    v = 2
    upcasters = {1: _by_a_row_unknown}  # noqa: RUF012
    personal = ("taught",)
    recording_id: UUID
    taught: list[Taught]
    job_id: UUID | None = None
    row: int | None = None


class HealAdopted(Event):
    """A person accepted a heal: the step has the healed element's locators now, and keeps the former ones behind.

    `made_on`: the revision that the heal was made on, `revision`: the one that this makes. `by`: who accepted it.
    """

    personal = ("selector", "bundle")
    recording_id: UUID
    revision: int
    step_number: int
    heal_id: UUID
    made_on: int
    selector: str
    bundle: LocatorBundle
    by: str


class RevisionUndone(Event):
    """A person took a revision back: what it changed stands as it did before it. Told as `RecordingEdited` tells it."""

    v = 2
    upcasters = {1: of_steps_alone}  # noqa: RUF012
    personal = ("name", "steps", "variables")
    recording_id: UUID
    undone: int
    steps: list[Step]
    by: str
    name: str | None = None
    order: list[int] | None = None
    variables: dict[str, Variable | None] = Field(default_factory=dict)


class RecordingEdited(Event):
    """A person edited the recording. What is not told stays as it was.

    `order`: the former number of each step, in their new order, and 0 for one that is new; without it all stand where
    they stood. `steps`: those that are new or another way now, by their new numbers. `variables`: likewise, by label;
    null: it is gone. The variables of steps that went are gone too, and those of the others follow their steps.
    """

    personal = ("name", "steps", "variables")
    recording_id: UUID
    name: str | None = None
    order: list[int] | None = None
    steps: list[Step]
    variables: dict[str, Variable | None]
    by: str


class RecordingHealingSet(Event):
    """How freely stand-ins are used in a step of the recording, or in all: the most careful of all that is said counts.

    `threshold`: how certain a stand-in must be at least (0–100). Without a mode and a threshold nothing is said any
    more. A revision, as every event of a recording.
    """

    recording_id: UUID
    step_number: int | None
    mode: HealingMode | None
    threshold: int | None


class VariablesRevised(Event):
    """A person said which columns fill variables, and which are needed: these, by label, are as told from now on."""

    personal = ("variables",)
    recording_id: UUID
    variables: dict[str, Variable]
    by: str


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
    HealAdopted,
    RevisionUndone,
    RecordingHealingSet,
    VariablesRevised,
    RecordingEdited,
    UrlPolicyAdded,
    UrlPolicyChanged,
    UrlPolicyRemoved,
)
# What makes a revision of a recording, each one more.
REVISIONS: tuple[type[Event], ...] = (
    RecordingTaught,
    HealAdopted,
    RevisionUndone,
    RecordingHealingSet,
    VariablesRevised,
    RecordingEdited,
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
    healing: dict[str, Any] | None = None  # what is said of all steps, as `metadata.healing` of one


def snapshot_of(events: Iterable[Event], revision: int | None = None) -> RecordingSnapshot | None:
    """The recording that a recording's events tell of, up to a revision; `None` where there is none."""
    snapshot: RecordingSnapshot | None = None
    for event in events:
        if revision is not None and snapshot is not None and snapshot.revision >= revision:
            break
        if isinstance(event, RecordingImported):
            snapshot = RecordingSnapshot(
                event.recording_id,
                event.name,
                event.starting_url,
                1,
                tuple(event.steps),
                event.variables,
                event.user_id,
            )
        elif snapshot is not None:
            snapshot = revised(snapshot, event)
    return snapshot


def revised(snapshot: RecordingSnapshot, event: Event) -> RecordingSnapshot:
    """The recording after one of `REVISIONS`; any other event changes nothing."""
    if not isinstance(event, REVISIONS):
        return snapshot
    if isinstance(event, RecordingHealingSet) and event.step_number is None:
        snapshot = replace(snapshot, healing=as_metadata(event.mode, event.threshold))
    if isinstance(event, VariablesRevised):
        snapshot = replace(snapshot, variables={**snapshot.variables, **event.variables})
    if isinstance(event, RecordingEdited | RevisionUndone):
        variables = variables_changed(snapshot.variables, event)
        snapshot = replace(snapshot, name=event.name or snapshot.name, variables=variables)
    return replace(snapshot, steps=tuple(_steps_after(snapshot.steps, event)), revision=snapshot.revision + 1)


def _steps_after(steps: Iterable[Step], event: Event) -> list[Step]:
    match event:
        case RecordingTaught():
            return [with_taught(step, event.taught) for step in steps]
        case HealAdopted():
            number = event.step_number
            healed = (event.selector, event.bundle, event.heal_id)
            return [with_heal(step, *healed) if step.step_number == number else step for step in steps]
        case RecordingEdited() | RevisionUndone():
            return steps_changed(steps, event)
        case RecordingHealingSet():
            said, only = as_metadata(event.mode, event.threshold), event.step_number
            return [with_healing(step, said) if step.step_number == only else step for step in steps]
        case _:
            return list(steps)
