"""Events that a projection's table did not take, as `retold dead-letters` sees them; see `shared.dead_events`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from services.cli.desk import Desk
from services.cli.letters import PROJECTION, Found
from services.cli.rebuilding import choose
from services.cli.showing import plain
from services.cli.sources import service_settings
from shared.core.errors import Refused, RetoldError

if TYPE_CHECKING:
    from nats.aio.client import Client

    from shared.db.pool import Database
    from shared.ops.settings import Settings
    from shared.projections import Source


async def of_projections(desk: Desk) -> list[Found]:
    """The parked events of every service whose database can be read from here; a note names the others."""
    found: list[Found] = []
    for service in desk.services:
        try:
            found += await _of_service(desk, service)
        except RetoldError as error:
            desk.note(f"note: without the parked events of {service}: {plain(error.detail)}")
    return found


async def _of_service(desk: Desk, service: str) -> list[Found]:
    import asyncpg

    from shared.dead_events import dead_events

    try:
        async with _schema(desk, service) as database:
            return [
                Found(
                    PROJECTION,
                    f"{service}.{each.projection}",
                    each.position,
                    each.reason,
                    index=each.index,
                    subject=each.subject,
                    at=each.noticed_at,
                    tries=each.tries,
                )
                for each in await dead_events(database)
            ]
    except (asyncpg.InsufficientPrivilegeError, asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError) as refusal:
        raise Refused(
            f"its tables are of another release, or RETOLD_POSTGRES_URL is another's ({refusal})"
        ) from refusal


async def apply_again(desk: Desk, client: "Client", letter: Found) -> None:
    """Apply a parked event, and forget it, in one transaction. Raises `Refused` when its table does not take it."""
    from shared.dead_events import retry_dead_event

    service, _, name = letter.consumer.partition(".")
    blueprint = desk.blueprint(service)
    (projection,) = choose(blueprint, name)
    source = _source(client, projection.source, service_settings(desk, blueprint))
    async with _schema(desk, service) as database:
        await retry_dead_event(database, projection, source, letter.position, letter.index or 0)


async def forget(desk: Desk, letter: Found) -> None:
    """Drop a parked event: the read model goes on without it."""
    from shared.dead_events import drop_dead_event

    service, _, name = letter.consumer.partition(".")
    async with _schema(desk, service) as database:
        await drop_dead_event(database, name, letter.position, letter.index or 0)


@asynccontextmanager
async def _schema(desk: Desk, service: str) -> "AsyncIterator[Database]":
    from shared.db.pool import Database

    settings = service_settings(desk, desk.blueprint(service))
    database = Database(settings.postgres_url.get_secret_value(), service, size=1)
    await database.open()
    try:
        yield database
    finally:
        await database.close()


def _source(client: "Client", kind: str, settings: "Settings") -> "Source":
    from shared.bus.jetstream import JetStreamLog
    from shared.contracts.catalogue import catalogue
    from shared.keys import KeyRing, parse_master_key
    from shared.lines import Lines

    keys = KeyRing(client, parse_master_key(settings.master_key.get_secret_value()))
    return Lines(client, keys) if kind == "lines" else JetStreamLog(client, catalogue(), vault=keys)
