"""Keeps the gauge of open dead letters up to date: reactions' from `DLQ`, projections' from Postgres."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial

from nats.aio.client import Client

from shared.bus.letters import watch_open
from shared.db.pool import Database
from shared.db.queries import load_queries
from shared.ops.metrics import OPEN_DEAD_LETTERS, PROJECTION, REACTION

POLL_SECONDS = 15.0

queries = load_queries(__file__)


def watching_letters(
    client: Client, database: Database, durables: Sequence[str]
) -> Mapping[str, Callable[[], Awaitable[None]]]:
    """The tasks of a service (its name is the database's schema) with these reactions, by their names."""
    tasks: dict[str, Callable[[], Awaitable[None]]] = {"open-dead-events": partial(_watch_dead_events, database)}
    if durables:
        tell = OPEN_DEAD_LETTERS.labels(database.schema, REACTION).set
        tasks["open-dead-letters"] = partial(watch_open, client, durables, tell)
    return tasks


async def _watch_dead_events(database: Database) -> None:
    while True:
        async with database.connection() as connection:
            found = await queries.open_dead_events(connection)
        OPEN_DEAD_LETTERS.labels(database.schema, PROJECTION).set(found)
        await asyncio.sleep(POLL_SECONDS)
