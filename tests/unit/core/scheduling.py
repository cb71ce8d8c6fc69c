"""People and schedulers on a log that errs, as rules for Hypothesis; the workers stand in the test beside this."""

from collections.abc import Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from services.scheduler.aggregates.job import (
    AddRows,
    Command,
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
from services.scheduler.sweep import Queue, lost_rows
from shared.bus import subjects
from shared.bus.commands import carry_out
from shared.bus.log import Append, Context
from shared.bus.memory import Faults, MemoryLog
from shared.contracts.catalogue import catalogue
from shared.contracts.scheduler import JobCreated, JobOptions, RowDispatched
from shared.core.errors import Conflict, RetoldError, Unavailable
from shared.core.events import Recorded

T = TypeVar("T")
CAP = 4
LEASE = timedelta(seconds=30)
CONTEXT = Context(UUID(int=9), "ada", "corr")
BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


def now(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run what never waits longer than a moment."""
    while True:
        try:
            coroutine.send(None)
        except StopIteration as done:
            result: T = done.value
            return result


@dataclass
class Scheduler:
    """An admission, and how far it has read."""

    admission: Admission
    position: int = 0


@dataclass
class Message:
    """A dispatch in the queue: delivered so often, acknowledged or not."""

    recorded: Recorded
    deliveries: int = 0
    done: bool = False


class Scheduling(RuleBasedStateMachine):
    """People, schedulers that see the log late, and the queue that they fill."""

    nodes: ClassVar[int]
    schedulers_at_once: ClassVar[int]

    def __init__(self) -> None:
        super().__init__()
        self.clock = BEGINNING
        self.created: list[JobCreated] = []
        self.queue: dict[int, Message] = {}

    @initialize(seed=st.integers(0, 1000), errs=st.booleans(), concurrency=st.integers(1, 2), rerun=st.booleans())
    def begin(self, seed: int, errs: bool, concurrency: int, rerun: bool) -> None:
        chance = 0.15 if errs else 0.0
        faults = Faults(self.nodes, seed, lost=chance, lost_acks=chance, in_process=chance, duplicates=chance)
        self.log = MemoryLog(catalogue(), clock=lambda: self.clock, faults=faults)
        self.schedulers = [Scheduler(Admission(CAP)) for _ in range(self.schedulers_at_once)]
        self.submit(4, concurrency, False, 1, rerun)
        self.keep_up(0, 0)

    # What people do

    @rule(
        rows=st.integers(0, 5),
        concurrency=st.integers(1, 3),
        stop_on_error=st.booleans(),
        retries=st.integers(0, 2),
        rerun=st.booleans(),
    )
    @precondition(lambda self: len(self.created) < 3)
    def submit(self, rows: int, concurrency: int, stop_on_error: bool, retries: int, rerun: bool) -> None:
        job_id = UUID(int=len(self.created) + 1)
        created = JobCreated(
            job_id=job_id,
            user_id=job_id,
            recording_id=job_id,
            recording_name="Add",
            revision=1,
            columns=["name"],
            field_mapping={},
            unmapped=[],
            secret_columns=[],
            total_rows=rows,
            concurrency=concurrency,
            stop_on_error=stop_on_error,
            options=JobOptions(max_retries=retries, on_unknown="rerun" if rerun else "fail", row_timeout=1000),
        )
        self.created.append(created)
        table = [{"name": f"{len(self.created)}-{row}"} for row in range(rows)]
        for number, command in enumerate((CreateJob(created), AddRows(job_id, 0, table), SubmitJob(job_id))):
            self.ask(command, job_id, str(number))

    def ask(self, command: Command, job_id: UUID, command_id: str | None = None) -> None:
        """A person asks until the platform says that it is done, or refuses."""
        while True:
            try:
                now(carry_out(self.log, jobs, subjects.job(job_id), command, CONTEXT, command_id))
            except (Unavailable, Conflict):
                continue
            except RetoldError:
                pass
            return

    @rule(which=st.integers(0, 2), what=st.sampled_from(["cancel", "pause", "resume", "prioritize"]))
    def interfere(self, which: int, what: str) -> None:
        job_id = self.created[which % len(self.created)].job_id
        commands: dict[str, Command] = {
            "cancel": StopJob(job_id, "cancelled"),
            "pause": PauseJob(job_id),
            "resume": ResumeJob(job_id),
            "prioritize": ReprioritizeJob(job_id, which * 40),
        }
        self.ask(commands[what], job_id)

    @rule(seconds=st.sampled_from([1, 6, 31]))
    def time_passes(self, seconds: int) -> None:
        self.clock += timedelta(seconds=seconds)

    # What the schedulers do

    @rule(which=st.integers(0, 1), late=st.integers(0, 3))
    def keep_up(self, which: int, late: int) -> None:
        """See nearly everything, then act."""
        scheduler = self.schedulers[which % len(self.schedulers)]
        unseen = [each for each in self.told() if each.position > scheduler.position]
        for recorded in unseen[: len(unseen) - late]:
            scheduler.admission.see(recorded)
            scheduler.position = recorded.position
        self.give(scheduler, scheduler.admission.due(self.clock))

    @rule(which=st.integers(0, 1), seconds=st.sampled_from([0, 200]))
    def sweep(self, which: int, seconds: int) -> None:
        """End rows that nobody will end, as far as the queue shows it."""
        self.keep_up(which, 0)
        self.clock += timedelta(seconds=seconds)
        scheduler = self.schedulers[which % len(self.schedulers)]
        open_ones = [position for position, message in self.messages().items() if not message.done]
        floor = min(open_ones, default=scheduler.position + 1) - 1
        queue = Queue(acknowledged=floor, workers_idle=not open_ones, watched_since=BEGINNING)
        self.give(scheduler, list(lost_rows(scheduler.admission, queue, LEASE, self.clock)))

    def give(self, scheduler: Scheduler, orders: list[tuple[Any, Order]]) -> None:
        for _, order in orders:
            try:
                match order:
                    case StopJob() | EndJob():
                        now(carry_out(self.log, jobs, subjects.job(order.job_id), order, CONTEXT))
                    case _:
                        self.append_to_row(order.event, order.expected)
            except Conflict:
                continue  # somebody else was faster
            except Unavailable:
                self.kill(scheduler)  # as the dispatcher does: it begins anew
                return

    def append_to_row(self, event: Any, expected: int) -> None:
        stream, command = (
            subjects.row(event.job_id, event.row),
            f"{type(event).__name__}-{getattr(event, 'attempt', 0)}",
        )
        now(self.log.append(Append(stream, [event], expected, command, CONTEXT, "cmd")))

    @rule(which=st.integers(0, 1))
    def kill_a_scheduler(self, which: int) -> None:
        self.kill(self.schedulers[which % len(self.schedulers)])

    def kill(self, scheduler: Scheduler) -> None:
        """The next one reads from where the last one said that it is enough."""
        floor = scheduler.admission.floor(self.clock)
        scheduler.admission, scheduler.position = Admission(CAP), scheduler.position if floor is None else floor

    def messages(self) -> dict[int, Message]:
        for recorded in self.told():
            if isinstance(recorded.event, RowDispatched):
                self.queue.setdefault(recorded.position, Message(recorded))
        return self.queue

    def told(self) -> list[Recorded]:
        return now(self.log.read("evt.>"))

    def options(self, event: RowDispatched) -> JobOptions:
        return next(created.options for created in self.created if created.job_id == event.job_id)
