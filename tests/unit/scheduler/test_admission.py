"""Which rows may start now."""

from datetime import timedelta
from uuid import UUID

import pytest

from services.scheduler.aggregates.job import EndJob
from services.scheduler.progress import RETRY_PAUSES, DispatchRow, SkipRow
from shared.contracts.scheduler import (
    JobEnded,
    JobOptions,
    JobStopping,
    RowDispatched,
    RowSkipped,
)
from tests.unit.scheduler.admission_desk import A, B, Desk


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_rows_start_in_order_as_many_as_the_job_allows(desk):
    desk.submit(concurrency=2)
    assert desk.dispatched() == [(A, 0, 1, 0), (A, 1, 1, 0)]
    assert desk.due() == []
    desk.finish(1)
    assert desk.rows() == [2]


def test_a_dispatched_row_tells_all_that_a_runner_needs(desk):
    desk.submit(total_rows=1, options=JobOptions(max_retries=2))
    (order,) = desk.due()
    expected = RowDispatched(job_id=A, row=0, attempt=1, attempts=3, recording_id=UUID(int=6), revision=4)
    assert order == DispatchRow(expected, 0)


def test_an_order_is_given_once_even_before_the_log_tells_of_it(desk):
    desk.submit(concurrency=3)
    assert len(desk.due()) == 3
    assert desk.due() == []


def test_a_job_that_was_not_submitted_starts_nothing(desk):
    desk.submit(B, total_rows=1)
    desk.see(desk.admission.jobs[B].created.model_copy(update={"job_id": A}))
    assert [job for job, *_ in desk.dispatched()] == [B]


def test_jobs_take_turns_up_to_the_limit_over_all():
    desk = Desk(cap=3)
    desk.submit(A, concurrency=10, total_rows=10)
    desk.submit(B, concurrency=10, total_rows=10)
    assert [(job, row) for job, row, *_ in desk.dispatched()] == [(A, 0), (B, 0), (A, 1)]
    desk.finish(0, job=B)
    assert len(desk.dispatched()) == 1


def test_a_failed_attempt_is_tried_again_after_a_pause_behind_what_its_stream_holds(desk):
    desk.submit(total_rows=1, options=JobOptions(max_retries=3))
    desk.dispatched()
    for attempt, pause in enumerate(RETRY_PAUSES, start=1):
        desk.finish(0, "failed", attempt=attempt, final=False)
        failed_at = desk.position
        desk.now += pause - timedelta(milliseconds=1)
        assert desk.due() == []
        desk.now += timedelta(milliseconds=1)
        assert desk.dispatched() == [(A, 0, attempt + 1, failed_at)]


def test_a_job_says_how_long_its_rows_wait_for_their_next_attempt(desk):
    desk.submit(total_rows=1, options=JobOptions(max_retries=2, retry_delay=200))
    desk.dispatched()
    for attempt in (1, 2):
        desk.finish(0, "failed", attempt=attempt, final=False)
        desk.now += timedelta(milliseconds=199)
        assert desk.due() == []
        desk.now += timedelta(milliseconds=1)
        assert [row for _, row, *_ in desk.dispatched()] == [0]


def test_other_rows_run_while_one_waits_for_its_next_attempt(desk):
    desk.submit(concurrency=1, options=JobOptions(max_retries=1))
    assert desk.rows() == [0]
    desk.finish(0, "failed", final=False)
    assert desk.rows() == [1]
    desk.now += RETRY_PAUSES[0]
    desk.finish(1)
    assert desk.rows() == [0]


def test_a_job_ends_when_every_row_has_ended_each_counted_once(desk):
    desk.submit(total_rows=2)
    desk.dispatched()
    desk.finish(0)
    desk.finish(0, "failed")  # told twice: the first counts
    assert desk.due() == []
    desk.finish(1, "failed")
    assert desk.due() == [EndJob(A, 1, 1, 0)]
    assert desk.due() == []


def test_a_job_without_rows_ends_at_once(desk):
    desk.submit(total_rows=0)
    assert desk.due() == [EndJob(A, 0, 0, 0)]


def test_an_ended_job_is_forgotten(desk):
    desk.submit(total_rows=0)
    desk.see(JobEnded(job_id=A, status="completed", successful=0, failed=0, skipped=0))
    assert desk.admission.jobs == {}
    assert desk.due() == []


def test_nothing_before_the_oldest_job_under_way_need_be_read_again(desk):
    assert desk.admission.floor(desk.now) is None
    desk.submit(A)
    desk.submit(B)
    assert desk.admission.floor(desk.now) == 10
    desk.see(JobEnded(job_id=A, status="completed", successful=3, failed=0, skipped=0))
    assert desk.admission.floor(desk.now) == 12


def test_a_job_whose_submission_broke_off_holds_the_floor_back_for_an_hour_only(desk):
    desk.submit(A)
    (draft,) = desk.admission.jobs.values()
    draft.began = None
    desk.submit(B)
    assert desk.admission.floor(desk.now) == 10
    assert desk.admission.floor(desk.now + timedelta(hours=1, seconds=1)) == 12


def test_a_scheduler_that_starts_again_from_the_log_repeats_nothing(desk):
    desk.submit(total_rows=4, concurrency=2)
    desk.see(RowDispatched(job_id=A, row=0, attempt=1, attempts=1, recording_id=UUID(int=6), revision=4))
    desk.finish(0)
    desk.see(RowDispatched(job_id=A, row=1, attempt=1, attempts=1, recording_id=UUID(int=6), revision=4))
    assert desk.rows() == [2]


def test_a_row_that_the_other_scheduler_started_again_is_not_started_here(desk):
    desk.submit(total_rows=1, options=JobOptions(max_retries=2))
    desk.dispatched()
    desk.finish(0, "failed", final=False)
    desk.see(RowDispatched(job_id=A, row=0, attempt=2, attempts=3, recording_id=UUID(int=6), revision=4))
    desk.now += timedelta(minutes=1)
    assert desk.due() == []
    dispatched_at = desk.position
    desk.see(JobStopping(job_id=A, reason="cancelled"))
    assert desk.due() == [SkipRow(RowSkipped(job_id=A, row=0, reason="cancelled"), dispatched_at)]
