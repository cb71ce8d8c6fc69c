"""A read model built anew from the whole log: beside the live one, then swapped in. Nothing else happens by it.

The service's second schema, `<service>_shadow`, gets the same tables, unlogged and without the indexes that only
readers need. When the log's end is near they are made durable and indexed, the rest is caught up, and one
transaction puts them in the place of the live ones. What stands in the shadow schema tells how far an interrupted
rebuild came. It is unlogged too: after a crash of Postgres all of it is gone together, never a part.
"""

import asyncio
import gc
import hashlib
import inspect
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import structlog

from shared.core.errors import Refused, Unavailable
from shared.db.migrations import Migration, migrate
from shared.db.pool import NO_ANSWER, Connection, Database
from shared.db.queries import load_queries
from shared.projections import Projection, Source, checkpoint, project, read_ahead

GARBAGE_THRESHOLD = 20_000  # thousands of events are alive at a time: looking through them at 700 takes a fifth longer
SWAP_TRIES = 30
SWAP_PAUSE = 0.5  # seconds; a swap waits for readers up to two, and others wait behind it meanwhile

log = structlog.get_logger()
queries = load_queries(__file__, "rebuild.sql")


class Rebuild:
    """One rebuild of one projection. `progress(position, pending)` is called after every batch."""

    def __init__(
        self, database: Database, projection: Projection, source: Source, progress: Callable[[int, int], None]
    ) -> None:
        self._database = database
        self._projection = projection
        self._source = source
        self._progress = progress
        self._live = database.schema
        self._shadow = f"{database.schema}_shadow"

    async def run(self, migrations: list[Migration], *, resume: bool) -> int:
        """Build and swap; the position reached. With `resume` go on from where the same rebuild was interrupted.

        Never resume behind an erasure: what was built before may show what was erased.
        Raises `Refused` while another rebuild of the service is under way, and `Unavailable`.
        """
        live = await self._database.dedicated()
        shadow = await self._database.dedicated(search_path=self._shadow, command_timeout=None)
        try:
            if not await queries.become_the_only_rebuild(shadow):
                raise Refused(f"another rebuild of {self._live} is under way; wait for its end")
            await migrate(live, migrations)  # the tables that are swapped in are of this release
            await self._prepare(shadow, migrations, resume=resume)
            with _collecting_seldom():
                await self._build(shadow)
                await self._finish_tables(shadow)
                return await self._swap(shadow)
        except NO_ANSWER as failure:
            raise Unavailable(f"Postgres went away while {self._name} was rebuilt: {failure!r}") from failure
        finally:
            live.terminate()
            shadow.terminate()

    @property
    def _name(self) -> str:
        return f"{self._live}.{self._projection.name}"

    async def _prepare(self, shadow: Connection, migrations: list[Migration], *, resume: bool) -> None:
        fingerprint = _fingerprint(self._projection, migrations)
        if resume and await self._fingerprint_of_last(shadow) == fingerprint:
            log.info("rebuild goes on", projection=self._name)
            return
        async with shadow.transaction():
            await _run_all(shadow, queries.drop_statements, schema=self._shadow)
            await migrate(shadow, migrations)
            await queries.make_notes(shadow)
            await _run_all(shadow, queries.unlogged_statements, schema=self._shadow)
            await queries.note_indexes(shadow, schema=self._shadow)
            await _run_all(shadow, queries.index_drop_statements)
            await queries.note_rebuild(shadow, projection=self._projection.name, fingerprint=fingerprint)

    async def _fingerprint_of_last(self, shadow: Connection) -> str | None:
        try:
            found: str | None = await queries.fingerprint_of(shadow, projection=self._projection.name)
        except asyncpg.UndefinedTableError:
            return None
        return found

    async def _build(self, shadow: Connection) -> None:
        """Up to the log's end as it is now."""
        await self._project_up_to(shadow, await self._source.last_position(self._projection.subjects))

    async def _project_up_to(self, shadow: Connection, end: int) -> int:
        position = await checkpoint(shadow, self._projection.name)
        if position >= end:
            return position
        async with aclosing(read_ahead(self._source, self._projection, position)) as batches:
            async for batch in batches:
                await project(shadow, self._projection, batch, position)
                position = batch.position
                self._progress(position, batch.pending)
                if position >= end:
                    break
        return position

    async def _finish_tables(self, shadow: Connection) -> None:
        tables = list(self._projection.tables)
        await _run_all(shadow, queries.logged_statements, schema=self._shadow, tables=tables)
        await _run_all(shadow, queries.index_statements, schema=self._shadow, tables=tables)
        await _run_all(shadow, queries.analyze_statements, schema=self._shadow, tables=tables)
        await self._build(shadow)

    async def _swap(self, shadow: Connection) -> int:
        for _ in range(SWAP_TRIES):
            try:
                return await self._try_to_swap(shadow)
            except (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError):
                await asyncio.sleep(SWAP_PAUSE)
                await self._build(shadow)
        raise Unavailable(f"readers of {self._name} left no moment to swap its tables in; start the rebuild again")

    async def _try_to_swap(self, shadow: Connection) -> int:
        names: dict[str, Any] = {"live": self._live, "shadow": self._shadow, "projection": self._projection.name}
        tables = list(self._projection.tables)
        async with shadow.transaction():
            await queries.wait_for_locks_briefly(shadow)
            # From here on the live projector waits, and readers go on: what it has shown must be in the new tables.
            (shown,) = await _run_all(shadow, queries.hold_statements, **names)
            end = min(shown, await self._source.last_position(self._projection.subjects))
            position = await self._project_up_to(shadow, end)
            await _run_all(shadow, queries.swap_statements, **names, tables=tables)
            await _run_all(shadow, queries.bookkeeping_statements, **names)
            await _run_all(shadow, queries.drop_statements, schema=self._shadow)
        return position


@contextmanager
def _collecting_seldom() -> Iterator[None]:
    before = gc.get_threshold()
    gc.set_threshold(max(GARBAGE_THRESHOLD, before[0]), *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


async def _run_all(connection: Connection, query: Callable[..., Any], **names: Any) -> list[Any]:
    """Run the statements that a query gives; the first value of each."""
    statements = [row["statement"] async for row in query(connection, **names)]
    return [await connection.fetchval(statement) for statement in statements]


def _fingerprint(projection: Projection, migrations: list[Migration]) -> str:
    """The same as long as tables and code are: only then does a rebuild go on where another one ended."""
    code = Path(inspect.getfile(projection.apply))
    files = [path.read_bytes() for path in (code, code.with_name("queries.sql")) if path.exists()]
    parts = [migration.checksum for migration in migrations] + [hashlib.sha256(file).hexdigest() for file in files]
    return hashlib.sha256("".join(parts).encode()).hexdigest()
