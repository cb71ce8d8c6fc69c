"""Reactions on the real broker: acknowledged by outcome, tried again, put aside with a reason."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

from nats.aio.client import Client

from shared.bus import subjects
from shared.bus.jetstream import JetStreamLog
from shared.bus.log import Append, Context
from shared.bus.reactions import Reaction, broker_for
from shared.contracts.catalogue import catalogue
from shared.contracts.ingest import UserInvited
from shared.core.errors import Conflict, InvalidInput
from shared.core.events import Recorded
from shared.local.nats_server import NatsServer

CONTEXT = Context(UUID(int=7), "tester")


@asynccontextmanager
async def reacting(server: NatsServer, handler: Callable[[Recorded], Awaitable[None]]) -> AsyncIterator[None]:
    """A service that does nothing but this."""
    reaction = Reaction("tests-look-at-invitations", subjects.ALL_ORGANIZATIONS, UserInvited, handler)
    broker = broker_for([reaction], server.url, catalogue(), "tests")
    await broker.start()
    try:
        yield
    finally:
        await broker.stop()


async def invite(client: Client, email: str) -> None:
    """One event of interest."""
    event = UserInvited(user_id=uuid4(), email=email, role="member")
    log = JetStreamLog(client, catalogue())
    await log.append(Append(subjects.organization(uuid4()), [event], 0, "c", CONTEXT))


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
    info = await nats_client.jetstream().consumer_info(subjects.EVENTS_STREAM, "tests-look-at-invitations")
    assert info.num_ack_pending == 0


async def test_what_can_never_be_handled_is_put_aside_with_its_reason_and_the_next_is_handled(
    nats_server: NatsServer, nats_client: Client
) -> None:
    handled: list[str] = []

    async def handler(recorded: Recorded) -> None:
        assert isinstance(recorded.event, UserInvited)
        if recorded.event.email == "bad@crm.example":
            raise InvalidInput("no such domain")
        handled.append(recorded.event.email)

    async with reacting(nats_server, handler):
        await invite(nats_client, "bad@crm.example")
        await invite(nats_client, "good@crm.example")
        await until(lambda: handled == ["good@crm.example"])
        letter = await nats_client.jetstream().get_last_msg(
            subjects.DEAD_LETTERS_STREAM, subjects.dead_letters_of("tests-look-at-invitations")
        )
    assert json.loads(letter.data or b"{}")["reason"] == "no such domain"


async def test_what_happened_before_the_first_start_is_reacted_to_once(
    nats_server: NatsServer, nats_client: Client
) -> None:
    seen: list[str] = []

    async def handler(recorded: Recorded) -> None:
        assert isinstance(recorded.event, UserInvited)
        seen.append(recorded.event.email)

    await invite(nats_client, "early@crm.example")
    async with reacting(nats_server, handler):
        await until(lambda: seen == ["early@crm.example"])
    async with reacting(nats_server, handler):
        await invite(nats_client, "late@crm.example")
        await until(lambda: "late@crm.example" in seen)
    assert seen == ["early@crm.example", "late@crm.example"]
