"""What the tests of projectors do again and again: append, project, look."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID, uuid4

import asyncpg

from shared.bus import subjects
from shared.bus.log import Append, Batch, Context
from shared.bus.subjects import Stream
from shared.contracts.scheduler import JobCreated, JobOptions, JobRowsAdded, JobSubmitted
from shared.core.errors import RetoldError
from shared.core.events import Event
from shared.db.migrations import Migration, read_migrations
from shared.local import LocalStack
from shared.projections import Projection, Projector, Source, checkpoint
from shared.runtime import Blueprint, Resources, supervise
from shared.tasks import end

PATIENCE = 60.0


@dataclass(frozen=True)
class ReadModels:
    """A stack, and what each service is built from."""

    stack: LocalStack
    resources: dict[str, Resources]
    blueprints: dict[str, Blueprint]

    @property
    def log(self) -> Any:
        """The events' log."""
        return self.resources["scheduler"].log

    def projection(self, path: str) -> Projection:
        """A projection by its path, `service.name`."""
        service, _, name = path.partition(".")
        return next(each for each in self.blueprints[service].projections if each.name == name)

    def projector(self, path: str, source: Source | None = None) -> Projector:
        """A projector of it."""
        projection, own = self.projection(path), self.resources[path.partition(".")[0]]
        return Projector(own.database, projection, source or self.source(path))

    def source(self, path: str) -> Source:
        """What it reads."""
        own = self.resources[path.partition(".")[0]]
        return own.log if self.projection(path).source == "events" else own.lines

    def migrations(self, path: str) -> list[Migration]:
        """Its service's."""
        return read_migrations(self.blueprints[path.partition(".")[0]].migrations)

    async def checkpoint(self, path: str) -> int:
        """How far it has come."""
        service, _, name = path.partition(".")
        async with self.resources[service].database.connection() as connection:
            return await checkpoint(connection, name)

    @asynccontextmanager
    async def projecting(self, path: str, times: int = 1) -> AsyncIterator[None]:
        """So many projectors run, as in a service."""
        stopping = asyncio.Event()
        runs = [supervise(path, self.projector(path).run, stopping) for _ in range(times)]
        running = [asyncio.create_task(run) for run in runs]
        try:
            yield
        finally:
            await end(running)

    async def reach(self, path: str, position: int) -> None:
        """Wait until it has come so far."""
        async with asyncio.timeout(PATIENCE):
            while True:
                with suppress(RetoldError, asyncpg.PostgresError):
                    if await self.checkpoint(path) >= position:
                        return
                await asyncio.sleep(0.05)

    async def project_all(self, path: str) -> int:
        """Project everything there is; the position reached."""
        end = await self.source(path).last_position(self.projection(path).subjects)
        async with self.projecting(path):
            await self.reach(path, end)
        return end

    async def table(self, path: str, table: str = "", where: str = "true") -> list[dict[str, Any]]:
        """Its rows past row-level security, by an administrator."""
        service, _, name = path.partition(".")
        admin = await asyncpg.connect(self.stack.admin_url.rpartition("/")[0] + "/retold")
        try:
            found = await admin.fetch(f'select * from "{service}"."{table or name}" t where {where} order by t::text')
            return [dict(row) for row in found]
        finally:
            await admin.close()

    async def execute(self, path: str, sql: str) -> None:
        """Change something as the service's role."""
        async with self.resources[path.partition(".")[0]].database.connection() as connection:
            await connection.execute(sql)

    async def tell(self, stream: Stream, *events: Event, org: UUID, kind: str = "evt") -> int:
        """Append events of an organization; their position."""
        return int(await self.log.append(Append(stream, events, -1, str(uuid4()), Context(org, "test"), kind)))


class OneByOne:
    """A source whose batches hold one message each, and which begins behind a position."""

    def __init__(self, source: Source, begin: int = 0) -> None:
        self._source = source
        self._begin = begin

    async def follow(
        self, subjects: Sequence[str], after: int = 0, linger: float = 0.02, only: Any = None
    ) -> AsyncGenerator[Any, None]:
        """See `Source`."""
        async with aclosing(self._source.follow(subjects, max(after, self._begin), linger, only)) as batches:
            async for batch in batches:
                for position, events in groupby(batch.events, key=lambda item: item.position):
                    yield Batch(tuple(events), position, 0)
                if not batch.events or batch.events[-1].position < batch.position:
                    yield Batch((), batch.position, 0)  # behind it stand events of other types

    async def last_position(self, subjects: Sequence[str] = ()) -> int:
        """See `Source`."""
        return await self._source.last_position(subjects)


async def submit_job(models: ReadModels, rows: int, org: UUID | None = None, **changes: Any) -> tuple[UUID, UUID]:
    """A job that may run: its id and its organization."""
    job_id, org = uuid4(), org or uuid4()
    created = JobCreated(
        **{
            "job_id": job_id,
            "user_id": uuid4(),
            "recording_id": uuid4(),
            "recording_name": "Add a person",
            "revision": 1,
            "columns": ["name"],
            "field_mapping": {},
            "unmapped": ["name"],
            "secret_columns": [],
            "total_rows": rows,
            "concurrency": 5,
            "stop_on_error": False,
            "options": JobOptions(),
            "priority": 40,
            **changes,
        }
    )
    added = JobRowsAdded(job_id=job_id, first_row=0, rows=[{"name": f"row {row}"} for row in range(rows)])
    await models.tell(subjects.job(job_id), created, added, JobSubmitted(job_id=job_id), org=org)
    return job_id, org
