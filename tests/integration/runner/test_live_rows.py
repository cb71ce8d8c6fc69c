"""Pictures of rows under way: taken only for watchers, sealed, and never with a secret that is just being typed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import uuid4

import pytest
from nats.aio.client import Client

from services.runner import live
from services.runner.adapters.no_browser import EmptySession
from services.runner.live import LiveRows, View
from shared import pictures as channel
from shared.bus import subjects
from shared.keys import KeyRing
from shared.pictures import Picture, Pictures, Place

MASTER_KEY = bytes(32)


class Drawn(EmptySession):
    """Counts its pictures; `during` happens while each is taken."""

    def __init__(self, during: Callable[[], object] = lambda: None) -> None:
        super().__init__()
        self.taken, self._during = 0, during

    async def screenshot(self) -> bytes:
        self.taken += 1
        await asyncio.sleep(0.01)
        self._during()
        return b"\xff\xd8 Ann's address"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything a tenth as long."""
    monkeypatch.setattr(live, "PAUSE_SECONDS", 0.05)
    monkeypatch.setattr(live, "AGAIN_SECONDS", 0.01)
    monkeypatch.setattr(live, "WATCHED_SECONDS", 0.6)
    monkeypatch.setattr(channel, "ASK_SECONDS", 0.2)


@asynccontextmanager
async def rows(client: Client) -> AsyncIterator[LiveRows]:
    """A worker's rows, listening."""
    live_rows, stopping = LiveRows(Pictures(client, KeyRing(client, MASTER_KEY))), asyncio.Event()
    listening = asyncio.create_task(live_rows.listen(stopping))
    await asyncio.sleep(0.05)
    yield live_rows
    stopping.set()
    await listening


def view() -> View:
    return View(Place(uuid4(), uuid4(), 3), attempt=1, step_number=7)


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not true():
            await asyncio.sleep(0.01)


@pytest.mark.usefixtures("quick")
async def test_pictures_are_taken_only_while_somebody_watches(nats_client: Client) -> None:
    session, at, seen = Drawn(), view(), list[Picture]()
    watcher = Pictures(nats_client, KeyRing(nats_client, MASTER_KEY))
    async with rows(nats_client) as live_rows, live_rows.showing(at, session):
        await asyncio.sleep(0.3)
        assert session.taken == 0
        async with watcher.watching(at.place, seen.append), watcher.watching(at.place, lambda _: None):
            await until(lambda: len(seen) >= 3)
        assert seen[0].content == b"\xff\xd8 Ann's address"
        assert (seen[0].step_number, seen[0].attempt, seen[0].size) == (7, 1, 16)
        assert session.taken <= len(seen) + 1  # for two watchers as for one
        await asyncio.sleep(1.0)
        left = session.taken
        await asyncio.sleep(0.3)
        assert session.taken == left
        async with watcher.watching(at.place, seen.append):
            await until(lambda: session.taken > left)
    ended = session.taken
    await asyncio.sleep(0.3)
    assert session.taken == ended


@pytest.mark.usefixtures("quick")
async def test_a_row_that_begins_while_it_is_watched_is_seen_at_once(nats_client: Client) -> None:
    session, at, seen = Drawn(), view(), list[Picture]()
    watcher = Pictures(nats_client, KeyRing(nats_client, MASTER_KEY))
    async with rows(nats_client) as live_rows, watcher.watching(at.place, seen.append):
        await until(lambda: live_rows.is_watched(at.place))
        async with live_rows.showing(at, session):
            await asyncio.sleep(0.1)
        assert seen


@pytest.mark.usefixtures("quick")
async def test_a_picture_is_sealed_and_goes_to_its_own_organization_alone(nats_client: Client) -> None:
    at, raw, theirs = view(), list[bytes](), list[Picture]()
    watcher = Pictures(nats_client, KeyRing(nats_client, MASTER_KEY))
    other = Place(uuid4(), at.place.job_id, at.place.row)

    async def heard(message: object) -> None:
        raw.append(message.data)  # type: ignore[attr-defined]

    await nats_client.subscribe(subjects.pictures_of(at.place.job_id, at.place.row), cb=heard)
    session = Drawn()
    async with rows(nats_client) as live_rows, live_rows.showing(at, session):
        async with watcher.watching(other, theirs.append):
            await asyncio.sleep(0.3)
        assert session.taken == 0  # whoever is of another organization does not even set it off
        async with watcher.watching(at.place, lambda _: None), watcher.watching(other, theirs.append):
            await until(lambda: len(raw) >= 2)
    assert theirs == []
    assert not [each for each in raw if b"\xff\xd8" in each[:200] and b"Ann" in each]


@pytest.mark.usefixtures("quick")
async def test_no_picture_shows_a_secret_that_is_just_being_typed(nats_client: Client) -> None:
    at, seen = view(), list[Picture]()
    watcher = Pictures(nats_client, KeyRing(nats_client, MASTER_KEY))
    meanwhile = Drawn(during=lambda: at.begin(8, secret=True))
    async with rows(nats_client) as live_rows, watcher.watching(at.place, seen.append):
        async with live_rows.showing(at, meanwhile):
            await until(lambda: meanwhile.taken == 1)
            await asyncio.sleep(0.2)
            assert (meanwhile.taken, seen) == (1, [])  # the one that was being taken is thrown away; no other is taken
        at.end()
        async with live_rows.showing(at, Drawn()):
            await until(lambda: bool(seen))
    assert seen[0].step_number == 8


@pytest.mark.usefixtures("quick")
async def test_a_picture_that_nats_does_not_take_is_told_by_its_size(nats_client: Client) -> None:
    at, seen = view(), list[Picture]()
    pictures = Pictures(nats_client, KeyRing(nats_client, MASTER_KEY))
    async with pictures.watching(at.place, seen.append):
        size = nats_client.max_payload + 1
        await pictures.send(at.place, Picture("2026-01-01T00:00:00+00:00", 1, size, bytes(size)))
        await until(lambda: bool(seen))
    assert (seen[0].size, seen[0].content) == (size, b"")
