"""What lies between two states of a recording, as an edit tells it, and what takes a revision back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from shared.contracts.ingest import RecordingSnapshot, RevisionUndone
from shared.contracts.recording import Step, Variable
from shared.contracts.recording_changes import back_from, numbered, renumbered
from shared.contracts.step_revisions import restored


def change_between(before: RecordingSnapshot, after: RecordingSnapshot, order: Sequence[int] | None) -> dict[str, Any]:
    """What an event tells of the way from the one to the other. `order`: as in `RecordingEdited`."""
    return {
        "name": after.name if after.name != before.name else None,
        "order": None if order is None else list(order),
        "steps": _steps_told(before.steps, after.steps, order),
        "variables": _variables_told(before.variables, after.variables, order),
    }


def same(one: RecordingSnapshot, other: RecordingSnapshot) -> bool:
    """Whether both have the same name, steps and variables."""
    return one.name == other.name and _content(one) == _content(other)


def taken_back(before: RecordingSnapshot, after: RecordingSnapshot, order: Sequence[int] | None) -> RecordingSnapshot:
    """The recording before a revision; what was learned and healed in it does not come again."""
    in_place = {step.step_number: step for step in after.steps}
    if order is not None:
        back = back_from(order, len(before.steps))
        in_place = {was: in_place[number] for was, number in enumerate(back, start=1) if number in in_place}
    steps = (_restored(in_place.get(step.step_number), step) for step in before.steps)
    return replace(before, steps=tuple(steps))


def _restored(step: Step | None, former: Step) -> Step:
    found = numbered(restored(step, former), former.step_number) if step is not None else former
    return found if found.metadata != former.metadata else former


def touched(recording: RecordingSnapshot, told: RevisionUndone) -> tuple[Any, ...]:
    """What an undoing is about, as it is in a recording: all steps and variables where it gives another order."""
    steps, variables = _content(recording)
    if told.order is None:
        numbers = {step.step_number for step in told.steps}
        steps = [step for step in steps if step["stepNumber"] in numbers]
        variables = {label: variable for label, variable in variables.items() if label in told.variables}
    return steps, variables, recording.name if told.name is not None else None


def _content(recording: RecordingSnapshot) -> tuple[list[dict[str, Any]], dict[str, dict[str, Any]]]:
    variables = {label: variable.to_json() for label, variable in recording.variables.items()}
    return [step.to_json() for step in recording.steps], variables


def _steps_told(before: Iterable[Step], after: Iterable[Step], order: Sequence[int] | None) -> list[Step]:
    former = {step.step_number: step for step in before}
    came_from = dict(enumerate(order, start=1)) if order is not None else None
    told = []
    for step in after:
        was = former.get(step.step_number if came_from is None else came_from.get(step.step_number, 0))
        if was is None or numbered(was, step.step_number).to_json() != step.to_json():
            told.append(step)
    return told


def _variables_told(
    before: Mapping[str, Variable], after: Mapping[str, Variable], order: Sequence[int] | None
) -> dict[str, Variable | None]:
    following = before if order is None else renumbered(before, order)
    gone = {label: None for label in following if label not in after}
    new = {
        label: variable
        for label, variable in after.items()
        if label not in following or following[label].to_json() != variable.to_json()
    }
    return {**gone, **new}
