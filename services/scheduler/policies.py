"""PURE: which rows may start now. Folded from the log; says what to do, does nothing.

A row is started by one `RowDispatched` on its own stream, expected to be the stream's first event: so even if two
schedulers dispatch at once, no row is dispatched twice.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import islice
from typing import assert_never
from uuid import UUID

from services.scheduler.aggregates.job import EndJob, StopJob
from services.scheduler.fairness import Line
from services.scheduler.progress import DispatchRow, Flight, JobProgress, LoseRow, Origin, SkipRow
from services.scheduler.tenants import Tenant, weight_of
from shared.contracts.heal_cache import stand_in_id
from shared.contracts.healer import HealAccepted, HealRejected
from shared.contracts.runner import NOT_REVIEWED, HealProposed, RowFinished, RowStarted, StepIntended
from shared.contracts.scheduler import (
    JobCreated,
    JobEnded,
    JobPaused,
    JobReprioritized,
    JobResumed,
    JobStopping,
    JobSubmitted,
    RowDispatched,
    RowLost,
    RowSkipped,
)
from shared.core.events import Event, Recorded

# What an admission folds.
SEEN = (
    *(JobCreated, JobSubmitted, JobPaused, JobResumed, JobReprioritized, JobStopping, JobEnded),
    *(RowDispatched, RowStarted, StepIntended, RowFinished, RowSkipped, RowLost),
    *(HealProposed, HealAccepted, HealRejected),
)
TIME_TO_SUBMIT = timedelta(hours=1)
NO_JOB = UUID(int=0)
SKIPS_AT_ONCE = 500  # so that a huge job that is stopped holds up nobody else

Order = DispatchRow | SkipRow | LoseRow | StopJob | EndJob


@dataclass(slots=True)
class Admission:
    """All jobs under way, and how many rows may be in flight at once over all of them.

    `in_flight`: how many are, without those that wait for a person.
    `alarms`: moments at which something becomes due, told once; whoever uses them takes them away.
    """

    cap: int
    jobs: dict[UUID, JobProgress] = field(default_factory=dict)
    in_flight: int = 0
    alarms: list[datetime] = field(default_factory=list)
    _tenants: dict[UUID, Tenant] = field(default_factory=dict)
    _line: Line[Tenant] = field(default_factory=Line)
    _touched: dict[UUID, None] = field(default_factory=dict)
    _pauses: list[tuple[datetime, UUID, int, int]] = field(default_factory=list)
    _deadlines: list[tuple[datetime, UUID]] = field(default_factory=list)

    def floor(self, now: datetime) -> int | None:
        """The position behind which nothing matters any more; `None` when no job is under way.

        A job whose submission broke off does not hold it back for ever.
        """
        positions = [job.position for job in self.jobs.values() if job.began or now - job.created_at < TIME_TO_SUBMIT]
        return min(positions) - 1 if positions else None

    # What the log tells.

    def see(self, recorded: Recorded) -> None:
        """Fold one event."""
        event = recorded.event
        if isinstance(event, JobCreated):
            self._add(event, recorded)
            return
        if isinstance(event, HealAccepted | HealRejected):
            self._answer(event, recorded)
            return
        job = self.jobs.get(getattr(event, "job_id", NO_JOB))
        if job is None:
            return
        self._touched[job.created.job_id] = None
        row, before = getattr(event, "row", None), job.running
        if row is None:
            self._see_job(job, event, recorded)
        else:
            self._see_row(job, row, recorded)
            self.in_flight += job.running - before
        self._stand(job)

    def _answer(self, event: HealAccepted | HealRejected, recorded: Recorded) -> None:
        """One answer serves all rows of all jobs that wait for it."""
        stand_in = stand_in_id(event.cache_key, event.healed_selector)
        for job in self.jobs.values():
            if job.created.recording_id == event.recording_id:
                before = job.running
                job.answer(stand_in, recorded.at, (recorded.message, recorded.index))
                self.in_flight += job.running - before
                self._stand(job)

    def _add(self, event: JobCreated, recorded: Recorded) -> None:
        if event.job_id in self.jobs:
            return
        job = JobProgress(event, recorded.position, recorded.org, recorded.correlation, recorded.at)
        tenant = self._tenants.get(recorded.org)
        if tenant is None:
            tenant = self._tenants[recorded.org] = Tenant()
            tenant.share = self._line.join(tenant, 1.0)
        job.share = tenant.line_of(job.priority).join(job, weight_of(job.priority))
        self.jobs[event.job_id] = job

    def _see_job(self, job: JobProgress, event: Event, recorded: Recorded) -> None:
        origin = (recorded.message, recorded.index)
        match event:
            case JobSubmitted():
                job.submitted(recorded.at)
                job.set_going = origin
                if job.deadline:
                    heappush(self._deadlines, (job.deadline, event.job_id))
                    self.alarms.append(job.deadline)
            case JobPaused():
                job.paused = True
            case JobResumed():
                job.paused, job.set_going, job.resumed_at = False, origin, recorded.at
            case JobReprioritized():
                self._reprioritize(job, event.priority)
            case JobStopping():
                job.stopping, job.paused, job.stopped_by = event.reason, False, origin
            case JobEnded():
                self._forget(job)

    def _forget(self, job: JobProgress) -> None:
        self.in_flight -= job.running
        self._tenants[job.org].line_of(job.priority).leave(job.share)
        del self.jobs[job.created.job_id]
        self._touched.pop(job.created.job_id, None)

    def _reprioritize(self, job: JobProgress, priority: int) -> None:
        tenant = self._tenants[job.org]
        before, after = tenant.line_of(job.priority), tenant.line_of(priority)
        job.priority = priority
        if before is after:
            after.reweigh(job.share, weight_of(priority))
        else:
            before.leave(job.share)
            job.share = after.join(job, weight_of(priority))

    def _see_row(self, job: JobProgress, row: int, recorded: Recorded) -> None:
        event, origin = recorded.event, (recorded.message, recorded.index)
        match event:
            case RowDispatched():
                self._see_dispatched(job, event, recorded.position)
            case RowSkipped():
                self._end_row(job, row, "skipped", origin)
                return
            case RowFinished(final=True):
                self._end_row(job, row, event.status, origin)
                return
            case RowLost(final=True):
                self._end_row(job, row, "failed", origin)
                return
            case RowFinished() | RowLost():
                self._see_failed_attempt(job, row, event.attempt, recorded)
                return
        flight = job.in_flight.get(row)
        if flight is not None:
            flight.position, flight.at, flight.asked = recorded.position, recorded.at, False
            flight.origin = origin
            job.held.pop(row, None)
            if isinstance(event, HealProposed):
                job.propose(row, stand_in_id(event.cache_key, event.healed_selector))
            elif isinstance(event, RowStarted):
                flight.taken, flight.intended = True, None
            elif isinstance(event, StepIntended):
                flight.intended = event.step_number

    def _see_dispatched(self, job: JobProgress, event: RowDispatched, position: int) -> None:
        job.touch(event.row)
        job.waiting.pop(event.row, None)
        if event.row not in job.in_flight:  # another scheduler's
            self._serve(job)
            job.in_flight[event.row] = Flight(event.attempt)
        job.in_flight[event.row].dispatched = position

    def _see_failed_attempt(self, job: JobProgress, row: int, attempt: int, recorded: Recorded) -> None:
        asked = job.held.get(row)
        job.land(row)
        job.try_again(row, attempt + 1, recorded.position, (recorded.message, recorded.index))
        if asked is not None and getattr(recorded.event, "error_type", None) == NOT_REVIEWED:
            job.park(row, asked)
            return
        not_before = recorded.at + job.pause_after(attempt)
        heappush(self._pauses, (not_before, job.created.job_id, row, attempt + 1))
        self.alarms.append(not_before)

    def _end_row(self, job: JobProgress, row: int, status: str, origin: Origin) -> None:
        job.land(row)
        job.end(row, status, origin)

    # What to do.

    def let_time_pass(self, now: datetime) -> None:
        """Retries and deadlines become due; `due` sees to it itself."""
        while self._pauses and self._pauses[0][0] <= now:
            _, job_id, row, attempt = heappop(self._pauses)
            job = self.jobs.get(job_id)
            if job is not None:
                job.pause_is_over(row, attempt)
                self._stand(job)
        while self._deadlines and self._deadlines[0][0] < now:
            _, job_id = heappop(self._deadlines)
            if job_id in self.jobs:
                self._touched[job_id] = None

    def due(self, now: datetime) -> list[tuple[JobProgress, Order]]:
        """What to do now. Each order is given once; the log tells whether it was carried out."""
        self.let_time_pass(now)
        touched, self._touched = self._touched, {}
        orders: list[tuple[JobProgress, Order]] = []
        for job_id in touched:
            job = self.jobs.get(job_id)
            if job is not None and job.began is not None:
                orders += [(job, order) for order in self._job_orders(job, now)]
        return [*self._dispatches(), *orders]

    def _job_orders(self, job: JobProgress, now: datetime) -> Iterator[Order]:
        job_id = job.created.job_id
        reason = job.reason_to_stop(now)
        if reason is not None:
            job.stop_asked = True
            yield StopJob(job_id, reason)
        skips = list(islice(job.skips(), SKIPS_AT_ONCE))
        yield from skips
        if len(skips) == SKIPS_AT_ONCE:
            self._touched[job_id] = None
        if job.all_ended and not job.end_asked:
            job.end_asked = True
            yield EndJob(job_id, job.successful, job.failed, job.skipped)

    def _dispatches(self) -> Iterator[tuple[JobProgress, Order]]:
        """Rows to start: organization after organization in turn, within each job's limit and the cap over all."""
        while self.in_flight < self.cap and (share := self._line.call()) is not None:
            called = share.who.call()
            if called is not None:
                job, order = called
                job.in_flight[order.event.row] = Flight(order.event.attempt)
                self.in_flight += 1
                self._serve(job)
                self._stand(job)
                yield called
            if share.who.urgent or share.who.normal:
                self._line.stand(share)

    def _stand(self, job: JobProgress) -> None:
        if job.may_start_one:
            tenant = self._tenants[job.org]
            tenant.line_of(job.priority).stand(job.share)
            self._line.stand(tenant.share)

    def _serve(self, job: JobProgress) -> None:
        tenant = self._tenants[job.org]
        tenant.line_of(job.priority).serve(job.share)
        self._line.serve(tenant.share)


def cause_of(job: JobProgress, order: Order) -> Origin | None:
    """The event that an order follows from."""
    match order:
        case DispatchRow() | SkipRow() | LoseRow():
            return order.cause
        case StopJob(reason="stop_on_error"):
            return job.failed_by
        case StopJob():
            return job.set_going
        case EndJob():
            return job.ended_by or job.set_going
        case _:
            assert_never(order)
