"""Writing events: one after the other, and many at once."""

import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace

from nats.aio.client import Client

from shared.bus.jetstream import JetStreamLog
from shared.contracts.catalogue import catalogue
from tests.benchmarks.comparing import Contestant, Tell, compare
from tests.benchmarks.figures import Figure
from tests.benchmarks.peers import contestants as peers
from tests.benchmarks.places import open_client, open_log, open_place
from tests.benchmarks.samples import appends, on_wire
from tests.benchmarks.scale import Scale

GOAL, GOAL_PIPELINED = 1_500, 20_000
BATCH = 1_000  # the most that the server takes in one atomic batch
Run = Callable[[int], Awaitable[float]]


async def append_one_by_one(scale: Scale, tell: Tell) -> list[Figure]:
    """A decision after the other on one connection, each with its expectation, each acknowledged before the next."""
    contestants: list[Contestant] = []
    pairs: list[tuple[str, str]] = []
    async with AsyncExitStack() as stack:
        for always, name in scale.syncs:
            place = await stack.enter_async_context(open_place(always=always))
            client = await stack.enter_async_context(open_client(place))
            goal = None if always else GOAL
            ours = Contestant(f"append, {name}", place.sync, scale.appends, _appending(client), goal=goal)
            raw = Contestant(f"js.publish, {name}", place.sync, scale.appends, _publishing(client))
            theirs = [raw, *await peers.event_store(stack, place, scale, durable=always)]
            contestants += [ours, *theirs]
            pairs += [(ours.name, each.name) for each in theirs]
        compared = await compare(contestants, scale.rounds, tell)
    return [*compared.figures(), *(compared.ratio(*pair) for pair in pairs)]


async def append_many(scale: Scale, tell: Tell) -> list[Figure]:
    """Decisions on streams of their own, sent without waiting for each other."""
    contestants: list[Contestant] = []
    pairs: list[tuple[str, str]] = []
    async with AsyncExitStack() as stack:
        for always, name in scale.syncs:
            place = await stack.enter_async_context(open_log(always=always))
            client = await stack.enter_async_context(open_client(place))
            count = scale.pipelined // 4 if always else scale.pipelined
            goal = None if always else GOAL_PIPELINED
            ours = Contestant(f"append_all, {name}", place.sync, count, _appending_all(client), goal=goal)
            theirs = [
                Contestant(f"js.publish_async, {name}", place.sync, count, _publishing_async(client)),
                Contestant(f"atomic batches of {BATCH:,}, {name}", place.sync, count, _publishing_batches(client)),
            ]
            contestants += [ours, *theirs]
            pairs += [(ours.name, each.name) for each in theirs]
        compared = await compare(contestants, scale.rounds, tell)
    return [*compared.figures(), *(compared.ratio(*pair) for pair in pairs)]


def _appending(client: Client) -> Run:
    log = JetStreamLog(client, catalogue())

    async def run(count: int) -> float:
        began = time.perf_counter()  # making events and ids counts: without them there is nothing to send
        for stream in appends(count):
            position = 0
            for append in stream:
                position = await log.append(replace(append, expected=position))
        return time.perf_counter() - began

    return run


def _publishing(client: Client) -> Run:
    """The floor: what is sent is encoded before the clock runs."""
    jetstream = client.jetstream()

    async def run(count: int) -> float:
        streams = [[on_wire(append) for append in stream] for stream in appends(count)]
        began = time.perf_counter()
        for stream in streams:
            position = 0
            for subject, payload, headers in stream:
                headers["Nats-Expected-Last-Subject-Sequence"] = str(position)
                position = (await jetstream.publish(subject, payload, headers=headers)).seq
        return time.perf_counter() - began

    return run


def _appending_all(client: Client) -> Run:
    log = JetStreamLog(client, catalogue())

    async def run(count: int) -> float:
        began = time.perf_counter()
        await log.append_all([stream[0] for stream in appends(count, streams=count)])
        return time.perf_counter() - began

    return run


def _publishing_async(client: Client) -> Run:
    jetstream = client.jetstream()

    async def run(count: int) -> float:
        messages = [on_wire(stream[0]) for stream in appends(count, streams=count)]
        began = time.perf_counter()
        acknowledged = [
            await jetstream.publish_async(subject, payload, headers=headers) for subject, payload, headers in messages
        ]
        for future in acknowledged:
            await future
        return time.perf_counter() - began

    return run


def _publishing_batches(client: Client) -> Run:
    """All or none of a thousand messages, batch after batch: the group commit of a single server."""

    async def run(count: int) -> float:
        messages = [on_wire(stream[0]) for stream in appends(count, streams=count)]
        batches = [messages[first : first + BATCH] for first in range(0, count, BATCH)]
        began = time.perf_counter()
        for number, batch in enumerate(batches):
            name = f"{id(messages)}-{number}"
            for place, (subject, payload, headers) in enumerate(batch[:-1], 1):
                await client.publish(subject, payload, headers=headers | _place(name, place))
            subject, payload, headers = batch[-1]
            last = headers | _place(name, len(batch)) | {"Nats-Batch-Commit": "1"}
            answer = await client.request(subject, payload, timeout=30, headers=last)
            if b'"error"' in answer.data:
                raise RuntimeError(f"the batch was refused: {answer.data.decode()}")
        return time.perf_counter() - began

    return run


def _place(batch: str, number: int) -> dict[str, str]:
    return {"Nats-Batch-Id": batch, "Nats-Batch-Sequence": str(number)}
