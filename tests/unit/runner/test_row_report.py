"""What a row's attempt came to, as it is told."""

from uuid import UUID

from services.runner.aggregates.row_run import Hold
from services.runner.row_report import RowReport, lighter, line_of
from shared.contracts.recording import Step
from shared.contracts.runner import NetworkRequest, RowFinished, StepEvidence, StepResult
from shared.contracts.scheduler import RowDispatched

HOLD = Hold("w-1", 1)


def dispatched(attempt: int = 1, attempts: int = 1) -> RowDispatched:
    ids = {"job_id": UUID(int=1), "recording_id": UUID(int=2), "revision": 1}
    return RowDispatched.model_validate({**ids, "row": 0, "attempt": attempt, "attempts": attempts})


def failed(number: int = 2, **more: object) -> StepResult:
    given = {"step_number": number, "status": "failed", "duration": 5, "error_type": "not_found", "error": "no button"}
    return StepResult.model_validate({**given, **more})


def finished(report: RowReport, attempt: int = 1, attempts: int = 1) -> RowFinished:
    return report.finished(dispatched(attempt, attempts), HOLD, 10)


def test_a_row_without_an_error_succeeded_for_good():
    told = finished(RowReport(total_steps=2, browser="chromium 156"), attempts=3)
    assert (told.status, told.final, told.total_steps, told.browser) == ("success", True, 2, "chromium 156")


def test_a_failure_is_final_when_no_attempt_is_left():
    report = RowReport()
    report.fail("not_found", "no button", 2)
    assert [finished(report, attempt, 2).final for attempt in (1, 2)] == [False, True]


def test_a_row_that_must_be_run_again_is_not_final_though_no_attempt_is_left():
    report = RowReport(again=True)
    report.fail("paused", "for too long", 2)
    assert not finished(report).final


def test_nothing_extracted_costs_the_event_nothing():
    assert finished(RowReport(extracted={})).extracted is None


def test_the_pictures_of_a_failure_stand_with_its_step():
    seen = StepEvidence(page_url="https://crm.example/")
    report = RowReport(steps=[failed(evidence=seen)])
    report.fail("not_found", "no button", 2)
    report.show_failure("a" * 64, "b" * 64)
    evidence = report.steps[-1].evidence
    assert evidence == seen.model_copy(update={"screenshot_error": "a" * 64, "dom_snapshot": "b" * 64})
    assert report.screenshot == "a" * 64


def test_a_row_that_broke_off_after_an_intent_is_in_doubt():
    report = RowReport()
    report.fail("timeout", "the row was not done after 1 s, its time limit")
    report.doubt(4)
    assert (report.error_type, report.failed_step, report.conclusive) == ("outcome_unknown", 4, True)


def test_a_row_that_broke_off_before_any_intent_is_not():
    report = RowReport()
    report.fail("timeout", "late")
    report.doubt(None)
    assert report.error_type == "timeout"


def test_a_result_that_is_too_large_is_told_with_less_and_less():
    network = [NetworkRequest(method="GET", url="https://crm.example/", kind="fetch")] * 20
    evidence = StepEvidence(page_url="https://crm.example/", network=network, console=["x" * 300] * 20)
    steps = [failed(number, evidence=evidence, error="e" * 4000) for number in range(1, 2001)]
    report = RowReport(steps=steps, extracted={f"name {n}": "v" * 4000 for n in range(2000)})
    report.fail("not_found", "m" * 4000, 2000)
    whole = finished(report)
    sizes = [len(each.model_dump_json()) for each in (whole, *lighter(whole))]
    assert sizes == sorted(sizes, reverse=True)
    last = list(lighter(whole))[-1]
    assert sizes[-1] < 900_000
    assert (last.steps[0].step_number, last.steps[-1].step_number) == (1, 2000)
    assert last.error_type == "not_found"


def test_a_warning_is_told_as_one():
    step = Step.model_validate(
        {"stepNumber": 3, "event": "click", "bundle": {}, "navigation": {"type": "same_page"}, "label": "Save"}
    )
    result = StepResult(step_number=3, status="completed", duration=7, strategy="id", warning="the title differs")
    assert line_of(step, result) == (
        "warn",
        "step 3 click “Save”: completed in 7 ms, found by id (the title differs)",
    )
    assert line_of(step, failed(3)) == ("error", "no button")
