"""Schedulers, workers and a log that errs, in every order that Hypothesis thinks of: no row runs twice unseen.

The deciders, the admission and the workers' hold on a row are the real ones; the log is the twin in memory, which
answers as one node does or as three; the queue is the few lines that matter of a JetStream consumer.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from services.runner.aggregates.row_run import FinishRow, Hold, IntendStep, TakeRow
from services.runner.row_stream import Fenced, RowStream
from services.scheduler.aggregates.job import ResumeJob
from shared.contracts.runner import RowFinished, StepIntended
from shared.contracts.scheduler import JobEnded, RowDispatched
from shared.core.errors import Unavailable
from tests.chaos import invariants
from tests.unit.core.scheduling import Message, Scheduling, now


@dataclass
class Worker:
    """A worker with a row in its hands. `committed`: it has sent the form."""

    stream: RowStream
    committed: bool = False
    intended: bool = False


class Trouble(Scheduling):
    """Beside people and schedulers: workers that vanish and wake up, and a site that counts.

    Any worker may be asleep between two rules.
    """

    def __init__(self) -> None:
        super().__init__()
        self.workers: list[Worker] = []
        self.site: Counter[str] = Counter()

    @rule(which=st.integers(0, 20), steps=st.integers(0, 3))
    def take(self, which: int, steps: int) -> None:
        """A dispatch is delivered: for the first time, or because whoever had it was silent for a lease."""
        waiting = [message for message in self.messages().values() if not message.done]
        if waiting:
            self.deliver(waiting[which % len(waiting)])
            if self.workers and steps:
                self.work(len(self.workers) - 1, steps)

    def deliver(self, message: Message) -> None:
        message.deliveries += 1
        event = message.recorded.event
        assert isinstance(event, RowDispatched)
        hold = Hold(f"w{len(self.workers)}", message.deliveries)
        worker = Worker(RowStream(SimpleNamespace(log=self.log), message.recorded, hold))  # type: ignore[arg-type]
        rerun = self.options(event).on_unknown == "rerun"
        try:
            now(worker.stream.begin())
            taken = now(worker.stream.carry_out(TakeRow(event.job_id, event.row, event.attempt, hold, rerun), "take"))
        except (Fenced, Unavailable):
            return
        if taken and worker.stream.state.phase == "started":
            self.workers.append(worker)
        else:
            message.done = True

    @rule(which=st.integers(0, 20), steps=st.integers(1, 3))
    @precondition(lambda self: self.workers)
    def work(self, which: int, steps: int) -> None:
        """The worker stores its intent, sends the form, tells of the success, or a part of that."""
        worker = self.workers[which % len(self.workers)]
        for _ in range(steps):
            if worker not in self.workers:
                return
            if worker.committed:
                self.finish(worker)
            elif worker.intended:
                self.commit(worker)
            else:
                self.intend(worker)

    def intend(self, worker: Worker) -> None:
        job_id, row, attempt = (getattr(worker.stream.event, name) for name in ("job_id", "row", "attempt"))
        intended = StepIntended(job_id=job_id, row=row, attempt=attempt, step_number=3, action="click")
        worker.intended = self.tell(worker, IntendStep(worker.stream.hold, intended), "intend-3")

    def commit(self, worker: Worker) -> None:
        """However late: whoever stored the intent sends the form when it wakes up."""
        worker.committed = True
        event = worker.stream.event
        self.site[invariants.names_of_rows(self.told())[event.job_id, event.row]] += 1

    @rule(which=st.integers(0, 20))
    @precondition(lambda self: self.workers)
    def fail(self, which: int) -> None:
        worker = self.workers[which % len(self.workers)]
        if not worker.intended:
            self.finish(worker)

    def finish(self, worker: Worker) -> None:
        event = worker.stream.event
        finished = RowFinished(
            job_id=event.job_id,
            row=event.row,
            attempt=event.attempt,
            worker_id=worker.stream.hold.worker_id,
            status="success" if worker.committed else "failed",
            final=worker.committed or event.attempt >= event.attempts,
            duration=1,
            steps=[],
            error_type=None if worker.committed else "not_found",
        )
        if self.tell(worker, FinishRow(worker.stream.hold, finished), "finish"):
            self.messages()[worker.stream.dispatched.position].done = True
            self.workers.remove(worker)

    def tell(self, worker: Worker, command: Any, command_id: str) -> bool:
        try:
            now(worker.stream.carry_out(command, command_id))
        except Fenced:
            self.workers.remove(worker)  # it does nothing that counts any more
            return False
        except Unavailable:
            return False  # it stands still until it tries again, or another has the row
        return True

    @rule(which=st.integers(0, 20), acknowledged=st.booleans())
    @precondition(lambda self: self.workers)
    def vanish(self, which: int, acknowledged: bool) -> None:
        """With the row's message acknowledged only the sweep can end the row."""
        worker = self.workers.pop(which % len(self.workers))
        self.messages()[worker.stream.dispatched.position].done |= acknowledged

    # What always holds

    @invariant()
    @precondition(lambda self: self.created)
    def no_row_runs_twice_unseen(self) -> None:
        log = self.told()
        assert [*invariants.odd_rows(log), *invariants.stored_twice(log)] == []
        wrong = invariants.disagreeing_with_the_site(log, self.site)
        assert [each for each in wrong if "is told as success" not in each or not self.workers] == []

    @invariant()
    @precondition(lambda self: self.created)
    def no_job_has_more_rows_under_way_than_it_allows(self) -> None:
        assert list(invariants.crowded_jobs(self.told(), times=self.schedulers_at_once)) == []

    def teardown(self) -> None:
        """Every job can end, whatever happened so far."""
        for created in self.created:
            self.ask(ResumeJob(created.job_id), created.job_id)
        for _ in range(300):
            if len(self.ended()) == len(self.created):
                break
            for which in range(self.schedulers_at_once):
                self.sweep(which, 0)
            while self.workers:
                self.work(0, 3)
            for message in list(self.messages().values()):
                if not message.done:
                    self.deliver(message)
            self.time_passes(31)
        if self.created:
            log = self.told()
            assert [*invariants.odd_jobs(log), *invariants.disagreeing_with_the_site(log, self.site)] == []
            self.no_row_runs_twice_unseen()

    def ended(self) -> set[UUID]:
        return {each.event.job_id for each in self.told() if isinstance(each.event, JobEnded)}


def variants() -> Iterator[type[Trouble]]:
    """One node and three; one scheduler, and one that was thought dead and dispatches beside its successor."""
    for nodes in (1, 3):
        for schedulers in (1, 2):
            name = f"TroubleOn{nodes}NodesWith{schedulers}Schedulers"
            yield type(name, (Trouble,), {"nodes": nodes, "schedulers_at_once": schedulers})


@pytest.mark.parametrize("machine", list(variants()), ids=lambda machine: machine.__name__)
def test_no_row_runs_twice_unseen_and_every_job_can_end(machine: type[Trouble]) -> None:
    case = machine.TestCase()
    case.settings = settings(
        max_examples=25,
        stateful_step_count=40,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    case.runTest()
