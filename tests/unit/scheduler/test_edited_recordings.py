"""What a job makes of a recording that was edited: disabled steps need no column, and a rerun finds its columns."""

from typing import Any
from uuid import UUID

from services.scheduler.adapters.column_mapping import columns_now
from services.scheduler.handlers import _with_default
from shared.contracts.ingest import RecordingSnapshot
from shared.contracts.recording import Step, Variable


def typed(number: int, label: str, **metadata: Any) -> Step:
    told = {"stepNumber": number, "event": "type", "label": label, "navigation": {"type": "same_page"}, "bundle": {}}
    return Step.model_validate({**told, "metadata": metadata})


def recording(*steps: Step, **same_as: str) -> RecordingSnapshot:
    variables = {
        str(step.label): Variable(step_number=step.step_number, required=True, same_as=same_as.get(str(step.label)))
        for step in steps
    }
    return RecordingSnapshot(UUID(int=1), "Add", "https://crm.example/", 1, steps, variables)


def test_what_only_a_disabled_step_would_type_needs_no_column() -> None:
    assert _with_default(recording(typed(1, "Name", disabled=True), typed(2, "Mail"))) == {"Name"}


def test_what_another_step_repeats_is_needed_though_its_own_step_is_disabled() -> None:
    found = recording(typed(1, "Password", disabled=True), typed(2, "Again"), Again="Password")
    assert _with_default(found) == {"Again"}


def test_a_column_fills_the_step_that_it_filled_however_that_is_called_now() -> None:
    then = recording(typed(1, "Name"), typed(2, "Mail"), typed(3, "Town"))
    now = recording(typed(1, "Mail"), typed(2, "Full name"))
    mapping = {"a": "Name", "b": "Mail", "c": "Town"}
    assert columns_now(mapping, then, now, [2, 1]) == {"a": "Full name", "b": "Mail"}


def test_a_step_that_was_deleted_and_came_back_is_filled_as_before() -> None:
    then = recording(typed(1, "Name"), typed(2, "Mail"))
    assert columns_now({"a": "Name", "b": "Mail"}, then, then, [0, 2]) == {"a": "Name", "b": "Mail"}
