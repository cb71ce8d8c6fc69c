"""How freely stand-ins are used: what job, recording and step say, and what the log keeps of it."""

from typing import Any
from uuid import UUID

import pytest

from services.runner.row_options import as_careful, step_options
from services.runner.row_report import RowReport
from services.runner.watched_row import WatchedRow
from shared.contracts.healer import HealAccepted
from shared.contracts.healing_modes import MODES, Healing, healing_of, with_healing
from shared.contracts.recording import LocatorBundle, Step
from shared.contracts.runner import NOT_REVIEWED, HealProposed, RowFinished, RowStarted
from shared.contracts.scheduler import JobCreated, JobOptions
from tests.golden.files import told

PROPOSED = next(event for event in told() if isinstance(event, HealProposed))
ACCEPTED = HealAccepted(
    recording_id=PROPOSED.recording_id,
    step_number=4,
    cache_key=PROPOSED.cache_key,
    heal_id=PROPOSED.proposal_id,
    revision=1,
    healed_selector=PROPOSED.healed_selector,
    healed_bundle=LocatorBundle(),
    by="ada",
)


@pytest.mark.parametrize("mode", MODES)
def test_a_mode_comes_out_of_the_log_as_it_went_in(mode):
    created = next(event for event in told() if isinstance(event, JobCreated))
    created = created.model_copy(update={"options": JobOptions(healing=mode)})
    assert JobCreated.model_validate_json(created.model_dump_json()).options.healing == mode


@pytest.mark.parametrize("mode", MODES)
def test_a_release_that_knows_no_modes_heals_only_where_nobody_wants_to_be_asked(mode):
    assert JobOptions(healing=mode).for_the_log()["healing"] is (mode == "autonomous")


@pytest.mark.parametrize(("said", "mode"), [(True, "autonomous"), (False, "off")])
def test_what_was_told_before_there_were_modes_is_read(said, mode):
    assert JobOptions.model_validate({"healing": said}).healing == mode


@pytest.mark.parametrize(
    ("said", "mode", "threshold"),
    [
        (None, "autonomous", 0),
        ("review", "review", 0),
        (False, "off", 0),
        (True, "autonomous", 0),
        ({"mode": "off", "threshold": 90}, "off", 90),
        ({"threshold": 101}, "autonomous", 0),
        ({"threshold": True}, "autonomous", 0),
        ("whatever", "autonomous", 0),
        (["review"], "autonomous", 0),
    ],
)
def test_what_a_step_says_is_understood_or_says_nothing(said: Any, mode: str, threshold: int):
    assert healing_of(said) == Healing(mode, threshold)


def test_the_most_careful_mode_and_the_highest_threshold_count():
    usual = step_options(JobOptions(confidence_threshold=85), Healing("review", 70))
    assert (usual.healing, usual.threshold) == ("review", 85)
    own = as_careful(usual, Healing("autonomous", 95))
    assert (own.healing, own.threshold) == ("review", 95)
    assert as_careful(own, Healing("off")).healing == "off"


def test_a_step_that_says_nothing_new_is_performed_as_all_are():
    usual = step_options(JobOptions())
    assert as_careful(usual, Healing()) is usual


def test_what_a_step_says_can_be_taken_back():
    given = {"stepNumber": 1, "event": "click", "navigation": {"type": "same_page"}, "bundle": {}}
    step = Step.model_validate({**given, "metadata": {"other": 1}})
    asked = with_healing(step, {"mode": "review"})
    assert healing_of(asked.metadata["healing"]) == Healing("review")
    assert with_healing(asked, None) == step


@pytest.mark.parametrize(("until", "conclusive"), [("once somebody has", False), (None, True)])
def test_a_row_that_gave_its_browser_up_starts_anew_only_where_nothing_stays_done(until, conclusive):
    report = RowReport()
    report.give_up(NOT_REVIEWED, "nobody decided", 3, until=until)
    assert (report.error_type, report.failed_step) == (NOT_REVIEWED, 3)
    assert (report.conclusive, report.again) == (conclusive, not conclusive)


def finished(**changes: Any) -> RowFinished:
    told: dict[str, Any] = {"job_id": UUID(int=1), "row": 0, "attempt": 1, "worker_id": "w", "status": "failed"}
    return RowFinished.model_validate({**told, "final": False, "duration": 1, "steps": [], **changes})


def test_a_row_that_waits_says_so_until_it_is_answered():
    row = WatchedRow(0)
    row.see(RowStarted(job_id=UUID(int=1), row=0, attempt=1, worker_id="w", delivery=1))
    row.see(PROPOSED)
    assert (row.status, row.heal_id) == ("waiting_for_review", PROPOSED.proposal_id)
    assert f"retold heals accept {PROPOSED.proposal_id}" in row.in_words()
    row.see(ACCEPTED.model_copy(update={"healed_selector": "#another"}))
    assert row.status == "waiting_for_review"
    row.see(ACCEPTED)
    assert (row.status, row.heal_id) == ("running", None)


def test_a_row_without_its_browser_still_waits_for_the_answer():
    row = WatchedRow(0)
    row.see(PROPOSED)
    row.see(finished(error_type=NOT_REVIEWED, error_message="nobody decided"))
    assert (row.status, row.ended) == ("waiting_for_review", False)
    row.see(ACCEPTED)
    assert row.status == "waiting"
    row.see(finished(error_type="timeout", final=True))
    assert (row.status, row.ended) == ("failed", True)
