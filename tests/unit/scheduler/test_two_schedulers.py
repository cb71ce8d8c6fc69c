"""Two schedulers on one log, in every order that Hypothesis thinks of: no row is lost, none is counted twice."""

from collections import Counter
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

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
from services.scheduler.policies import Admission, Order
from services.scheduler.progress import DispatchRow, SkipRow
from shared.bus import subjects
from shared.bus.commands import carry_out
from shared.bus.log import Append, Context
from shared.bus.memory import MemoryLog
from shared.contracts.catalogue import catalogue
from shared.contracts.runner import RowFinished
from shared.contracts.scheduler import (
    JobCreated,
    JobEnded,
    JobOptions,
    RowDispatched,
    RowLost,
    RowSkipped,
)
from shared.core.errors import Conflict, Refused
from shared.core.events import Event, Recorded

T = TypeVar("T")
CAP = 4
CONTEXT = Context(UUID(int=9), "ada", "corr")

BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


def now(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run what never waits."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    raise AssertionError("the log in memory had to wait")


@dataclass
class Scheduler:
    """An admission, and how far it has read."""

    admission: Admission
    position: int = 0

    @property
    def floor(self) -> int:
        """From where the next one must read, as the dispatcher notes it."""
        lowest = self.admission.floor(BEGINNING)
        return self.position if lowest is None else lowest


class Schedulers(RuleBasedStateMachine):
    """Jobs, two schedulers that see the log late, a runner, a person who cancels."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = BEGINNING
        self.log = MemoryLog(catalogue(), clock=lambda: self.clock)
        self.schedulers = [Scheduler(Admission(CAP)) for _ in range(2)]
        self.created: list[JobCreated] = []

    # What people do

    @initialize(concurrency=st.integers(1, 3), stop_on_error=st.booleans())
    def begin_with_a_job_that_retries(self, concurrency: int, stop_on_error: bool) -> None:
        self.submit(5, concurrency, stop_on_error, retries=2, deadline=None)
        self.see(0, 100)
        self.act(0)

    @rule(
        rows=st.integers(0, 6),
        concurrency=st.integers(1, 3),
        stop_on_error=st.booleans(),
        retries=st.integers(0, 2),
        deadline=st.sampled_from([None, None, 30]),
    )
    @precondition(lambda self: len(self.created) < 3)
    def submit(self, rows: int, concurrency: int, stop_on_error: bool, retries: int, deadline: int | None) -> None:
        job_id = UUID(int=len(self.created) + 1)
        created = JobCreated(
            job_id=job_id,
            user_id=job_id,
            recording_id=job_id,
            recording_name="Add",
            revision=1,
            columns=[],
            field_mapping={},
            unmapped=[],
            secret_columns=[],
            total_rows=rows,
            concurrency=concurrency,
            stop_on_error=stop_on_error,
            options=JobOptions(max_retries=retries, deadline_seconds=deadline),
        )
        self.created.append(created)
        stream = subjects.job(job_id)
        now(carry_out(self.log, jobs, stream, CreateJob(created), CONTEXT))
        now(carry_out(self.log, jobs, stream, AddRows(job_id, 0, [{}] * rows), CONTEXT))
        now(carry_out(self.log, jobs, stream, SubmitJob(job_id), CONTEXT))

    @rule(which=st.integers(0, 2))
    @precondition(lambda self: self.created)
    def cancel(self, which: int) -> None:
        job_id = self.created[which % len(self.created)].job_id
        now(carry_out(self.log, jobs, subjects.job(job_id), StopJob(job_id, "cancelled"), CONTEXT))

    @rule(which=st.integers(0, 2), priority=st.sampled_from([0, 50, 95]), what=st.integers(0, 3))
    @precondition(lambda self: self.created)
    def steer(self, which: int, priority: int, what: int) -> None:
        job_id = self.created[which % len(self.created)].job_id
        command = (ReprioritizeJob(job_id, priority), PauseJob(job_id), ResumeJob(job_id), ResumeJob(job_id))[what]
        with suppress(Refused):
            now(carry_out(self.log, jobs, subjects.job(job_id), command, CONTEXT))

    @rule(seconds=st.sampled_from([1, 6, 31]))
    def time_passes(self, seconds: int) -> None:
        self.clock += timedelta(seconds=seconds)

    # What the schedulers do

    @rule(which=st.integers(0, 1), events=st.integers(1, 8))
    def see(self, which: int, events: int) -> None:
        scheduler = self.schedulers[which]
        for recorded in self.told()[scheduler.position :][:events]:  # one event a position
            scheduler.admission.see(recorded)
            scheduler.position = recorded.position

    def unseen(self, which: int) -> int:
        return len(self.told()) - self.schedulers[which].position

    @rule(which=st.integers(0, 1))
    def act(self, which: int) -> None:
        admission = self.schedulers[which].admission
        orders = admission.due(self.clock)
        self.check_limits(admission, [order for _, order in orders if isinstance(order, DispatchRow)])
        for _, order in orders:
            self.carry_out(order)

    @rule(which=st.integers(0, 1), late=st.integers(0, 3))
    def keep_up(self, which: int, late: int) -> None:
        """See nearly everything, then act: what a scheduler does all day."""
        self.see(which, max(0, self.unseen(which) - late))
        self.act(which)

    @rule(which=st.integers(0, 1))
    def start_again(self, which: int) -> None:
        """A scheduler is killed; the next one reads from where the last one said that it is enough."""
        self.schedulers[which] = Scheduler(Admission(CAP), self.schedulers[which].floor)

    @staticmethod
    def check_limits(admission: Admission, dispatches: list[DispatchRow]) -> None:
        for job_id in {order.event.job_id for order in dispatches}:
            job = admission.jobs[job_id]
            assert len(job.in_flight) <= job.created.concurrency
        if dispatches:
            assert admission.in_flight <= CAP
            assert admission.in_flight == sum(len(job.in_flight) for job in admission.jobs.values())

    def carry_out(self, order: Order) -> None:
        match order:
            case DispatchRow(event, expected) | SkipRow(event, expected):
                stream = subjects.row(event.job_id, event.row)
                command = f"{type(event).__name__}-{getattr(event, 'attempt', 0)}"
                try:
                    now(self.log.append(Append(stream, [event], expected, command, CONTEXT, "cmd")))
                except Conflict:
                    return  # the other scheduler was faster
            case StopJob() | EndJob():
                now(carry_out(self.log, jobs, subjects.job(order.job_id), order, CONTEXT))

    # What the runner does

    @rule(which=st.integers(0, 20), success=st.booleans())
    def finish(self, which: int, success: bool) -> None:
        running = self.running()
        if running:
            dispatched, position = running[which % len(running)]
            self.finish_row(dispatched, position, success)

    def finish_row(self, dispatched: RowDispatched, position: int, success: bool) -> None:
        finished = RowFinished(
            job_id=dispatched.job_id,
            row=dispatched.row,
            attempt=dispatched.attempt,
            worker_id="w",
            status="success" if success else "failed",
            final=success or dispatched.attempt >= dispatched.attempts,
            duration=1,
            steps=[],
        )
        stream = subjects.row(dispatched.job_id, dispatched.row)
        now(self.log.append(Append(stream, [finished], position, f"finish-{dispatched.attempt}", CONTEXT)))

    @rule(which=st.integers(0, 20))
    def lose(self, which: int) -> None:
        """The sweep gives a row up."""
        running = self.running()
        if running:
            row, position = running[which % len(running)]
            told = {"job_id": row.job_id, "row": row.row, "attempt": row.attempt, "final": row.attempt >= row.attempts}
            lost = RowLost(**told, error_type="worker_lost", error_message="gone")
            append = Append(subjects.row(row.job_id, row.row), [lost], position, f"lost-{row.attempt}", CONTEXT, "cmd")
            now(self.log.append(append))

    def running(self) -> list[tuple[RowDispatched, int]]:
        """The last event of each row's stream, where it is a dispatch."""
        newest = {(each.event.job_id, each.event.row): each for each in self.told() if hasattr(each.event, "row")}
        return [(each.event, each.position) for each in newest.values() if isinstance(each.event, RowDispatched)]

    def told(self) -> list[Recorded]:
        return now(self.log.read("evt.>"))

    def events(self, *kinds: type[Event]) -> list[Any]:
        return [each.event for each in self.told() if isinstance(each.event, kinds)]

    # What always holds

    @invariant()
    def no_attempt_of_a_row_is_dispatched_twice(self) -> None:
        attempts = Counter((event.job_id, event.row, event.attempt) for event in self.events(RowDispatched))
        assert all(times == 1 for times in attempts.values())

    @invariant()
    def no_row_ends_twice_or_runs_on_after_its_end(self) -> None:
        ended: set[tuple[UUID, int]] = set()
        for event in self.events(RowDispatched, RowFinished, RowLost, RowSkipped):
            assert (event.job_id, event.row) not in ended
            if not isinstance(event, RowDispatched) and getattr(event, "final", True):
                ended.add((event.job_id, event.row))

    @invariant()
    def no_scheduler_forgets_a_job_under_way_nor_may_start_again_behind_it(self) -> None:
        ended = {event.job_id for event in self.events(JobEnded)}
        for scheduler in self.schedulers:
            for each in self.told():
                event = each.event
                if isinstance(event, JobCreated) and event.job_id not in ended and each.position <= scheduler.position:
                    assert event.job_id in scheduler.admission.jobs
                    assert scheduler.floor < each.position

    def teardown(self) -> None:
        """Everything that was begun comes to its end, whatever happened so far."""
        for _ in range(200):
            if len(self.events(JobEnded)) == len(self.created):
                break
            for which in range(len(self.created)):
                self.steer(which, 0, 2)
            for which in range(2):
                self.see(which, 10_000)
                self.act(which)
            for dispatched, position in self.running():
                self.finish_row(dispatched, position, success=(dispatched.row + dispatched.attempt) % 3 > 0)
            self.time_passes(31)
        self.check_ends()

    @staticmethod
    def word(event: Event) -> str:
        return "failed" if isinstance(event, RowLost) else getattr(event, "status", "skipped")

    def check_ends(self) -> None:
        ends = {event.job_id: event for event in self.events(JobEnded)}
        assert set(ends) == {created.job_id for created in self.created}
        for created in self.created:
            kinds = (RowFinished, RowLost, RowSkipped)
            results = [event for event in self.events(*kinds) if event.job_id == created.job_id]
            last = {event.row: event for event in results if getattr(event, "final", True)}
            words = Counter(self.word(event) for event in last.values())
            end = ends[created.job_id]
            assert len(last) == created.total_rows
            assert (end.successful, end.failed, end.skipped) == (words["success"], words["failed"], words["skipped"])


TestTwoSchedulers = Schedulers.TestCase
TestTwoSchedulers.settings = settings(
    max_examples=40,
    stateful_step_count=50,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
