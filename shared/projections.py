"""Log in, rows out: ordered, the checkpoint in the same transaction; rebuilt beside, then swapped."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal, Protocol
from uuid import UUID

import asyncpg
import structlog

from shared.core.errors import Conflict, Refused, Unavailable
from shared.db.migrations import Migration, migrate
from shared.db.pool import Connection, Database, act_for

POISON = (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)
__all__ = ["Connection", "Projection", "Projector", "wait_until"]
log = structlog.get_logger()


class Item(Protocol):
    """Something of a source: it belongs to an organization."""

    @property
    def org(self) -> UUID: ...


class SourceBatch(Protocol):
    """What a source yields: items in order, the position after them, how many are still to come."""

    @property
    def events(self) -> Sequence[Any]: ...
    @property
    def position(self) -> int: ...
    @property
    def pending(self) -> int: ...


class Source(Protocol):
    """A log that can be read in order: the events, or the runners' lines."""

    def follow(self, subjects: Sequence[str], after: int = 0, linger: float = 0.02) -> AsyncGenerator[Any, None]:
        """Batches beyond a position, without end."""
        ...

    async def last_position(self, subjects: Sequence[str] = ()) -> int:
        """The newest position, of the whole log or under some filters; 0 when there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Projection:
    """A read model: its name (a plural noun), where it reads, the tables it alone writes.

    `apply` gets the items of one organization, in order, inside a transaction. It writes facts of the
    items only: no clock, no random id, so that a rebuild gives the same bytes.
    """

    name: str
    subjects: tuple[str, ...]
    tables: tuple[str, ...]
    apply: Callable[[Connection, Sequence[Any]], Awaitable[None]]
    source: Literal["events", "lines"] = "events"


class Projector:
    """Keeps one projection up to date. Only one projector of a projection works at a time, the others stand by."""

    def __init__(self, database: Database, projection: Projection, source: Source) -> None:
        self._database = database
        self._projection = projection
        self._source = source

    async def run(self) -> None:
        """Project without end. Raises when Postgres or the log fails; run it again then."""
        connection = await self._database.dedicated()
        try:
            await self._become_the_only_one(connection)
            position = await checkpoint(connection, self._projection.name)
            if position > (end := await self._source.last_position()):
                raise Refused(
                    f"{self._projection.name} has seen position {position}, and the log ends at {end}: it was restored "
                    f"from an older copy; run: retold rebuild {self._database.schema}.{self._projection.name}"
                )
            async for batch in self._source.follow(self._projection.subjects, position):
                position = await self._project(connection, batch, position)
        except (OSError, asyncpg.InterfaceError) as failure:
            raise Unavailable(f"the projection {self._projection.name} lost its connection: {failure!r}") from failure
        finally:
            connection.terminate()

    async def _become_the_only_one(self, connection: Connection) -> None:
        key = f"{self._database.schema}.{self._projection.name}"
        while not await connection.fetchval("select pg_try_advisory_lock(hashtextextended($1, 0))", key):
            await asyncio.sleep(1.0)

    async def _project(self, connection: Connection, batch: SourceBatch, position: int) -> int:
        async with connection.transaction():
            # The checkpoint first: a rebuild locks in this order too, so neither waits for the other for ever.
            await move_checkpoint(connection, self._projection.name, position, batch.position)
            await apply_batch(connection, self._projection, batch)
        return batch.position

    async def rebuild(self, migrations: list[Migration], progress: Callable[[int, int], None]) -> int:
        """Project the whole log into a shadow schema, then swap it in within one transaction.

        `progress(position, pending)` is called after every batch. Returns the position reached.
        Live reads go on meanwhile; a running projector goes on from the new checkpoint.
        """
        live = self._database.schema
        connection = await self._database.dedicated(search_path=f"{live}_shadow")
        try:
            if not await connection.fetchval("select pg_try_advisory_lock(hashtext(current_schema() || '.rebuild'))"):
                raise Refused(f"another rebuild of {live} is under way; wait for its end")
            async with connection.transaction():
                await _empty_schema(connection, f"{live}_shadow")
            await migrate(connection, migrations)
            position = await self._project_to_head(connection, progress)
            async with connection.transaction():
                await connection.execute(f'lock table "{live}".checkpoints in exclusive mode')
                for table in self._projection.tables:
                    await connection.execute(f'drop table "{live}"."{table}"')
                    await connection.execute(f'alter table "{table}" set schema "{live}"')
                await connection.execute(
                    f'insert into "{live}".checkpoints (projection, position) values ($1, $2) '  # noqa: S608
                    "on conflict (projection) do update set position = excluded.position",
                    self._projection.name,
                    position,
                )
                forget = f'delete from "{live}".dead_events where projection = $1'  # noqa: S608
                await connection.execute(forget, self._projection.name)
                await connection.execute(f'insert into "{live}".dead_events select * from dead_events')  # noqa: S608
                await _empty_schema(connection, f"{live}_shadow")
            return position
        finally:
            await connection.close(timeout=5)

    async def _project_to_head(self, connection: Connection, progress: Callable[[int, int], None]) -> int:
        head = await self._source.last_position(self._projection.subjects)
        position = await checkpoint(connection, self._projection.name)
        if head == 0:
            return 0
        async with aclosing(self._source.follow(self._projection.subjects, position)) as batches:
            async for batch in batches:
                position = await self._project(connection, batch, position)
                progress(position, batch.pending)
                if position >= head:
                    break
        return position


async def apply_batch(connection: Connection, projection: Projection, batch: SourceBatch) -> None:
    """Apply a batch, organization after organization, each under its own row-level security.

    An item that the tables do not take is put aside in `dead_events`: one organization's odd value must not stop
    everybody's read model.
    """
    try:
        async with connection.transaction():
            for org, items in groupby(batch.events, key=lambda item: item.org):
                await act_for(connection, org)
                await projection.apply(connection, list(items))
    except POISON:
        for item in batch.events:
            await _apply_or_put_aside(connection, projection, item)


async def _apply_or_put_aside(connection: Connection, projection: Projection, item: Any) -> None:
    try:
        async with connection.transaction():
            await act_for(connection, item.org)
            await projection.apply(connection, [item])
    except POISON as error:
        # Its message may quote the value, which may be personal: the kind of error is enough to find the event.
        where = {"projection": projection.name, "position": item.position, "index": item.index}
        log.error("event put aside: its table does not take it", **where, reason=type(error).__name__)
        await connection.execute(
            "insert into dead_events values ($1, $2, $3, $4) on conflict do nothing",
            *where.values(),
            type(error).__name__,
        )


async def checkpoint(connection: Connection, projection: str) -> int:
    """The position up to which a projection has been applied."""
    await connection.execute(
        "insert into checkpoints (projection, position) values ($1, 0) on conflict do nothing", projection
    )
    return int(await connection.fetchval("select position from checkpoints where projection = $1", projection))


async def move_checkpoint(connection: Connection, projection: str, old: int, new: int) -> None:
    """Compare and set: a second projector, or a swap by a rebuild, makes this fail with `Conflict`."""
    moved = await connection.fetchval(
        "update checkpoints set position = $3 where projection = $1 and position = $2 returning position",
        projection,
        old,
        new,
    )
    if moved is None:
        raise Conflict(f"the checkpoint of {projection} moved under us")


async def wait_until(database: Database, projection: str, position: int, timeout: float = 5.0) -> None:
    """Wait until a projection has seen a position (read your own writes). Raises `Unavailable` after `timeout` s."""
    try:
        async with asyncio.timeout(timeout):
            while True:
                async with database.connection() as connection:
                    reached = await connection.fetchval(
                        "select position from checkpoints where projection = $1", projection
                    )
                if (reached or 0) >= position:
                    return
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise Unavailable(f"{projection} has not yet reached position {position}; ask again in a moment") from None


async def _empty_schema(connection: Connection, schema: str) -> None:
    tables = await connection.fetch("select tablename from pg_tables where schemaname = $1", schema)
    for table in tables:
        await connection.execute(f'drop table "{schema}"."{table["tablename"]}" cascade')
