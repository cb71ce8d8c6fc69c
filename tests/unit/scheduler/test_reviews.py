"""Rows that wait for a person's answer about a stand-in."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from services.scheduler.aggregates.job import EndJob
from services.scheduler.progress import SkipRow
from services.scheduler.sweep import Queue, lost_rows
from shared.contracts.healer import HealAccepted, HealRejected
from shared.contracts.recording import LocatorBundle
from shared.contracts.runner import NOT_REVIEWED, HealProposed, RowFinished, RowStarted, StepIntended
from shared.contracts.scheduler import JobOptions, JobPaused, JobResumed, JobStopping
from tests.unit.scheduler.test_admission import A, Desk

RECORDING = UUID(int=6)
LEASE = timedelta(seconds=30)


class Room(Desk):
    """A desk whose rows find stand-ins."""

    def propose(self, *rows: int, selector: str = "#new", attempt: int = 1) -> None:
        for row in rows:
            self.see(
                RowStarted(job_id=A, row=row, attempt=attempt, worker_id="w", delivery=1),
                proposed(row, selector, attempt),
            )

    def give_up(self, *rows: int, attempt: int = 1) -> None:
        """Nobody has answered for so long that their browsers were given up."""
        for row in rows:
            told: dict[str, Any] = {"job_id": A, "row": row, "attempt": attempt, "worker_id": "w", "status": "failed"}
            told |= {"final": False, "duration": 1, "steps": [], "error_type": NOT_REVIEWED}
            self.see(RowFinished.model_validate(told))

    def accept(self, selector: str = "#new", recording: UUID = RECORDING) -> None:
        self.see(
            HealAccepted(
                recording_id=recording,
                step_number=2,
                cache_key="key",
                heal_id=UUID(int=1),
                revision=4,
                healed_selector=selector,
                healed_bundle=LocatorBundle(id="new"),
                by="ada",
            )
        )

    def reject(self) -> None:
        self.see(
            HealRejected(
                recording_id=RECORDING,
                step_number=2,
                cache_key="key",
                heal_id=UUID(int=1),
                healed_selector="#new",
                by="ada",
            )
        )

    def lost(self, seconds: float) -> list[int]:
        queue = Queue(acknowledged=0, workers_idle=True, watched_since=self.now)
        later = self.now + timedelta(seconds=seconds)
        return [order.event.row for _, order in lost_rows(self.admission, queue, LEASE, later)]


def proposed(row: int, selector: str = "#new", attempt: int = 1) -> HealProposed:
    return HealProposed(
        job_id=A,
        row=row,
        attempt=attempt,
        recording_id=RECORDING,
        revision=4,
        proposal_id=UUID(int=1),
        cache_key="key",
        step_number=2,
        method="fuzzy_match",
        original_selector="#old",
        healed_selector=selector,
        healed_bundle=LocatorBundle(id="new"),
        confidence=90,
        rivals=[],
        page_origin="https://crm.example",
        page_path="/",
    )


@pytest.fixture
def room() -> Room:
    return Room()


def test_other_rows_start_in_the_place_of_those_that_wait(room):
    room.submit(total_rows=6, concurrency=2)
    assert room.rows() == [0, 1]
    room.propose(0)
    assert room.rows() == [2]
    room.propose(1, 2)
    assert room.rows() == [3, 4]


def test_rows_that_wait_take_no_place_within_the_cap_over_all_jobs():
    room = Room(cap=2)
    room.submit(total_rows=4, concurrency=4)
    assert room.rows() == [0, 1]
    room.propose(0, 1)
    assert (room.admission.in_flight, room.rows()) == (0, [2, 3])
    room.accept()
    assert room.admission.in_flight == 4
    for row in range(4):
        room.finish(row)
    assert room.admission.in_flight == 0


def test_the_job_does_not_end_while_a_row_waits(room):
    room.submit(total_rows=2)
    room.rows()
    room.propose(0)
    room.finish(1)
    assert room.due() == []
    room.accept()
    room.finish(0)
    assert room.due() == [EndJob(A, 2, 0, 0)]


@pytest.mark.parametrize("answer", [Room.accept, Room.reject])
def test_a_row_that_gave_its_browser_up_starts_anew_when_a_person_has_answered(room, answer):
    room.submit(total_rows=3, concurrency=3)
    room.rows()
    room.propose(0, 1)
    room.give_up(0, 1)
    room.finish(2)
    room.now += timedelta(days=3)
    assert room.due() == []
    answer(room)
    assert [(row, attempt) for _, row, attempt, _ in room.dispatched()] == [(0, 2), (1, 2)]


def test_an_answer_that_came_while_the_row_was_giving_its_browser_up_is_not_missed(room):
    room.submit(total_rows=1)
    room.rows()
    room.propose(0)
    room.accept()
    room.give_up(0)
    room.now += timedelta(minutes=1)
    assert room.rows() == [0]


@pytest.mark.parametrize(("selector", "recording"), [("#other", RECORDING), ("#new", UUID(int=77))])
def test_an_answer_about_something_else_starts_nothing(room, selector, recording):
    room.submit(total_rows=1)
    room.rows()
    room.propose(0)
    room.give_up(0)
    room.accept(selector, recording)
    room.now += timedelta(days=1)
    assert room.due() == []


def test_a_row_that_goes_on_takes_its_place_again(room):
    room.submit(total_rows=4, concurrency=1)
    assert room.rows() == [0]
    room.propose(0)
    assert room.rows() == [1]
    room.see(StepIntended(job_id=A, row=0, attempt=1, step_number=2, action="click"))
    room.finish(1)
    assert room.rows() == []
    room.finish(0)
    assert room.rows() == [2]


def test_rows_that_wait_without_a_browser_are_skipped_when_the_job_is_stopped(room):
    room.submit(total_rows=1)
    room.rows()
    room.propose(0)
    room.give_up(0)
    room.see(JobStopping(job_id=A, reason="cancelled"))
    (skip,) = room.due()
    assert isinstance(skip, SkipRow)
    room.see(skip.event)
    room.accept()
    assert room.due() == [EndJob(A, 0, 0, 1)]


def test_answered_rows_of_a_paused_job_start_when_it_goes_on(room):
    room.submit(total_rows=1)
    room.rows()
    room.propose(0)
    room.give_up(0)
    room.see(JobPaused(job_id=A))
    room.accept()
    assert room.due() == []
    room.see(JobResumed(job_id=A))
    assert room.rows() == [0]


def test_a_row_that_waits_is_not_taken_for_lost(room):
    room.submit(total_rows=1, options=JobOptions(row_timeout=20_000, heal_review_seconds=600))
    room.rows()
    room.propose(0)
    assert room.lost(3 * 30 + 20 + 30) == []
    assert room.lost(3 * 30 + 20 + 30 + 600) == [0]


def test_a_row_that_was_answered_has_its_whole_time_again(room):
    room.submit(total_rows=1, options=JobOptions(row_timeout=20_000))
    room.rows()
    room.propose(0)
    room.now += timedelta(seconds=500)
    room.accept()
    assert room.lost(139) == []
    assert room.lost(140) == [0]


def test_rows_of_a_paused_job_are_not_lost_nor_at_once_when_it_goes_on(room):
    room.submit(total_rows=1, options=JobOptions(row_timeout=20_000))
    room.rows()
    room.see(RowStarted(job_id=A, row=0, attempt=1, worker_id="w", delivery=1), JobPaused(job_id=A))
    assert room.lost(10_000) == []
    room.now += timedelta(seconds=599)
    room.see(JobResumed(job_id=A))
    assert room.lost(139) == []
    assert room.lost(140) == [0]
