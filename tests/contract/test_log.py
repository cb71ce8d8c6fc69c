"""One contract, two logs: JetStream, and its twin in memory."""

import asyncio
from contextlib import aclosing
from uuid import UUID, uuid4

import pytest
from nats.aio.client import Client

from shared.bus import subjects
from shared.bus.jetstream import JetStreamLog
from shared.bus.log import Append, Context, Log
from shared.bus.memory import MemoryLog
from shared.bus.subjects import Stream
from shared.contracts.catalogue import catalogue
from shared.contracts.ingest import OrganizationFounded, TeamFormed, TeamJoined, UserInvited
from shared.core.errors import Conflict, TooLarge
from shared.core.events import Catalogue, Event, Recorded
from shared.local.nats_server import NatsServer

CONTEXT = Context(UUID(int=7), "tester", "correlation", "cause")


@pytest.fixture(params=["memory", "jetstream"])
def log(request: pytest.FixtureRequest, nats_client: Client) -> Log:
    """Either log, empty."""
    return MemoryLog(catalogue()) if request.param == "memory" else JetStreamLog(nats_client, catalogue())


@pytest.fixture
def jetstream(nats_client: Client) -> JetStreamLog:
    """The real one, empty."""
    return JetStreamLog(nats_client, catalogue())


def invited(email: str = "ada@crm.example") -> UserInvited:
    """Some event."""
    return UserInvited(user_id=UUID(int=3), email=email, role="member")


def append(stream: Stream, *events: Event, expected: int = 0, command: str = "command") -> Append:
    """A decision."""
    return Append(stream, events, expected, command, CONTEXT)


def some_stream() -> Stream:
    """A stream that nobody has written to."""
    return subjects.organization(uuid4())


async def collect(log: Log, subject_filter: str, count: int, after: int = 0) -> list[Recorded]:
    """The next events under a filter."""
    found: list[Recorded] = []
    async with asyncio.timeout(20):
        async with aclosing(log.follow((subject_filter,), after)) as batches:
            async for batch in batches:
                found += batch.events
                if len(found) >= count:
                    return found
    return found


async def test_what_is_appended_is_loaded_with_its_envelope(log: Log) -> None:
    stream = some_stream()
    position = await log.append(append(stream, invited()))
    (recorded,) = await log.load(stream)
    assert recorded.event == invited()
    assert (recorded.position, recorded.index, recorded.org) == (position, 0, CONTEXT.org)
    assert (recorded.actor, recorded.correlation, recorded.cause) == ("tester", "correlation", "cause")
    assert recorded.subject == stream.subject()
    assert recorded.at.tzinfo is not None


async def test_a_stream_that_has_moved_on_refuses_an_old_expectation(log: Log) -> None:
    stream = some_stream()
    await log.append(append(stream, invited()))
    with pytest.raises(Conflict):
        await log.append(append(stream, invited("grace@crm.example"), expected=0, command="another"))
    assert len(await log.load(stream)) == 1


async def test_the_expectation_holds_over_all_kinds_of_a_stream(log: Log) -> None:
    row = subjects.row(uuid4(), 0)
    first = await log.append(Append(row, [invited()], 0, "one", CONTEXT, "cmd"))
    with pytest.raises(Conflict):
        await log.append(Append(row, [invited()], 0, "two", CONTEXT, "evt"))
    await log.append(Append(row, [invited()], first, "two", CONTEXT, "evt"))
    assert [each.subject.rpartition(".")[2] for each in await log.load(row)] == ["cmd", "evt"]


async def test_a_repeated_append_is_harmless_though_the_stream_moved_on(log: Log) -> None:
    stream = some_stream()
    first = await log.append(append(stream, invited()))
    await log.append(append(stream, invited("grace@crm.example"), expected=first, command="another"))
    assert await log.append(append(stream, invited())) == first
    assert len(await log.load(stream)) == 2


async def test_the_events_of_one_decision_share_a_position_and_keep_their_order(log: Log) -> None:
    stream, owner, team = some_stream(), UUID(int=1), UUID(int=2)
    formed = TeamFormed(team_id=team, name="Back office", slug="back-office", owner_id=owner)
    joined = TeamJoined(team_id=team, user_id=owner, role="owner")
    position = await log.append(append(stream, formed, joined))
    recorded = await log.load(stream)
    assert [each.event for each in recorded] == [formed, joined]
    assert [(each.position, each.index) for each in recorded] == [(position, 0), (position, 1)]
    assert len({each.id for each in recorded}) == 2


async def test_of_concurrent_writers_exactly_one_wins(log: Log) -> None:
    for _ in range(20):
        stream = some_stream()
        attempts = [append(stream, invited(f"p{n}@crm.example"), command=f"writer {n}") for n in range(6)]
        outcomes = await asyncio.gather(*(log.append(each) for each in attempts), return_exceptions=True)
        assert sum(isinstance(outcome, int) for outcome in outcomes) == 1
        assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 5
        assert len(await log.load(stream)) == 1


async def test_loading_and_following_begin_behind_a_position(log: Log) -> None:
    stream, positions = some_stream(), [0]
    for n in range(5):
        event = invited(f"p{n}@crm.example")
        positions.append(await log.append(append(stream, event, expected=positions[-1], command=str(n))))
    assert [each.position for each in await log.load(stream, positions[3])] == positions[4:]
    assert [each.position for each in await log.read(stream.canonical_filter)] == positions[1:]
    followed = await collect(log, stream.canonical_filter, 2, positions[3])
    assert [each.position for each in followed] == positions[4:]
    assert await log.last_position() == positions[-1]
    assert await log.last_position((stream.canonical_filter, "evt.row.>")) == positions[-1]
    assert await log.last_position(("evt.row.>",)) == 0


async def test_who_follows_sees_what_is_appended_meanwhile(log: Log) -> None:
    stream = some_stream()
    following = asyncio.create_task(collect(log, subjects.ALL_ORGANIZATIONS, 2))
    await asyncio.sleep(0.1)
    first = await log.append(append(stream, invited()))
    await log.append(append(stream, invited("grace@crm.example"), expected=first, command="another"))
    assert [each.event.email for each in await following] == ["ada@crm.example", "grace@crm.example"]  # type: ignore[attr-defined]


async def test_what_postgres_cannot_store_never_enters(log: Log) -> None:
    stream = some_stream()
    await log.append(append(stream, invited("a\0b \\u0000@crm.example")))
    (recorded,) = await log.load(stream)
    assert recorded.event.email == "a\ufffdb \\u0000@crm.example"  # type: ignore[attr-defined]


async def test_types_that_a_reader_does_not_know_are_left_out(jetstream: JetStreamLog, nats_client: Client) -> None:
    stream = some_stream()
    founded = OrganizationFounded(organization_id=uuid4(), name="A", owner_id=uuid4(), owner_email="a@b.cd")
    await jetstream.append(append(stream, founded, invited()))
    older = JetStreamLog(nats_client, Catalogue([UserInvited]))
    assert [type(each.event) for each in await older.load(stream)] == [UserInvited]


async def test_a_decision_over_the_limit_is_refused_with_both_sizes(jetstream: JetStreamLog) -> None:
    with pytest.raises(TooLarge, match=r"1,048,576"):
        await jetstream.append(append(some_stream(), invited("x" * 1_100_000)))


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


async def test_nothing_can_be_taken_out_of_the_log(jetstream: JetStreamLog, nats_client: Client) -> None:
    await jetstream.append(append(some_stream(), invited()))
    config = (await nats_client.jetstream().stream_info(subjects.EVENTS_STREAM)).config
    assert (config.deny_delete, config.deny_purge, config.max_age, config.max_bytes) == (True, True, 0, -1)
    assert config.compression == "s2"
    assert config.duplicate_window == 600
