"""The log is sealed while it grows, and what was done to it is found out."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import pytest
from nats.aio.client import Client
from nats.js.errors import APIError

from shared.audit.chain import AuditKeys
from shared.audit.chainer import Chainer
from shared.audit.findings import Finding
from shared.audit.reading import ends_of, read_seals
from shared.audit.seals import Seal
from shared.audit.verifying import Report, examine
from shared.bus.subjects import EVENTS_STREAM, SEALS, SEALS_STREAM
from shared.core.errors import Refused
from shared.local.nats_server import NatsServer
from tests.integration.tampering import KEYS, Log, Tamper, another_nats, chainer, copy, nothing, publish

LOG: Log = [(f"evt.row.j.{n % 7}.evt", f'{{"n":{n}}}'.encode()) for n in range(1, 106)]
INTRUDED = ("evt.row.j.3.evt", b'{"n":0}')


@asynccontextmanager
async def _running(*chainers: Chainer) -> AsyncIterator[list[asyncio.Task[None]]]:
    tasks = [asyncio.create_task(each.run()) for each in chainers]
    try:
        yield tasks
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


async def _seals(client: Client, upto: int) -> list[Seal]:
    """The seals, once they reach a position."""
    async with asyncio.timeout(15):
        while True:
            seals, findings = await read_seals(client, KEYS)
            assert findings == []
            if seals and seals[-1].upto >= upto:
                return seals
            await asyncio.sleep(0.05)


async def _sealed(client: Client, messages: Log = LOG) -> list[Seal]:
    await publish(client, messages)
    end = (await ends_of(client, EVENTS_STREAM)).last
    async with _running(chainer(client)):
        return await _seals(client, end)


async def _examined(client: Client) -> Report:
    return await examine(client, KEYS, nothing)


def _where(findings: Sequence[Finding]) -> list[tuple[str, int, int]]:
    return [(finding.kind, finding.first, finding.last) for finding in findings]


async def test_a_seal_comes_after_so_many_messages_and_after_a_while(nats_client: Client) -> None:
    seals = await _sealed(nats_client)
    assert [seal.upto for seal in seals] == [*range(10, 101, 10), 105]
    assert [seal.count for seal in seals] == [10] * 10 + [5]
    report = await _examined(nats_client)
    assert (report.end, report.sealed_upto, report.unsealed, report.findings) == (105, 105, 0, ())


async def test_a_chainer_goes_on_from_the_last_seal(nats_client: Client) -> None:
    before = await _sealed(nats_client)
    after = await _sealed(nats_client, LOG[:7])
    assert after[: len(before)] == before
    assert after[-1].upto == 112
    assert (await _examined(nats_client)).findings == ()


async def test_an_idle_log_gets_no_seals(nats_client: Client) -> None:
    seals = await _sealed(nats_client)
    async with _running(chainer(nats_client)):
        await asyncio.sleep(0.6)
    assert (await ends_of(nats_client, SEALS_STREAM)).last == len(seals)


async def test_of_several_chainers_one_seals_and_another_takes_over_when_it_ends(nats_client: Client) -> None:
    async with _running(*(chainer(nats_client) for _ in range(3))) as tasks:
        for start in range(0, 100, 5):
            await publish(nats_client, LOG[start : start + 5])
            await asyncio.sleep(0.02)
        await _seals(nats_client, 100)
        assert not any(task.done() for task in tasks)
        for task in tasks[:2]:  # whichever works: in the end only the third is left
            task.cancel()
        await publish(nats_client, LOG[:50])
        await _seals(nats_client, 150)
    assert (await _examined(nats_client)).findings == ()


async def test_a_chainer_that_comes_second_stores_nothing(nats_client: Client) -> None:
    await publish(nats_client, LOG[:5])
    async with _running(chainer(nats_client, seconds=0.5)):
        await asyncio.sleep(0.3)
        async with _running(
            chainer(nats_client, seconds=0.5, stand_by=60)
        ):  # both have seen all, and nothing is sealed
            await asyncio.sleep(1.5)
    assert (await ends_of(nats_client, SEALS_STREAM)).last == 1
    assert (await _examined(nats_client)).findings == ()


async def test_a_chainer_survives_a_restart_of_the_server(nats_server: NatsServer, nats_client: Client) -> None:
    await publish(nats_client, LOG)
    async with _running(chainer(nats_client)):
        await _seals(nats_client, 105)
        await nats_server.kill()
        await nats_server.start()
        async with asyncio.timeout(10):
            while not nats_client.is_connected:
                await asyncio.sleep(0.05)
        await publish(nats_client, LOG[:20])
        await _seals(nats_client, 125)
    assert (await _examined(nats_client)).findings == ()


async def test_neither_seals_nor_messages_can_be_deleted_over_the_api(nats_client: Client) -> None:
    await _sealed(nats_client)
    jetstream = nats_client.jetstream()
    for stream in (EVENTS_STREAM, SEALS_STREAM):
        with pytest.raises(APIError):
            await jetstream.delete_msg(stream, 3)
        with pytest.raises(APIError):
            await jetstream.purge_stream(stream)


@pytest.mark.parametrize(
    ("tamper", "found"),
    [
        pytest.param(lambda log: log, [], id="nothing"),
        pytest.param(
            lambda log: [*log[:41], (log[41][0], b'{"n":43}'), *log[42:]], [("differs", 41, 50)], id="altered"
        ),
        pytest.param(lambda log: [*log[:41], *log[42:]], [("differs", 41, 100), ("missing", 101, 105)], id="removed"),
        pytest.param(lambda log: [*log[:41], INTRUDED, *log[41:]], [("differs", 41, 105)], id="inserted"),
        pytest.param(lambda log: [*log[:41], log[42], log[41], *log[43:]], [("differs", 41, 50)], id="swapped"),
        pytest.param(lambda log: log[:-1], [("missing", 101, 105)], id="cut off"),
        pytest.param(lambda log: [*log, INTRUDED], [], id="newer"),
    ],
)
async def test_what_was_done_to_the_log_is_found(
    nats_client: Client, tamper: Tamper, found: list[tuple[str, int, int]]
) -> None:
    await _sealed(nats_client)
    async with another_nats() as other:
        await copy(nats_client, other, tamper)
        assert _where((await _examined(other)).findings) == found


@pytest.mark.parametrize(
    ("tamper", "told"),
    [
        pytest.param(lambda seals: [*seals[:4], *seals[5:]], "seal 5 is missing", id="removed"),
        pytest.param(lambda seals: [seals[1], seals[0], *seals[2:]], "seal 1 is missing", id="swapped"),
        pytest.param(
            lambda seals: [*seals[:4], (SEALS, seals[4][1].replace(b'"count":10', b'"count":11')), *seals[5:]],
            "seal 5 is not to be trusted",
            id="altered",
        ),
        pytest.param(lambda _: [], "nothing is sealed", id="all removed"),
    ],
)
async def test_what_was_done_to_the_seals_is_found(nats_client: Client, tamper: Tamper, told: str) -> None:
    await _sealed(nats_client)
    async with another_nats() as other:
        await copy(nats_client, other, tamper, SEALS_STREAM)
        findings = (await _examined(other)).findings
        assert told in findings[0].detail


async def test_who_has_no_master_key_can_forge_no_seal(nats_client: Client) -> None:
    """An intruder builds the log anew, with one message altered, and seals it with a key of their own."""
    await _sealed(nats_client)
    async with another_nats() as other:
        await publish(other, [INTRUDED, *LOG[1:]])
        async with _running(Chainer(other, AuditKeys.of(bytes(32)))):
            await asyncio.sleep(2.5)
        findings = (await _examined(other)).findings
        assert "seal 1 is not to be trusted" in findings[0].detail


async def test_a_chainer_refuses_seals_of_another_master_key_and_a_log_that_lost_its_end(nats_client: Client) -> None:
    await _sealed(nats_client)
    with pytest.raises(Refused, match="another master key"):
        await Chainer(nats_client, AuditKeys.of(bytes(32))).run()
    async with another_nats() as other:
        await copy(nats_client, other, lambda log: log[:50])
        with pytest.raises(Refused, match="messages are missing"):
            await chainer(other).run()
