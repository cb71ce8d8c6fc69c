"""The heal cache between the healer and the runners, on a real NATS: what it holds, who reads it, whose turn it is."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from nats.aio.client import Client

from services.healer.loops import Shelving
from services.healer.main import BLUEPRINT as HEALER
from services.runner.known_heals import TURN_SECONDS, KnownHeals, RecordingHeals
from shared.bus import subjects
from shared.bus.heal_shelf import HealShelf
from shared.bus.lease import Lease
from shared.bus.log import ANY_SEQUENCE, Append, Context
from shared.bus.topology import HEAL_TURNS_BUCKET
from shared.contracts.heal_cache import CachedHeal, Decided, Dropped
from shared.contracts.healer import HealRejected
from shared.contracts.recording import LocatorBundle
from shared.core.time_and_ids import now
from shared.keys import KeyRing
from shared.local.nats_server import NatsServer
from shared.runtime import Resources
from shared.tasks import end
from tests.conftest import OpenResources

KEY = "ab" * 32
BUNDLE = LocatorBundle.model_validate({"tag": "button", "visibleText": "Store the person"})


def heal(selector: str = "#store", **changes: object) -> CachedHeal:
    usual = {"key": KEY, "step_number": 4, "bundle": BUNDLE, "until": now() + timedelta(hours=24), "selector": selector}
    return CachedHeal(**{**usual, **changes})  # type: ignore[arg-type]


@pytest.fixture
def keys(nats_client: Client) -> KeyRing:
    return KeyRing(nats_client, bytes(range(32)))


@asynccontextmanager
async def knowing(client: Client, keys: KeyRing) -> AsyncIterator[KnownHeals]:
    known = KnownHeals(now, client, keys)
    try:
        yield known
    finally:
        await known.close()


async def until(heals: RecordingHeals, true: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not true():
            await heals.changed(0.5)


async def test_a_heal_is_there_for_the_next_row_without_asking(nats_client: Client, keys: KeyRing) -> None:
    org, recording, shelf = uuid4(), uuid4(), HealShelf(nats_client, keys)
    await shelf.put(org, recording, heal(), 7, now())
    async with knowing(nats_client, keys) as known:
        heals = await known.of(org, recording)
        assert heals.cached(KEY).bundle == BUNDLE  # type: ignore[union-attr]
        await shelf.put(org, recording, Dropped(KEY), 9, now())
        await until(heals, lambda: heals.cached(KEY) is None)
        assert not await shelf.put(org, recording, heal(), 8, now()), "an older event never wins"
        await shelf.put(org, recording, heal("a.store"), 10, now())
        await until(heals, lambda: heals.cached(KEY) is not None)


async def test_what_a_person_rejected_is_not_used_whoever_found_it(nats_client: Client, keys: KeyRing) -> None:
    org, recording, shelf = uuid4(), uuid4(), HealShelf(nats_client, keys)
    async with knowing(nats_client, keys) as known:
        heals = await known.of(org, recording)
        heals.note_own(heal())
        assert heals.cached(KEY) is not None, "a heal of this process is usable at once"
        await shelf.put(org, recording, Decided(KEY, "#store", "rejected"), 11, now())
        await until(heals, lambda: heals.decided(KEY, "#store") == "rejected")
        assert heals.cached(KEY) is None
        assert heals.rejected(KEY) == {"#store"}
        heals.note_own(heal("a.store"))
        assert heals.cached(KEY) is not None


async def test_an_accepted_heal_may_be_used_where_a_person_is_to_be_asked(nats_client: Client, keys: KeyRing) -> None:
    org, recording, shelf = uuid4(), uuid4(), HealShelf(nats_client, keys)
    await shelf.put(org, recording, heal(), 7, now())
    await shelf.put(org, recording, Decided(KEY, "#store", "accepted"), 8, now())
    async with knowing(nats_client, keys) as known:
        heals = await known.of(org, recording)
        assert heals.cached(KEY).accepted  # type: ignore[union-attr]


async def test_no_other_organization_reads_a_heal_or_puts_one_in_its_place(nats_client: Client, keys: KeyRing) -> None:
    org, other, recording, shelf = uuid4(), uuid4(), uuid4(), HealShelf(nats_client, keys)
    await shelf.put(org, recording, heal(), 7, now())
    await keys.unlock([other], create=True)
    jetstream = nats_client.jetstream()
    bucket = await jetstream.key_value("heals")
    box = (await bucket.get(f"{org}.{recording}.heal.{KEY}")).value or b""
    assert b"Store the person" not in box
    await bucket.put(f"{other}.{recording}.heal.{KEY}", box)
    await bucket.put(f"{org}.{recording}.heal.{'cd' * 32}", box)
    async with knowing(nats_client, keys) as known:
        assert (await known.of(other, recording)).cached(KEY) is None
    async with knowing(nats_client, keys) as known:
        heals = await known.of(org, recording)
        assert heals.cached(KEY) is not None
        assert heals.cached("cd" * 32) is None


async def test_an_erased_organizations_heals_cannot_be_read(nats_client: Client, keys: KeyRing) -> None:
    org, recording, shelf = uuid4(), uuid4(), HealShelf(nats_client, keys)
    await shelf.put(org, recording, heal(), 7, now())
    await keys.erase(org)
    async with knowing(nats_client, keys) as known:
        assert (await known.of(org, recording)).cached(KEY) is None
    assert not await shelf.put(org, recording, heal(), 9, now())


async def test_a_heal_whose_day_is_over_is_neither_kept_nor_used(nats_client: Client, keys: KeyRing) -> None:
    org, recording, shelf = uuid4(), uuid4(), HealShelf(nats_client, keys)
    assert not await shelf.put(org, recording, heal(until=now()), 7, now())
    assert await shelf.put(org, recording, heal(until=now() + timedelta(seconds=2)), 8, now())
    async with knowing(nats_client, keys) as known:
        heals = await known.of(org, recording)
        assert heals.cached(KEY) is not None
        await asyncio.sleep(2.1)
        assert heals.cached(KEY) is None
    await asyncio.sleep(1.0)
    async with knowing(nats_client, keys) as known:
        assert (await known.of(org, recording)).cached(KEY) is None


async def test_runners_go_on_hearing_after_nats_was_restarted(
    nats_server: NatsServer, nats_client: Client, keys: KeyRing
) -> None:
    org, recording, shelf = uuid4(), uuid4(), HealShelf(nats_client, keys)
    await shelf.put(org, recording, heal(), 7, now())
    async with knowing(nats_client, keys) as known:
        heals = await known.of(org, recording)
        await nats_server.stop()
        await nats_server.start()
        async with asyncio.timeout(30):
            while not nats_client.is_connected:
                await asyncio.sleep(0.1)
        assert heals.cached(KEY) is not None
        await shelf.put(org, recording, Dropped(KEY), 8, now())
        async with asyncio.timeout(20):
            while heals.cached(KEY) is not None:
                await heals.changed(0.5)


async def test_one_row_looks_while_the_others_wait_for_what_it_finds(nats_client: Client, keys: KeyRing) -> None:
    org, recording, shelf = uuid4(), uuid4(), HealShelf(nats_client, keys)
    looked = 0

    async def row(heals: RecordingHeals) -> CachedHeal:
        nonlocal looked
        async with heals.turn(KEY) as found:
            if found is not None:
                return found
            looked += 1
            await asyncio.sleep(0.5)
            await shelf.put(org, recording, heal(), 7, now())
            heals.note_own(heal())
            return heal()

    async with knowing(nats_client, keys) as one, knowing(nats_client, keys) as other:
        workers = [await one.of(org, recording), await other.of(org, recording)]
        found = await asyncio.gather(*(row(worker) for worker in workers for _ in range(5)))
    assert looked == 1
    assert {each.selector for each in found} == {"#store"}


async def test_where_the_first_finds_nothing_its_followers_look_all_at_once(nats_client: Client, keys: KeyRing) -> None:
    async with knowing(nats_client, keys) as known:
        heals = await known.of(uuid4(), uuid4())

        async def row() -> None:
            async with heals.turn(KEY) as found:
                assert found is None
                await asyncio.sleep(0.5)

        began = asyncio.get_running_loop().time()
        await asyncio.gather(*(row() for _ in range(6)))
        assert asyncio.get_running_loop().time() - began < 2.0


async def test_a_worker_that_vanished_in_its_turn_holds_up_others_for_moments(
    nats_client: Client, keys: KeyRing
) -> None:
    assert await Lease(nats_client, HEAL_TURNS_BUCKET, KEY, "gone", TURN_SECONDS).take()
    async with knowing(nats_client, keys) as known:
        heals = await known.of(uuid4(), uuid4())
        began = asyncio.get_running_loop().time()
        async with heals.turn(KEY) as found:
            assert found is None
        assert TURN_SECONDS - 0.5 < asyncio.get_running_loop().time() - began < TURN_SECONDS + 2


async def test_an_empty_bucket_is_filled_from_the_log(resources_of: OpenResources) -> None:
    resources: Resources = await resources_of(HEALER)
    org, recording = uuid4(), uuid4()
    event = HealRejected(
        recording_id=recording,
        step_number=4,
        cache_key=KEY,
        heal_id=UUID(bytes=os.urandom(16)),
        healed_selector="#store",
        by="token:1",
    )
    await resources.log.append(Append(subjects.heals(recording), [event], ANY_SEQUENCE, "reject", Context(org, "test")))
    for again in range(2):
        if again:
            await HealShelf(resources.nats, resources.keys).clear()
        shelving = asyncio.create_task(Shelving(resources).run())
        async with knowing(resources.nats, resources.keys) as known:
            heals = await known.of(org, recording)
            await until(heals, lambda heals=heals: heals.rejected(KEY) == {"#store"})  # type: ignore[misc]
        await end([shelving])
