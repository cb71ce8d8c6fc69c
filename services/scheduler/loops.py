"""SHELL: what runs as long as the service: the dispatcher."""

import asyncio

import nats.errors
import structlog
from nats.js.errors import KeyNotFoundError

from services.scheduler.aggregates.job import EndJob, StopJob, jobs
from services.scheduler.policies import Admission, DispatchRow, JobProgress, Order, SkipRow
from services.scheduler.settings import SchedulerSettings
from shared.bus import subjects
from shared.bus.commands import carry_out
from shared.bus.log import Append, Context
from shared.bus.topology import CONTROL_BUCKET
from shared.core.errors import Conflict, Unavailable
from shared.runtime import Resources
from shared.ticks import with_ticks

TICK_SECONDS = 0.25
FLOOR = "admission.floor"
ORDERS_AT_ONCE = 64

log = structlog.get_logger()


class Dispatcher:
    """Follows the log and starts rows. Any number may run: the expectations on the rows' streams decide."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        settings: SchedulerSettings = resources.settings
        self._cap = settings.rows_in_flight

    async def run(self) -> None:
        """Dispatch until the process stops; on an error run it again, it starts from the log."""
        admission = Admission(self._cap)
        floor = await self._read_floor()
        follow = self._resources.log.follow((subjects.ALL_JOBS, subjects.ALL_ROWS), floor, linger=0.002)
        caught_up = False
        async for batch in with_ticks(follow, TICK_SECONDS, self._resources.stopping):
            if batch is not None:
                for recorded in batch.events:
                    admission.see(recorded)
            caught_up = caught_up or batch is None or batch.pending == 0
            if caught_up:
                await self._carry_out(admission.due(self._resources.clock()))
                floor = await self._raise_floor(admission, floor, batch.position if batch else floor)

    async def _carry_out(self, orders: list[tuple[JobProgress, Order]]) -> None:
        for start in range(0, len(orders), ORDERS_AT_ONCE):
            await asyncio.gather(*(self._one(job, order) for job, order in orders[start : start + ORDERS_AT_ONCE]))

    async def _one(self, job: JobProgress, order: Order) -> None:
        context = Context(job.org, "scheduler", job.correlation)
        match order:
            case DispatchRow(event, expected) | SkipRow(event, expected):
                stream = subjects.row(event.job_id, event.row)
                command = f"{type(event).__name__}-{getattr(event, 'attempt', 0)}"
                try:
                    await self._resources.log.append(Append(stream, [event], expected, command, context, "cmd"))
                except Conflict:
                    log.debug("row was taken care of already", row=str(stream))
            case StopJob() | EndJob():
                stream = subjects.job(order.job_id)
                await carry_out(self._resources.log, jobs, stream, order, context)

    async def _read_floor(self) -> int:
        try:
            bucket = await self._resources.nats.jetstream().key_value(CONTROL_BUCKET)
            return int((await bucket.get(FLOOR)).value or b"0")
        except KeyNotFoundError:
            return 0
        except (nats.errors.Error, TimeoutError) as failure:
            raise Unavailable(f"the scheduler's floor is not readable: {failure!r}") from failure

    async def _raise_floor(self, admission: Admission, floor: int, seen: int) -> int:
        """Note from where the next start must read: only jobs under way matter."""
        lowest = admission.floor(self._resources.clock())
        raised = seen if lowest is None else lowest
        if raised <= floor:
            return floor
        try:
            bucket = await self._resources.nats.jetstream().key_value(CONTROL_BUCKET)
            await bucket.put(FLOOR, str(raised).encode())
        except (nats.errors.Error, TimeoutError) as failure:
            raise Unavailable(f"the scheduler's floor could not be noted: {failure!r}") from failure
        return raised
