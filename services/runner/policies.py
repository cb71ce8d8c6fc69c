"""PURE: what a row makes of a recording: which steps are performed, and with which values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from shared.contracts.ingest import RecordingSnapshot
from shared.contracts.recording import Step
from shared.contracts.sealed import is_sealed
from shared.contracts.steps import event_of, is_password, takes_value


@dataclass(frozen=True, slots=True)
class StepValue:
    """What a step is given: the row's cell, or what was recorded. It may still be sealed."""

    step_number: int
    value: str | None
    from_row: bool
    secret: bool


def values_of_steps(
    recording: RecordingSnapshot, field_mapping: Mapping[str, str], row: Mapping[str, str]
) -> Iterator[StepValue]:
    """The value of every step that takes one."""
    column_of = {label: column for column, label in field_mapping.items()}
    for step in recording.steps:
        if not takes_value(step):
            continue
        label = step.label or ""
        variable = recording.variables.get(label)
        column = column_of.get(label)
        if column is None and variable is not None and variable.same_as:
            column = column_of.get(variable.same_as)
        cell = row.get(column) if column is not None else None
        value = step.value if cell is None else cell
        # What was recorded in a field of unknown type is sealed to be safe, and no secret for that alone.
        secret = is_password(step) or is_sealed(cell)
        yield StepValue(step.step_number, value, cell is not None, secret)


def steps_to_perform(recording: RecordingSnapshot) -> tuple[Step, ...]:
    """The recorded steps; one that opens the starting address comes first where the recording has none."""
    first = next((event_of(step) for step in recording.steps if event_of(step) != "resize"), None)
    if first == "navigate":
        return recording.steps
    opening = {
        "stepNumber": 1,
        "event": "navigate",
        "label": "open the starting address",
        "navigation": {"type": "navigation", "url": recording.starting_url},
        "bundle": {},
        "value": recording.starting_url,
    }
    return (Step.model_validate(opening), *recording.steps)
