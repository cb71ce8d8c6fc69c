"""A recording is revised: it adopts accepted heals, and what was revised can be taken back."""

from uuid import UUID

from services.ingest.aggregates.recording import AdoptHeal, TeachRecording, UndoRevision, recordings
from services.ingest.policies import whenever_a_heal_is_accepted
from shared.contracts.heal_cache import original_selector
from shared.contracts.healer import HealAccepted
from shared.contracts.ingest import HealAdopted, RecordingTaught, RevisionUndone, snapshot_of
from shared.contracts.recording import LocatorBundle, Step
from shared.contracts.step_revisions import with_heal
from shared.core.errors import NotFound, Refused
from shared.testing.given import given
from tests.unit.ingest.test_recording import FULL, ID, THIN, imported, lesson

HEAL, BY = UUID(int=7), "token:1"
FOUND = LocatorBundle.model_validate(
    {
        "id": "nickname",
        "tag": "select",
        "aria": "Nickname",
        "bounding": {"left": 0, "top": 0, "width": 60, "height": 20},
    }
)
ADOPT = AdoptHeal(ID, 2, HEAL, 1, FULL, "#nickname", FOUND, BY)
ADOPTED = HealAdopted(
    recording_id=ID, revision=2, step_number=2, heal_id=HEAL, made_on=1, selector="#nickname", bundle=FOUND, by=BY
)
TAUGHT = RecordingTaught(recording_id=ID, taught=[lesson(1)])


def step_of(number: int, *events: object) -> Step:
    snapshot = snapshot_of([imported(), *events])  # type: ignore[list-item]
    assert snapshot is not None
    return next(step for step in snapshot.steps if step.step_number == number)


def undoing(*events: object) -> UndoRevision:
    before, after = snapshot_of([imported()]), snapshot_of([imported(), *events])  # type: ignore[list-item]
    assert before
    assert after
    return UndoRevision(ID, 2, before, after, BY)


def test_an_accepted_heal_becomes_the_steps_own_locators():
    given(recordings, imported()).when(ADOPT).then(ADOPTED)
    step = step_of(2, ADOPTED)
    assert (step.selector, step.bundle) == ("#nickname", FOUND)
    assert original_selector(step) == "#nickname"
    assert step.metadata["selectors"] == [["#nickname"], ["#name"]], "what was recorded comes after it"
    assert step.metadata["elementTag"] == "select"
    assert snapshot_of([imported(), ADOPTED]).revision == 2


def test_a_heal_is_adopted_once():
    given(recordings, imported(), ADOPTED).when(ADOPT).then_nothing()


def test_a_heal_of_a_step_that_was_revised_since_is_refused():
    other = ADOPTED.model_copy(update={"heal_id": UUID(int=8), "selector": "#other"})
    given(recordings, imported(), other).when(ADOPT).then_refused(Refused, "step 2 has been revised since revision 1")


def test_a_heal_of_another_step_than_the_one_that_was_revised_is_adopted():
    given(recordings, imported(), TAUGHT).when(ADOPT).then(ADOPTED.model_copy(update={"revision": 3}))


def test_a_recording_that_is_not_there_adopts_nothing():
    given(recordings).when(ADOPT).then_refused(NotFound, f"no recording {ID}")


def test_a_jobs_own_steps_adopt_nothing():
    event = HealAccepted(
        recording_id=ID,
        step_number=2,
        cache_key="k",
        heal_id=HEAL,
        revision=None,
        healed_selector="#nickname",
        healed_bundle=FOUND,
        by=BY,
    )
    assert whenever_a_heal_is_accepted(event, None) is None
    known = event.model_copy(update={"revision": 1})
    assert whenever_a_heal_is_accepted(known, FULL) == ADOPT


def test_the_point_that_was_pressed_keeps_its_place_within_the_element():
    recorded = Step.model_validate({**FULL.to_json(), "metadata": {"offsetX": 15, "offsetY": 5}})
    step = with_heal(recorded, "#nickname", FOUND, HEAL)
    assert (step.metadata["offsetX"], step.metadata["offsetY"]) == (30, 10)


def test_what_was_learned_can_be_taken_back_and_is_not_learned_again():
    undo = undoing(TAUGHT)
    (undone,) = recordings.decide(undo, snapshot_of([imported(), TAUGHT]))
    assert isinstance(undone, RevisionUndone)
    step = step_of(1, TAUGHT, undone)
    assert step.bundle == THIN.bundle
    assert step.metadata["taught"] == "undone"
    given(recordings, imported(), TAUGHT, undone).when(undo).then_nothing()
    given(recordings, imported(), TAUGHT, undone).when(TeachRecording(ID, [lesson(1)])).then_nothing()


def test_an_adopted_heal_can_be_taken_back_and_does_not_come_back_by_a_repeated_message():
    undo = undoing(ADOPTED)
    (undone,) = recordings.decide(undo, snapshot_of([imported(), ADOPTED]))
    step = step_of(2, ADOPTED, undone)
    assert (step.selector, step.bundle) == (FULL.selector, FULL.bundle)
    given(recordings, imported(), ADOPTED, undone).when(ADOPT).then_nothing()


def test_a_revision_under_a_later_one_of_the_same_step_is_not_taken_back():
    again = ADOPTED.model_copy(update={"heal_id": UUID(int=8), "selector": "#third", "revision": 3})
    undo = undoing(ADOPTED)
    given(recordings, imported(), ADOPTED, again).when(undo).then_refused(Refused, "undo the later revision first")


def test_a_revision_that_changed_nothing_cannot_be_taken_back():
    given(recordings, imported()).when(undoing()).then_refused(Refused, "changed nothing")
