"""PURE: what a row makes of a recording: which steps are performed, and with which values."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.contracts.ingest import RecordingSnapshot
from shared.contracts.recording import Step
from shared.contracts.sealed import is_sealed
from shared.contracts.steps import event_of, is_dialog, is_disabled, is_password, takes_value
from shared.core.errors import InvalidInput

TAKEN = re.compile(r"\$\{([^{}]+)\}")
_ESCAPED = re.compile(r"[^A-Za-z0-9]")


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
        usual = (variable.default_value if variable is not None else "") or step.value
        value = usual if cell is None else cell
        # What was recorded in a field of unknown type is sealed to be safe, and no secret for that alone.
        secret = is_password(step) or is_sealed(cell)
        yield StepValue(step.step_number, value, cell is not None, secret)


def steps_to_perform(recording: RecordingSnapshot) -> tuple[Step, ...]:
    """The recorded steps; one that opens the starting address comes first where the recording has none.

    Each knows the answers to the dialogs that it opens.
    """
    performed = (event_of(step) for step in recording.steps if not is_disabled(step))
    first = next((event for event in performed if event != "resize"), None)
    if first == "navigate":
        return with_dialogs(recording.steps)
    opening = {
        "stepNumber": 1,
        "event": "navigate",
        "label": "open the starting address",
        "navigation": {"type": "navigation", "url": recording.starting_url},
        "bundle": {},
        "value": recording.starting_url,
    }
    return with_dialogs((Step.model_validate(opening), *recording.steps))


def with_dialogs(steps: Sequence[Step]) -> tuple[Step, ...]:
    """The steps, each with the answers to its dialogs as a list in `metadata.dialog`.

    A dialog must be answered when it opens; how it was is recorded only in the `dialog` steps that follow.
    """
    performed: list[Step] = []
    answers: list[Any] = []
    for step in reversed(steps):
        if is_disabled(step):
            answers = answers if is_dialog(step) else []  # of a dialog that nothing opens
        elif is_dialog(step):
            answers.insert(0, step.metadata.get("dialog") or {})
        elif answers:
            step = step.model_copy(update={"metadata": {**step.metadata, "dialog": answers}})
            answers = []
        performed.append(step)
    return tuple(reversed(performed))


def interpolated(text: str, taken: Mapping[str, str]) -> str:
    """The text, with what was taken as `name` for each `${name}`. Raises `InvalidInput` where nothing was."""

    def value_of(found: re.Match[str]) -> str:
        name = found[1].strip()
        if name not in taken:
            known = ", ".join(sorted(taken)) or "nothing"
            raise InvalidInput(f"no step before took {name[:80]!r} from a page; taken so far: {known[:300]}")
        return taken[name]

    return TAKEN.sub(value_of, text)


def with_taken(script: str, taken: Mapping[str, str]) -> str:
    """The script, with what was taken as `name` for each `${name}`, as a text of JavaScript.

    What nobody took stays: it may be JavaScript's own `${…}`. What a page showed can be nothing but a text, wherever
    in the script it stands: everything but letters and digits is written as an escape.
    """

    def text_of(found: re.Match[str]) -> str:
        value = taken.get(found[1].strip())
        return found[0] if value is None else f'"{_ESCAPED.sub(_escape, value)}"'

    return TAKEN.sub(text_of, script)


def _escape(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def pause_of(step: Step, given: str | None) -> float:
    """How long a `wait` takes, in milliseconds. Raises `InvalidInput`."""
    recorded = step.metadata.get("duration")
    wanted = given or (recorded if recorded is not None else step.value)
    try:
        if isinstance(wanted, bool) or not isinstance(wanted, str | int | float):
            raise ValueError
        duration = float(wanted)
        if not 0 <= duration < float("inf"):
            raise ValueError
    except ValueError:
        raise InvalidInput("the step does not say how long to wait, in milliseconds (metadata.duration)") from None
    return duration
