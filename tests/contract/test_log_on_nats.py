"""What only the real log does: it is long, its server stops and starts, and nothing can be taken out of it."""

import asyncio
from uuid import uuid4

from nats.aio.client import Client

from shared.bus import subjects
from shared.bus.jetstream import JetStreamLog
from shared.bus.log import Append
from shared.bus.puller import Puller
from shared.local.nats_server import NatsServer
from tests.contract.test_log import CONTEXT, append, collect, invited, jetstream, some_stream

__all__ = ["jetstream"]  # a fixture


async def test_thousands_of_events_are_read_completely_and_in_order(jetstream: JetStreamLog) -> None:
    job = uuid4()
    rows = [Append(subjects.row(job, n), [invited(f"p{n}@crm.example")], 0, "c", CONTEXT) for n in range(2600)]
    for start in range(0, len(rows), 200):
        await asyncio.gather(*(jetstream.append(each) for each in rows[start : start + 200]))
    followed = await collect(jetstream, subjects.rows_of(job), len(rows))
    positions = [each.position for each in followed]
    assert positions == sorted(set(positions))
    assert len(positions) == len(rows)
    assert [each.position for each in await jetstream.read(subjects.rows_of(job))] == positions


async def test_who_follows_loses_and_repeats_nothing_when_consumer_and_server_are_lost(
    jetstream: JetStreamLog, nats_client: Client, nats_server: NatsServer
) -> None:
    stream, position = some_stream(), 0
    following = asyncio.create_task(collect(jetstream, stream.canonical_filter, 30))

    async def more(count: int) -> None:
        nonlocal position
        for _ in range(count):
            position = await jetstream.append(append(stream, invited(), expected=position, command=str(position)))

    await more(10)
    api = nats_client.jetstream()
    for consumer in await api.consumers_info(subjects.EVENTS_STREAM):
        if not consumer.config.durable_name:
            await api.delete_consumer(subjects.EVENTS_STREAM, consumer.name)
    await more(10)
    await nats_server.stop()
    await nats_server.start()
    await more(10)
    positions = [each.position for each in await following]
    assert positions == sorted(set(positions))
    assert len(positions) == 30


async def test_who_stops_following_just_when_something_arrives_is_let_go(nats_client: Client) -> None:
    puller = Puller(nats_client, subjects.EVENTS_STREAM, [subjects.ALL_EVENTS], 0)

    async def follow() -> None:
        async with puller:
            async for _ in puller.batches():
                pass

    following = asyncio.create_task(follow())
    await asyncio.sleep(0.2)
    puller._arrived.set()  # the same turn of the loop for both, which no server can be asked for
    await asyncio.sleep(0)
    following.cancel()
    await asyncio.wait([following], timeout=2)
    assert following.cancelled()


async def test_nothing_can_be_taken_out_of_the_log(jetstream: JetStreamLog, nats_client: Client) -> None:
    await jetstream.append(append(some_stream(), invited()))
    config = (await nats_client.jetstream().stream_info(subjects.EVENTS_STREAM)).config
    assert (config.deny_delete, config.deny_purge, config.max_age, config.max_bytes) == (True, True, 0, -1)
    assert config.compression == "s2"
    assert config.duplicate_window == 600
