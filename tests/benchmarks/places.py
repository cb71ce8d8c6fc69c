"""Servers to measure on, each time fresh ones: a log with one of two durabilities, and a Postgres that syncs."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from nats.aio.client import Client

from shared.bus.connection import connect
from shared.bus.topology import provision
from shared.db.queries import load_queries
from shared.local import LocalStack
from shared.local.home import Home
from shared.local.nats_server import NatsServer
from shared.testing.folders import open_folder

LEASE_SECONDS = 30.0
DEFAULT, ALWAYS = "NATS sync_interval 2m (default)", "NATS sync_interval always"
COMMIT_ON, COMMIT_OFF = "Postgres fsync on, synchronous_commit on", "Postgres fsync on, synchronous_commit off"

queries = load_queries(__file__)


class Place(LocalStack):
    """A stack whose Postgres always syncs. `always`: the log syncs before it acknowledges; else as NATS does untold."""

    def __init__(self, home: Path, *, always: bool) -> None:
        super().__init__(home, durable=True)
        if not always:
            self.nats = NatsServer(self._home, durable=False)
        self.sync = ALWAYS if always else DEFAULT

    async def peers_database(self, name: str, *, synchronous_commit: bool) -> str:
        """The address of a new database in which a commit waits for the disk, or does not."""
        admin = await asyncpg.connect(self.admin_url)
        try:
            given = {"name": name, "setting": "on" if synchronous_commit else "off"}
            async for row in queries.database_for_a_peer(admin, **given):
                await admin.execute(row["statement"])
        finally:
            await admin.close()
        return urlunsplit(urlsplit(self.admin_url)._replace(path=f"/{name}"))


class LogPlace:
    """A log alone, without Postgres."""

    def __init__(self, nats: NatsServer, *, always: bool) -> None:
        self.nats = nats
        self.nats_url = nats.url
        self.sync = ALWAYS if always else DEFAULT


@asynccontextmanager
async def open_log(*, always: bool) -> AsyncIterator[LogPlace]:
    """A fresh log with its streams in place; it and its data are gone afterwards."""
    with open_folder() as folder:
        home = Home(folder / "home")
        home.hold()
        server = NatsServer(home, durable=always)
        try:
            await server.start()
            place = LogPlace(server, always=always)
            await _provision(place)
            yield place
        finally:
            await server.stop()
            home.release()


@asynccontextmanager
async def open_place(*, always: bool) -> AsyncIterator[Place]:
    """Fresh servers with the log's streams in place; they and their data are gone afterwards."""
    with open_folder() as folder:
        async with Place(folder / "home", always=always) as place:
            await _provision(place)
            yield place


async def _provision(place: Place | LogPlace) -> None:
    async with open_client(place) as client:
        await provision(client, lease=timedelta(seconds=LEASE_SECONDS))


@asynccontextmanager
async def open_client(place: Place | LogPlace) -> AsyncIterator[Client]:
    """One connection to the log."""
    client = await connect(place.nats_url, "benchmark")
    try:
        yield client
    finally:
        await client.close()
