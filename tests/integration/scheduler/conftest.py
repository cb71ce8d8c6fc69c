"""A dispatcher on a NATS of its own, and a worker that does nothing but tell."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from services.scheduler.aggregates.job import AddRows, CreateJob, SubmitJob, jobs
from services.scheduler.loops import Dispatcher
from services.scheduler.main import BLUEPRINT
from shared.bus import subjects
from shared.bus.codec import decode
from shared.bus.commands import carry_out
from shared.bus.jetstream import JetStreamLog
from shared.bus.log import Append, Context, Log
from shared.bus.topology import RUNNERS
from shared.contracts.catalogue import catalogue
from shared.contracts.runner import RowFinished, RowStarted
from shared.contracts.scheduler import JobCreated, JobOptions, RowDispatched
from shared.core.events import Event, Recorded
from shared.core.time_and_ids import new_id, now
from shared.runtime import Resources
from tests.conftest import OpenResources

ORG = UUID(int=77)
PATIENCE = 15.0


@dataclass
class Bench:
    """A log of the test's own, dispatchers on it, and what a worker would do, by hand."""

    resources: Resources
    late: timedelta = timedelta()

    @property
    def log(self) -> Log:
        """The log."""
        return self.resources.log

    def clock(self) -> datetime:
        """The dispatchers' clock, which a test may put forward."""
        return now() + self.late

    def resources_with(self, **settings: Any) -> Resources:
        """What one more dispatcher is built from: it is stopped by its own `stopping`."""
        changed = self.resources.settings.model_copy(update=settings)
        return replace(self.resources, settings=changed, stopping=asyncio.Event(), clock=self.clock)

    @asynccontextmanager
    async def dispatching(self, **settings: Any) -> AsyncIterator[Resources]:
        """One dispatcher runs within the context, and ends in order."""
        resources = self.resources_with(**settings)
        running = asyncio.create_task(Dispatcher(resources).run())
        try:
            yield resources
        finally:
            resources.stopping.set()
            async with asyncio.timeout(PATIENCE):
                await running

    async def submit(self, rows: int = 3, **changes: Any) -> UUID:
        """A job, its rows, its submission."""
        job_id = new_id()
        usual: dict[str, Any] = {
            "job_id": job_id,
            "user_id": ORG,
            "recording_id": ORG,
            "recording_name": "Add",
            "revision": 1,
            "columns": [],
            "field_mapping": {},
            "unmapped": [],
            "secret_columns": [],
            "total_rows": rows,
            "concurrency": 10,
            "stop_on_error": False,
            "options": JobOptions(),
        }
        await self.do(CreateJob(JobCreated(**{**usual, **changes})), job_id)
        await self.do(AddRows(job_id, 0, [{} for _ in range(rows)]), job_id)
        await self.do(SubmitJob(job_id), job_id)
        return job_id

    async def do(self, command: Any, job_id: UUID) -> None:
        """Carry out a command on a job."""
        await carry_out(self.log, jobs, subjects.job(job_id), command, Context(ORG, "ada"))

    async def take(self) -> tuple[Msg, RowDispatched]:
        """The next dispatched row from the runners' queue."""
        jetstream = self.resources.nats.jetstream()
        queue = await jetstream.pull_subscribe_bind(consumer=RUNNERS, stream=subjects.EVENTS_STREAM)
        try:
            while True:
                (message,) = await queue.fetch(1, timeout=PATIENCE)
                position = message.metadata.sequence.stream
                (recorded,) = decode(message.data, message.subject, position, catalogue())
                if isinstance(recorded.event, RowDispatched):
                    return message, recorded.event
                await message.ack()
        finally:
            await queue.unsubscribe()

    async def start(self, row: RowDispatched) -> None:
        """A worker tells that it runs the row."""
        await self.tell(row, RowStarted(job_id=row.job_id, row=row.row, attempt=row.attempt, worker_id="w", delivery=1))

    async def finish(self, row: RowDispatched, status: str = "success", *, final: bool = True) -> None:
        """A worker tells how the row ended."""
        told = {"job_id": row.job_id, "row": row.row, "attempt": row.attempt, "worker_id": "w", "status": status}
        await self.tell(row, RowFinished.model_validate({**told, "final": final, "duration": 1, "steps": []}))

    async def tell(self, row: RowDispatched, event: Event) -> None:
        """Append an event of a row's run."""
        stream = subjects.row(row.job_id, row.row)
        position = (await self.log.load(stream)).position
        await self.log.append(Append(stream, [event], position, str(new_id()), Context(ORG, "runner")))

    async def events(self, job_id: UUID, *kinds: type[Event]) -> list[Recorded]:
        """What the log holds of a job and its rows."""
        found = await self.log.load(subjects.job(job_id))
        found += await self.log.read(subjects.rows_of(job_id))
        return sorted((item for item in found if isinstance(item.event, kinds)), key=lambda item: item.position)

    async def until(self, count: int, job_id: UUID, *kinds: type[Event]) -> list[Recorded]:
        """Wait until so many such events are there."""
        return await until(lambda: self.events(job_id, *kinds), lambda found: len(found) >= count)


async def until(look: Callable[[], Coroutine[Any, Any, Any]], good: Callable[[Any], bool]) -> Any:
    """Look again and again until what is seen is good."""
    found: Any = None
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            while not good(found := await look()):
                await asyncio.sleep(0.02)
            return found
    raise AssertionError(f"not in {PATIENCE:g} s; last seen: {found}")


@pytest.fixture
async def bench(resources_of: OpenResources, nats_client: Client) -> Bench:
    """A bench on a NATS of the test's own."""
    resources = await resources_of(BLUEPRINT)
    return Bench(replace(resources, nats=nats_client, log=JetStreamLog(nats_client, catalogue())))
