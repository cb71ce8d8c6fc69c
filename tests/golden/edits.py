"""A recording that is edited, and an edit that is taken back."""

from shared.bus import subjects
from shared.contracts.ingest import RecordingEdited, RevisionUndone
from shared.contracts.recording import Step, Variable
from tests.golden.samples import FULL_BUNDLE, STEPS, TYPED, VARIABLES
from tests.golden.teller import Story

BY, TOWN = "token:2f77668a", "Town – ünïcode 人"
WHOLE = {"defaultValue": "", "sameAs": None, **VARIABLES["Name"]}


def edits(teller: Story) -> None:
    """A step takes the place of two, and the last one is disabled; then all of it is undone."""
    recording_id = teller.id("recording")
    stream = subjects.recording(recording_id)
    town = {**TYPED, "stepNumber": 2, "label": TOWN, "bundle": {**FULL_BUNDLE, "id": "town"}}
    disabled = {**STEPS[3], "stepNumber": 3, "metadata": {"disabled": True}}
    edited = RecordingEdited(
        recording_id=recording_id,
        name="Add a person and a town",
        order=[1, 0, 4],
        steps=[Step.model_validate(town), Step.model_validate(disabled)],
        variables={
            TOWN: Variable.model_validate({**WHOLE, "stepNumber": 2, "csvColumn": "town"}),
            **dict.fromkeys(VARIABLES),
        },
        by=BY,
    )
    teller.tell(stream, edited)
    undone = RevisionUndone(
        recording_id=recording_id,
        undone=7,
        name="Add a person – ünïcode 人",
        order=[1, 0, 0, 3],
        steps=[Step.model_validate(step) for step in STEPS[1:]],
        variables={TOWN: None, **{label: Variable.model_validate(each) for label, each in VARIABLES.items()}},
        by=BY,
    )
    if teller.name == "first":
        teller.tell(stream, undone)
