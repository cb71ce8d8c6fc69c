"""Live projection: from the log through our projectors into Postgres, the checkpoint in every transaction."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, suppress
from typing import Any

from services.runner.main import BLUEPRINT as RUNNER
from services.scheduler.main import BLUEPRINT as SCHEDULER
from shared.bus.connection import connect
from shared.bus.jetstream import JetStreamLog
from shared.bus.log import Log
from shared.contracts.catalogue import catalogue
from shared.db.migrations import migrate, read_migrations
from shared.db.pool import Database
from shared.local import LocalStack
from shared.projections import Projection, Projector, wait_until
from shared.runtime import Blueprint
from tests.benchmarks.histories import write_history

PATIENCE = 600.0
MEASURED = ((SCHEDULER, "execution_jobs"), (RUNNER, "execution_results"))


async def measure(stack: LocalStack, events: int, organizations: int = 1) -> dict[str, Any]:
    """Write so many events of rows, three a row, and let each read model of them catch up, one after the other.

    The log's streams must be there. Gives for each read model `events` (as many as it read), `seconds` and `rate`
    (events a second).
    """
    found = {}
    async with AsyncExitStack() as opened:
        client = await connect(stack.nats_url, "benchmark")
        opened.push_async_callback(client.close)
        log = JetStreamLog(client, catalogue())
        databases = {}
        for blueprint, projection in chosen():
            databases[projection.name] = await opened_database(opened, stack, blueprint)
            await _catch_up(log, databases[projection.name], projection)
        written = await write_history(client, events, organizations)
        for _, projection in chosen():
            seconds = await _catch_up(log, databases[projection.name], projection)
            found[projection.name] = {"events": written, "seconds": seconds, "rate": written / seconds}
    return found


def chosen(wanted: Sequence[tuple[Blueprint, str]] = MEASURED) -> Iterator[tuple[Blueprint, Projection]]:
    """The projections that are measured."""
    for blueprint, name in wanted:
        yield blueprint, next(each for each in blueprint.projections if each.name == name)


async def opened_database(opened: AsyncExitStack, stack: LocalStack, blueprint: Blueprint) -> Database:
    """A service's database, its tables in place."""
    database = Database(stack.postgres_url(blueprint.name), blueprint.name, size=2)
    await database.open()
    opened.push_async_callback(database.close)
    async with database.connection() as connection:
        await migrate(connection, read_migrations(blueprint.migrations))
    return database


async def _catch_up(log: Log, database: Database, projection: Projection) -> float:
    head = await log.last_position(projection.subjects)
    began = time.perf_counter()
    running = asyncio.create_task(Projector(database, projection, log).run())
    reached = asyncio.create_task(wait_until(database, projection.name, head, PATIENCE))
    try:
        await asyncio.wait({running, reached}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
        await reached
        return time.perf_counter() - began
    finally:
        for task in (running, reached):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
