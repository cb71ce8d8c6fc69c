"""A recording: imported once, taught what was recorded thinly, never what was recorded well."""

from typing import Any
from uuid import UUID

from services.ingest.aggregates.recording import ImportRecording, TeachRecording, recordings
from shared.contracts.ingest import RecordingImported, RecordingTaught, snapshot_of
from shared.contracts.recording import LocatorBundle, Step
from shared.contracts.runner import Taught
from shared.core.errors import NotFound, Refused
from shared.testing.given import given

ID = UUID(int=1)
BOX = {"left": 1, "top": 2, "width": 30, "height": 10}


def step(number: int, bundle: dict[str, Any], **more: Any) -> Step:
    return Step.model_validate(
        {"stepNumber": number, "event": "click", "navigation": {"type": "same_page"}, "bundle": bundle, **more}
    )


THIN = step(1, {"id": "save"}, selector="#save")
FULL = step(2, {"id": "name", "tag": "input", "bounding": BOX}, selector="#name")
NO_ELEMENT = step(3, {})


def command(name: str = "Add a person", steps: tuple[Step, ...] = (THIN, FULL, NO_ELEMENT)) -> ImportRecording:
    return ImportRecording(ID, UUID(int=2), name, None, "https://crm.example/", steps, {}, "extension", "canonical", ())


def imported() -> RecordingImported:
    (event,) = recordings.decide(command(), None)
    assert isinstance(event, RecordingImported)
    return event


def lesson(number: int, **bundle: Any) -> Taught:
    seen = {"tag": "button", "bounding": BOX, "aria": "Save", "id": "seen-later", **bundle}
    return Taught(step_number=number, bundle=LocatorBundle.model_validate(seen), element_tag="button")


def test_a_recording_is_imported_once():
    given(recordings).when(command()).then(imported())
    given(recordings, imported()).when(command()).then_nothing()


def test_another_recording_does_not_take_the_place_of_one():
    given(recordings, imported()).when(command("Another")).then_refused(Refused, "exists already")


def test_a_recording_that_does_not_exist_learns_nothing():
    given(recordings).when(TeachRecording(ID, [lesson(1)])).then_refused(NotFound, f"no recording {ID}")


def test_only_steps_that_were_recorded_thinly_are_taught():
    taught = RecordingTaught(recording_id=ID, taught=[lesson(1)])
    given(recordings, imported()).when(TeachRecording(ID, [lesson(1), lesson(2), lesson(3), lesson(9)])).then(taught)
    given(recordings, imported()).when(TeachRecording(ID, [lesson(2), lesson(3)])).then_nothing()


def test_a_step_is_taught_once_whatever_later_runs_saw():
    taught = RecordingTaught(recording_id=ID, taught=[lesson(1)])
    given(recordings, imported(), taught).when(TeachRecording(ID, [lesson(1, aria="Keep")])).then_nothing()


def test_a_lesson_that_lacks_the_box_still_counts_as_taught():
    bare = Taught(step_number=1, bundle=LocatorBundle.model_validate({"tag": "button"}), element_tag="button")
    taught = RecordingTaught(recording_id=ID, taught=[bare])
    given(recordings, imported(), taught).when(TeachRecording(ID, [lesson(1)])).then_nothing()


def test_what_was_recorded_stays_and_what_was_missing_is_filled_in():
    snapshot = snapshot_of([imported(), RecordingTaught(recording_id=ID, taught=[lesson(1)])])
    assert snapshot
    taught, full, without = snapshot.steps
    assert taught.bundle.id == "save"
    assert taught.bundle.aria == "Save"
    assert taught.selector == "#save"
    assert taught.metadata["elementTag"] == "button"
    assert taught.metadata["taught"] is True
    assert (full, without) == (FULL, NO_ELEMENT)


def test_a_job_reads_the_recording_as_of_the_revision_that_it_was_made_for():
    events = [imported(), RecordingTaught(recording_id=ID, taught=[lesson(1)])]
    first, second, newest = (snapshot_of(events, revision) for revision in (1, 2, None))
    assert first
    assert first.steps[0] == THIN
    assert first.revision == 1
    assert second == newest
    assert second
    assert second.revision == 2


def test_the_aggregate_and_the_contract_tell_the_same_recording():
    events = [imported(), RecordingTaught(recording_id=ID, taught=[lesson(1)])]
    assert recordings.fold(events) == snapshot_of(events)
