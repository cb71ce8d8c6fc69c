"""What the runners say is sealed in its own log, and read back by whoever has the key."""

from uuid import uuid4

from nats.aio.client import Client

from shared.bus import subjects
from shared.core.personal import HIDDEN
from shared.core.time_and_ids import PLATFORM_ORG
from shared.keys import KeyRing
from shared.lines import Line, Lines

MASTER = bytes(range(32))


async def read(lines: Lines) -> list[Line]:
    async for batch in lines.follow([subjects.ALL_LINES]):
        assert not batch.unreadable
        return [item.line for item in batch.events]
    raise AssertionError


async def test_lines_are_sealed_and_come_back_as_they_were(nats_client: Client) -> None:
    org, job = uuid4(), uuid4()
    told = [
        Line(org, "2026-03-01T12:00:00+00:00", "info", f"step {n}: typed Ada", job, 3, n, {"strategy": "aria"})
        for n in (1, 2)
    ]
    lines = Lines(nats_client, KeyRing(nats_client, MASTER))
    await lines.publish(subjects.lines_of(job, 3), told)
    stored = await nats_client.jetstream().get_msg(subjects.LINES_STREAM, 1)
    assert b"Ada" not in (stored.data or b"")
    assert await read(lines) == told
    hidden = await read(Lines(nats_client))
    assert [(line.message, line.metadata, line.level, line.step_number) for line in hidden] == [
        (HIDDEN, {}, "info", 1),
        (HIDDEN, {}, "info", 2),
    ]
    await KeyRing(nats_client, MASTER).erase(org)
    assert {line.message for line in await read(Lines(nats_client, KeyRing(nats_client, MASTER)))} == {HIDDEN}


async def test_samples_of_workers_belong_to_nobody_and_stay_in_clear(nats_client: Client) -> None:
    sample = Line(PLATFORM_ORG, "2026-03-01T12:00:00+00:00", "info", "sample", metadata={"worker_id": "w"})
    await Lines(nats_client, KeyRing(nats_client, MASTER)).publish(subjects.samples_of("w"), [sample])
    assert await read(Lines(nats_client)) == [sample]


async def test_lines_from_before_they_were_sealed_can_be_read(nats_client: Client) -> None:
    bare = b'[{"org":"%s","at":"2026-03-01T12:00:00+00:00","level":"info","message":"hello"}]' % str(uuid4()).encode()
    await nats_client.jetstream().publish(subjects.lines_of(uuid4(), 0), bare)
    (line,) = await read(Lines(nats_client, KeyRing(nats_client, MASTER)))
    assert line.message == "hello"
