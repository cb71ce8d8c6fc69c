"""Several schedulers run, one dispatches; the others take over."""

import asyncio
import time
from contextlib import suppress

import pytest

from services.scheduler.loops import Dispatcher
from shared.bus.lease import Lease
from shared.bus.topology import CONTROL_BUCKET
from shared.contracts.scheduler import RowDispatched
from shared.core.errors import Conflict
from tests.integration.scheduler.conftest import until


def lease_on(client, holder, seconds=1.0):
    return Lease(client, CONTROL_BUCKET, "dispatcher", holder, seconds)


async def test_a_free_lease_is_taken_at_once_and_by_one(nats_client):
    leases = [lease_on(nats_client, f"holder-{number}") for number in range(5)]
    taken = await asyncio.gather(*(lease.take() for lease in leases))
    assert sum(taken) == 1
    assert [lease.held for lease in leases] == taken


async def test_a_lease_that_is_renewed_is_taken_by_nobody(nats_client):
    first, second = lease_on(nats_client, "a"), lease_on(nats_client, "b")
    assert await first.take()
    for _ in range(8):
        await asyncio.sleep(0.25)
        await first.renew()
        assert not await second.take()
        assert first.held


async def test_a_lease_that_is_not_renewed_ends_before_another_can_take_it(nats_client):
    first, second = lease_on(nats_client, "a"), lease_on(nats_client, "b")
    assert await first.take()
    while not await second.take():
        await asyncio.sleep(0.02)
    assert not first.held
    with pytest.raises(Conflict, match="taken over by b"):
        await first.renew()


async def test_a_lease_that_is_given_up_is_free_at_once(nats_client):
    first, second = lease_on(nats_client, "a"), lease_on(nats_client, "b")
    assert await first.take()
    await first.give_up()
    assert await second.take()
    await first.give_up()
    assert not first.held
    await second.renew()
    assert second.held


async def test_a_renewal_that_was_stored_without_an_answer_is_found_again(nats_client):
    lease = lease_on(nats_client, "a")
    assert await lease.take()
    bucket = await nats_client.jetstream().key_value(CONTROL_BUCKET)
    await bucket.put("dispatcher", b"a")  # as its own renewal would, whose answer was lost
    await lease.renew()
    assert lease.held


async def test_of_two_dispatchers_one_dispatches_and_the_window_is_kept(bench):
    async with bench.dispatching(), bench.dispatching():
        jobs = [await bench.submit(rows=30, concurrency=3) for _ in range(2)]
        await asyncio.gather(*(bench.until(3, job, RowDispatched) for job in jobs))
        await asyncio.sleep(1)
        assert [len(await bench.events(job, RowDispatched)) for job in jobs] == [3, 3]


async def test_a_dispatcher_that_ends_in_order_is_followed_at_once(bench):
    async with bench.dispatching() as first:
        await until(lambda: holder(first), bool)
        async with bench.dispatching():
            await asyncio.sleep(0.5)
            first.stopping.set()
            began = time.monotonic()
            job = await bench.submit(rows=1)
            await bench.until(1, job, RowDispatched)
            assert time.monotonic() - began < 2.0


async def test_a_dispatcher_that_vanishes_is_followed_within_seconds(bench):
    gone = Lease(bench.resources.nats, CONTROL_BUCKET, "dispatcher", "a process that was killed")
    async with bench.dispatching():
        pass
    assert await gone.take()
    began = time.monotonic()
    async with bench.dispatching():
        job = await bench.submit(rows=1)
        await bench.until(1, job, RowDispatched)
    assert 3.5 < time.monotonic() - began < 7.0


async def test_a_dispatcher_whose_lease_was_taken_stops_dispatching(bench):
    resources = bench.resources_with()
    running = asyncio.create_task(Dispatcher(resources).run())
    await until(lambda: holder(resources), bool)
    bucket = await resources.nats.jetstream().key_value(CONTROL_BUCKET)
    await bucket.put("dispatcher", b"another")
    with pytest.raises(Conflict, match="taken over by another"):
        await asyncio.wait_for(running, 5)
    job = await bench.submit(rows=1)
    await asyncio.sleep(0.5)
    assert await bench.events(job, RowDispatched) == []


async def holder(resources):
    """Who dispatches."""
    with suppress(Exception):
        bucket = await resources.nats.jetstream().key_value(CONTROL_BUCKET)
        return (await bucket.get("dispatcher")).value
    return None
