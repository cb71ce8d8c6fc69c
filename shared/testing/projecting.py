"""Read models in tests: projected live to the log's end, and looked at to the byte."""

import asyncio
from collections.abc import Iterable

import asyncpg

from shared.local import LocalStack
from shared.projections import Projection, Projector, checkpoint
from shared.runtime import Resources
from shared.tasks import end


def projector_of(resources: Resources, projection: Projection) -> Projector:
    """A projector as the service runs it."""
    source = resources.log if projection.source == "events" else resources.lines
    return Projector(resources.database, projection, source)


async def reached(resources: Resources, projection: Projection) -> int:
    """The position up to which a projection has been applied."""
    async with resources.database.connection() as connection:
        return await checkpoint(connection, projection.name)


async def project_all(resources: Resources, projection: Projection, seconds: float = 30.0) -> None:
    """Project live until everything there is has been seen. Raises `TimeoutError`."""
    source = resources.log if projection.source == "events" else resources.lines
    head = await source.last_position(projection.subjects)
    running = asyncio.create_task(projector_of(resources, projection).run())
    try:
        async with asyncio.timeout(seconds):
            while await reached(resources, projection) < head:
                if running.done():
                    running.result()
                await asyncio.sleep(0.01)
    finally:
        await end([running])


async def rows_of(stack: LocalStack, service: str, tables: Iterable[str]) -> dict[str, list[str]]:
    """Every byte of some tables, past row-level security."""
    admin = await asyncpg.connect(stack.admin_url.rpartition("/")[0] + "/retold")
    try:
        found = {}
        for table in tables:
            rows = await admin.fetch(f'select t::text from "{service}"."{table}" t order by 1')  # noqa: S608
            found[table] = [row[0] for row in rows]
        return found
    finally:
        await admin.close()
