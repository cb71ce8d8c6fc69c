"""Reactions on the real broker: acknowledged by outcome, tried again, put aside with a reason."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

from nats.aio.client import Client
from prometheus_client import REGISTRY

from shared.bus import subjects
from shared.bus.codec import Vault, encode
from shared.bus.jetstream import JetStreamLog
from shared.bus.letters import Letter, Note, read_letters, watch_open, write_note
from shared.bus.log import Append, Context
from shared.bus.reactions import Reaction, broker_for
from shared.contracts.catalogue import catalogue
from shared.contracts.ingest import TeamJoined, UserInvited
from shared.core.errors import Conflict, InvalidInput
from shared.core.events import Recorded
from shared.core.time_and_ids import now
from shared.keys import KeyRing
from shared.local.nats_server import NatsServer

CONTEXT = Context(UUID(int=7), "tester")


DURABLE = "tests-look-at-invitations"
Handle = Callable[[Recorded], Awaitable[None]]


@asynccontextmanager
async def reacting(
    server: NatsServer, handler: Handle, *more: Reaction, vault: Vault | None = None
) -> AsyncIterator[None]:
    """A service that does nothing but this."""
    reaction = Reaction(DURABLE, subjects.ALL_ORGANIZATIONS, UserInvited, handler)
    broker = broker_for([reaction, *more], server.url, catalogue(), "tests", vault)
    await broker.start()
    try:
        yield
    finally:
        await broker.stop()


async def invite(client: Client, email: str, vault: Vault | None = None) -> int:
    """One event of interest; its position."""
    event = UserInvited(user_id=uuid4(), email=email, role="member")
    log = JetStreamLog(client, catalogue(), vault=vault)
    return await log.append(Append(subjects.organization(uuid4()), [event], 0, "c", CONTEXT))


def email_of(recorded: Recorded) -> str:
    """Who was invited."""
    assert isinstance(recorded.event, UserInvited)
    return recorded.event.email


async def letters(client: Client) -> list[Letter]:
    """The open letters."""
    return list((await read_letters(client)).letters.values())


async def letters_become(client: Client, count: int) -> list[Letter]:
    """The open letters once there are so many."""
    async with asyncio.timeout(15):
        while len(found := await letters(client)) != count:
            await asyncio.sleep(0.05)
    return found


async def until(true: Callable[[], bool]) -> None:
    """Wait a little."""
    async with asyncio.timeout(15):
        while not true():
            await asyncio.sleep(0.02)


async def test_a_handler_that_is_in_conflict_twice_runs_to_its_end(
    nats_server: NatsServer, nats_client: Client
) -> None:
    calls: list[Recorded] = []

    async def handler(recorded: Recorded) -> None:
        calls.append(recorded)
        if len(calls) < 3:
            raise Conflict("another was faster")

    async with reacting(nats_server, handler):
        await invite(nats_client, "ada@crm.example")
        await until(lambda: len(calls) == 3)
        await asyncio.sleep(0.3)
    assert len({call.id for call in calls}) == 1
    assert len(calls) == 3
    info = await nats_client.jetstream().consumer_info(subjects.EVENTS_STREAM, DURABLE)
    assert info.num_ack_pending == 0


async def test_what_can_never_be_handled_is_put_aside_with_its_reason_and_the_next_is_handled(
    nats_server: NatsServer, nats_client: Client
) -> None:
    handled: list[str] = []

    async def handler(recorded: Recorded) -> None:
        if email_of(recorded) == "bad@crm.example":
            raise InvalidInput("no such domain")
        handled.append(email_of(recorded))

    told = {"service": "tests", "kind": "reaction"}
    before = REGISTRY.get_sample_value("retold_dead_letters_total", told) or 0
    async with reacting(nats_server, handler):
        position = await invite(nats_client, "bad@crm.example")
        await invite(nats_client, "good@crm.example")
        await until(lambda: handled == ["good@crm.example"])
        (letter,) = await letters_become(nats_client, 1)
    assert (letter.id, letter.tries, letter.last.by) == (f"{DURABLE}@{position}", 1, "tests")
    assert letter.last.reason == "InvalidInput: no such domain"
    assert REGISTRY.get_sample_value("retold_dead_letters_total", told) == before + 1


async def test_what_cannot_be_read_is_put_aside_at_its_first_delivery(
    nats_server: NatsServer, nats_client: Client
) -> None:
    handled: list[str] = []

    async def handler(recorded: Recorded) -> None:
        handled.append(email_of(recorded))

    subject = subjects.organization(uuid4()).subject()
    event = UserInvited(user_id=uuid4(), email="bad@crm.example", role="member")
    stored = encode(Append(subjects.organization(uuid4()), [event], 0, "c", CONTEXT), now())
    async with reacting(nats_server, handler):
        await nats_client.jetstream().publish(subject, b"no envelope")
        await nats_client.jetstream().publish(subject, stored.replace(b'"member"', b'"emperor of bad@crm.example"'))
        await invite(nats_client, "good@crm.example")
        found = await letters_become(nats_client, 2)
    assert handled == ["good@crm.example"]
    assert [letter.tries for letter in found] == [1, 1]
    assert all(letter.last.reason.startswith("Undecodable: ") for letter in found)
    assert not any("bad@" in letter.last.reason for letter in found)


async def test_another_event_that_cannot_be_read_is_no_concern_of_a_reaction(
    nats_server: NatsServer, nats_client: Client
) -> None:
    handled: list[str] = []

    async def handler(recorded: Recorded) -> None:
        handled.append(email_of(recorded))

    org = subjects.organization(uuid4())
    invited = UserInvited(user_id=uuid4(), email="good@crm.example", role="member")
    joined = TeamJoined(team_id=uuid4(), user_id=uuid4(), role="viewer")
    stored = encode(Append(org, [joined, invited], 0, "c", CONTEXT), now())
    async with reacting(nats_server, handler):
        await nats_client.jetstream().publish(org.subject(), stored.replace(b'"viewer"', b'"emperor"'))
        await until(lambda: handled == ["good@crm.example"])
    assert await letters(nats_client) == []


async def test_a_reaction_that_never_succeeds_blocks_no_other(nats_server: NatsServer, nats_client: Client) -> None:
    handled: list[str] = []

    async def broken(recorded: Recorded) -> None:
        raise RuntimeError(f"cannot digest {email_of(recorded)}")

    async def sound(recorded: Recorded) -> None:
        handled.append(email_of(recorded))

    other = Reaction("tests-go-on", subjects.ALL_ORGANIZATIONS, UserInvited, sound)
    everyone = [f"user{n}@crm.example" for n in range(30)]
    async with reacting(nats_server, broken, other):
        for email in everyone:
            await invite(nats_client, email)
        await until(lambda: sorted(handled) == sorted(everyone))


async def test_a_dead_letter_is_handled_when_a_person_asks_for_another_try(
    nats_server: NatsServer, nats_client: Client
) -> None:
    handled: list[str] = []
    mended = asyncio.Event()

    async def handler(recorded: Recorded) -> None:
        if email_of(recorded) == "bad@crm.example" and not mended.is_set():
            raise InvalidInput("no such domain")
        handled.append(email_of(recorded))

    async with reacting(nats_server, handler):
        position = await invite(nats_client, "bad@crm.example")
        await letters_become(nats_client, 1)
        ask = Note(position, at=now(), by="a person")
        await write_note(nats_client, DURABLE, "retry", ask)
        async with asyncio.timeout(15):
            while (found := await letters(nats_client))[0].tries < 2:
                await asyncio.sleep(0.05)
        assert [kind for kind, _ in found[0].notes] == ["letter", "retry", "letter"]
        mended.set()
        await write_note(nats_client, DURABLE, "retry", ask)
        await letters_become(nats_client, 0)
    assert handled == ["bad@crm.example"]


async def test_the_number_of_open_letters_is_told_as_it_changes(nats_client: Client) -> None:
    told: list[int] = []
    watching = asyncio.create_task(watch_open(nats_client, ["a-reaction"], told.append))
    await write_note(nats_client, "a-reaction", "letter", Note(7))
    await write_note(nats_client, "another-reaction", "letter", Note(7))
    await until(lambda: told[-1:] == [1])
    await write_note(nats_client, "a-reaction", "dropped", Note(7))
    await until(lambda: told[-1:] == [0])
    watching.cancel()
    assert [letter.durable for letter in await letters(nats_client)] == ["another-reaction"]


async def test_a_letter_of_the_release_before_is_read(nats_client: Client) -> None:
    old = b'{"position": 5, "subject": "somewhere", "reason": "no such domain"}'
    await nats_client.jetstream().publish(subjects.dead_letters_of(DURABLE), old)
    (letter,) = await letters(nats_client)
    assert (letter.position, letter.tries, letter.last.reason) == (5, 1, "no such domain")


async def test_a_reaction_is_given_personal_values_in_clear(nats_server: NatsServer, nats_client: Client) -> None:
    seen: list[str] = []

    async def handler(recorded: Recorded) -> None:
        seen.append(email_of(recorded))

    master = bytes(range(32))
    await invite(nats_client, "ada@crm.example", KeyRing(nats_client, master))
    async with reacting(nats_server, handler, vault=KeyRing(nats_client, master)):
        await until(lambda: bool(seen))
    assert seen == ["ada@crm.example"]


async def test_what_happened_before_the_first_start_is_reacted_to_once(
    nats_server: NatsServer, nats_client: Client
) -> None:
    seen: list[str] = []

    async def handler(recorded: Recorded) -> None:
        seen.append(email_of(recorded))

    await invite(nats_client, "early@crm.example")
    async with reacting(nats_server, handler):
        await until(lambda: seen == ["early@crm.example"])
    async with reacting(nats_server, handler):
        await invite(nats_client, "late@crm.example")
        await until(lambda: "late@crm.example" in seen)
    assert seen == ["early@crm.example", "late@crm.example"]
