"""PURE: how far a job is: which rows were handed out, which wait for another attempt, which have ended."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from uuid import UUID

from services.scheduler.fairness import Share
from shared.contracts.scheduler import JobCreated, RowDispatched, RowLost, RowSkipped, StopReason

NOT_WAITING = (0, 0, None)
UNTOUCHED, BEGUN, ENDED = 0, 1, 2
RETRY_PAUSES = (timedelta(seconds=1), timedelta(seconds=5), timedelta(seconds=30))
LONGEST_DEADLINE = timedelta(days=10_000)


# An event as the cause of what follows: its message's id, and its index there.
Origin = tuple[UUID, int]


@dataclass(frozen=True, slots=True)
class DispatchRow:
    """Let a row run; `expected` is the position of its stream's last event, `cause` what made it its turn."""

    event: RowDispatched
    expected: int
    cause: Origin | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class SkipRow:
    """The row will not run."""

    event: RowSkipped
    expected: int
    cause: Origin | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class LoseRow:
    """Nobody will end the row's attempt any more."""

    event: RowLost
    expected: int
    cause: Origin | None = field(default=None, compare=False)


@dataclass(slots=True)
class Flight:
    """A row that was handed out.

    `dispatched`, `position`: of its dispatch and of its last event; 0 while the log has not told of the dispatch.
    `at`: when its last event was. `taken`: by a worker. `intended`: the step that may have changed something.
    `asked`: an order about the row was given, and the log has not told yet what came of it. `origin`: the last event.
    """

    attempt: int
    dispatched: int = 0
    position: int = 0
    at: datetime | None = None
    taken: bool = False
    intended: int | None = None
    asked: bool = False
    origin: Origin | None = None


@dataclass(slots=True, eq=False)
class JobProgress:
    """A job that has not ended.

    `rows`: a byte for each. `waiting`: rows to be tried again → (attempt, expected position, cause); `ready`: those
    whose pause is over, as (row, attempt). `untouched`: how many rows no event and no order has touched.
    `held`: rows in flight that wait for a person, with their browser → the stand-in; `parked`: of the waiting rows,
    those that gave it up → the stand-in. `decided`: stand-ins about which a person has decided.
    `set_going`, `failed_by`, `ended_by`, `stopped_by`: the last event that did so to the job, a row, a row, the job.
    """

    created: JobCreated
    position: int
    org: UUID
    correlation: str
    created_at: datetime
    priority: int = field(init=False)
    rows: bytearray = field(init=False)
    untouched: int = field(init=False)
    share: "Share[JobProgress]" = field(init=False)
    began: datetime | None = None
    deadline: datetime | None = None
    next_row: int = 0
    in_flight: dict[int, Flight] = field(default_factory=dict)
    waiting: dict[int, tuple[int, int, Origin | None]] = field(default_factory=dict)
    ready: list[tuple[int, int]] = field(default_factory=list)
    held: dict[int, UUID] = field(default_factory=dict)
    parked: dict[int, UUID] = field(default_factory=dict)
    decided: set[UUID] = field(default_factory=set)
    resumed_at: datetime | None = None
    successful: int = 0
    failed: int = 0
    skipped: int = 0
    paused: bool = False
    stopping: StopReason | None = None
    stop_asked: bool = False
    end_asked: bool = False
    set_going: Origin | None = None
    failed_by: Origin | None = None
    ended_by: Origin | None = None
    stopped_by: Origin | None = None

    def __post_init__(self) -> None:
        self.rows = bytearray(self.created.total_rows)
        self.untouched = len(self.rows)
        self.priority = self.created.priority

    @property
    def running(self) -> int:
        """How many rows take part in the limits: those in flight that do not wait for a person."""
        return len(self.in_flight) - len(self.held)

    @property
    def all_ended(self) -> bool:
        """Whether every row has ended."""
        return self.successful + self.failed + self.skipped == len(self.rows)

    @property
    def may_start_one(self) -> bool:
        """Whether it seems that a row could start now, were there room over all jobs."""
        return (
            (self.untouched > 0 or bool(self.ready))
            and self.running < self.created.concurrency
            and self.began is not None
            and not (self.paused or self.stopping or self.stop_asked)
        )

    def submitted(self, at: datetime) -> None:
        """All rows are in."""
        self.began = at
        if self.created.options.deadline_seconds:
            seconds = min(self.created.options.deadline_seconds, LONGEST_DEADLINE.total_seconds())
            self.deadline = at + timedelta(seconds=seconds)

    def touch(self, row: int) -> None:
        """The row is no longer one that nothing was done with."""
        if self.rows[row] == UNTOUCHED:
            self.rows[row] = BEGUN
            self.untouched -= 1

    def end(self, row: int, status: str, origin: Origin | None = None) -> None:
        """The row has ended; the first end counts."""
        self.waiting.pop(row, None)
        self.parked.pop(row, None)
        self.touch(row)
        if self.rows[row] == ENDED:
            return
        self.rows[row] = ENDED
        self.ended_by = origin
        if status == "failed":
            self.failed_by = origin
        self.successful += status == "success"
        self.failed += status == "failed"
        self.skipped += status == "skipped"

    def try_again(self, row: int, attempt: int, expected: int, origin: Origin | None = None) -> None:
        """The row's next attempt may start once its pause is over."""
        self.touch(row)
        self.waiting[row] = (attempt, expected, origin)

    def pause_after(self, attempt: int) -> timedelta:
        """How long a row waits for its next attempt, after so many."""
        delay = self.created.options.retry_delay
        return RETRY_PAUSES[min(attempt, len(RETRY_PAUSES)) - 1] if delay is None else timedelta(milliseconds=delay)

    def pause_is_over(self, row: int, attempt: int) -> None:
        """The row's attempt may start now, if it has not been taken care of otherwise."""
        if self.waiting.get(row, NOT_WAITING)[0] == attempt:
            heappush(self.ready, (row, attempt))

    def land(self, row: int) -> None:
        """The row is in flight no longer."""
        self.in_flight.pop(row, None)
        self.held.pop(row, None)

    def propose(self, row: int, stand_in: UUID) -> None:
        """A row in flight waits for a person's answer."""
        if stand_in not in self.decided:
            self.held[row] = stand_in

    def park(self, row: int, stand_in: UUID) -> None:
        """A waiting row starts anew not after a while but when a person has answered."""
        self.parked[row] = stand_in

    def answer(self, stand_in: UUID, at: datetime, origin: Origin) -> None:
        """A person has decided: rows that keep their browser go on, those that gave it up may start."""
        self.decided.add(stand_in)
        for row in [row for row, asked in self.held.items() if asked == stand_in]:
            del self.held[row]
            self.in_flight[row].at = at
        for row in [row for row, asked in self.parked.items() if asked == stand_in]:
            del self.parked[row]
            attempt, expected, _ = self.waiting.get(row, NOT_WAITING)
            if attempt:
                self.waiting[row] = (attempt, expected, origin)
                self.pause_is_over(row, attempt)

    def start_next(self) -> DispatchRow | None:
        """The row to start now: one that is to be tried again before those that were never tried."""
        if not self.may_start_one:
            return None
        while self.ready:
            row, attempt = heappop(self.ready)
            if self.waiting.get(row, NOT_WAITING)[0] == attempt:
                return DispatchRow(self._dispatch(row, attempt), *self.waiting.pop(row)[1:])
        untouched = self._next_untouched()
        if untouched is None:
            return None
        self.touch(untouched)
        return DispatchRow(self._dispatch(untouched, 1), 0, self.set_going)

    def _next_untouched(self) -> int | None:
        # Not every dispatch before the last one need be stored: what the log lacks is given again.
        found = self.rows.find(UNTOUCHED, self.next_row)
        self.next_row = len(self.rows) if found < 0 else found
        return None if found < 0 else found

    def _dispatch(self, row: int, attempt: int) -> RowDispatched:
        return RowDispatched(
            job_id=self.created.job_id,
            row=row,
            attempt=attempt,
            attempts=self.created.options.max_retries + 1,
            recording_id=self.created.recording_id,
            revision=self.created.revision,
        )

    def reason_to_stop(self, now: datetime) -> StopReason | None:
        """Why no further row should start, where nobody has said so yet."""
        if self.stopping or self.stop_asked or self.all_ended:
            return None
        if self.created.stop_on_error and self.failed and self._rows_are_left():
            return "stop_on_error"
        if self.deadline and now > self.deadline:
            return "timeout"
        return None

    def _rows_are_left(self) -> bool:
        """Whether a row is left that neither ended nor was started by a runner."""
        return self.untouched > 0 or bool(self.waiting) or any(True for _ in self._untaken())

    def _untaken(self) -> Iterator[tuple[int, Flight]]:
        for row, flight in sorted(self.in_flight.items()):
            if flight.position and not flight.taken:
                yield row, flight

    def skips(self) -> Iterator[SkipRow]:
        """Orders for the rows that are left, each once; whoever takes only some gets the others next time."""
        if self.stopping is None:
            return
        for row, (_, expected, _) in sorted(self.waiting.items()):
            del self.waiting[row]
            yield self._skip(row, expected)
        for row, flight in self._untaken():
            if not flight.asked:
                flight.asked = True
                yield self._skip(row, flight.position)
        while (untouched := self._next_untouched()) is not None:
            self.touch(untouched)
            yield self._skip(untouched, 0)

    def _skip(self, row: int, expected: int) -> SkipRow:
        assert self.stopping is not None
        skipped = RowSkipped(job_id=self.created.job_id, row=row, reason=self.stopping)
        return SkipRow(skipped, expected, self.stopped_by)
