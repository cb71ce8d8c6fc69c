"""SHELL: what runs as long as the service: the dispatcher."""

import asyncio
import os
import socket
from uuid import UUID

import structlog

from services.scheduler.aggregates.job import EndJob, StopJob, jobs
from services.scheduler.known import FleetWatch, Floor
from services.scheduler.policies import SEEN, Admission, Order, cause_of
from services.scheduler.progress import DispatchRow, JobProgress, LoseRow, SkipRow
from services.scheduler.settings import SchedulerSettings
from services.scheduler.sweep import lost_rows
from shared.bus import subjects
from shared.bus.commands import carry_out
from shared.bus.lease import Lease
from shared.bus.log import Append, Batch, Context
from shared.bus.timers import Timers
from shared.bus.topology import CONTROL_BUCKET
from shared.contracts.scheduler import JobSubmitted
from shared.core.errors import Conflict, Refused, Unavailable
from shared.core.time_and_ids import derived_id, new_id
from shared.runtime import Resources
from shared.tasks import end
from shared.ticks import with_ticks

# One subject, though jobs and rows are all that counts: with two the server is slower by far (see `Log.follow`).
FOLLOWED = (subjects.ALL_EVENTS,)
TICK_SECONDS = 1.0  # the longest that anything due waits when a timer is late or lost
RENEW_SECONDS = 1.0
LOOK_SECONDS = 2.0
ORDERS_AT_ONCE = 512
STOP_SECONDS = 5.0  # what orders under way get when the process stops

log = structlog.get_logger()


class Dispatcher:
    """Follows the log and, while it holds the lease, starts rows. Any number may run; one dispatches."""

    def __init__(self, resources: Resources) -> None:
        settings: SchedulerSettings = resources.settings
        self._resources = resources
        self._fixed_cap = settings.rows_in_flight
        self._holder = f"{socket.gethostname()}-{os.getpid()}-{new_id().hex[-6:]}"

    async def run(self) -> None:
        """Dispatch until the process stops; on an error run it again, it starts from the log."""
        floor = Floor(self._resources.nats)
        await floor.read()
        lease = Lease(self._resources.nats, CONTROL_BUCKET, "dispatcher", self._holder)
        try:
            await Reign(self._resources, lease, floor, self._fixed_cap).run()
        finally:
            await lease.give_up()


class Reign:
    """One run of the dispatcher, from reading the log to the first error or the end of the process."""

    def __init__(self, resources: Resources, lease: Lease, floor: Floor, fixed_cap: int | None) -> None:
        self._resources, self._lease, self._floor = resources, lease, floor
        self._fleet = FleetWatch(resources, fixed_cap)
        self._admission = Admission(self._fleet.cap)
        self._timers = Timers(resources.nats)
        self._seen = floor.position
        self._must_see: int | None = None  # nothing is dispatched before the log was read up to here
        self._news = asyncio.Event()
        self._room = asyncio.Semaphore(ORDERS_AT_ONCE)
        self._orders: set[asyncio.Task[None]] = set()
        self._failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def run(self) -> None:
        """All that goes on at the same time, until the process stops; the first error ends it."""
        doings = (self._dispatch, self._follow, self._hold_lease, self._look_around, self._hear_timers, self._hear_stop)
        tasks = [asyncio.create_task(doing()) for doing in doings]
        try:
            done, _ = await asyncio.wait((*tasks, self._failure), return_when=asyncio.FIRST_COMPLETED)
            if self._orders and self._resources.stopping.is_set():
                await asyncio.wait(self._orders, timeout=STOP_SECONDS)
        finally:
            await end([*tasks, *self._orders, self._failure])
        for each in done:
            each.result()

    @property
    def _leads(self) -> bool:
        return self._must_see is not None and self._seen >= self._must_see and self._lease.held

    async def _follow(self) -> None:
        """Fold the log; a second dispatcher does so too, so that it can take over at once."""
        follow = self._resources.log.follow(FOLLOWED, self._seen, linger=0.002, only=SEEN)
        async for batch in with_ticks(follow, TICK_SECONDS, self._resources.stopping):
            if batch is not None:
                _refuse_unreadable(batch)
                for recorded in batch.events:
                    if isinstance(recorded.event, JobSubmitted):
                        await self._recall(recorded.event.job_id)
                    self._admission.see(recorded)
                self._seen = batch.position
                self._news.set()

    async def _recall(self, job_id: UUID) -> None:
        """A job that took so long to be submitted that the floor has passed its creation is read again."""
        if job_id not in self._admission.jobs:
            for earlier in await self._resources.log.load(subjects.job(job_id)):
                self._admission.see(earlier)

    async def _hold_lease(self) -> None:
        """Take the lease once it is free, then keep it; the log tells from where on it is ours to dispatch."""
        while not self._resources.stopping.is_set():
            if self._must_see is not None:
                await self._lease.renew()
            elif await self._take_lease():
                self._must_see = await self._resources.log.last_position(FOLLOWED)
                log.info("this scheduler dispatches now", behind=max(0, self._must_see - self._seen))
                self._news.set()
            await _sleep(RENEW_SECONDS, self._resources.stopping)

    async def _take_lease(self) -> bool:
        try:
            return await self._lease.take()
        except Unavailable as failure:
            log.warning("whether another scheduler dispatches is unknown, trying again", reason=failure.detail)
            return False

    async def _hear_timers(self) -> None:
        async for _ in with_ticks(self._timers.due(), TICK_SECONDS, self._resources.stopping):
            self._news.set()

    async def _hear_stop(self) -> None:
        await self._resources.stopping.wait()
        self._news.set()

    async def _look_around(self) -> None:
        """Now and then: who can run rows, which rows are lost, from where the next start must read."""
        stopping = self._resources.stopping
        while not stopping.is_set():
            if self._leads:
                await self._fleet.look()
                self._admission.cap = self._fleet.cap
                queue = await self._fleet.queue()
                now = self._resources.clock()
                if queue is not None and self._leads:
                    for job, order in list(lost_rows(self._admission, queue, self._fleet.lease, now)):
                        log.warning("row lost", job=str(order.event.job_id), row=order.event.row)
                        await self._carry_out(job, order)
                seen, lowest = self._seen, self._admission.floor(now)
                await self._floor.raise_to(seen if lowest is None else lowest)
            await _sleep(LOOK_SECONDS if self._leads else TICK_SECONDS, stopping)

    async def _dispatch(self) -> None:
        while not self._resources.stopping.is_set():
            await self._wait_for_news()
            now = self._resources.clock()
            if not self._leads:
                self._admission.let_time_pass(now)
                self._admission.alarms.clear()
                continue
            for job, order in self._admission.due(now):
                await self._room.acquire()
                if self._resources.stopping.is_set():
                    return
                if not self._lease.held:
                    raise Unavailable("the dispatcher's lease ran out while orders were being given")
                given = asyncio.create_task(self._carry_out(job, order))
                self._orders.add(given)
                given.add_done_callback(self._order_done)
            await self._set_timers()

    async def _wait_for_news(self) -> None:
        try:
            async with asyncio.timeout(TICK_SECONDS):
                await self._news.wait()
        except TimeoutError:
            return
        self._news.clear()

    async def _set_timers(self) -> None:
        alarms, self._admission.alarms = self._admission.alarms, []
        now = self._resources.clock()
        try:
            await self._timers.set(moment for moment in alarms if moment > now)
        except Unavailable as failure:
            log.warning("timer not set, a tick will do", reason=failure.detail)

    def _order_done(self, order: asyncio.Task[None]) -> None:
        self._orders.discard(order)
        self._room.release()
        failure = None if order.cancelled() else order.exception()
        if failure is not None and not self._failure.done():
            self._failure.set_exception(failure)

    async def _carry_out(self, job: JobProgress, order: Order) -> None:
        cause = cause_of(job, order)
        context = Context(job.org, "scheduler", job.correlation, str(derived_id(*cause)) if cause else None)
        match order:
            case DispatchRow(event, expected) | SkipRow(event, expected) | LoseRow(event, expected):
                stream = subjects.row(event.job_id, event.row)
                command = f"{type(event).__name__}-{getattr(event, 'attempt', 0)}"
                try:
                    await self._resources.log.append(Append(stream, [event], expected, command, context, "cmd"))
                except Conflict:
                    log.debug("row was taken care of already", row=str(stream))
            case StopJob() | EndJob():
                await carry_out(self._resources.log, jobs, subjects.job(order.job_id), order, context)


def _refuse_unreadable(batch: Batch) -> None:
    for message in batch.unreadable:
        if not any(subjects.is_under(message.subject, each) for each in (subjects.ALL_JOBS, subjects.ALL_ROWS)):
            continue
        raise Refused(
            f"nothing is dispatched: the log's message {message.position} cannot be read by this release "
            f"({message.reason}); run the scheduler of the release that wrote it"
        )


async def _sleep(seconds: float, stopping: asyncio.Event) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stopping.wait()
    except TimeoutError:
        return
