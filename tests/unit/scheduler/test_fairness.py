"""Shares over time."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scheduler.aggregates.job import EndJob
from services.scheduler.fairness import Line
from services.scheduler.policies import Admission
from services.scheduler.progress import DispatchRow
from services.scheduler.tenants import weight_of
from shared.contracts.runner import RowFinished
from shared.contracts.scheduler import (
    JobCreated,
    JobEnded,
    JobOptions,
    JobPaused,
    JobReprioritized,
    JobResumed,
    JobSubmitted,
    RowDispatched,
)
from shared.core.events import Event, Recorded

AT = datetime(2026, 1, 2, tzinfo=UTC)
quickly = settings(max_examples=60, deadline=None, database=None, derandomize=True)
priorities = st.integers(0, 90)


def turns(line: Line[str], count: int) -> list[str]:
    """Who has the next turns when everybody stands in line again at once."""
    names = []
    for _ in range(count):
        share = line.call()
        assert share is not None
        line.serve(share)
        line.stand(share)
        names.append(share.who)
    return names


@quickly
@given(st.lists(st.sampled_from([1.0, 1.5, 2.0, 4.0, 10.0]), min_size=2, max_size=6))
def test_turns_follow_the_weights_within_one_turn_at_every_moment(weights):
    line: Line[int] = Line()
    for number, weight in enumerate(weights):
        line.stand(line.join(number, weight))
    had: Counter[int] = Counter()
    for name in turns(line, 300):
        had[name] += 1
        for a, weight_a in enumerate(weights):
            for b, weight_b in enumerate(weights):
                assert had[a] / weight_a - had[b] / weight_b <= 1 / weight_a + 1e-9


def test_a_newcomer_has_no_claim_on_what_others_had_before():
    line: Line[str] = Line()
    line.stand(line.join("old", 1.0))
    turns(line, 50)
    line.stand(line.join("new", 1.0))
    assert Counter(turns(line, 10)) == {"old": 5, "new": 5}


def test_who_comes_back_after_a_while_has_no_claim_on_what_was_missed():
    line: Line[str] = Line()
    away, there = line.join("away", 1.0), line.join("there", 1.0)
    line.stand(away)
    line.stand(there)
    turns(line, 2)
    line.leave(away)
    turns(line, 50)
    line.stand(away)
    had = Counter(turns(line, 20))
    assert abs(had["away"] - had["there"]) <= 2


def test_another_weight_counts_at_once():
    line: Line[str] = Line()
    slow, other = line.join("slow", 1.0), line.join("other", 10.0)
    line.stand(slow)
    line.stand(other)
    assert turns(line, 2) == ["slow", "other"]
    line.reweigh(slow, 10.0)
    assert Counter(turns(line, 20)) == {"slow": 10, "other": 10}


@dataclass
class Floor:
    """Jobs that always have rows left; whichever row ends, its slot is given to somebody."""

    admission: Admission
    position: int = 0
    running: list[tuple[UUID, RowDispatched]] = field(default_factory=list)
    begun: Counter[UUID] = field(default_factory=Counter)

    def see(self, org: UUID, *events: Event) -> None:
        for event in events:
            self.position += 1
            message = UUID(int=self.position)
            self.admission.see(Recorded(self.position, 0, message, "x", AT, org, "a", "c", None, event))

    def submit(self, job: int, org: int = 1, **changes: Any) -> None:
        usual: dict[str, Any] = {"total_rows": 5000, "concurrency": 10, "priority": 0, "stop_on_error": False}
        usual |= {"columns": [], "field_mapping": {}, "unmapped": [], "secret_columns": [], "options": JobOptions()}
        ids = {"job_id": UUID(int=job), "user_id": UUID(int=1), "recording_id": UUID(int=1)}
        created = JobCreated.model_validate({**usual, **ids, "recording_name": "x", "revision": 1, **changes})
        self.see(UUID(int=org), created, JobSubmitted(job_id=created.job_id))

    def act(self) -> list[UUID]:
        """Carry out what is due; the jobs of the rows that were started, in order."""
        started = []
        for job, order in self.admission.due(AT):
            assert len(job.in_flight) <= job.created.concurrency
            assert self.admission.in_flight <= self.admission.cap
            match order:
                case DispatchRow(event, _):
                    self.begun[event.job_id] += 1
                    started.append(event.job_id)
                    self.running.append((job.org, event))
                    self.see(job.org, event)
                case EndJob(job_id):
                    self.see(job.org, JobEnded(job_id=job_id, status="completed", successful=0, failed=0, skipped=0))
        assert self.admission.in_flight == sum(len(job.in_flight) for job in self.admission.jobs.values())
        return started

    def finish(self, which: int) -> None:
        org, row = self.running.pop(which % len(self.running))
        told = {"worker_id": "w", "status": "success", "final": True, "duration": 1, "steps": []}
        self.see(org, RowFinished.model_validate({"job_id": row.job_id, "row": row.row, "attempt": 1, **told}))

    def run(self, rows: int, draw: Any = lambda: 0) -> list[UUID]:
        """Rows end one after the other; the jobs that got the slots."""
        started = self.act()
        for _ in range(rows):
            self.finish(draw())
            started += self.act()
        return started


@quickly
@given(st.lists(priorities, min_size=2, max_size=4))
def test_rows_started_follow_the_priorities_within_one_row(given_priorities):
    floor = Floor(Admission(cap=3))
    for job, priority in enumerate(given_priorities):
        floor.submit(job, priority=priority, concurrency=10)
    weights = {UUID(int=job): weight_of(priority) for job, priority in enumerate(given_priorities)}
    had: Counter[UUID] = Counter()
    for job in floor.run(300):
        had[job] += 1
        for a, weight_a in weights.items():
            for b, weight_b in weights.items():
                assert had[a] / weight_a - had[b] / weight_b <= 1 / weight_a + 1e-9


def test_an_organization_with_many_urgent_jobs_gets_no_more_than_another_with_one():
    floor = Floor(Admission(cap=4))
    for job in range(20):
        floor.submit(job, org=1, priority=100)
    floor.submit(99, org=2, priority=0)
    floor.run(100)
    assert abs(2 * floor.begun[UUID(int=99)] - 104) <= 2


@quickly
@given(st.data())
def test_what_one_job_cannot_use_the_others_get(data):
    floor = Floor(Admission(cap=6))
    floor.submit(1, concurrency=1, priority=80)
    floor.submit(2, concurrency=10)
    floor.submit(3, concurrency=10, org=2)
    for _ in range(60):
        floor.run(1, lambda: data.draw(st.integers(0, 5)))
        assert floor.admission.in_flight == 6


@quickly
@given(st.data())
def test_a_change_of_priority_takes_effect_with_the_next_slot(data):
    floor = Floor(Admission(cap=3))
    for job in range(3):
        floor.submit(job, priority=data.draw(priorities), concurrency=10)
    floor.run(data.draw(st.integers(0, 40)), lambda: data.draw(st.integers(0, 2)))
    hurried = UUID(int=data.draw(st.integers(0, 2)))
    floor.see(UUID(int=1), JobReprioritized(job_id=hurried, priority=100))
    floor.finish(data.draw(st.integers(0, 2)))
    assert floor.act() == [hurried]


@quickly
@given(st.data())
def test_every_job_ends_and_no_row_starts_twice_whatever_is_changed_on_the_way(data):
    floor = Floor(Admission(cap=data.draw(st.integers(1, 5))))
    rows = {job: data.draw(st.integers(0, 12)) for job in range(4)}
    for job, total in rows.items():
        window = data.draw(st.integers(1, 3))
        floor.submit(
            job, org=1 + job % 2, total_rows=total, concurrency=window, priority=data.draw(st.integers(0, 100))
        )
    for _ in range(400):
        if not floor.admission.jobs:
            break
        change = data.draw(st.integers(0, 9))
        job = data.draw(st.sampled_from(list(floor.admission.jobs.values())))
        if change == 0:
            floor.see(job.org, JobPaused(job_id=job.created.job_id))
        elif change in (1, 2):
            floor.see(job.org, JobResumed(job_id=job.created.job_id))
        elif change == 3:
            floor.see(job.org, JobReprioritized(job_id=job.created.job_id, priority=data.draw(st.integers(0, 100))))
        elif floor.running:
            floor.finish(data.draw(st.integers(0, 4)))
        floor.act()
    for job in list(floor.admission.jobs.values()):
        floor.see(job.org, JobResumed(job_id=job.created.job_id))
    while floor.act() or floor.running:
        floor.finish(0)
    assert floor.admission.jobs == {}
    assert floor.admission.in_flight == 0
    assert floor.begun == {UUID(int=job): total for job, total in rows.items() if total}


@pytest.mark.parametrize(("priority", "times"), [(0, 1), (10, 2), (90, 10)])
def test_what_a_priority_weighs(priority, times):
    assert weight_of(priority) == times
