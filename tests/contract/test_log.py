"""One contract, four logs: JetStream on one node and on three, and its twin in memory that answers as either."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from copy import copy
from uuid import UUID, uuid4

import pytest
from nats.aio.client import Client

from shared.bus import subjects
from shared.bus.jetstream import JetStreamLog
from shared.bus.log import Append, Batch, Context, Log
from shared.bus.memory import Faults, MemoryLog
from shared.bus.subjects import Stream
from shared.contracts.catalogue import catalogue
from shared.contracts.ingest import OrganizationFounded, TeamFormed, TeamJoined, UserInvited
from shared.core.errors import Conflict, TooLarge
from shared.core.events import Catalogue, Event, Recorded
from shared.local import NatsCluster
from tests.chaos.clusters import cluster_in_a_folder, empty_log

CONTEXT = Context(UUID(int=7), "tester", "correlation", "cause")


@pytest.fixture(scope="module")
async def cluster() -> AsyncIterator[NatsCluster]:
    """Three nodes for all tests of this file."""
    async with cluster_in_a_folder() as running:
        yield running


@pytest.fixture
async def replicated(cluster: NatsCluster) -> AsyncIterator[JetStreamLog]:
    """The real one on three nodes, empty."""
    async with empty_log(cluster) as client:
        yield JetStreamLog(client, catalogue())


@pytest.fixture(params=["memory as one node", "memory as three", "one node", "three nodes"])
def log(request: pytest.FixtureRequest) -> Log:
    """Each log, empty."""
    match request.param:
        case "memory as one node":
            return MemoryLog(catalogue(), faults=Faults(nodes=1))
        case "memory as three":
            return MemoryLog(catalogue(), faults=Faults(nodes=3))
        case "one node":
            return request.getfixturevalue("jetstream")  # type: ignore[no-any-return]
        case _:
            return request.getfixturevalue("replicated")  # type: ignore[no-any-return]


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


async def test_a_command_repeated_on_top_of_newer_events_keeps_its_first_place(log: Log) -> None:
    stream = some_stream()
    first = await log.append(append(stream, invited()))
    second = await log.append(append(stream, invited("grace@crm.example"), expected=first, command="another"))
    assert await log.append(append(stream, invited(), expected=second)) == first
    assert len(await log.load(stream)) == 2


async def test_a_command_repeated_on_a_stale_view_is_never_stored_again(log: Log) -> None:
    stream = some_stream()
    first = await log.append(append(stream, invited()))
    second = await log.append(append(stream, invited("grace@crm.example"), expected=first, command="another"))
    third = await log.append(append(stream, invited("joan@crm.example"), expected=second, command="a third"))
    with suppress(Conflict):  # one node refuses: decided anew it gets its first place, as above
        assert await log.append(append(stream, invited(), expected=second)) == first
    assert [each.position for each in await log.load(stream)] == [first, second, third]


async def test_many_appends_at_once_keep_their_order_and_are_all_tried(log: Log) -> None:
    streams = [some_stream() for _ in range(4)]
    await log.append(append(streams[1], invited()))
    with pytest.raises(Conflict):
        await log.append_all([append(each, invited("grace@crm.example"), command="many") for each in streams])
    assert [len(await log.load(each)) for each in streams] == [1, 1, 1, 1]
    fresh = [append(some_stream(), invited()) for _ in range(50)]
    positions = await log.append_all(fresh)
    assert positions == sorted(set(positions))
    assert [(await log.load(each.stream)).position for each in fresh] == positions
    assert await log.append_all(fresh) == positions


async def test_the_first_event_of_a_stream_is_found_alone(log: Log) -> None:
    stream = some_stream()
    assert await log.first(stream) is None
    first = await log.append(append(stream, invited()))
    await log.append(append(stream, invited("grace@crm.example"), expected=first, command="another"))
    found = await log.first(stream)
    assert found is not None
    assert (found.position, found.event) == (first, invited())


async def test_an_empty_stream_stands_where_it_was_asked_from(log: Log) -> None:
    stream = some_stream()
    assert (await log.load(stream)).position == 0
    position = await log.append(append(stream, invited()))
    assert (await log.load(stream, position)).position == position


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


def reading(log: Log, known: Catalogue) -> Log:
    """The same log as a release sees it that knows other types."""
    other = copy(log)
    other._catalogue = known  # type: ignore[attr-defined]
    return other


async def test_types_that_a_reader_does_not_know_are_left_out_and_still_counted(log: Log) -> None:
    stream = some_stream()
    founded = OrganizationFounded(organization_id=uuid4(), name="A", owner_id=uuid4(), owner_email="a@b.cd")
    await log.append(append(stream, founded, invited()))
    older, oldest = reading(log, Catalogue([UserInvited])), reading(log, Catalogue())
    assert [type(each.event) for each in await older.load(stream)] == [UserInvited]
    position = await log.append(append(stream, founded, expected=await log.last_position(), command="another"))
    assert [(list(seen), seen.position) for seen in [await oldest.load(stream)]] == [([], position)]
    async with asyncio.timeout(10), aclosing(older.follow((stream.canonical_filter,))) as batches:
        seen = [batch async for batch in until(batches, position)]
    assert [type(each.event) for batch in seen for each in batch.events] == [UserInvited]


async def until(batches: AsyncGenerator[Batch, None], position: int) -> AsyncIterator[Batch]:
    """The batches up to a position."""
    async for batch in batches:
        yield batch
        if batch.position >= position:
            return


async def test_what_a_reader_cannot_decode_is_told_with_its_place_and_the_rest_goes_on(log: Log) -> None:
    class UserInvited(Event):  # the shape that a later release made of it
        badge: int

    stream = some_stream()
    first = await log.append(append(stream, invited()))
    founded = OrganizationFounded(organization_id=uuid4(), name="A", owner_id=uuid4(), owner_email="a@b.cd")
    second = await log.append(append(stream, founded, expected=first, command="another"))
    other = reading(log, Catalogue([UserInvited, OrganizationFounded]))
    async with asyncio.timeout(10), aclosing(other.follow((stream.canonical_filter,))) as batches:
        seen = [batch async for batch in until(batches, second)]
    (unreadable,) = [each for batch in seen for each in batch.unreadable]
    assert (unreadable.position, unreadable.subject, unreadable.org) == (first, stream.subject(), CONTEXT.org)
    assert "UserInvited" in unreadable.reason
    assert "ada@crm.example" not in unreadable.reason
    assert [each.event for batch in seen for each in batch.events] == [founded]


async def test_a_decision_over_the_limit_is_refused_with_both_sizes(log: Log) -> None:
    with pytest.raises(TooLarge, match=r"8,388,608"):
        await log.append(append(some_stream(), invited("x" * 8_400_000)))
