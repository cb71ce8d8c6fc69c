"""Steps that are disabled are kept and have no part in what is performed."""

from typing import Any
from uuid import UUID

from services.runner.adapters.options import SessionOptions
from services.runner.policies import steps_to_perform
from services.runner.row_options import session_options, steps_in_window
from shared.contracts.ingest import RecordingSnapshot
from shared.contracts.recording import Step
from shared.contracts.scheduler import JobOptions
from shared.contracts.steps import is_disabled


def step(number: int, event: str, **metadata: Any) -> Step:
    navigation = (
        {"type": "navigation", "url": "https://crm.example/a"} if event == "navigate" else {"type": "same_page"}
    )
    told = {"stepNumber": number, "event": event, "navigation": navigation, "bundle": {}, "metadata": metadata}
    return Step.model_validate(told)


def recording(*steps: Step) -> RecordingSnapshot:
    return RecordingSnapshot(UUID(int=1), "Add", "https://crm.example/", 1, steps)


def test_the_starting_address_is_opened_where_the_step_that_opens_one_is_disabled() -> None:
    performed = steps_to_perform(recording(step(1, "navigate", disabled=True), step(2, "click")))
    assert [(each.event, is_disabled(each)) for each in performed] == [
        ("navigate", False), ("navigate", True), ("click", False),
    ]  # fmt: skip
    assert performed[0].value == "https://crm.example/"


def test_the_answer_to_a_dialog_that_is_disabled_or_that_nothing_opens_is_given_to_no_step() -> None:
    answer = {"dialog": {"accept": False}}
    opener = step(2, "click")
    kept = steps_to_perform(recording(step(1, "navigate"), opener, step(3, "dialog", **answer)))
    assert kept[1].metadata["dialog"] == [{"accept": False}]
    none = steps_to_perform(recording(step(1, "navigate"), opener, step(3, "dialog", disabled=True, **answer)))
    assert "dialog" not in none[1].metadata
    off = steps_to_perform(recording(step(1, "navigate"), step(2, "click", disabled=True), step(3, "dialog", **answer)))
    assert "dialog" not in off[0].metadata
    between = (step(3, "dialog", disabled=True), step(4, "dialog", **answer))
    assert steps_to_perform(recording(step(1, "navigate"), opener, *between))[1].metadata["dialog"] == [
        {"accept": False}
    ]


def test_a_disabled_resize_says_nothing_about_the_window() -> None:
    steps = [step(1, "resize", viewport={"width": 400, "height": 300}, disabled=True), step(2, "navigate")]
    assert session_options(JobOptions(), steps, 1).width == SessionOptions().width
    wide = JobOptions.model_validate({"viewport": {"width": 900, "height": 700}})
    both = [*steps, step(3, "resize", viewport={"width": 500, "height": 300})]
    assert [each.step_number for each in steps_in_window(both, wide)] == [1, 2]
