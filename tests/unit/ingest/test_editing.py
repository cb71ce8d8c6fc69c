"""A recording is edited: numbers stay 1 to n, variables follow their steps, and every edit can be taken back."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from services.ingest.adapters.edited import read_again
from services.ingest.aggregates.recording import (
    AdoptHeal,
    EditRecording,
    TeachRecording,
    UndoRevision,
    recordings,
)
from services.ingest.editing import DeleteStep, Edit, InsertStep, MoveStep, Rename, SetStep, edited
from shared.contracts.ingest import RecordingEdited, RecordingImported, RecordingSnapshot, snapshot_of
from shared.contracts.recording import LocatorBundle, Step, Variable
from shared.contracts.steps import is_disabled, is_password, takes_value
from shared.core.errors import InvalidInput, NotFound, Refused
from shared.core.events import Event
from shared.testing.given import given
from tests.unit.ingest.test_recording import lesson

ID, BY = UUID(int=1), "token:1"


def step(number: int, event: str, label: str | None = None, **more: Any) -> Step:
    bundle = {"id": f"e{number}"} if event != "navigate" else {}
    told = {"stepNumber": number, "event": event, "navigation": {"type": "same_page"}, "bundle": bundle, **more}
    return Step.model_validate({**told, **({"label": label} if label else {})})


STEPS = (
    step(1, "navigate", value="https://crm.example/", navigation={"type": "navigation", "url": "https://crm.example/"}),
    step(2, "type", "Name", value="Ada", metadata={"elementType": "text"}),
    step(3, "type", "Password", value="retold:sealed:v1:AA", metadata={"elementType": "password"}),
    step(4, "type", "Again", value="retold:sealed:v1:AA", metadata={"elementType": "password"}),
    step(5, "click", "Save", selector="#save"),
)
VARIABLES = {
    "Name": Variable(step_number=2, required=True),
    "Password": Variable(step_number=3, required=True, csv_column="pw"),
    "Again": Variable(step_number=4, same_as="Password"),
}
IMPORTED = RecordingImported(
    recording_id=ID,
    user_id=UUID(int=2),
    name="Add a person",
    description=None,
    starting_url="https://crm.example/",
    steps=list(STEPS),
    variables=VARIABLES,
    recording_method="extension",
    source="canonical",
    fidelity=[],
)


def recording(*events: Event) -> RecordingSnapshot:
    found = snapshot_of([IMPORTED, *events])
    assert found
    return found


def command(edit: Edit, *before: Event) -> EditRecording:
    now = recording(*before)
    wanted, order = edited(now, edit)
    checked = read_again(wanted)
    whole = RecordingSnapshot(ID, checked.name, now.starting_url, now.revision, tuple(checked.steps), checked.variables)
    return EditRecording(ID, now.revision, whole, BY, order)


def told_by(edit: Edit, *before: Event) -> RecordingEdited:
    (event,) = recordings.decide(command(edit, *before), recording(*before))
    assert isinstance(event, RecordingEdited)
    return event


def after(*edits: Edit) -> RecordingSnapshot:
    events: list[Event] = []
    for edit in edits:
        events.append(told_by(edit, *events))
    return recording(*events)


def labels(found: RecordingSnapshot) -> list[str | None]:
    return [each.label or each.event for each in found.steps]


def test_a_recording_gets_another_name() -> None:
    found = after(Rename(" Add somebody "))
    assert (found.name, found.revision, found.steps) == ("Add somebody", 2, STEPS)


def test_a_moved_step_takes_its_number_and_its_variable_along() -> None:
    found = after(MoveStep(5, 2))
    assert labels(found) == ["navigate", "Save", "Name", "Password", "Again"]
    assert {label: each.step_number for label, each in found.variables.items()} == {
        "Name": 3, "Password": 4, "Again": 5,
    }  # fmt: skip
    assert told_by(MoveStep(5, 2)).steps == [], "a step that only moved is not told again"


def test_a_step_that_is_deleted_takes_its_variable_with_it() -> None:
    found = after(DeleteStep(2))
    assert labels(found) == ["navigate", "Password", "Again", "Save"]
    assert {label: each.step_number for label, each in found.variables.items()} == {"Password": 2, "Again": 3}


def test_what_repeated_the_value_of_a_deleted_step_takes_its_place_and_its_column() -> None:
    again = after(DeleteStep(3)).variables["Again"]
    assert (again.same_as, again.csv_column, again.required, again.step_number) == (None, "pw", True, 3)


def test_a_step_that_is_put_in_gets_its_number_and_a_variable_of_its_own_where_it_takes_a_value() -> None:
    found = after(InsertStep(step(3, "type", "Mail", value="a@b.example", metadata={"elementType": "email"})))
    assert labels(found) == ["navigate", "Name", "Mail", "Password", "Again", "Save"]
    assert found.variables["Mail"].step_number == 3
    assert found.variables["Password"].step_number == 4
    assert labels(after(InsertStep(step(6, "screenshot"))))[-1] == "screenshot"


def test_a_step_that_waits_for_a_person_is_refused_with_a_word_of_when_and_what_instead() -> None:
    with pytest.raises(InvalidInput, match="cannot be inserted yet: it comes with the checkpoints of jobs"):
        after(InsertStep(step(2, "Checkpoint")))


def test_a_label_that_another_step_has_gets_a_number_behind_it() -> None:
    found = after(InsertStep(step(6, "type", "Name", metadata={"elementType": "text"})))
    assert found.steps[5].label == "Name (2)"


def test_a_step_that_is_called_another_way_is_still_filled_by_the_tables_that_filled_it() -> None:
    found = after(SetStep(2, {"label": "Full name"}), SetStep(3, {"label": "Secret word"}))
    assert found.variables["Full name"].csv_column == "Name"
    assert found.variables["Secret word"].csv_column == "pw"
    assert found.variables["Again"].same_as == "Secret word"


def test_a_label_of_another_variable_is_refused() -> None:
    with pytest.raises(InvalidInput, match="step 3 is; choose another label"):
        edited(recording(), SetStep(2, {"label": "Password"}))


def test_another_selector_takes_the_place_of_all_that_was_recorded_of_the_element() -> None:
    found = after(SetStep(5, {"selector": "button.save", "alternatives": [["aria/Save"], ["#host", "button"]]})).steps[
        4
    ]
    assert (found.selector, found.bundle.to_json()) == ("button.save", {})
    assert found.metadata["selectors"] == [["button.save"], ["aria/Save"], ["#host", "button"]]


def test_a_field_that_is_marked_secret_is_a_password_from_then_on() -> None:
    assert is_password(after(SetStep(2, {"secret": True})).steps[1])
    assert not is_password(after(SetStep(2, {"secret": True}), SetStep(2, {"secret": False})).steps[1])
    with pytest.raises(InvalidInput, match="always kept secret"):
        edited(recording(), SetStep(3, {"secret": False}))
    with pytest.raises(InvalidInput, match="only what is typed"):
        edited(recording(), SetStep(5, {"secret": True}))


def test_a_step_is_disabled_and_enabled_again() -> None:
    off = after(SetStep(5, {"disabled": True}))
    assert [is_disabled(each) for each in off.steps] == [False] * 4 + [True]
    assert not is_disabled(after(SetStep(5, {"disabled": True}), SetStep(5, {"disabled": False})).steps[4])


def test_a_step_without_the_value_that_it_was_compared_with_has_no_variable_any_more() -> None:
    looks = InsertStep(step(6, "assert", "Saved", value="Done"))
    assert "Saved" in after(looks).variables
    assert "Saved" not in after(looks, SetStep(6, {"value": None})).variables


@pytest.mark.parametrize(
    ("edit", "kind", "words"),
    [
        (DeleteStep(6), NotFound, "no step 6; its steps are 1 to 5"),
        (MoveStep(1, 0), NotFound, "no step 0"),
        (InsertStep(step(9, "wait")), NotFound, "a place from 1 to 6"),
        (SetStep(5, {"value": "x"}), InvalidInput, "takes no value"),
        (SetStep(1, {"alternatives": [["#a"]]}), InvalidInput, "no locator"),
        (SetStep(1, {"value": "javascript:alert(1)"}), InvalidInput, "never opened"),
        (SetStep(2, {"label": "a\x1b[31m"}), InvalidInput, "control"),
        (InsertStep(step(6, "teleport")), InvalidInput, "not an event that can be replayed"),
        (InsertStep(step(6, "wait", metadata={"a": "x" * 70_000})), InvalidInput, "64 KiB|longer|limit"),
        (Rename(" "), InvalidInput, "name"),
        (Rename("a\nb"), InvalidInput, "one line"),
    ],
)
def test_what_could_not_be_imported_is_refused(edit: Edit, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        command(edit)


def test_the_last_step_cannot_be_deleted() -> None:
    with pytest.raises(InvalidInput, match="no steps"):
        after(*[DeleteStep(1)] * 5)


def test_an_edit_is_told_once() -> None:
    edit = command(MoveStep(5, 2))
    given(recordings, IMPORTED, told_by(MoveStep(5, 2))).when(edit).then_nothing()


def test_an_edit_on_a_revision_that_is_not_the_newest_is_refused() -> None:
    given(recordings, IMPORTED, told_by(Rename("x"))).when(command(DeleteStep(2))).then_refused(
        Refused, "since revision 1: it is at revision 2"
    )


def test_what_changes_nothing_is_no_revision() -> None:
    given(recordings, IMPORTED).when(command(SetStep(2, {"label": "Name", "disabled": False}))).then_nothing()


def test_what_a_run_saw_of_a_step_that_was_moved_since_teaches_no_other_step() -> None:
    moved = told_by(MoveStep(5, 2))
    lessons = [lesson(5), lesson(2)]
    given(recordings, IMPORTED, moved).when(TeachRecording(ID, lessons, before=STEPS)).then_nothing()
    now = recording(moved).steps
    assert recordings.decide(TeachRecording(ID, lessons, before=now), recording(moved))


def test_a_heal_of_a_step_that_was_moved_since_is_not_adopted_by_the_one_in_its_place() -> None:
    adopt = AdoptHeal(ID, 5, UUID(int=7), 1, STEPS[4], "#keep", LocatorBundle(id="keep"), BY)
    given(recordings, IMPORTED, told_by(MoveStep(5, 2))).when(adopt).then_refused(Refused, "step 5 has been revised")


def undoing(number: int, *events: Event) -> UndoRevision:
    told = [IMPORTED, *events]
    before, since = snapshot_of(told, number - 1), snapshot_of(told, number)
    assert before
    assert since
    return UndoRevision(ID, number, before, since, BY, getattr(told[number - 1], "order", None))


def test_an_edit_under_a_later_one_of_another_step_is_taken_back() -> None:
    first = told_by(SetStep(2, {"label": "Full name"}))
    second = told_by(SetStep(5, {"disabled": True}), first)
    (undone,) = recordings.decide(undoing(2, first, second), recording(first, second))
    found = recording(first, second, undone)
    assert (labels(found)[1], is_disabled(found.steps[4])) == ("Name", True)
    assert found.variables == VARIABLES


def test_a_deletion_under_a_later_edit_is_not_taken_back() -> None:
    first = told_by(DeleteStep(2))
    second = told_by(SetStep(4, {"disabled": True}), first)
    given(recordings, IMPORTED, first, second).when(undoing(2, first, second)).then_refused(
        Refused, "undo the later revision first"
    )


numbers, words = st.integers(1, 8), st.sampled_from(["Name", "Mail", "Full name", "Again", "Town"])
edits: st.SearchStrategy[Edit] = st.one_of(
    st.builds(Rename, words),
    st.builds(MoveStep, numbers, numbers),
    st.builds(DeleteStep, numbers),
    st.builds(lambda number, label: SetStep(number, {"label": label}), numbers, words),
    st.builds(lambda number, value: SetStep(number, {"value": value}), numbers, st.none() | words),
    st.builds(lambda number, off: SetStep(number, {"disabled": off}), numbers, st.booleans()),
    st.builds(lambda number: SetStep(number, {"secret": True}), numbers),
    st.builds(lambda number: SetStep(number, {"selector": "#other"}), numbers),
    st.builds(lambda number, label: InsertStep(step(number, "type", label)), numbers, words),
    st.builds(lambda number: InsertStep(step(number, "assert", value="Done")), numbers),
    st.builds(lambda number: InsertStep(step(number, "wait", metadata={"duration": 5})), numbers),
)


@settings(max_examples=150, deadline=None, database=None, derandomize=True)
@drawn(st.lists(edits, min_size=1, max_size=8))
def test_after_any_edits_numbers_and_variables_fit_and_each_can_be_taken_back(wanted: list[Edit]) -> None:
    events: list[Event] = []
    for edit in wanted:
        before = recording(*events)
        try:
            found = recordings.decide(command(edit, *events), before)
        except (InvalidInput, NotFound):
            continue
        events += found
        now = recording(*events)
        assert [each.step_number for each in now.steps] == list(range(1, len(now.steps) + 1))
        taking = {each.label: each.step_number for each in now.steps if takes_value(each)}
        assert {label: each.step_number for label, each in now.variables.items()} == taking
        assert all(each.same_as in (None, *now.variables) for each in now.variables.values())
        if found:
            undo = undoing(len(events) + 1, *events)
            (undone,) = recordings.decide(undo, now)
            back = recordings.evolve(now, undone)
            assert back
            assert (back.name, back.steps, back.variables) == (before.name, before.steps, before.variables)
            assert recordings.decide(undo, back) == []
            redo = undoing(len(events) + 2, *events, undone)
            (again,) = recordings.decide(redo, back)
            once_more = recordings.evolve(back, again)
            assert once_more
            assert (once_more.name, once_more.steps, once_more.variables) == (now.name, now.steps, now.variables)
