"""A second NATS with a log that somebody tampered with, and the seals as they were."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

from nats.aio.client import Client

from shared.audit.chain import AuditKeys
from shared.audit.chainer import Chainer, Pace
from shared.audit.reading import ends_of, read
from shared.bus.connection import connect
from shared.bus.publisher import Publisher
from shared.bus.puller import Pulled
from shared.bus.subjects import EVENTS_STREAM, SEALS_STREAM
from shared.bus.topology import provision
from shared.local.home import Home
from shared.local.nats_server import NatsServer
from shared.testing.folders import open_folder

KEYS = AuditKeys.of(bytes(range(32)))
Log = Sequence[tuple[str, bytes]]
Tamper = Callable[[list[tuple[str, bytes]]], Log]


def nothing(*_: object) -> None:
    """Shows no progress."""


@asynccontextmanager
async def empty_nats() -> AsyncIterator[Client]:
    """A connection to a NATS without streams."""
    with open_folder() as folder:
        home = Home(folder / "home")
        home.hold()
        server = NatsServer(home, durable=False)
        await server.start()
        client = await connect(server.url, "test")
        try:
            yield client
        finally:
            await client.close()
            await server.stop()
            home.release()


@asynccontextmanager
async def another_nats() -> AsyncIterator[Client]:
    """A connection to a NATS with empty streams."""
    async with empty_nats() as client:
        await provision(client, lease=timedelta(seconds=30))
        yield client


async def publish(client: Client, messages: Log) -> None:
    """Past the log's own code, as an intruder would."""
    publisher = Publisher(client)
    for future in [await publisher.send(subject, payload, {}) for subject, payload in messages]:
        await future


async def everything(client: Client, stream: str) -> list[Pulled]:
    """All messages of a stream; how many are still to come is left out."""
    ends = await ends_of(client, stream)
    return [replace(each, pending=0) async for batch in read(client, stream, 0, ends.last) for each in batch]


async def copy(source: Client, target: Client, tamper: Tamper, stream: str = EVENTS_STREAM) -> None:
    """Log and seals into another NATS, one of both as `tamper` makes it."""
    for name in (EVENTS_STREAM, SEALS_STREAM):
        messages = [(message.subject, message.payload) for message in await everything(source, name)]
        await publish(target, tamper(messages) if name == stream else messages)


def chainer(client: Client, messages: int = 10, seconds: float = 0.2, stand_by: float = 0.5) -> Chainer:
    """A chainer that is in a hurry."""
    return Chainer(client, KEYS, pace=Pace(messages, seconds, stand_by))
