"""The SDK against a server that speaks the Messages API: every way in which a service can fail, within the time."""

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest

from services.healer.adapters.claude import Claude, Reply
from shared.testing.model import BROKEN, FORCED, GARBAGE, HALF, KEY, RESET, Model, Said, busy, chooses

REQUEST: dict[str, Any] = {"model": "m", "max_tokens": 10, "messages": [{"role": "user", "content": []}]}


@pytest.fixture
def model() -> Iterator[Model]:
    with Model() as running:
        yield running


async def ask(model: Model, seconds: float = 8.0, key: str = KEY, **more: Any) -> Reply:
    async with Claude(key, model.url) as claude:
        return await claude.ask(REQUEST | more, seconds)


async def test_an_answer_comes_back_as_it_was_sent(model: Model) -> None:
    model.script = [chooses(2)]
    reply = await ask(model)
    assert reply.body is not None
    assert '"choice": 2' in reply.body
    assert reply.tries == 1


async def test_what_is_no_message_comes_back_too(model: Model) -> None:
    model.script = [GARBAGE]
    assert (await ask(model)).body == "<html>it works!</html>"


@pytest.mark.parametrize("status", [429, 529])
async def test_a_busy_model_is_asked_again_after_as_long_as_it_says(model: Model, status: int) -> None:
    model.script = [busy(status, "1"), chooses(1)]
    began = time.monotonic()
    reply = await ask(model)
    assert (reply.tries, reply.body is not None) == (2, True)
    assert 1.0 <= time.monotonic() - began < 4.0


async def test_a_model_that_stays_busy_is_given_up_and_cost_nothing(model: Model) -> None:
    model.otherwise = busy(529)
    reply = await ask(model)
    assert (reply.outcome, reply.tries, reply.free) == ("overloaded", 3, True)


@pytest.mark.parametrize("wish", ["60", "Sun, 22 Nov 2026 10:00:00 GMT"])
async def test_nobody_waits_longer_than_there_is_time(model: Model, wish: str) -> None:
    model.otherwise = busy(429, wish)
    began = time.monotonic()
    reply = await ask(model, seconds=0.9)
    assert (reply.outcome, reply.tries) == ("overloaded", 1)
    assert time.monotonic() - began < 0.9


async def test_a_server_that_fails_is_asked_again(model: Model) -> None:
    model.script = [BROKEN, chooses(1)]
    assert (await ask(model)).tries == 2


async def test_a_connection_that_breaks_is_tried_again_and_may_have_been_paid_for(model: Model) -> None:
    model.otherwise = RESET
    reply = await ask(model)
    assert (reply.outcome, reply.tries, reply.free, reply.body) == ("error", 3, False, None)


async def test_half_an_answer_is_none(model: Model) -> None:
    model.script, model.otherwise = [HALF], busy()
    reply = await ask(model)
    assert (reply.outcome, reply.body) == ("overloaded", None)
    assert not reply.free, "the first answer may have been billed"


async def test_a_model_that_says_nothing_is_given_up_in_time_and_not_asked_again(model: Model) -> None:
    model.otherwise = Said(chooses(1).body, delay=2)
    began = time.monotonic()
    reply = await ask(model, seconds=0.5)
    assert (reply.outcome, reply.tries, reply.free) == ("timeout", 1, False)
    assert time.monotonic() - began < 1.5


async def test_a_slow_answer_within_the_time_is_taken(model: Model) -> None:
    model.otherwise = Said(chooses(1).body, delay=0.7)
    assert (await ask(model)).body is not None


async def test_a_key_that_is_refused_is_told_apart_and_not_tried_again(model: Model) -> None:
    reply = await ask(model, key="wrong")
    assert (reply.outcome, reply.tries, reply.free, reply.key_refused) == ("error", 1, True, True)
    assert "ANTHROPIC_API_KEY" in reply.reason


async def test_a_request_that_the_service_does_not_take_says_why(model: Model) -> None:
    reply = await ask(model, tool_choice={"type": "any"})
    assert (reply.outcome, reply.tries) == ("error", 1)
    assert FORCED in reply.reason


async def test_where_nothing_answers_nothing_was_paid() -> None:
    with Model() as gone:
        address = gone.url
    async with Claude(KEY, address) as claude:
        reply = await claude.ask(REQUEST, 5.0)
    assert (reply.outcome, reply.free) == ("error", True)
    assert "cannot be reached" in reply.reason


async def test_asking_can_be_cancelled(model: Model) -> None:
    model.otherwise = Said(delay=5)
    asking = asyncio.create_task(ask(model))
    await asyncio.sleep(0.2)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
