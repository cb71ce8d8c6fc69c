"""What is restored is the same system, and nothing that was altered is restored."""

import gzip
import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from shared.audit.archive import Archive
from shared.audit.archiver import System
from shared.audit.chain import AuditKeys
from shared.audit.manifest import MANIFEST, write_manifest
from shared.audit.reading import ends_of
from shared.audit.restorer import Restorer
from shared.bus.subjects import EVENTS_STREAM
from shared.bus.topology import RESTORING
from shared.core.errors import Refused
from shared.core.time_and_ids import new_id
from shared.objects import Store
from tests.integration.archive.archives import (
    EVENTS,
    LINES,
    STREAMS,
    archived,
    ids_of,
    place_in,
    provisioned,
    restored,
    system_on,
)
from tests.integration.tampering import KEYS, another_nats, empty_nats, everything, publish


def _change(place: Store, name: str, change: Callable[[bytes], bytes]) -> None:
    file = next(path for path in Path(place.url.removeprefix("file://")).rglob(name) if path.is_file())
    file.write_bytes(change(file.read_bytes()))


def _change_line(line: int) -> Callable[[bytes], bytes]:
    def change(chunk: bytes) -> bytes:
        lines = gzip.decompress(chunk).splitlines()
        lines[line] = lines[line].replace(b":10}", b":11}")
        return gzip.compress(b"\n".join(lines), mtime=0)

    return change


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("EVT/*.gz", _change_line(9), "EVT.*was altered"),
        ("LOG/*.gz", lambda content: content[:-1], "LOG.*was altered"),
        ("manifest.json", lambda content: content.replace(b'"last": 59', b'"last": 58'), "does not fit its signature"),
        ("manifest.json", lambda content: content[:-20], "cannot be read"),
        ("manifest.json", lambda content: content.replace(b'"format": 1', b'"format": 2'), "reads format 1"),
        ("objects/*/*/*", lambda content: content + b"!", "the file .* of the archive was altered"),
    ],
)
async def test_an_altered_archive_is_refused_and_nothing_is_written(
    place: Store, tmp_path: Path, name: str, change: Callable[[bytes], bytes], told: str
) -> None:
    _change(place, name, change)
    async with empty_nats() as client:
        with pytest.raises(Refused, match=told):
            await restored(system_on(client, tmp_path / "other"), place)
        assert not (await ends_of(client, EVENTS_STREAM)).there


async def test_who_signs_an_altered_archive_anew_is_found_out_by_the_seals(place: Store, tmp_path: Path) -> None:
    """Even with the archives' key, an event cannot be altered: that takes the chain's."""
    manifest = (await Archive.opened(place, KEYS)).manifest
    kept = manifest.streams[EVENTS_STREAM].chunks[0]
    _change(place, "EVT/*.gz", _change_line(9))
    changed = await place.get(kept.file)
    chunk = msgspec.structs.replace(kept, sha256=hashlib.sha256(changed).hexdigest())
    streams = manifest.streams | {
        EVENTS_STREAM: msgspec.structs.replace(manifest.streams[EVENTS_STREAM], chunks=(chunk,))
    }
    await place.put(MANIFEST, write_manifest(KEYS.archive, msgspec.structs.replace(manifest, streams=streams)))
    async with empty_nats() as client:
        with pytest.raises(Refused, match="positions 1 to 10: not what was sealed"):
            await restored(system_on(client, tmp_path / "other"), place)


async def test_another_master_key_reads_no_archive(place: Store) -> None:
    with pytest.raises(Refused, match="another master key"):
        await Archive.opened(place, AuditKeys.of(bytes(32)))


async def test_nothing_is_restored_into_a_system_that_holds_something(place: Store, tmp_path: Path) -> None:
    for messages in (EVENTS[:1], LINES[:1]):
        async with another_nats() as client:
            await publish(client, messages)
            with pytest.raises(Refused, match="not empty"):
                await restored(system_on(client, tmp_path / "other"), place)


async def test_a_restore_that_broke_off_goes_on_and_no_service_starts_meanwhile(
    system: System, place: Store, tmp_path: Path
) -> None:
    async with empty_nats() as client:
        other = system_on(client, tmp_path / "other")

        def breaking(about: str, *_: object) -> None:
            if about == "restoring SEALS":
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            await Restorer(other, await Archive.opened(place, KEYS), [], breaking).run()
        await publish(client, EVENTS[:1])  # part of the log came through
        with pytest.raises(Refused, match="retold restore"):
            await provisioned(client)
        await restored(other, place)
        for stream in STREAMS:
            assert await everything(client, stream) == await everything(system.client, stream)
        await provisioned(client)
        assert RESTORING not in ((await client.jetstream().stream_info(EVENTS_STREAM)).config.metadata or {})


async def test_a_message_that_is_stored_twice_is_restored_twice_and_ids_come_along(tmp_path: Path) -> None:
    """A repeated message is stored again once the server has forgotten its id, after ten minutes."""
    envelope = {"id": str(new_id()), "at": "2026-03-01T00:00:00Z", "ctx": "a", "agg": "b.c", "org": str(new_id())}
    envelope |= {"actor": "x", "corr": "y", "cause": None, "trace": None, "events": []}
    ids = [str(new_id()) for _ in range(6)]
    ids[4] = ids[1]
    messages = [("evt.a.b.c.evt", json.dumps({**envelope, "id": each}).encode()) for each in ids]
    async with another_nats() as client, empty_nats() as target:
        await publish(client, messages)
        await archived(system_on(client, tmp_path), place_in(tmp_path))
        await restored(system_on(target, tmp_path / "other"), place_in(tmp_path))
        assert await everything(target, EVENTS_STREAM) == await everything(client, EVENTS_STREAM)
        assert await ids_of(target) == [*ids[:4], None, ids[5]]
