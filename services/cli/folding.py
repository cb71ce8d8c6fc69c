"""The past of one job, row or recording: a service's own projection over its events alone, in temporary tables.

So there is no second way to fold: what is shown is what the read model showed then.
"""

from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import asyncpg

from shared.bus.log import Batch, Log
from shared.bus.subjects import Stream, stream_of
from shared.core.errors import Refused
from shared.core.events import Recorded
from shared.db.migrations import migrate, read_migrations
from shared.db.pool import Connection, act_for
from shared.projections import Projection, apply_batch

if TYPE_CHECKING:
    from shared.runtime import Blueprint

TEMPORARY = "pg_temp"  # Postgres' own name for the schema that goes with the connection


@dataclass(frozen=True)
class Thing:
    """What is looked at: the stream whose story it is, all that its read model is made of, its organization.

    `row`: the one row wanted of tables that have several.
    """

    stream: Stream
    subjects: tuple[str, ...]
    projection: str
    row: int | None = None


class Fold:
    """Goes on from position to position; `events` are those of the thing's own stream so far, `unreadable` a count."""

    def __init__(self, connection: Connection, log: Log, projection: Projection, thing: Thing) -> None:
        self._connection = connection
        self._log = log
        self._projection = projection
        self._thing = thing
        self._position = 0
        self._org: UUID | None = None
        self.events: list[Recorded] = []
        self.unreadable = 0

    async def prepare(self, blueprint: "Blueprint") -> None:
        """Make the tables. Raises `Refused` where the role may not."""
        try:
            await migrate(self._connection, read_migrations(blueprint.migrations))
        except asyncpg.InsufficientPrivilegeError as error:
            raise Refused(
                f"the role of {blueprint.name} may make no temporary tables: {error}; run: retold setup-database"
            ) from error

    async def up_to(self, position: int, see: Callable[[int], None]) -> None:
        """Fold on, up to a position and with it; `see` is told the position reached."""
        end = min(position, await self._log.last_position(self._thing.subjects))
        if end <= self._position:
            return
        async with aclosing(self._log.follow(self._thing.subjects, self._position)) as batches:
            async for batch in batches:
                await self._apply([item for item in batch.events if item.position <= end])
                self.unreadable += sum(each.position <= end for each in batch.unreadable)
                see(batch.position)
                if batch.position >= end:
                    break
        self._position = end

    async def _apply(self, items: Sequence[Recorded]) -> None:
        if not items:
            return
        self._org = items[0].org
        self.events += [item for item in items if stream_of(item.subject) == self._thing.stream]
        async with self._connection.transaction():
            await apply_batch(self._connection, self._projection, Batch(tuple(items), items[-1].position, 0))

    async def state(self) -> dict[str, Any]:
        """What the read model shows of the thing, its tables' columns in one; empty where it does not exist yet."""
        found: dict[str, Any] = {}
        if self._org is not None:
            async with self._connection.transaction():
                await act_for(self._connection, self._org)
                for table in reversed(self._projection.tables):  # the first is the one that the projection is about
                    found |= await self._row_of(table) or {}
        return found

    async def _row_of(self, table: str) -> dict[str, Any] | None:
        # The name is the projection's own. Not jsonb: it would forget the order of the columns.
        rows = f'select to_json(t) as found from "{table}" t'  # noqa: S608
        one = f"select found from ({rows}) r where $1::int is null or (found ->> 'row_index')::int = $1 limit 1"  # noqa: S608
        row: dict[str, Any] | None = await self._connection.fetchval(one, self._thing.row)
        return row

    async def refused(self) -> int:
        """How many events the tables did not take."""
        return int(await self._connection.fetchval("select count(*) from dead_events"))
