"""When a job may change, and how it ends (rule 1 of the decisions)."""

from uuid import UUID

import pytest

from services.scheduler.aggregates.job import (
    AddRows,
    CreateJob,
    EndJob,
    PauseJob,
    ReprioritizeJob,
    ResumeJob,
    StopJob,
    SubmitJob,
    jobs,
)
from shared.contracts.scheduler import (
    JobCreated,
    JobEnded,
    JobOptions,
    JobPaused,
    JobReprioritized,
    JobResumed,
    JobRowsAdded,
    JobStopping,
    JobSubmitted,
    StopReason,
)
from shared.core.errors import InvalidInput, NotFound, Refused
from shared.core.events import Event
from shared.testing.given import given

JOB = UUID(int=1)


def created(total_rows: int = 3) -> JobCreated:
    return JobCreated(
        job_id=JOB,
        user_id=UUID(int=2),
        recording_id=UUID(int=3),
        recording_name="Add a person",
        revision=1,
        columns=["name"],
        field_mapping={"name": "Name"},
        unmapped=[],
        secret_columns=[],
        total_rows=total_rows,
        concurrency=2,
        stop_on_error=False,
        options=JobOptions(),
    )


def added(first_row: int, *names: str) -> JobRowsAdded:
    return JobRowsAdded(job_id=JOB, first_row=first_row, rows=[{"name": name} for name in names])


def stopping(reason: StopReason) -> JobStopping:
    return JobStopping(job_id=JOB, reason=reason)


SUBMITTED = JobSubmitted(job_id=JOB)
RUNNING: list[Event] = [created(), added(0, "Ada", "Grace", "Edsger"), SUBMITTED]
ENDED = JobEnded(job_id=JOB, status="completed", successful=3, failed=0, skipped=0)


def test_a_job_is_created_once():
    given(jobs).when(CreateJob(created())).then(created())
    given(jobs, created()).when(CreateJob(created())).then_nothing()


def test_nothing_can_be_done_to_a_job_that_was_never_created():
    steering = (PauseJob(JOB), ResumeJob(JOB), ReprioritizeJob(JOB, 1), StopJob(JOB, "cancelled"))
    for command in (AddRows(JOB, 0, [{}]), SubmitJob(JOB), *steering, EndJob(JOB, 0, 0, 0)):
        given(jobs).when(command).then_refused(NotFound, f"no job {JOB}")


def test_rows_are_added_in_order():
    given(jobs, created()).when(AddRows(JOB, 0, [{"name": "Ada"}])).then(added(0, "Ada"))
    given(jobs, created(), added(0, "Ada")).when(AddRows(JOB, 1, [{"name": "Grace"}])).then(added(1, "Grace"))


def test_rows_that_would_leave_a_gap_are_refused():
    given(jobs, created()).when(AddRows(JOB, 1, [{"name": "Grace"}])).then_refused(Refused, "row 0 is expected next")


def test_rows_that_are_in_already_are_not_added_again():
    given(jobs, created(), added(0, "Ada")).when(AddRows(JOB, 0, [{"name": "Ada"}])).then_nothing()


def test_no_row_is_added_after_the_submission():
    given(jobs, RUNNING).when(AddRows(JOB, 3, [{"name": "Tony"}])).then_refused(Refused, "has been submitted")


def test_a_job_is_submitted_once_when_all_its_rows_are_in():
    given(jobs, RUNNING[:2]).when(SubmitJob(JOB)).then(SUBMITTED)
    given(jobs, RUNNING).when(SubmitJob(JOB)).then_nothing()


def test_a_job_with_rows_missing_is_not_submitted():
    given(jobs, created(), added(0, "Ada")).when(SubmitJob(JOB)).then_refused(Refused, "1 of 3 rows are in")


def test_the_first_reason_to_stop_is_the_one_that_counts():
    given(jobs, RUNNING).when(StopJob(JOB, "cancelled")).then(stopping("cancelled"))
    given(jobs, RUNNING, stopping("stop_on_error")).when(StopJob(JOB, "cancelled")).then_nothing()


def test_a_job_that_has_ended_cannot_be_stopped_any_more():
    given(jobs, RUNNING, ENDED).when(StopJob(JOB, "cancelled")).then_nothing()


def test_a_job_that_was_not_submitted_cannot_be_stopped():
    given(jobs, created()).when(StopJob(JOB, "cancelled")).then_refused(Refused, "not been submitted")


def test_a_job_does_not_end_before_every_row_has_ended():
    given(jobs, RUNNING).when(EndJob(JOB, 1, 1, 0)).then_refused(Refused, "2 of 3 rows have ended")


def test_a_job_does_not_end_when_a_row_is_counted_twice():
    given(jobs, RUNNING).when(EndJob(JOB, 3, 1, 0)).then_refused(Refused, "4 of 3 rows")


def test_a_job_ends_once():
    given(jobs, RUNNING).when(EndJob(JOB, 3, 0, 0)).then(ENDED)
    given(jobs, RUNNING, ENDED).when(EndJob(JOB, 0, 3, 0)).then_nothing()


@pytest.mark.parametrize(
    ("reason", "counts", "status"),
    [
        pytest.param(None, (3, 0, 0), "completed", id="every row succeeded"),
        pytest.param(None, (1, 2, 0), "completed", id="one row succeeded"),
        pytest.param(None, (0, 3, 0), "failed", id="every row failed"),
        pytest.param(None, (0, 0, 3), "completed", id="there was nothing left to run"),
        pytest.param("stop_on_error", (1, 1, 1), "failed", id="an error stopped it"),
        pytest.param("cancelled", (2, 0, 1), "cancelled", id="a person stopped it"),
        pytest.param("cancelled", (0, 1, 2), "cancelled", id="a person stopped it and the row that ran failed"),
        pytest.param("timeout", (2, 0, 1), "timeout", id="its deadline passed"),
    ],
)
def test_how_a_job_ends_when(reason: StopReason | None, counts: tuple[int, int, int], status: str):
    before = [*RUNNING, stopping(reason)] if reason else RUNNING
    successful, failed, skipped = counts
    given(jobs, before).when(EndJob(JOB, *counts)).then_only(
        JobEnded, status=status, successful=successful, failed=failed, skipped=skipped
    )


def test_a_job_without_rows_is_completed():
    given(jobs, created(0), SUBMITTED).when(EndJob(JOB, 0, 0, 0)).then_only(JobEnded, status="completed")


PAUSED, RESUMED = JobPaused(job_id=JOB), JobResumed(job_id=JOB)


def test_a_job_is_paused_once_and_resumed_once():
    given(jobs, RUNNING).when(PauseJob(JOB)).then(PAUSED)
    given(jobs, RUNNING, PAUSED).when(PauseJob(JOB)).then_nothing()
    given(jobs, RUNNING, PAUSED).when(ResumeJob(JOB)).then(RESUMED)
    given(jobs, RUNNING).when(ResumeJob(JOB)).then_nothing()
    given(jobs, RUNNING, PAUSED, RESUMED).when(ResumeJob(JOB)).then_nothing()


def test_a_priority_is_changed_when_it_differs():
    given(jobs, RUNNING).when(ReprioritizeJob(JOB, 40)).then(JobReprioritized(job_id=JOB, priority=40))
    given(jobs, RUNNING).when(ReprioritizeJob(JOB, 0)).then_nothing()
    changed = JobReprioritized(job_id=JOB, priority=40)
    given(jobs, RUNNING, changed).when(ReprioritizeJob(JOB, 40)).then_nothing()


@pytest.mark.parametrize("priority", [-1, 101])
def test_a_priority_outside_0_to_100_is_refused(priority):
    given(jobs, RUNNING).when(ReprioritizeJob(JOB, priority)).then_refused(InvalidInput, "0 to 100")
    asked = created().model_copy(update={"priority": priority})
    given(jobs).when(CreateJob(asked)).then_refused(InvalidInput, "0 to 100")


@pytest.mark.parametrize("command", [PauseJob(JOB), ResumeJob(JOB), ReprioritizeJob(JOB, 40)])
def test_only_a_job_that_still_starts_rows_is_paused_resumed_or_hurried(command):
    given(jobs, created()).when(command).then_refused(Refused, "not been submitted")
    given(jobs, RUNNING, stopping("cancelled")).when(command).then_refused(Refused, "is being stopped")
    given(jobs, RUNNING, ENDED).when(command).then_refused(Refused, "has ended: completed")


def test_a_paused_job_can_be_stopped():
    given(jobs, RUNNING, PAUSED).when(StopJob(JOB, "cancelled")).then(stopping("cancelled"))
