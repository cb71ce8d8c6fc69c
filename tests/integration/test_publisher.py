"""Many appends at once: each acknowledged by itself, none lost when NATS goes away in between."""

import asyncio
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from nats.aio.client import Client
from nats.js.errors import APIError, NoStreamResponseError

from shared.bus import publisher, subjects
from shared.bus.connection import LeanClient
from shared.bus.jetstream import JetStreamLog
from shared.bus.log import Append, Context
from shared.bus.publisher import Publisher
from shared.contracts.catalogue import catalogue
from shared.contracts.runner import RowStarted
from shared.core.errors import Conflict, TooLarge
from shared.local.nats_server import NatsServer

ORG = UUID(int=7)


def starts(job: UUID, rows: int) -> Iterator[Append]:
    """One append for each row."""
    for row in range(rows):
        event = RowStarted(job_id=job, row=row, attempt=1, worker_id="w", delivery=1)
        yield Append(subjects.row(job, row), [event], 0, "start", Context(ORG, "test"))


async def test_many_appends_are_stored_once_each_and_in_order(nats_client: Client) -> None:
    log = JetStreamLog(nats_client, catalogue())
    job, many = uuid4(), 3 * publisher.WINDOW
    positions = await log.append_all(list(starts(job, many)))
    assert positions == list(range(1, many + 1))
    assert await log.append_all(list(starts(job, 10))) == positions[:10]
    assert await log.last_position() == many


async def test_one_refused_append_does_not_hold_up_the_others(nats_client: Client) -> None:
    log = JetStreamLog(nats_client, catalogue())
    job = uuid4()
    appends = list(starts(job, 5))
    other = RowStarted(job_id=job, row=2, attempt=1, worker_id="other", delivery=2)
    await log.append(Append(subjects.row(job, 2), [other], 0, "another", Context(ORG, "test")))
    with pytest.raises(Conflict):
        await log.append_all(appends)
    assert len(await log.read(subjects.rows_of(job))) == 5
    assert [item.event for item in await log.load(subjects.row(job, 2))] == [other]


async def test_a_decision_that_is_too_large_is_refused_with_its_size(nats_client: Client) -> None:
    log = JetStreamLog(nats_client, catalogue())
    event = RowStarted(job_id=uuid4(), row=0, attempt=1, worker_id="w" * 8_400_000, delivery=1)
    with pytest.raises(TooLarge, match="bytes and the log takes"):
        await log.append(Append(subjects.row(event.job_id, 0), [event], 0, "start", Context(ORG, "test")))


async def test_appends_survive_a_killed_server(nats_client: Client, nats_server: NatsServer) -> None:
    log = JetStreamLog(nats_client, catalogue(), timeout=1.0)
    job, many = uuid4(), 4000
    appending = asyncio.create_task(log.append_all(list(starts(job, many))))
    while len(await log.read(subjects.rows_of(job))) < 100:
        await asyncio.sleep(0.001)
    await nats_server.kill()
    await nats_server.start()
    positions = await asyncio.wait_for(appending, timeout=60)
    assert sorted(set(positions)) == list(range(1, many + 1))
    assert await log.last_position() == many


async def test_a_refusal_and_a_missing_stream_are_told_apart(nats_client: Client) -> None:
    sender = Publisher(nats_client)
    with pytest.raises(NoStreamResponseError):
        await (await sender.send("nobody.listens", b"", {}))
    headers = {"Nats-Expected-Last-Subject-Sequence": "17"}
    with pytest.raises(APIError, match="10071"):
        await (await sender.send("evt.test.x.1.evt", b"{}", headers))


async def test_no_answer_is_a_time_out(nats_client: Client, nats_server: NatsServer) -> None:
    sender = Publisher(nats_client, timeout=0.3)
    await (await sender.send("evt.test.x.1.evt", b"{}", {}))
    await nats_server.kill()
    with pytest.raises(TimeoutError):
        await (await sender.send("evt.test.x.1.evt", b"{}", {}))
    await nats_server.start()


async def test_the_history_of_a_stream_ends_at_its_last_message_known_or_not(nats_client: Client) -> None:
    log = JetStreamLog(nats_client, catalogue())
    job = uuid4()
    (append,) = starts(job, 1)
    await log.append(append)
    unknown = (
        b'{"id":"6c84fb90-12c4-11e1-840d-7b25c5ee775a","at":"2026-01-01T00:00:00Z","ctx":"row","agg":"x","actor":"a",'
        b'"org":"6c84fb90-12c4-11e1-840d-7b25c5ee775a","corr":"c","cause":null,"trace":null,'
        b'"events":[{"type":"FromTheFuture","v":1,"data":{}}]}'
    )
    await nats_client.jetstream().publish(append.stream.subject(), unknown)
    history = await log.load(append.stream)
    assert (len(history), history.position) == (1, 2)
    first = await log.first(append.stream)
    assert first == history[0]
    assert await log.first(subjects.row(job, 99)) is None
    event = append.events[0].model_copy(update={"delivery": 2})
    await log.append(Append(append.stream, [event], history.position, "again", Context(ORG, "test")))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"a: b\r\n",
        b"Nats-Sequence: 17\r\nNats-Subject: evt.x\r\nEmpty:\r\n\r\n",
        b"no colon\r\nspaced name: x\r\nk:\tv \r\n",
        "k: ünï\r\nother: x\r\n".encode(),
        b"k: a:b:c\r\nk: last one counts\r\n",
    ],
)
def test_headers_are_read_as_the_library_reads_them(raw: bytes) -> None:
    assert LeanClient._parse_header_lines(raw) == super(LeanClient, LeanClient)._parse_header_lines(raw)
