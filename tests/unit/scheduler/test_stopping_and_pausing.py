"""What starts nothing more: a stop, a deadline, an error, a pause."""

from datetime import timedelta
from uuid import UUID

import pytest

from services.scheduler.aggregates.job import EndJob, StopJob
from services.scheduler.policies import SKIPS_AT_ONCE
from services.scheduler.progress import RETRY_PAUSES, DispatchRow, SkipRow
from shared.contracts.runner import RowStarted
from shared.contracts.scheduler import (
    JobOptions,
    JobPaused,
    JobReprioritized,
    JobResumed,
    JobStopping,
    RowDispatched,
    RowLost,
    RowSkipped,
)
from tests.unit.scheduler.admission_desk import AT, A, B, Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_after_a_failure_a_job_that_stops_on_errors_starts_nothing_more(desk):
    desk.submit(concurrency=1, stop_on_error=True)
    desk.dispatched()
    desk.finish(0, "failed")
    assert desk.due() == [StopJob(A, "stop_on_error")]
    assert desk.due() == []


def test_a_failed_attempt_that_will_be_repeated_stops_nothing(desk):
    desk.submit(total_rows=1, stop_on_error=True, options=JobOptions(max_retries=1))
    desk.dispatched()
    desk.finish(0, "failed", final=False)
    assert desk.due() == []


def test_rows_that_have_not_started_are_skipped_when_the_job_stops_and_the_others_are_awaited(desk):
    desk.submit(total_rows=4, concurrency=2, options=JobOptions(max_retries=1))
    desk.dispatched()
    desk.finish(0, "failed", final=False)
    failed_at = desk.position
    desk.see(RowStarted(job_id=A, row=1, attempt=1, worker_id="w", delivery=1))
    desk.see(JobStopping(job_id=A, reason="cancelled"))
    skips = desk.due()
    assert skips == [
        SkipRow(RowSkipped(job_id=A, row=row, reason="cancelled"), expected)
        for row, expected in ((0, failed_at), (2, 0), (3, 0))
    ]
    assert desk.due() == []
    desk.see(*(skip.event for skip in skips))
    assert desk.due() == []
    desk.finish(1)
    assert desk.due() == [EndJob(A, 1, 0, 3)]


def test_a_row_that_no_runner_has_taken_is_skipped_when_the_job_stops(desk):
    desk.submit(total_rows=1)
    desk.dispatched()
    dispatched_at = desk.position
    desk.see(JobStopping(job_id=A, reason="cancelled"))
    assert desk.due() == [SkipRow(RowSkipped(job_id=A, row=0, reason="cancelled"), dispatched_at)]
    assert desk.due() == []


def test_a_dispatch_that_the_log_lacks_is_given_again_after_a_restart(desk):
    desk.submit(total_rows=3, concurrency=3)
    for row in (0, 2):
        desk.see(RowDispatched(job_id=A, row=row, attempt=1, attempts=1, recording_id=UUID(int=6), revision=4))
    assert [order.event.row for order in desk.due()] == [1]


def test_an_error_stops_nothing_when_every_row_is_under_way_already(desk):
    desk.submit(total_rows=2, concurrency=2, stop_on_error=True)
    desk.dispatched()
    for row in (0, 1):
        desk.see(RowStarted(job_id=A, row=row, attempt=1, worker_id="w", delivery=1))
    desk.finish(0, "failed")
    assert desk.due() == []
    desk.finish(1)
    assert desk.due() == [EndJob(A, 1, 1, 0)]


def test_a_deadline_beyond_all_time_stops_nothing(desk):
    desk.submit(total_rows=1, options=JobOptions(deadline_seconds=10**15))
    desk.now += timedelta(days=1)
    assert [type(order) for order in desk.due()] == [DispatchRow]


def test_a_job_past_its_deadline_is_stopped(desk):
    desk.submit(concurrency=1, options=JobOptions(deadline_seconds=60))
    desk.dispatched()
    desk.now += timedelta(seconds=60)
    assert desk.due() == []
    desk.now += timedelta(milliseconds=1)
    assert desk.due() == [StopJob(A, "timeout")]


def test_a_job_whose_rows_have_all_ended_is_not_stopped_by_a_deadline_that_passes_afterwards(desk):
    desk.submit(total_rows=1, options=JobOptions(deadline_seconds=60))
    desk.dispatched()
    desk.finish(0)
    desk.now += timedelta(seconds=61)
    assert desk.due() == [EndJob(A, 1, 0, 0)]


def lost(row: int, attempt: int = 1, *, final: bool) -> RowLost:
    told = {"error_type": "worker_lost", "error_message": "gone"}
    return RowLost.model_validate({"job_id": A, "row": row, "attempt": attempt, "final": final, **told})


def test_a_paused_job_starts_nothing_until_it_is_resumed_and_others_go_on(desk):
    desk.submit(A, total_rows=4, concurrency=1)
    desk.submit(B, total_rows=4, concurrency=1)
    desk.dispatched()
    desk.see(JobPaused(job_id=A))
    desk.finish(0, job=A)
    desk.finish(0, job=B)
    assert desk.dispatched() == [(B, 1, 1, 0)]
    desk.see(JobResumed(job_id=A))
    assert desk.dispatched() == [(A, 1, 1, 0)]


def test_a_row_whose_pause_ends_while_its_job_is_paused_starts_when_it_is_resumed(desk):
    desk.submit(total_rows=1, options=JobOptions(max_retries=1))
    desk.dispatched()
    desk.finish(0, "failed", final=False)
    desk.see(JobPaused(job_id=A))
    desk.now += RETRY_PAUSES[0]
    assert desk.due() == []
    desk.see(JobResumed(job_id=A))
    assert desk.rows() == [0]


def test_a_stop_ends_a_pause(desk):
    desk.submit(total_rows=2, concurrency=1)
    desk.dispatched()
    desk.see(JobPaused(job_id=A), JobStopping(job_id=A, reason="cancelled"))
    skips = desk.due()
    assert [order.event.row for order in skips] == [0, 1]
    desk.see(*(order.event for order in skips))
    assert desk.due() == [EndJob(A, 0, 0, 2)]


def test_a_deadline_passes_while_a_job_is_paused(desk):
    desk.submit(total_rows=2, options=JobOptions(deadline_seconds=60))
    desk.see(JobPaused(job_id=A))
    desk.now += timedelta(seconds=61)
    assert desk.due() == [StopJob(A, "timeout")]


def test_a_lost_row_is_tried_again_while_attempts_are_left_and_has_failed_when_none_are(desk):
    desk.submit(total_rows=1, options=JobOptions(max_retries=1))
    desk.dispatched()
    desk.see(lost(0, final=False))
    lost_at = desk.position
    assert desk.due() == []
    desk.now += RETRY_PAUSES[0]
    assert desk.dispatched() == [(A, 0, 2, lost_at)]
    desk.see(lost(0, attempt=2, final=True))
    assert desk.due() == [EndJob(A, 0, 1, 0)]


def test_a_job_that_stops_on_errors_is_stopped_by_a_lost_row(desk):
    desk.submit(total_rows=2, concurrency=1, stop_on_error=True)
    desk.dispatched()
    desk.see(lost(0, final=True))
    assert desk.due() == [StopJob(A, "stop_on_error")]


def test_a_higher_priority_takes_effect_with_the_next_row_that_starts():
    desk = Desk(cap=2)
    desk.submit(A, concurrency=10, total_rows=20)
    desk.submit(B, concurrency=10, total_rows=20)
    assert [job for job, *_ in desk.dispatched()] == [A, B]
    desk.see(JobReprioritized(job_id=B, priority=95))
    desk.finish(0, job=A)
    assert desk.dispatched() == [(B, 1, 1, 0)]
    desk.see(JobReprioritized(job_id=B, priority=0))
    desk.see(JobReprioritized(job_id=A, priority=91))
    desk.finish(0, job=B)
    assert desk.dispatched() == [(A, 1, 1, 0)]


def test_urgent_jobs_go_before_all_others_of_their_organization():
    desk = Desk(cap=3)
    desk.submit(A, concurrency=10, total_rows=20, priority=90)
    desk.submit(B, concurrency=2, total_rows=20, priority=91)
    assert [job for job, *_ in desk.dispatched()] == [B, B, A]


def test_a_stop_of_a_huge_job_holds_up_nobody_else():
    desk = Desk(cap=100)
    desk.submit(A, concurrency=1, total_rows=3 * SKIPS_AT_ONCE)
    desk.dispatched()
    desk.see(JobStopping(job_id=A, reason="cancelled"))
    desk.submit(B, concurrency=2, total_rows=2)
    orders = desk.due()
    assert [type(order) for order in orders[:3]] == [DispatchRow, DispatchRow, SkipRow]
    assert len(orders) == 2 + SKIPS_AT_ONCE
    skipped = [order.event.row for order in orders[2:]]
    while more := desk.due():
        skipped += [order.event.row for order in more]
    assert skipped == list(range(3 * SKIPS_AT_ONCE))


def test_a_moment_at_which_something_becomes_due_is_told_once(desk):
    desk.submit(total_rows=1, options=JobOptions(max_retries=1, deadline_seconds=60))
    desk.dispatched()
    desk.finish(0, "failed", final=False)
    assert desk.admission.alarms == [AT + timedelta(seconds=60), AT + RETRY_PAUSES[0]]
