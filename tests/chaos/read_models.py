"""Read models as they stand against read models built from the log anew."""

import asyncio
from contextlib import suppress

import asyncpg

from shared.db.migrations import read_migrations
from shared.local import LocalStack
from shared.projections import Projection, Projector, checkpoint
from shared.runtime import Blueprint, Resources

CATCH_UP_SECONDS = 30.0


async def compare_with_the_log(stack: LocalStack, blueprint: Blueprint, resources: Resources) -> tuple[int, list[str]]:
    """How many rows a service's tables have, and which tables differ. Nobody else may project meanwhile."""
    for projection in blueprint.projections:
        await _catch_up(resources, projection)
    live = await _rows(stack, blueprint)
    for projection in blueprint.projections:
        await _projector(resources, projection).rebuild(read_migrations(blueprint.migrations), lambda *_: None)
    rebuilt = await _rows(stack, blueprint)
    differing = [
        f"{blueprint.name}.{table}: {len(live[table])} rows live, {len(rebuilt[table])} from the log; for instance "
        f"{sorted(set(live[table]) ^ set(rebuilt[table]))[:2]}"
        for table in live
        if live[table] != rebuilt[table]
    ]
    return sum(map(len, live.values())), differing


def _projector(resources: Resources, projection: Projection) -> Projector:
    source = resources.log if projection.source == "events" else resources.lines
    return Projector(resources.database, projection, source)


async def _catch_up(resources: Resources, projection: Projection) -> None:
    """What the services had not yet projected when they were stopped."""
    source = resources.log if projection.source == "events" else resources.lines
    head = await source.last_position(projection.subjects)
    running = asyncio.create_task(_projector(resources, projection).run())
    try:
        async with asyncio.timeout(CATCH_UP_SECONDS):
            while True:
                async with resources.database.connection() as connection:
                    if await checkpoint(connection, projection.name) >= head:
                        return
                if running.done():
                    running.result()
                await asyncio.sleep(0.02)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


async def _rows(stack: LocalStack, blueprint: Blueprint) -> dict[str, list[str]]:
    """Every byte of a service's tables, past row-level security."""
    admin = await asyncpg.connect(stack.admin_url.rpartition("/")[0] + "/retold")
    try:
        found = {}
        for table in (table for projection in blueprint.projections for table in projection.tables):
            rows = await admin.fetch(f'select t::text from "{blueprint.name}"."{table}" t order by 1')
            found[table] = [row[0] for row in rows]
        return found
    finally:
        await admin.close()
