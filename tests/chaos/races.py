"""Concurrent writers on three nodes: who wins, and what is left of it when the leading node dies."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID, uuid4

import nats.errors
from nats.aio.client import Client
from nats.js.errors import APIError

from shared.bus import subjects
from shared.bus.codec import encode
from shared.bus.connection import connect
from shared.bus.jetstream import JetStreamLog
from shared.bus.log import Append, Context
from shared.bus.subjects import Stream
from shared.contracts.catalogue import catalogue
from shared.contracts.ingest import UserInvited
from shared.core.errors import Conflict, Unavailable
from shared.core.time_and_ids import now
from shared.local import NatsCluster

CONTEXT = Context(UUID(int=7), "chaos")
WRITERS = 6
PAUSE = timedelta(milliseconds=5)


def invitation(stream: Stream, expected: int, command: str) -> Append:
    """Some decision."""
    event = UserInvited(user_id=UUID(int=3), email=f"{command}@crm.example", role="member")
    return Append(stream, [event], expected, command, CONTEXT)


@asynccontextmanager
async def clients_of(urls: Sequence[str]) -> AsyncIterator[list[Client]]:
    """As many connections as writers, one address after the other."""
    async with AsyncExitStack() as opened:
        clients = []
        for number in range(WRITERS):
            client = await connect(urls[number % len(urls)], f"writer-{number}")
            opened.push_async_callback(client.close)
            clients.append(client)
        yield clients


async def rounds_with_several_winners(clients: Sequence[Client], rounds: int) -> int:
    """All writers append to a fresh stream at once, as the platform does: how often more than one wins."""
    logs = [JetStreamLog(client, catalogue()) for client in clients]

    async def write(log: JetStreamLog, append: Append) -> bool:
        try:
            await log.append(append)
        except Conflict:
            return False
        return True

    several = 0
    for _ in range(rounds):
        stream = subjects.organization(uuid4())
        appends = [invitation(stream, 0, f"writer-{number}") for number in range(len(logs))]
        won = await asyncio.gather(*(write(log, each) for log, each in zip(logs, appends, strict=True)))
        stored = len(await logs[0].load(stream))
        assert stored == sum(won), f"{sum(won)} writers were told that they won, and {stored} events are stored"
        several += stored > 1
    return several


async def rounds_with_several_winners_where_filters_differ(clients: Sequence[Client], rounds: int) -> int:
    """The same race, half of the writers with another spelling of the stream's filter: the hazard itself."""

    async def write(client: Client, number: int, append: Append) -> bool:
        stream = append.stream
        subject_filter = stream.canonical_filter if number % 2 else stream.canonical_filter[:-1] + ">"
        headers = {
            "Nats-Msg-Id": str(append.message),
            "Nats-Expected-Last-Subject-Sequence": "0",
            "Nats-Expected-Last-Subject-Sequence-Subject": subject_filter,
        }
        try:
            await client.jetstream().publish(stream.subject(), encode(append, now()), headers=headers)
        except APIError:
            return False
        return True

    several = 0
    for _ in range(rounds):
        stream = subjects.organization(uuid4())
        appends = [invitation(stream, 0, f"writer-{number}") for number in range(len(clients))]
        writing = (write(client, number, appends[number]) for number, client in enumerate(clients))
        several += sum(await asyncio.gather(*writing)) > 1
    return several


@dataclass
class Load:
    """Writers, each on streams of its own, that note what was confirmed; some repeat themselves."""

    seed: int
    confirmed: dict[UUID, int] = field(default_factory=dict)
    repeated: int = 0
    moved: list[str] = field(default_factory=list)
    unanswered: int = 0

    async def write(self, clients: Sequence[Client], stop: asyncio.Event) -> None:
        """Append until told to stop."""
        await asyncio.gather(*(self._write(client, number, stop) for number, client in enumerate(clients)))

    async def _write(self, client: Client, number: int, stop: asyncio.Event) -> None:
        log, chance = JetStreamLog(client, catalogue(), timeout=2), random.Random(f"{self.seed}-{number}")
        stream, position, count = subjects.organization(uuid4()), 0, 0
        while not stop.is_set():
            count += 1
            append = invitation(stream, position, f"w{number}-{count}")
            try:
                position = self.confirmed[append.message] = await log.append(append)
                if chance.random() < 0.2:
                    self.repeated += 1
                    again = await log.append(append)
                    if again != position:
                        self.moved.append(f"{append.message}: {position}, then {again}")
            except Unavailable:
                self.unanswered += 1
                stream, position = subjects.organization(uuid4()), 0  # nobody knows where the old one stands
            await asyncio.sleep(chance.uniform(0, 2) * PAUSE.total_seconds())

    async def what_is_wrong(self, client: Client) -> list[str]:
        """What was confirmed and is not there, or not once, or elsewhere."""
        stored = await JetStreamLog(client, catalogue(), timeout=20).read(subjects.ALL_ORGANIZATIONS)
        places = {each.message: each.position for each in stored}
        twice = [message for message, count in Counter(each.message for each in stored).items() if count > 1]
        return [
            *(f"{message}, confirmed at {at}, is at {places.get(message)}" for message, at in self.confirmed.items()
              if places.get(message) != at),
            *(f"{message} is stored twice" for message in twice),
            *(f"{each} when repeated" for each in self.moved),
        ]  # fmt: skip


async def kill_the_leader(cluster: NatsCluster, chance: random.Random) -> str:
    """The node that leads the log is killed under load and, a while later, started again. Its name."""
    await asyncio.sleep(chance.uniform(0.5, 1.5))
    leader = await cluster.leader(subjects.EVENTS_STREAM)
    await leader.kill()
    await asyncio.sleep(chance.uniform(0.5, 2.0))
    await leader.start()
    await cluster.leader(subjects.EVENTS_STREAM)
    return leader.name


async def until_all_are_current(client: Client) -> None:
    """Wait until every node has the whole log. An election takes up to nine seconds."""
    async with asyncio.timeout(60):
        while True:
            with suppress(nats.errors.Error):
                cluster = (await client.jetstream(timeout=2).stream_info(subjects.EVENTS_STREAM)).cluster
                followers = (cluster.replicas or []) if cluster else []
                if len(followers) == 2 and all(each.current for each in followers):
                    return
            await asyncio.sleep(0.1)
