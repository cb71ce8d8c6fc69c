"""Log in, rows out: ordered, the checkpoint in the same transaction. See `shared.rebuild` for doing it all anew."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Literal, Protocol
from uuid import UUID

import asyncpg
import structlog

from shared.bus.log import Unreadable
from shared.core.errors import Conflict, Refused, Unavailable
from shared.core.events import Event
from shared.db.migrations import Migration
from shared.db.pool import NO_ANSWER, Connection, Database, act_for
from shared.db.queries import load_queries
from shared.ops.metrics import DEAD_LETTERS, PROJECTION
from shared.tasks import end

# What an event can do wrong by itself: a table refuses its values, or they do not fit together.
POISON = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
    ValueError,
    LookupError,
    TypeError,
    ArithmeticError,
)
BULK = 4000
__all__ = ["Connection", "Projection", "Projector", "wait_until"]
log = structlog.get_logger()
queries = load_queries(__file__)


class Item(Protocol):
    """Something of a source: where it stands, and the organization it belongs to."""

    @property
    def position(self) -> int: ...
    @property
    def index(self) -> int: ...
    @property
    def org(self) -> UUID: ...


class SourceBatch(Protocol):
    """What a source yields: items in order, the position after them, how many are still to come, what none can read."""

    @property
    def events(self) -> Sequence[Any]: ...
    @property
    def position(self) -> int: ...
    @property
    def pending(self) -> int: ...
    @property
    def unreadable(self) -> Sequence[Unreadable]: ...


class Source(Protocol):
    """A log that can be read in order: the events, or the runners' lines."""

    def follow(
        self,
        subjects: Sequence[str],
        after: int = 0,
        linger: float = 0.02,
        only: Collection[type[Event]] | None = None,
    ) -> AsyncGenerator[Any, None]:
        """Batches beyond a position, without end; `only` these types of events, where the source holds any."""
        ...

    async def last_position(self, subjects: Sequence[str] = ()) -> int:
        """The newest position, of the whole log or under some filters; 0 when there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Projection:
    """A read model: its name (a plural noun), where it reads, the tables it alone writes.

    `apply` gets the items of one organization, in order, inside a transaction. It writes facts of the
    items only: no clock, no random id, so that a rebuild gives the same bytes; where a batch of items ends
    must make no difference either. `events`: the types that it reads (all where none is named). What belongs
    to several streams reads `ALL_EVENTS`: a server looks for the next message under two filters thirty times as
    long as under one.
    """

    name: str
    subjects: tuple[str, ...]
    tables: tuple[str, ...]
    apply: Callable[[Connection, Sequence[Any]], Awaitable[None]]
    source: Literal["events", "lines"] = "events"
    events: tuple[type[Event], ...] = ()


class Projector:
    """Keeps one projection up to date. Only one projector of a projection works at a time, the others stand by."""

    def __init__(self, database: Database, projection: Projection, source: Source) -> None:
        self._database = database
        self._projection = projection
        self._source = source

    async def run(self) -> None:
        """Project without end. Raises when Postgres or the log fails; run it again then: the checkpoint knows."""
        connection = await self._database.dedicated()
        try:
            while not await queries.become_the_only_projector(connection, projection=self._projection.name):
                await asyncio.sleep(1.0)
            position = await self._begin(connection)
            async with aclosing(read_ahead(self._source, self._projection, position)) as batches:
                async for batch in batches:
                    await project(connection, self._projection, batch, position)
                    position = batch.position
        except NO_ANSWER as failure:
            raise Unavailable(f"the projection {self._projection.name} lost its connection: {failure!r}") from failure
        finally:
            connection.terminate()

    async def _begin(self, connection: Connection) -> int:
        position = await checkpoint(connection, self._projection.name)
        if position > (end := await self._source.last_position()):
            raise Refused(
                f"{self._projection.name} has seen position {position}, and the log ends at {end}: it was restored "
                f"from an older copy; run: retold rebuild {self._database.schema}.{self._projection.name}"
            )
        return position

    async def rebuild(
        self, migrations: list[Migration], progress: Callable[[int, int], None], *, resume: bool = False
    ) -> int:
        """Project the whole log beside the live tables, then swap; the position reached. See `shared.rebuild`."""
        from shared.rebuild import Rebuild

        return await Rebuild(self._database, self._projection, self._source, progress).run(migrations, resume=resume)


@dataclass(frozen=True, slots=True)
class Bulk:
    """Batches in one."""

    events: Sequence[Any]
    position: int
    pending: int
    unreadable: Sequence[Unreadable]


async def read_ahead(source: Source, projection: Projection, after: int) -> AsyncGenerator[Bulk, None]:
    """What a source yields, several batches in one where more are waiting; the next is read while one is worked on."""
    batches = source.follow(projection.subjects, after, only=projection.events or None)
    async with aclosing(_in_bulks(batches)) as bulks:
        coming = asyncio.ensure_future(anext(bulks))
        try:
            while True:
                bulk = await coming
                coming = asyncio.ensure_future(anext(bulks))
                yield bulk
        finally:
            await end([coming])


async def _in_bulks(batches: AsyncGenerator[Any, None]) -> AsyncGenerator[Bulk, None]:
    async with aclosing(batches):
        events: list[Any] = []
        unreadable: list[Unreadable] = []
        async for batch in batches:
            events += batch.events
            unreadable += batch.unreadable
            if batch.pending == 0 or len(events) >= BULK:
                yield Bulk(events, batch.position, batch.pending, unreadable)
                events, unreadable = [], []


async def project(connection: Connection, projection: Projection, batch: SourceBatch, position: int) -> None:
    """Apply a batch that begins behind `position`, checkpoint and rows in one transaction.

    Raises `Conflict` when the checkpoint is not at `position`: another projector was here, or a rebuild.
    """
    async with connection.transaction():
        # The checkpoint first: a rebuild locks in this order too, so neither waits for the other for ever.
        await move_checkpoint(connection, projection.name, position, batch.position)
        await apply_batch(connection, projection, batch)


async def apply_batch(connection: Connection, projection: Projection, batch: SourceBatch) -> None:
    """Apply a batch, organization after organization, each under its own row-level security.

    An item that the tables do not take, and a message that this release cannot read, are put aside in `dead_events`
    (see `shared.dead_events`): one odd value must not stop everybody's read model.
    """
    # Between organizations order never matters, and few long turns are quicker than many short ones.
    turns = by_organization(batch.events)
    try:
        async with connection.transaction():
            for org, items in turns.items():
                await act_for(connection, org)
                await projection.apply(connection, items)
    except POISON:
        for items in turns.values():
            await _apply_what_is_taken(connection, projection, items)
    for unreadable in batch.unreadable:
        await _put_aside(connection, projection, unreadable, unreadable.reason)


def by_organization(items: Iterable[Item]) -> dict[UUID, list[Any]]:
    """The items of each organization, in order."""
    found: dict[UUID, list[Any]] = {}
    for item in items:
        found.setdefault(item.org, []).append(item)
    return found


async def _apply_what_is_taken(connection: Connection, projection: Projection, items: Sequence[Item]) -> None:
    """All at once if possible, else by halves, until what is refused stands alone."""
    try:
        async with connection.transaction():
            await act_for(connection, items[0].org)
            await projection.apply(connection, items)
    except POISON as error:
        if len(items) == 1:
            # The error's message may quote the value, which may be personal: its kind is enough to find the event.
            await _put_aside(connection, projection, items[0], type(error).__name__)
            return
        half = len(items) // 2
        await _apply_what_is_taken(connection, projection, items[:half])
        await _apply_what_is_taken(connection, projection, items[half:])


async def _put_aside(connection: Connection, projection: Projection, item: Item | Unreadable, reason: str) -> None:
    where = {"projection": projection.name, "position": item.position, "index": item.index}
    await queries.put_aside(
        connection,
        **where,
        reason=reason,
        subject=getattr(item, "subject", None),
        organization_id=item.org,
        whole_message=isinstance(item, Unreadable),
    )
    service = str(await queries.own_schema(connection)).removesuffix("_shadow")
    DEAD_LETTERS.labels(service, PROJECTION).inc()
    log.error("event put aside; see: retold dead-letters list", **where, reason=reason)


async def checkpoint(connection: Connection, projection: str) -> int:
    """The position up to which a projection has been applied."""
    await queries.begin_checkpoint(connection, projection=projection)
    return int(await queries.read_checkpoint(connection, projection=projection))


async def move_checkpoint(connection: Connection, projection: str, old: int, new: int) -> None:
    """Compare and set: a second projector, or a swap by a rebuild, makes this fail with `Conflict`."""
    if await queries.move_checkpoint(connection, projection=projection, old=old, new=new) is None:
        raise Conflict(f"the checkpoint of {projection} moved under us")


async def wait_until(database: Database, projection: str, position: int, timeout: float = 5.0) -> None:
    """Wait until a projection has seen a position (read your own writes). Raises `Unavailable` after `timeout` s."""
    try:
        async with asyncio.timeout(timeout):
            while True:
                async with database.connection() as connection:
                    reached = await queries.read_checkpoint(connection, projection=projection)
                if (reached or 0) >= position:
                    return
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise Unavailable(f"{projection} has not yet reached position {position}; ask again in a moment") from None
