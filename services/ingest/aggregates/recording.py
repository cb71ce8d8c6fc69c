"""A recording: imported once, then revised: edited, taught what runs saw, given healed locators, given back its own.

Events: `RecordingImported`, `RecordingTaught`, `HealAdopted`, `RevisionUndone`, `RecordingHealingSet`,
`VariablesRevised`, `RecordingEdited`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, assert_never
from uuid import UUID

from shared.contracts.healing_modes import HealingMode, as_metadata
from shared.contracts.ingest import (
    FidelityNote,
    HealAdopted,
    RecordingEdited,
    RecordingHealingSet,
    RecordingImported,
    RecordingSnapshot,
    RecordingTaught,
    RevisionUndone,
    VariablesRevised,
    revised,
    snapshot_of,
)
from shared.contracts.recording import LocatorBundle, Step, Variable
from shared.contracts.recording_changes import back_from
from shared.contracts.recording_differences import change_between, same, taken_back, touched
from shared.contracts.runner import Taught
from shared.contracts.step_revisions import locators_of
from shared.contracts.steps import is_thin
from shared.contracts.variable_revisions import Wishes, wished
from shared.core.decider import Decider
from shared.core.errors import InvalidInput, NotFound, Refused
from shared.core.events import Event


@dataclass(frozen=True, slots=True)
class ImportRecording:
    """Take in a recording that has been read and validated, its secrets sealed."""

    recording_id: UUID
    user_id: UUID
    name: str
    description: str | None
    starting_url: str
    steps: Sequence[Step]
    variables: dict[str, Variable]
    recording_method: Literal["extension", "cloud_browser"]
    source: Literal["canonical", "chrome_recorder", "selenium_ide", "playwright_codegen", "playwright_trace"]
    fidelity: Sequence[FidelityNote]


@dataclass(frozen=True, slots=True)
class TeachRecording:
    """Fill in what a successful run saw of elements that were recorded thinly; `job_id` and `row` say which run.

    `before`: the steps of the revision that it ran, where they are known.
    """

    recording_id: UUID
    taught: Sequence[Taught]
    job_id: UUID | None = None
    row: int | None = None
    before: Sequence[Step] | None = None


@dataclass(frozen=True, slots=True)
class AdoptHeal:
    """A person accepted a heal. `before`: its step as of the revision `made_on` that the heal was made on."""

    recording_id: UUID
    step_number: int
    heal_id: UUID
    made_on: int
    before: Step
    selector: str
    bundle: LocatorBundle
    by: str


@dataclass(frozen=True, slots=True)
class UndoRevision:
    """Take a revision back: the recording before it and after it, and how it ordered the steps if it did."""

    recording_id: UUID
    revision: int
    before: RecordingSnapshot
    after: RecordingSnapshot
    by: str
    order: Sequence[int] | None = None


@dataclass(frozen=True, slots=True)
class SetHealing:
    """Say how freely stand-ins are used in a step, or in all; `threshold`: how certain one must be at least."""

    recording_id: UUID
    step_number: int | None
    mode: HealingMode | None
    threshold: int | None


@dataclass(frozen=True, slots=True)
class ReviseVariables:
    """Say which columns fill variables, and which variables are needed."""

    recording_id: UUID
    wishes: Wishes
    by: str


@dataclass(frozen=True, slots=True)
class EditRecording:
    """Make of the revision `made_on` the recording `wanted`, checked and its secrets sealed.

    `order`: the former number of each step, 0 for one that is new; none where all stand where they stood.
    """

    recording_id: UUID
    made_on: int
    wanted: RecordingSnapshot
    by: str
    order: Sequence[int] | None = None


Command = ImportRecording | TeachRecording | AdoptHeal | UndoRevision | SetHealing | ReviseVariables | EditRecording
State = RecordingSnapshot | None


def evolve(state: State, event: Event) -> State:
    """The recording after an event."""
    if isinstance(event, RecordingImported):
        return snapshot_of([event])
    return revised(state, event) if state is not None else None


def decide(command: Command, state: State) -> Sequence[Event]:
    """New events for a command."""
    match command:
        case ImportRecording():
            return _import(command, state)
        case TeachRecording():
            return _teach(command, _there(command, state))
        case AdoptHeal():
            return _adopt(command, _there(command, state))
        case UndoRevision():
            return _undo(command, _there(command, state))
        case SetHealing():
            return _set_healing(command, _there(command, state))
        case ReviseVariables():
            return _revise_variables(command, _there(command, state))
        case EditRecording():
            return _edit(command, _there(command, state))
        case _:
            assert_never(command)


def _import(command: ImportRecording, state: State) -> Sequence[Event]:
    if state is not None:
        if state.name == command.name and len(state.steps) == len(command.steps):
            return []
        raise Refused(f"recording {command.recording_id} exists already")
    return [
        RecordingImported(
            recording_id=command.recording_id,
            user_id=command.user_id,
            name=command.name,
            description=command.description,
            starting_url=command.starting_url,
            steps=list(command.steps),
            variables=command.variables,
            recording_method=command.recording_method,
            source=command.source,
            fidelity=list(command.fidelity),
        )
    ]


def _there(
    command: TeachRecording | AdoptHeal | UndoRevision | SetHealing | ReviseVariables | EditRecording, state: State
) -> RecordingSnapshot:
    if state is None:
        raise NotFound(f"no recording {command.recording_id}")
    return state


def _teach(command: TeachRecording, state: RecordingSnapshot) -> Sequence[Event]:
    thin = {step.step_number: step for step in state.steps if is_thin(step) and not step.metadata.get("taught")}
    if command.before is not None:  # a step that was moved or changed since is not the one that the run saw
        seen = {step.step_number: locators_of(step) for step in command.before}
        thin = {number: step for number, step in thin.items() if locators_of(step) == seen.get(number)}
    lessons = [lesson for lesson in command.taught if lesson.step_number in thin]
    told = {"recording_id": command.recording_id, "job_id": command.job_id, "row": command.row}
    return [RecordingTaught(**told, taught=lessons)] if lessons else []


def _adopt(command: AdoptHeal, state: RecordingSnapshot) -> Sequence[Event]:
    step = next((step for step in state.steps if step.step_number == command.step_number), None)
    if step is not None and step.metadata.get("adopted") == str(command.heal_id):
        return []
    if step is None or locators_of(step) != locators_of(command.before):
        raise Refused(
            f"step {command.step_number} has been revised since revision {command.made_on}, which heal "
            f"{command.heal_id} was made on: the heal is not adopted; run the recording again"
        )
    return [
        HealAdopted(
            recording_id=command.recording_id,
            revision=state.revision + 1,
            step_number=command.step_number,
            heal_id=command.heal_id,
            made_on=command.made_on,
            selector=command.selector,
            bundle=command.bundle,
            by=command.by,
        )
    ]


def _undo(command: UndoRevision, state: RecordingSnapshot) -> Sequence[Event]:
    wanted = taken_back(command.before, command.after, command.order)
    order = None if command.order is None else back_from(command.order, len(wanted.steps))
    change = change_between(command.after, wanted, order)
    told = RevisionUndone(recording_id=command.recording_id, undone=command.revision, by=command.by, **change)
    if not (told.name or told.order or told.steps or told.variables):
        raise Refused(f"revision {command.revision} changed nothing that could be taken back; say it anew")
    there = touched(state, told)
    if there == touched(wanted, told):
        return []
    if there != touched(command.after, told) or touched(revised(state, told), told) != touched(wanted, told):
        raise Refused(
            f"{_about(told)} has been revised again since revision {command.revision} (the recording is at revision "
            f"{state.revision}); undo the later revision first"
        )
    return [told]


def _about(told: RevisionUndone) -> str:
    numbers = ", ".join(str(step.step_number) for step in told.steps)
    return f"step {numbers}" if numbers and told.order is None else "the recording"


def _set_healing(command: SetHealing, state: RecordingSnapshot) -> Sequence[Event]:
    said, number = as_metadata(command.mode, command.threshold), command.step_number
    step = next((step for step in state.steps if step.step_number == number), None)
    if number is not None and step is None:
        raise NotFound(f"the recording has no step {number}; its steps are 1 to {len(state.steps)}")
    if said == (state.healing if step is None else step.metadata.get("healing")):
        return []
    return [
        RecordingHealingSet(
            recording_id=command.recording_id, step_number=number, mode=command.mode, threshold=command.threshold
        )
    ]


def _revise_variables(command: ReviseVariables, state: RecordingSnapshot) -> Sequence[Event]:
    changed = wished(state.variables, command.wishes)
    told = VariablesRevised(recording_id=command.recording_id, variables=changed, by=command.by)
    return [told] if changed else []


def _edit(command: EditRecording, state: RecordingSnapshot) -> Sequence[Event]:
    wanted = command.wanted
    if same(state, wanted):
        return []
    if state.revision != command.made_on:
        raise Refused(
            f"the recording has been revised since revision {command.made_on}: it is at revision {state.revision}; "
            "look at what changed (retold diff), and edit it again"
        )
    change = change_between(state, wanted, command.order)
    told = RecordingEdited(recording_id=command.recording_id, by=command.by, **change)
    if not same(revised(state, told), wanted):
        raise InvalidInput("the steps of the edited recording must be numbered 1, 2, 3, … in its order")
    return [told]


recordings: Decider[Command, State] = Decider(None, evolve, decide)
