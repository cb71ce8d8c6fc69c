"""The queue of dispatched rows: no more in hand than there are slots, and nothing stops it for long."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from shared.bus import subjects
from shared.bus.connection import connect
from shared.bus.jetstream import JetStreamLog
from shared.bus.log import Append, Context
from shared.bus.presence import Presence, Present
from shared.bus.topology import PRESENCE_BUCKET, RUNNERS, runners_consumer
from shared.bus.work_queue import WorkQueue
from shared.contracts.catalogue import catalogue
from shared.contracts.scheduler import RowDispatched
from shared.core.time_and_ids import new_id
from shared.local.nats_server import NatsServer

LEASE = timedelta(seconds=30)


class Taker:
    """Somebody who takes rows and does nothing with them."""

    def __init__(self, client: Client, slots: int) -> None:
        self.taken: list[Msg] = []
        self.stopping = asyncio.Event()
        self.queue = WorkQueue(client, subjects.EVENTS_STREAM, runners_consumer(LEASE, 1), slots, self.taken.append)

    async def end(self, message: Msg) -> None:
        await message.ack()
        await self.queue.free()


@asynccontextmanager
async def taking(client: Client, slots: int) -> AsyncIterator[Taker]:
    taker = Taker(client, slots)
    running = asyncio.create_task(taker.queue.run(taker.stopping))
    try:
        yield taker
    finally:
        taker.stopping.set()
        await asyncio.wait_for(running, 5)


async def dispatch(client: Client, rows: int) -> UUID:
    job = new_id()
    await JetStreamLog(client, catalogue()).append_all(
        [
            Append(
                subjects.row(job, row),
                [RowDispatched(job_id=job, row=row, attempt=1, attempts=1, recording_id=job, revision=1)],
                0,
                "dispatch",
                Context(new_id(), "test"),
                "cmd",
            )
            for row in range(rows)
        ]
    )
    return job


async def until(held: Callable[[], bool], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not held():
            await asyncio.sleep(0.01)


async def test_a_worker_holds_no_more_rows_than_it_has_slots(nats_client: Client):
    await dispatch(nats_client, 9)
    async with taking(nats_client, 3) as busy, taking(nats_client, 2) as other:
        await until(lambda: len(busy.taken) + len(other.taken) == 5)
        await asyncio.sleep(0.3)
        assert (len(busy.taken), len(other.taken)) == (3, 2)
        await other.end(other.taken[0])
        await until(lambda: len(other.taken) == 3)
        await asyncio.sleep(0.2)
        assert (len(busy.taken), len(other.taken)) == (3, 3)


async def test_every_row_is_taken_once_however_the_slots_become_free(nats_client: Client):
    async with taking(nats_client, 4) as taker:
        await dispatch(nats_client, 200)
        ended = 0
        async with asyncio.timeout(20):
            while ended < 200:
                waiting = taker.taken[ended:]
                assert len(waiting) <= 4
                await asyncio.gather(*(taker.end(message) for message in waiting))
                ended += len(waiting)
                await asyncio.sleep(0)
        assert len({message.subject for message in taker.taken}) == 200


async def test_rows_on_their_way_to_a_worker_that_stops_are_at_once_another_ones(
    nats_server: NatsServer, nats_client: Client
):
    elsewhere = await connect(nats_server.url, "scheduler")

    async def keep_dispatching() -> None:
        for _ in range(9):
            await dispatch(elsewhere, 100)
            await asyncio.sleep(0.05)

    async with taking(nats_client, 1000) as first:
        dispatching = asyncio.create_task(keep_dispatching())
        await until(lambda: len(first.taken) > 5)
    in_hand = len(first.taken)
    await dispatching
    assert len(first.taken) == in_hand < 900
    async with taking(nats_client, 1000) as second:
        # Those in hand are its own matter; their leases last longer than this test.
        await until(lambda: len(second.taken) == 900 - in_hand, 5)
    await elsewhere.close()


@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_rows_are_taken_again_after_a_restart_of_nats(nats_server: NatsServer, nats_client: Client, end: str):
    async with taking(nats_client, 5) as taker:
        await dispatch(nats_client, 1)
        await until(lambda: len(taker.taken) == 1)
        await getattr(nats_server, end)()
        await asyncio.sleep(0.2)
        await nats_server.start()
        fresh = await connect(nats_server.url, "fresh")
        job = await dispatch(fresh, 2)
        await until(lambda: sum(str(job) in message.subject for message in taker.taken) == 2, 4)
        await fresh.close()


async def test_a_removed_queue_is_made_again(nats_client: Client):
    async with taking(nats_client, 5) as taker:
        await until(lambda: taker.queue._asked == 5)
        await nats_client.jetstream().delete_consumer(subjects.EVENTS_STREAM, RUNNERS)
        await dispatch(nats_client, 2)
        await until(lambda: len(taker.taken) == 2, 3)


async def test_a_queue_removed_while_all_slots_were_busy_is_made_again(nats_client: Client):
    async with taking(nats_client, 1) as taker:
        await dispatch(nats_client, 1)
        await until(lambda: len(taker.taken) == 1)
        await nats_client.jetstream().delete_consumer(subjects.EVENTS_STREAM, RUNNERS)
        job = await dispatch(nats_client, 1)
        for _ in range(2):  # the first row comes again with the new queue: its acknowledgement went with the old one
            await taker.end(taker.taken[-1])
            count = len(taker.taken)
            await until(lambda: len(taker.taken) > count or str(job) in taker.taken[-1].subject)  # noqa: B023
        assert str(job) in taker.taken[-1].subject


async def test_a_new_connection_takes_rows_again(nats_client: Client):
    async with taking(nats_client, 5) as taker:
        await until(lambda: taker.queue._asked == 5)
        nats_client._transport._io_writer.close()  # as a proxy does that cuts the connection
        await until(lambda: nats_client.stats["reconnects"] == 1)
        await dispatch(nats_client, 7)
        await until(lambda: len(taker.taken) == 5)


async def test_who_is_there_is_known_and_who_leaves_is_gone(nats_client: Client):
    presence = Presence(nats_client)
    assert await presence.all() == {}
    async with presence.told("host.example-1-a/b c", Present(4)), presence.told("w-2", Present(2, "eu")):
        async with asyncio.timeout(5):
            while len(found := await presence.all()) < 2:
                await asyncio.sleep(0.02)
        assert found == {"host.example-1-a/b_c": Present(4), "w-2": Present(2, "eu")}
    assert await presence.all() == {}


async def test_presence_is_told_again_where_it_was_forgotten(nats_client: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("shared.bus.presence.TELL_SECONDS", 0.1)
    presence = Presence(nats_client)
    async with presence.told("w", Present(4)):
        await asyncio.sleep(0.3)
        await nats_client.jetstream().delete_key_value(PRESENCE_BUCKET)
        await asyncio.sleep(1.5)
        assert await presence.all() == {"w": Present(4)}
