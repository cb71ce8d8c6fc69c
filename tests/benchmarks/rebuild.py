"""Rebuilding read models from a long log: read, decode, fold, write beside, index, swap."""

import time
from contextlib import AsyncExitStack
from typing import Any

from shared.bus.connection import connect
from shared.bus.jetstream import JetStreamLog
from shared.contracts.catalogue import catalogue
from shared.db.migrations import read_migrations
from shared.local import LocalStack
from shared.projections import Projector
from tests.benchmarks.histories import write_history
from tests.benchmarks.projection import chosen, opened_database


async def measure(stack: LocalStack, events: int, organizations: int = 1) -> dict[str, Any]:
    """Write so many events of rows, three a row, and rebuild each read model of them from the whole log.

    The log's streams must be there; what it holds already is read too. Gives for each read model `events` (as many as
    it read), `seconds` and `rate` (events a second).
    """
    found = {}
    async with AsyncExitStack() as opened:
        client = await connect(stack.nats_url, "benchmark")
        opened.push_async_callback(client.close)
        log = JetStreamLog(client, catalogue())
        await write_history(client, events, organizations)
        written = await log.last_position()
        for blueprint, projection in chosen():
            database = await opened_database(opened, stack, blueprint)
            projector = Projector(database, projection, log)
            began = time.perf_counter()
            await projector.rebuild(read_migrations(blueprint.migrations), lambda *_: None)
            seconds = time.perf_counter() - began
            found[projection.name] = {"events": written, "seconds": seconds, "rate": written / seconds}
    return found
