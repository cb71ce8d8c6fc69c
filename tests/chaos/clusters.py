"""Three NATS nodes for a test, with the platform's streams on all of them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from nats.aio.client import Client

from shared.bus.connection import connect
from shared.bus.subjects import EVENTS_STREAM
from shared.bus.topology import provision
from shared.local import NatsCluster
from shared.testing.folders import open_folder

LEASE = timedelta(seconds=30)


@asynccontextmanager
async def cluster_in_a_folder() -> AsyncIterator[NatsCluster]:
    """A cluster that ends with the context."""
    with open_folder() as folder:
        async with NatsCluster(folder / "home", durable=False) as cluster:
            yield cluster


@asynccontextmanager
async def empty_log(cluster: NatsCluster) -> AsyncIterator[Client]:
    """A client of a cluster whose log is made anew: it ends with the context."""
    client = await connect(cluster.url, "test")
    try:
        await provision(client, lease=LEASE, replicas=3)
        yield client
        await client.jetstream(timeout=30).delete_stream(EVENTS_STREAM)
    finally:
        await client.close()
