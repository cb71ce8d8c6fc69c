"""A recording: imported once, then taught what successful runs saw.

Events: `RecordingImported`, `RecordingTaught`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, assert_never
from uuid import UUID

from shared.contracts.ingest import (
    FidelityNote,
    RecordingImported,
    RecordingSnapshot,
    RecordingTaught,
    snapshot_of,
    with_taught,
)
from shared.contracts.recording import Step, Variable
from shared.contracts.runner import Taught
from shared.contracts.steps import is_thin
from shared.core.decider import Decider
from shared.core.errors import NotFound, Refused
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
    source: Literal["canonical", "chrome_recorder"]
    fidelity: Sequence[FidelityNote]


@dataclass(frozen=True, slots=True)
class TeachRecording:
    """Fill in what a successful run saw of elements that were recorded thinly."""

    recording_id: UUID
    taught: Sequence[Taught]


Command = ImportRecording | TeachRecording
State = RecordingSnapshot | None


def evolve(state: State, event: Event) -> State:
    """The recording after an event."""
    match event:
        case RecordingImported():
            return snapshot_of([event])
        case RecordingTaught() if state is not None:
            steps = tuple(with_taught(step, event.taught) for step in state.steps)
            return RecordingSnapshot(
                state.recording_id,
                state.name,
                state.starting_url,
                state.revision + 1,
                steps,
                state.variables,
                state.user_id,
            )
        case _:
            return state


def decide(command: Command, state: State) -> Sequence[Event]:
    """New events for a command."""
    match command:
        case ImportRecording():
            return _import(command, state)
        case TeachRecording():
            return _teach(command, state)
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


def _teach(command: TeachRecording, state: State) -> Sequence[Event]:
    if state is None:
        raise NotFound(f"no recording {command.recording_id}")
    thin = {step.step_number for step in state.steps if is_thin(step) and not step.metadata.get("taught")}
    lessons = [lesson for lesson in command.taught if lesson.step_number in thin]
    return [RecordingTaught(recording_id=command.recording_id, taught=lessons)] if lessons else []


recordings: Decider[Command, State] = Decider(None, evolve, decide)
