"""What lies between two revisions of a recording, step by step and field by field."""

from collections.abc import Sequence
from typing import Any

import pytest

from services.ingest.comparing import differences
from services.ingest.editing import DeleteStep, Edit, InsertStep, MoveStep, Rename, SetStep
from shared.contracts.sealed import MASK
from shared.core.errors import NotFound, Refused
from shared.core.events import Event
from tests.unit.ingest.test_editing import IMPORTED, step, told_by


def told(*edits: Edit) -> list[Event]:
    events: list[Event] = []
    for edit in edits:
        events.append(told_by(edit, *events))
    return [IMPORTED, *events]


def lines(found: dict[str, Any]) -> Sequence[tuple[str, int | None, int | None]]:
    return [(each["change"], each["before"], each["after"]) for each in found["steps"]]


def test_only_the_step_that_was_moved_is_told_and_not_those_that_made_way() -> None:
    assert lines(differences(told(MoveStep(5, 2)), 1, 2)) == [("moved", 5, 2)]
    assert lines(differences(told(MoveStep(2, 5)), 1, 2)) == [("moved", 2, 5)]


def test_steps_that_came_and_went_are_told_over_several_revisions() -> None:
    events = told(InsertStep(step(2, "wait", value="5")), DeleteStep(5), SetStep(5, {"disabled": True}))
    found = differences(events, 1, None)
    assert (found["before"], found["after"]) == (1, 4)
    assert lines(found) == [("removed", 4, None), ("added", None, 2), ("changed", 5, 5)]
    assert found["steps"][2]["fields"] == [{"field": "metadata.disabled", "before": None, "after": True}]
    assert [(each["change"], each["label"]) for each in found["variables"]] == [("removed", "Again")]


def test_the_last_revision_is_compared_with_the_one_before_where_nothing_else_is_said() -> None:
    found = differences(told(Rename("One"), Rename("Two")), None, None)
    assert found["name"] == {"before": "One", "after": "Two"}
    assert (found["steps"], found["variables"]) == ([], [])


def test_secrets_are_masked_also_where_they_were_none_before() -> None:
    marked, given = SetStep(2, {"secret": True}), SetStep(2, {"value": "new"})
    (changed,) = differences(told(marked, given), 1, 3)["steps"]
    assert {"field": "value", "before": MASK, "after": MASK} in changed["fields"]
    assert "Ada" not in str(changed)


@pytest.mark.parametrize(("before", "after"), [(2, 1), (1, 9), (0, 1)])
def test_what_cannot_be_compared_is_refused(before: int, after: int) -> None:
    with pytest.raises(Refused, match="1 to 2"):
        differences(told(Rename("One")), before, after)
    with pytest.raises(NotFound):
        differences([], None, None)
