"""The twin in memory gives the answers that NATS gives: the same commands to both, one node and three."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nats.aio.client import Client

from shared.bus import subjects
from shared.bus.jetstream import JetStreamLog
from shared.bus.log import ANY_SEQUENCE, Append, Log
from shared.bus.memory import Faults, MemoryLog
from shared.contracts.catalogue import catalogue
from shared.core.errors import Conflict, Unavailable
from tests.contract.test_log import CONTEXT, cluster, invited, jetstream, replicated

__all__ = ["cluster", "jetstream", "replicated"]  # fixtures

STREAMS = 2
CAREFUL = {"deadline": None, "suppress_health_check": [HealthCheck.function_scoped_fixture]}


@dataclass(frozen=True, slots=True)
class Attempt:
    """An append to one of a few streams, by one of a few commands.

    `on_top_of`: the how manieth successful append it expects to be the stream's last; 0 none yet, -1 any.
    """

    stream: int
    command: int
    on_top_of: int
    kind: str


attempts = st.lists(
    st.builds(
        Attempt,
        stream=st.integers(0, STREAMS - 1),
        command=st.integers(0, 4),
        on_top_of=st.integers(-1, 6),
        kind=st.sampled_from(["evt", "cmd"]),
    ),
    min_size=2,
    max_size=12,
)


async def answers(log: Log, tried: Sequence[Attempt]) -> list[str]:
    """What a log said to each, positions as the how manieth place ever given; at last what the streams hold."""
    streams = [subjects.row(uuid4(), number) for number in range(STREAMS)]
    places: list[int] = []
    said: list[str] = []
    for each in tried:
        known = len(places) >= each.on_top_of >= 1
        expected = places[each.on_top_of - 1] if known else min(0, each.on_top_of)
        event = invited(f"p{each.command}@crm.example")
        append = Append(streams[each.stream], [event], expected, str(each.command), CONTEXT, each.kind)
        try:
            position = await log.append(append)
        except Conflict:
            said.append("conflict")
            continue
        if position not in places:
            places.append(position)
        said.append(str(places.index(position)))
    for stream in streams:
        history = await log.load(stream)
        said.append(" ".join(f"{places.index(each.position)}:{each.event.email}" for each in history))  # type: ignore[attr-defined]
    return said


@settings(max_examples=75, **CAREFUL)
@given(tried=attempts)
async def test_the_twin_says_what_one_node_says(jetstream: JetStreamLog, tried: list[Attempt]) -> None:
    assert await answers(MemoryLog(catalogue()), tried) == await answers(jetstream, tried)


@settings(max_examples=75, **CAREFUL)
@given(tried=attempts)
async def test_the_twin_says_what_three_nodes_say(replicated: JetStreamLog, tried: list[Attempt]) -> None:
    twin = MemoryLog(catalogue(), faults=Faults(nodes=3))
    assert await answers(twin, tried) == await answers(replicated, tried)


async def test_one_node_and_three_answer_a_stale_repetition_differently(
    jetstream: JetStreamLog, replicated: JetStreamLog, nats_client: Client
) -> None:
    """Why there are two twins: should this fail, the server has changed its mind, and so must the twin."""
    tried = [Attempt(0, 0, 0, "evt"), Attempt(0, 1, 1, "evt"), Attempt(0, 2, 2, "evt"), Attempt(0, 0, 2, "evt")]
    assert (await answers(jetstream, tried))[:4] == ["0", "1", "2", "conflict"]
    assert (await answers(replicated, tried))[:4] == ["0", "1", "2", "0"]


@pytest.mark.parametrize("nodes", [1, 3])
@pytest.mark.parametrize("seed", range(40))
async def test_what_the_erring_twin_confirms_is_stored_once_and_nothing_else_displaces_it(
    nodes: int, seed: int
) -> None:
    faults = Faults(nodes, seed, lost=0.2, lost_acks=0.2, in_process=0.2, duplicates=0.3, delays=0.3)
    log, stream = MemoryLog(catalogue(), faults=faults), subjects.organization(uuid4())
    confirmed: dict[str, int] = {}

    async def write(writer: int) -> None:
        for number in range(10):
            email, history = f"w{writer}-{number}@crm.example", await log.load(stream)
            try:
                append = Append(stream, [invited(email)], history.position, email, CONTEXT)
                confirmed[email] = await log.append(append)
            except (Conflict, Unavailable):
                continue

    await asyncio.gather(*(write(writer) for writer in range(4)))
    stored = [(each.event.email, each.position) for each in await log.load(stream)]  # type: ignore[attr-defined]
    assert len(confirmed) >= 10
    assert len({email for email, _ in stored}) == len(stored)
    assert confirmed.items() <= dict(stored).items()


@pytest.mark.parametrize("nodes", [1, 3])
async def test_once_the_duplicate_window_has_passed_only_the_expectation_guards(nodes: int) -> None:
    log, stream = MemoryLog(catalogue(), faults=Faults(nodes=nodes)), subjects.organization(uuid4())
    append = Append(stream, [invited()], 0, "command", CONTEXT)
    first = await log.append(append)
    log.server.forget_duplicates()
    assert await log.append(append) == first
    anyhow = Append(stream, [invited()], ANY_SEQUENCE, "command", CONTEXT)
    assert await log.append(anyhow) == first + 1
