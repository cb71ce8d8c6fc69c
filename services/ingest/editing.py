"""PURE: what a person does to a recording: another name, steps changed, moved, left out, put in."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypedDict, assert_never

from shared.contracts.ingest import RecordingSnapshot
from shared.contracts.recording import Step, Variable
from shared.contracts.recording_changes import numbered, renumbered
from shared.contracts.steps import VALUE_EVENTS, element_type_known, event_of, takes_value
from shared.core.errors import Fault, InvalidInput, NotFound

# Beside those that a column can fill: an address, a time, the answer to a dialog.
VALUED = VALUE_EVENTS | {"navigate", "new_tab", "switch_tab", "wait"}
# Words for a step at which a person decides: jobs cannot wait at a step yet.
CHECKPOINTS = frozenset({"checkpoint", "approval", "manual_review"})
NO_CHECKPOINT = (
    "a checkpoint, where a row waits until a person has decided, cannot be inserted yet: it comes with the"
    " checkpoints of jobs. Insert an assertion to stop a row that is not as it should be, or make two recordings"
    " and run the second one when you have looked at what the first one did"
)
# What was known of the element that a step is no longer about.
_OF_THE_ELEMENT = ("role", "taught", "adopted", "effects", "offsetX", "offsetY")


class StepChanges(TypedDict, total=False):
    """What is to be another way in a step; what is not said stays. `value` none: it has no value any more.

    `alternatives`: further locators, each as `metadata.selectors` has them.
    """

    label: str
    value: str | None
    selector: str
    alternatives: Sequence[Sequence[str]]
    secret: bool
    disabled: bool


@dataclass(frozen=True, slots=True)
class Rename:
    """Call the recording so."""

    name: str


@dataclass(frozen=True, slots=True)
class SetStep:
    """Change a step."""

    number: int
    changes: StepChanges


@dataclass(frozen=True, slots=True)
class MoveStep:
    """Let a step be the one with the number `to`."""

    number: int
    to: int


@dataclass(frozen=True, slots=True)
class DeleteStep:
    """Leave a step out for good."""

    number: int


@dataclass(frozen=True, slots=True)
class InsertStep:
    """Put a step in; its own number says where."""

    step: Step


Edit = Rename | SetStep | MoveStep | DeleteStep | InsertStep


@dataclass(slots=True)
class _Draft:
    """The recording while it is edited."""

    steps: list[Step]
    variables: dict[str, Variable] = field(default_factory=dict)


def edited(recording: RecordingSnapshot, edit: Edit) -> tuple[RecordingSnapshot, list[int] | None]:
    """The recording after an edit, and the order that it gives the steps, as `RecordingEdited.order`.

    Raises `NotFound` for a step that is not there, `InvalidInput` for what cannot be done to it.
    """
    draft = _Draft(list(recording.steps), dict(recording.variables))
    order: list[int] | None = None
    match edit:
        case Rename():
            if not (name := edit.name.strip()):
                raise InvalidInput("a recording needs a name", [Fault("/name", "give it one")])
            return replace(recording, name=name), None
        case SetStep():
            _set(draft, _existing(draft, edit.number), edit.changes)
        case MoveStep():
            _existing(draft, edit.to)
            order = [step.step_number for step in draft.steps]
            order.insert(edit.to - 1, order.pop(_existing(draft, edit.number).step_number - 1))
        case DeleteStep():
            label = _existing(draft, edit.number).label or ""
            if label in draft.variables and draft.variables[label].step_number == edit.number:
                _drop_variable(draft, label)
            order = [step.step_number for step in draft.steps if step.step_number != edit.number]
        case InsertStep():
            if edit.step.event.strip().casefold() in CHECKPOINTS:
                raise InvalidInput(NO_CHECKPOINT, [Fault("/event", "cannot be inserted yet")])
            order = _with_place_for(draft, edit.step.step_number)
        case _:
            assert_never(edit)
    if order is not None:
        _reorder(draft, order, edit.step if isinstance(edit, InsertStep) else None)
    return replace(recording, steps=tuple(draft.steps), variables=draft.variables), order


def _existing(draft: _Draft, number: int) -> Step:
    if not 1 <= number <= len(draft.steps):
        raise NotFound(f"the recording has no step {number}; its steps are 1 to {len(draft.steps)}")
    return draft.steps[number - 1]


def _with_place_for(draft: _Draft, number: int) -> list[int]:
    last = len(draft.steps) + 1
    if not 1 <= number <= last:
        raise NotFound(f"a step cannot stand at {number}; give it a place from 1 to {last}")
    return [*range(1, number), 0, *range(number, last)]


def _reorder(draft: _Draft, order: Sequence[int], new: Step | None) -> None:
    former = {step.step_number: step for step in draft.steps}
    found = ((former.get(was) or new) for was in order)
    draft.steps = [numbered(step, number) for number, step in enumerate(found, start=1) if step is not None]
    draft.variables = renumbered(draft.variables, order)


def _set(draft: _Draft, step: Step, changes: StepChanges) -> None:
    told, metadata = step.to_json(), dict(step.metadata)
    if "disabled" in changes:
        _mark(metadata, "disabled", changes["disabled"])
    if "secret" in changes:
        metadata["secret"] = _secret(step, changes["secret"])
    if "selector" in changes or "alternatives" in changes:
        _locate(told, metadata, step, changes)
    if "value" in changes:
        _give(told, step, changes["value"])
    if "label" in changes:
        told["label"] = _relabel(draft, step, changes["label"])
    if metadata or "metadata" in told:
        told["metadata"] = metadata
    after = Step.model_validate(told)
    draft.steps[step.step_number - 1] = after
    own = [label for label, variable in draft.variables.items() if variable.step_number == step.step_number]
    if not takes_value(after):
        for label in own:
            _drop_variable(draft, label)


def _mark(metadata: dict[str, Any], key: str, wanted: bool) -> None:
    if wanted:
        metadata[key] = True
    else:
        metadata.pop(key, None)


def _secret(step: Step, wanted: bool) -> bool:
    if event_of(step) != "type":
        raise _cannot(step, "secret", f"is “{step.event}”: only what is typed can be kept secret")
    if not wanted and element_type_known(step) and step.metadata.get("elementType") == "password":
        raise _cannot(step, "secret", "types into a password field: that is always kept secret")
    return wanted


def _locate(told: dict[str, Any], metadata: dict[str, Any], step: Step, changes: StepChanges) -> None:
    """What a person says finds the element takes the place of all that was recorded but the frame it is in."""
    selector = changes.get("selector", step.selector)
    if selector is None or not selector.strip():
        raise _cannot(step, "selector", "has no locator; say which element it is about with a selector")
    alternatives = [list(each) for each in changes.get("alternatives", ())]
    if "selector" in changes:
        told["selector"] = selector
        kept = ("iframeChain", "shadowHosts", "isClosedShadow")
        told["bundle"] = {key: value for key, value in step.bundle.to_json().items() if key in kept}
        for key in _OF_THE_ELEMENT:
            metadata.pop(key, None)
    metadata["selectors"] = [[selector], *(each for each in alternatives if each != [selector])]


def _give(told: dict[str, Any], step: Step, value: str | None) -> None:
    event = event_of(step)
    if event not in VALUED and step.value is None:
        raise _cannot(step, "value", f"is “{step.event}”, which takes no value")
    if value is None:
        told.pop("value", None)
    else:
        told["value"] = value
    if event == "navigate" and value:
        told["navigation"] = {"type": "navigation", "url": value}


def _relabel(draft: _Draft, step: Step, label: str) -> str:
    """The new label; the step's variable goes by it too, and tables made before still fill it."""
    label, old = label.strip(), step.label or ""
    variable = draft.variables.get(old)
    if label == old or variable is None or variable.step_number != step.step_number:
        return label
    if label in draft.variables:
        other = draft.variables[label].step_number
        raise _cannot(step, "label", f"cannot be called “{label[:60]}”: step {other} is; choose another label")
    column = variable.csv_column or old
    if any(each.csv_column == column for key, each in draft.variables.items() if key != old):
        column = variable.csv_column or ""
    renamed = variable.model_copy(update={"csv_column": column}) if column and column != label else variable
    draft.variables = {
        label if key == old else key: renamed if key == old else _following(each, old, label)
        for key, each in draft.variables.items()
    }
    return label


def _following(variable: Variable, old: str, new: str | None) -> Variable:
    return variable.model_copy(update={"same_as": new}) if variable.same_as == old else variable


def _drop_variable(draft: _Draft, label: str) -> None:
    """Leave it out; the first that repeated it takes its place, its column and its need."""
    gone = draft.variables.pop(label)
    heir = next((key for key, each in draft.variables.items() if each.same_as == label), None)
    if heir is None:
        return
    column = draft.variables[heir].csv_column or gone.csv_column or label
    draft.variables = {key: _following(each, label, heir) for key, each in draft.variables.items()}
    own = {"same_as": gone.same_as, "csv_column": column, "required": gone.required}
    draft.variables[heir] = draft.variables[heir].model_copy(update=own)


def _cannot(step: Step, what: str, why: str) -> InvalidInput:
    return InvalidInput(f"step {step.step_number} {why}", [Fault(f"/{what}", why)])
