"""PURE: which rows may start now. Folded from the log; says what to do, does nothing.

A row is started by one `RowDispatched` on its own stream, expected to be the stream's first event: so two
schedulers may run, and no row is dispatched twice.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from services.scheduler.aggregates.job import EndJob, StopJob
from shared.contracts.runner import RowFinished, RowStarted
from shared.contracts.scheduler import (
    JobCreated,
    JobEnded,
    JobStopping,
    JobSubmitted,
    RowDispatched,
    RowSkipped,
    StopReason,
)
from shared.core.events import Recorded

TIME_TO_SUBMIT = timedelta(hours=1)
RETRY_PAUSES = (timedelta(seconds=1), timedelta(seconds=5), timedelta(seconds=30))


@dataclass(frozen=True, slots=True)
class DispatchRow:
    """Let a row run; `expected` is the position of its stream's last event."""

    event: RowDispatched
    expected: int


@dataclass(frozen=True, slots=True)
class SkipRow:
    """The row will not run."""

    event: RowSkipped
    expected: int


Order = DispatchRow | SkipRow | StopJob | EndJob


@dataclass(slots=True)
class JobProgress:
    """A job that has not ended.

    `seen`: rows with an event, or an order. `dispatched`: rows that no runner has started yet, and the position of
    their dispatch. `waiting`: rows to be retried, with (not before, attempt, expected position).
    """

    created: JobCreated
    position: int
    org: UUID
    actor: str
    correlation: str
    created_at: datetime
    began: datetime | None = None
    next_row: int = 0
    seen: set[int] = field(default_factory=set)
    dispatched: dict[int, int] = field(default_factory=dict)
    in_flight: set[int] = field(default_factory=set)
    waiting: dict[int, tuple[datetime, int, int]] = field(default_factory=dict)
    ended: dict[int, str] = field(default_factory=dict)
    stopping: StopReason | None = None
    stop_asked: bool = False
    end_asked: bool = False

    def count(self, status: str) -> int:
        """How many rows ended so."""
        return sum(1 for each in self.ended.values() if each == status)


@dataclass(slots=True)
class Admission:
    """All jobs under way, and how many rows may be in flight at once over all of them."""

    cap: int
    jobs: dict[UUID, JobProgress] = field(default_factory=dict)

    def floor(self, now: datetime) -> int | None:
        """The position behind which nothing matters any more; `None` when no job is under way.

        A job whose submission broke off does not hold it back for ever.
        """
        positions = [job.position for job in self.jobs.values() if job.began or now - job.created_at < TIME_TO_SUBMIT]
        return min(positions) - 1 if positions else None

    def see(self, recorded: Recorded) -> None:
        """Fold one event."""
        event = recorded.event
        if isinstance(event, JobCreated):
            self.jobs.setdefault(
                event.job_id,
                JobProgress(event, recorded.position, recorded.org, recorded.actor, recorded.correlation, recorded.at),
            )
            return
        job = self.jobs.get(getattr(event, "job_id", UUID(int=0)))
        if job is None:
            return
        match event:
            case JobSubmitted():
                job.began = recorded.at
            case JobStopping():
                job.stopping = event.reason
            case JobEnded():
                del self.jobs[event.job_id]
            case RowDispatched():
                job.seen.add(event.row)
                job.waiting.pop(event.row, None)
                job.in_flight.add(event.row)
                job.dispatched[event.row] = recorded.position
            case RowStarted():
                job.dispatched.pop(event.row, None)
            case RowSkipped():
                job.seen.add(event.row)
                self._end_row(job, event.row, "skipped")
            case RowFinished():
                self._see_finished(job, event, recorded)

    def _see_finished(self, job: JobProgress, event: RowFinished, recorded: Recorded) -> None:
        if event.final:
            self._end_row(job, event.row, event.status)
            return
        pause = RETRY_PAUSES[min(event.attempt, len(RETRY_PAUSES)) - 1]
        job.dispatched.pop(event.row, None)
        job.in_flight.discard(event.row)
        job.waiting[event.row] = (recorded.at + pause, event.attempt + 1, recorded.position)

    @staticmethod
    def _end_row(job: JobProgress, row: int, status: str) -> None:
        job.dispatched.pop(row, None)
        job.in_flight.discard(row)
        job.waiting.pop(row, None)
        job.ended.setdefault(row, status)

    def due(self, now: datetime) -> list[tuple[JobProgress, Order]]:
        """What to do now. Each order is given once; the log tells whether it was carried out."""
        orders: list[tuple[JobProgress, Order]] = []
        for job in self.jobs.values():
            if job.began is not None:
                orders += [(job, order) for order in self._job_orders(job, now)]
        return orders + self._dispatches(now)

    def _job_orders(self, job: JobProgress, now: datetime) -> Iterator[Order]:
        created = job.created
        if job.stopping is None and not job.stop_asked:
            reason = _reason_to_stop(job, now)
            if reason is not None:
                job.stop_asked = True
                yield StopJob(created.job_id, reason)
        if job.stopping is not None:
            for row, expected in _rows_left(job):
                job.seen.add(row)
                job.waiting.pop(row, None)
                job.dispatched.pop(row, None)
                job.in_flight.add(row)  # until the log confirms the skip
                yield SkipRow(RowSkipped(job_id=created.job_id, row=row, reason=job.stopping), expected)
        if len(job.ended) == created.total_rows and not job.end_asked:
            job.end_asked = True
            yield EndJob(created.job_id, job.count("success"), job.count("failed"), job.count("skipped"))

    def _dispatches(self, now: datetime) -> list[tuple[JobProgress, Order]]:
        """Rows to start: job after job in turn, within each job's limit and the cap over all."""
        free = self.cap - sum(len(job.in_flight) for job in self.jobs.values())
        turns = [job for job in self.jobs.values() if job.began and not (job.stopping or job.stop_asked)]
        orders: list[tuple[JobProgress, Order]] = []
        while turns and free > 0:
            for job in list(turns):
                order = _next_row(job, now) if free > 0 else None
                if order is None:
                    turns.remove(job)
                else:
                    job.in_flight.add(order.event.row)
                    orders.append((job, order))
                    free -= 1
        return orders


def _reason_to_stop(job: JobProgress, now: datetime) -> StopReason | None:
    options = job.created.options
    if len(job.ended) == job.created.total_rows:
        return None
    if job.created.stop_on_error and "failed" in job.ended.values() and _rows_left(job):
        return "stop_on_error"
    if options.deadline_seconds and job.began and (now - job.began).total_seconds() > options.deadline_seconds:
        return "timeout"
    return None


def _rows_left(job: JobProgress) -> list[tuple[int, int]]:
    """Rows that neither ended nor were started by a runner, with the position their stream stands at."""
    waiting = [(row, expected) for row, (_, _, expected) in sorted(job.waiting.items())]
    untaken = sorted(job.dispatched.items())
    return waiting + untaken + [(row, 0) for row in range(job.created.total_rows) if row not in job.seen]


def _next_row(job: JobProgress, now: datetime) -> DispatchRow | None:
    created = job.created
    if len(job.in_flight) >= created.concurrency:
        return None
    ready = [row for row, (not_before, _, _) in job.waiting.items() if not_before <= now]
    if ready:
        row = min(ready)
        _, attempt, expected = job.waiting.pop(row)
    else:
        # Not every dispatch before the last one need be stored: what the log lacks is given again.
        while job.next_row in job.seen:
            job.next_row += 1
        if job.next_row >= created.total_rows:
            return None
        row, attempt, expected = job.next_row, 1, 0
        job.seen.add(row)
    event = RowDispatched(
        job_id=created.job_id,
        row=row,
        attempt=attempt,
        attempts=created.options.max_retries + 1,
        recording_id=created.recording_id,
        revision=created.revision,
    )
    return DispatchRow(event, expected)
