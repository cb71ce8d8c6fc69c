"""Which rows are lost."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.scheduler.policies import Admission
from services.scheduler.sweep import Queue, lost_rows
from shared.contracts.runner import ElementHealed, RowFinished, RowStarted, StepIntended
from shared.contracts.scheduler import JobCreated, JobOptions, JobSubmitted, RowDispatched, RowLost
from shared.core.events import Event, Recorded

JOB, ORG = UUID(int=1), UUID(int=9)
AT = datetime(2026, 1, 2, tzinfo=UTC)
LEASE = timedelta(seconds=30)
PATIENCE = timedelta(seconds=3 * 30 + 20 + 30)  # three leases, the row's time, slack
ACKNOWLEDGED = Queue(acknowledged=10**6, workers_idle=False, watched_since=AT)
NOT_ACKNOWLEDGED = Queue(acknowledged=0, workers_idle=False, watched_since=AT)
IDLE = Queue(acknowledged=0, workers_idle=True, watched_since=AT)


class Row:
    """A row of a job, and what happened to it at `AT`."""

    def __init__(self, **options: Any) -> None:
        self.admission = Admission(10)
        self.position = 0
        created = {"job_id": JOB, "user_id": ORG, "recording_id": ORG, "recording_name": "x", "revision": 1}
        table = {"columns": [], "field_mapping": {}, "unmapped": [], "secret_columns": [], "total_rows": 1}
        limits = {"concurrency": 1, "stop_on_error": False, "options": JobOptions(row_timeout=20_000, **options)}
        self.see(JobCreated.model_validate({**created, **table, **limits}), JobSubmitted(job_id=JOB))
        self.dispatch(1)

    def see(self, *events: Event, at: datetime = AT) -> None:
        for event in events:
            self.position += 1
            message = UUID(int=self.position)
            self.admission.see(Recorded(self.position, 0, message, "x", at, ORG, "a", "c", None, event))

    def dispatch(self, attempt: int) -> None:
        self.see(RowDispatched(job_id=JOB, row=0, attempt=attempt, attempts=9, recording_id=ORG, revision=1))

    def start(self, attempt: int = 1) -> None:
        self.see(RowStarted(job_id=JOB, row=0, attempt=attempt, worker_id="w", delivery=1))

    def intend(self, step_number: int) -> None:
        self.see(StepIntended(job_id=JOB, row=0, attempt=1, step_number=step_number, action="click"))

    def lost(self, queue: Queue, later: timedelta = PATIENCE) -> list[RowLost]:
        orders = [order for _, order in lost_rows(self.admission, queue, LEASE, AT + later)]
        assert all(order.expected == self.position for order in orders)
        return [order.event for order in orders]


def test_a_row_that_nobody_ended_in_time_is_lost_and_that_is_said_once():
    row = Row()
    row.start()
    assert row.lost(ACKNOWLEDGED, PATIENCE - timedelta(milliseconds=1)) == []
    (lost,) = row.lost(ACKNOWLEDGED)
    assert (lost.row, lost.attempt, lost.error_type, lost.final) == (0, 1, "worker_lost", True)
    assert row.lost(ACKNOWLEDGED) == []


@pytest.mark.parametrize(
    ("queue", "taken", "lost"),
    [
        pytest.param(ACKNOWLEDGED, False, 1, id="acknowledged without a word"),
        pytest.param(ACKNOWLEDGED, True, 1, id="acknowledged before its end"),
        pytest.param(IDLE, True, 1, id="kept by a worker, while others ask in vain"),
        pytest.param(NOT_ACKNOWLEDGED, True, 0, id="its next worker is busy"),
        pytest.param(NOT_ACKNOWLEDGED, False, 0, id="waits in the queue"),
        pytest.param(IDLE, False, 0, id="on its way to a worker"),
    ],
)
def test_only_what_the_queue_will_not_give_to_another_worker_is_lost(queue, taken, lost):
    row = Row()
    if taken:
        row.start()
    assert len(row.lost(queue)) == lost


def test_patience_begins_when_workers_are_there_without_a_break():
    row = Row()
    row.start()
    later = timedelta(hours=5)
    assert row.lost(Queue(10**6, workers_idle=True, watched_since=AT + later), later + timedelta(seconds=1)) == []
    assert len(row.lost(Queue(10**6, workers_idle=True, watched_since=AT + later), later + PATIENCE)) == 1


def test_whatever_a_row_tells_shows_that_it_lives():
    row = Row()
    row.start()
    told = {"job_id": JOB, "row": 0, "recording_id": ORG, "step_number": 1, "method": "fuzzy_match"}
    told |= {"original_selector": "#a", "healed_selector": None, "healed_bundle": None, "confidence": 1, "rivals": []}
    told |= {"page_origin": "", "page_path": "", "success": False}
    row.see(ElementHealed.model_validate(told), at=AT + timedelta(seconds=60))
    assert row.lost(ACKNOWLEDGED) == []
    assert len(row.lost(ACKNOWLEDGED, PATIENCE + timedelta(seconds=60))) == 1


def test_a_row_that_may_have_changed_something_has_an_unknown_outcome_which_is_final():
    row = Row(max_retries=5)
    row.start()
    row.intend(4)
    (lost,) = row.lost(ACKNOWLEDGED)
    assert (lost.error_type, lost.final, lost.failed_step) == ("outcome_unknown", True, 4)
    assert "step 4" in lost.error_message


def test_it_is_tried_again_where_the_job_wants_that_and_attempts_are_left():
    row = Row(max_retries=1, on_unknown="rerun")
    row.start()
    row.intend(4)
    (lost,) = row.lost(ACKNOWLEDGED)
    assert (lost.error_type, lost.final) == ("outcome_unknown", False)


def test_an_intent_of_a_worker_before_does_not_count_for_the_one_that_took_over():
    row = Row()
    row.start()
    row.intend(4)
    row.start()
    (lost,) = row.lost(ACKNOWLEDGED)
    assert (lost.error_type, lost.failed_step) == ("worker_lost", None)


def test_a_lost_row_is_final_with_its_last_attempt():
    row = Row(max_retries=1)
    row.start()
    (lost,) = row.lost(ACKNOWLEDGED)
    assert not lost.final
    row.see(lost)
    row.dispatch(2)
    row.start(2)
    (again,) = row.lost(ACKNOWLEDGED)
    assert (again.attempt, again.final) == (2, True)


def test_a_row_that_has_ended_is_not_lost():
    row = Row()
    row.start()
    told = {"job_id": JOB, "row": 0, "attempt": 1, "worker_id": "w", "status": "success", "final": True}
    row.see(RowFinished.model_validate({**told, "duration": 1, "steps": []}))
    assert row.lost(ACKNOWLEDGED) == []
