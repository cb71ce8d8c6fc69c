"""How freely a recording is healed is said as a revision of it."""

from uuid import UUID

import pytest

from services.ingest.aggregates.recording import SetHealing, recordings
from shared.contracts.healing_modes import Healing, healing_of
from shared.contracts.ingest import RecordingHealingSet, RecordingImported, snapshot_of
from shared.core.errors import NotFound
from tests.golden.files import told

IMPORTED = next(event for event in told() if isinstance(event, RecordingImported))
ID = IMPORTED.recording_id


def test_a_step_says_its_mode_from_the_next_revision_on():
    state = recordings.fold([IMPORTED])
    events = recordings.decide(SetHealing(ID, 4, "review", 90), state)
    assert events == [RecordingHealingSet(recording_id=ID, step_number=4, mode="review", threshold=90)]
    before, after = snapshot_of([IMPORTED, *events], 1), snapshot_of([IMPORTED, *events])
    assert before is not None
    assert after is not None
    assert after.revision == 2
    assert healing_of(after.steps[3].metadata["healing"]) == Healing("review", 90)
    assert after.steps[:3] == before.steps[:3]
    assert "healing" not in before.steps[3].metadata


def test_all_steps_say_it_where_none_is_named():
    events = recordings.decide(SetHealing(ID, None, "off", None), recordings.fold([IMPORTED]))
    after = snapshot_of([IMPORTED, *events])
    assert after is not None
    assert (after.healing, after.revision, after.steps) == ({"mode": "off"}, 2, tuple(IMPORTED.steps))


@pytest.mark.parametrize("step", [None, 4])
def test_what_is_said_already_is_no_revision_and_can_be_taken_back(step):
    once = recordings.decide(SetHealing(ID, step, "off", None), recordings.fold([IMPORTED]))
    state = recordings.fold([IMPORTED, *once])
    assert recordings.decide(SetHealing(ID, step, "off", None), state) == []
    back = recordings.decide(SetHealing(ID, step, None, None), state)
    after = snapshot_of([IMPORTED, *once, *back])
    assert after is not None
    assert (after.healing, after.revision, after.steps) == (None, 3, tuple(IMPORTED.steps))


def test_a_step_that_is_not_there_can_say_nothing():
    with pytest.raises(NotFound, match="no step 9; its steps are 1 to 4"):
        recordings.decide(SetHealing(ID, 9, "off", None), recordings.fold([IMPORTED]))
    with pytest.raises(NotFound):
        recordings.decide(SetHealing(UUID(int=3), None, "off", None), None)
