"""A system with a history, and archives of it."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from nats.aio.client import Client

from shared.audit.archive import Archive
from shared.audit.archiver import Added, Archiver, System
from shared.audit.reading import ends_of, read_seals
from shared.audit.restorer import Restorer
from shared.audit.verifying import Report
from shared.bus.subjects import EVENTS_STREAM, LINES_STREAM, SEALS_STREAM
from shared.bus.topology import provision
from shared.objects import Objects, Store
from tests.integration.tampering import KEYS, chainer, nothing

STREAMS = (EVENTS_STREAM, SEALS_STREAM, LINES_STREAM)
EVENTS = [(f"evt.row.j.{n % 7}.evt", f'{{"n":{n}}}'.encode()) for n in range(1, 60)]
LINES = [("log.row.j.1", b"line"), ("log.row.j.2", b"\xff\x00 no text"), ("log.row.j.1", b"")]


async def seal(client: Client) -> None:
    end = (await ends_of(client, EVENTS_STREAM)).last
    task = asyncio.create_task(chainer(client).run())
    async with asyncio.timeout(10):
        while not (seals := (await read_seals(client, KEYS))[0]) or seals[-1].upto < end:
            await asyncio.sleep(0.05)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def system_on(client: Client, folder: Path) -> System:
    objects = Objects((folder / "objects").as_uri())
    objects.open()
    return System(client, objects, KEYS)


def place_in(folder: Path) -> Store:
    place = Store.at(str(folder / "archive"))
    place.open()
    return place


async def archived(system: System, place: Store) -> Added:
    return await Archiver(system, place, nothing).run()


async def restored(system: System, place: Store) -> Report:
    return await Restorer(system, await Archive.opened(place, system.keys), [], nothing).run()


async def ids_of(client: Client) -> list[str | None]:
    jetstream = client.jetstream()
    last = (await ends_of(client, EVENTS_STREAM)).last
    messages = [await jetstream.get_msg(EVENTS_STREAM, position) for position in range(1, last + 1)]
    return [(message.headers or {}).get("Nats-Msg-Id") for message in messages]


async def provisioned(client: Client) -> None:
    await provision(client, lease=timedelta(seconds=30))
