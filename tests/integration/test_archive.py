"""An archive gives back the same system; one that broke off or was altered is not taken for one."""

import asyncio
import gzip
import hashlib
import json
import stat
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from nats.aio.client import Client

from shared.audit import archiver as archiving
from shared.audit.archive import Archive
from shared.audit.archiver import Added, Archiver, System
from shared.audit.chain import AuditKeys
from shared.audit.keys_file import read_keys, restore_keys, save_keys
from shared.audit.manifest import MANIFEST, write_manifest
from shared.audit.reading import ends_of, read_seals
from shared.audit.restorer import Restorer
from shared.audit.verifying import Report, examine
from shared.bus.puller import Pulled
from shared.bus.subjects import EVENTS_STREAM, LINES_STREAM, SEALS_STREAM
from shared.bus.topology import KEYS_BUCKET, RESTORING, provision
from shared.core.errors import InvalidInput, Refused
from shared.core.time_and_ids import new_id
from shared.keys import ERASED, KeyRing
from shared.objects import Objects, Store
from tests.integration.tampering import KEYS, another_nats, chainer, empty_nats, everything, nothing, publish

STREAMS = (EVENTS_STREAM, SEALS_STREAM, LINES_STREAM)
EVENTS = [(f"evt.row.j.{n % 7}.evt", f'{{"n":{n}}}'.encode()) for n in range(1, 60)]
LINES = [("log.row.j.1", b"line"), ("log.row.j.2", b"\xff\x00 no text"), ("log.row.j.1", b"")]


async def _seal(client: Client) -> None:
    end = (await ends_of(client, EVENTS_STREAM)).last
    task = asyncio.create_task(chainer(client).run())
    async with asyncio.timeout(10):
        while not (seals := (await read_seals(client, KEYS))[0]) or seals[-1].upto < end:
            await asyncio.sleep(0.05)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _system(client: Client, folder: Path) -> System:
    objects = Objects((folder / "objects").as_uri())
    objects.open()
    return System(client, objects, KEYS)


def _place(folder: Path) -> Store:
    place = Store.at(str(folder / "archive"))
    place.open()
    return place


async def _archived(system: System, place: Store) -> Added:
    return await Archiver(system, place, nothing).run()


async def _restored(system: System, place: Store) -> Report:
    return await Restorer(system, await Archive.opened(place, system.keys), [], nothing).run()


async def _ids(client: Client) -> list[str | None]:
    jetstream = client.jetstream()
    last = (await ends_of(client, EVENTS_STREAM)).last
    messages = [await jetstream.get_msg(EVENTS_STREAM, position) for position in range(1, last + 1)]
    return [(message.headers or {}).get("Nats-Msg-Id") for message in messages]


@pytest.fixture
async def system(nats_client: Client, tmp_path: Path) -> System:
    """A system with a sealed log, lines of which the first have expired, and two files."""
    await publish(nats_client, EVENTS)
    await publish(nats_client, LINES)
    await nats_client.jetstream().purge_stream(LINES_STREAM, seq=2)
    await _seal(nats_client)
    system = _system(nats_client, tmp_path)
    for content in (b"one", b"two"):
        await system.objects.put(new_id(), content)
    return system


@pytest.fixture
async def place(system: System, tmp_path: Path) -> Store:
    """The system's archive."""
    place = _place(tmp_path)
    await _archived(system, place)
    return place


async def test_a_restored_system_is_the_same_to_the_byte(system: System, place: Store, tmp_path: Path) -> None:
    async with empty_nats() as client:
        other = _system(client, tmp_path / "other")
        report = await _restored(other, place)
        assert (report.end, report.sealed_upto, report.findings) == (59, 59, ())
        for stream in STREAMS:
            assert await everything(client, stream) == await everything(system.client, stream)
        assert await ends_of(client, LINES_STREAM) == await ends_of(system.client, LINES_STREAM)
        assert (await ends_of(client, LINES_STREAM)).first == 2
        for file in await system.objects.store.list():
            assert await other.objects.store.get(file.path) == await system.objects.store.get(file.path)
        await _provision(client)
        await publish(client, EVENTS)  # and it goes on
        await _seal(client)
        assert (await examine(client, KEYS, nothing)).findings == ()


async def test_a_second_run_adds_what_is_new_and_touches_nothing_else(
    system: System, place: Store, tmp_path: Path
) -> None:
    before = {file.path: await place.get(file.path) for file in await place.list()}
    assert await _archived(system, place) == Added({"EVT": 0, "SEALS": 0, "LOG": 0}, 0)
    await publish(system.client, [*EVENTS[:10], *LINES])
    await _seal(system.client)
    await system.objects.put(new_id(), b"three")
    assert await _archived(system, place) == Added({"EVT": 10, "SEALS": 1, "LOG": 3}, 1)
    del before[MANIFEST]
    assert {path: await place.get(path) for path in before} == before
    async with empty_nats() as client:
        await _restored(_system(client, tmp_path / "other"), place)
        for stream in STREAMS:
            assert await everything(client, stream) == await everything(system.client, stream)


async def test_lines_that_expired_between_two_runs_do_not_come_back(
    system: System, place: Store, tmp_path: Path
) -> None:
    await publish(system.client, LINES * 3)
    await system.client.jetstream().purge_stream(LINES_STREAM, seq=7)  # 4 to 6 were never archived
    await _archived(system, place)
    async with empty_nats() as client:
        await _restored(_system(client, tmp_path / "other"), place)
        assert await everything(client, LINES_STREAM) == await everything(system.client, LINES_STREAM)
    await system.client.jetstream().purge_stream(LINES_STREAM)
    await _archived(system, place)
    async with empty_nats() as client:
        await _restored(_system(client, tmp_path / "third"), place)
        assert await ends_of(client, LINES_STREAM) == await ends_of(system.client, LINES_STREAM)


async def test_lines_that_expire_while_they_are_archived_are_left_out(
    system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = archiving.read

    async def late(client: Client, stream: str, after: int, upto: int) -> AsyncGenerator[list[Pulled], None]:
        if stream == LINES_STREAM:
            await client.jetstream().purge_stream(LINES_STREAM, seq=3)
        async for batch in reading(client, stream, after, upto):
            yield batch

    monkeypatch.setattr(archiving, "read", late)
    place = _place(tmp_path)
    assert (await _archived(system, place)).messages["LOG"] == 1
    async with empty_nats() as client:
        await _restored(_system(client, tmp_path / "other"), place)
        assert await ends_of(client, LINES_STREAM) == await ends_of(system.client, LINES_STREAM)


async def test_an_archive_that_broke_off_is_none_and_is_made_anew(
    system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = _place(tmp_path)
    monkeypatch.setattr(archiving, "CHUNK_MESSAGES", 20)
    put = place.put

    async def breaking(path: str, content: bytes) -> None:
        if len(await place.list()) == 3:
            raise KeyboardInterrupt
        await put(path, content)

    monkeypatch.setattr(place, "put", breaking)
    with pytest.raises(KeyboardInterrupt):
        await _archived(system, place)
    with pytest.raises(Refused, match="its making broke off"):
        await Archive.opened(place, KEYS)
    monkeypatch.undo()
    assert (await _archived(system, place)).messages == {"EVT": 59, "SEALS": 6, "LOG": 2}
    assert await (await Archive.opened(place, KEYS)).check(KEYS, nothing) == []


async def test_an_archive_of_another_system_or_of_a_newer_copy_is_left_alone(place: Store, tmp_path: Path) -> None:
    async with another_nats() as client:
        await publish(client, [*reversed(EVENTS), *LINES])
        await _seal(client)
        with pytest.raises(Refused, match="of another system"):
            await _archived(_system(client, tmp_path / "other"), place)
    async with another_nats() as client:
        await publish(client, [*EVENTS[:40], *LINES])
        with pytest.raises(Refused, match="ends at 40 here and at 59 there"):
            await _archived(_system(client, tmp_path / "other"), place)


async def test_a_log_that_was_tampered_with_is_not_archived(system: System, tmp_path: Path) -> None:
    async with another_nats() as client:
        await publish(client, [*EVENTS[:5], ("evt.x.y.z.evt", b"{}"), *EVENTS[6:]])
        seals = [(message.subject, message.payload) for message in await everything(system.client, SEALS_STREAM)]
        await publish(client, seals)
        with pytest.raises(Refused, match=r"positions 1 to 10: not what was sealed.*retold verify"):
            await _archived(_system(client, tmp_path / "other"), _place(tmp_path))


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
            await _restored(_system(client, tmp_path / "other"), place)
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
            await _restored(_system(client, tmp_path / "other"), place)


async def test_another_master_key_reads_no_archive(place: Store) -> None:
    with pytest.raises(Refused, match="another master key"):
        await Archive.opened(place, AuditKeys.of(bytes(32)))


async def test_nothing_is_restored_into_a_system_that_holds_something(place: Store, tmp_path: Path) -> None:
    for messages in (EVENTS[:1], LINES[:1]):
        async with another_nats() as client:
            await publish(client, messages)
            with pytest.raises(Refused, match="not empty"):
                await _restored(_system(client, tmp_path / "other"), place)


async def test_a_restore_that_broke_off_goes_on_and_no_service_starts_meanwhile(
    system: System, place: Store, tmp_path: Path
) -> None:
    async with empty_nats() as client:
        other = _system(client, tmp_path / "other")

        def breaking(about: str, *_: object) -> None:
            if about == "restoring SEALS":
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            await Restorer(other, await Archive.opened(place, KEYS), [], breaking).run()
        await publish(client, EVENTS[:1])  # part of the log came through
        with pytest.raises(Refused, match="retold restore"):
            await _provision(client)
        await _restored(other, place)
        for stream in STREAMS:
            assert await everything(client, stream) == await everything(system.client, stream)
        await _provision(client)
        assert RESTORING not in ((await client.jetstream().stream_info(EVENTS_STREAM)).config.metadata or {})


async def _provision(client: Client) -> None:
    await provision(client, lease=timedelta(seconds=30))


async def test_a_message_that_is_stored_twice_is_restored_twice_and_ids_come_along(tmp_path: Path) -> None:
    """A repeated message is stored again once the server has forgotten its id, after ten minutes."""
    envelope = {"id": str(new_id()), "at": "2026-03-01T00:00:00Z", "ctx": "a", "agg": "b.c", "org": str(new_id())}
    envelope |= {"actor": "x", "corr": "y", "cause": None, "trace": None, "events": []}
    ids = [str(new_id()) for _ in range(6)]
    ids[4] = ids[1]
    messages = [("evt.a.b.c.evt", json.dumps({**envelope, "id": each}).encode()) for each in ids]
    async with another_nats() as client, empty_nats() as target:
        await publish(client, messages)
        await _archived(_system(client, tmp_path), _place(tmp_path))
        await _restored(_system(target, tmp_path / "other"), _place(tmp_path))
        assert await everything(target, EVENTS_STREAM) == await everything(client, EVENTS_STREAM)
        assert await _ids(target) == [*ids[:4], None, ids[5]]


async def test_keys_are_kept_apart_in_a_private_file(system: System, place: Store, tmp_path: Path) -> None:
    ring = KeyRing(system.client, bytes(range(32)))
    one, erased = new_id(), new_id()
    await ring.unlock([one, erased], create=True)
    sealed = ring.seal(one, b"there", b"clear")
    await ring.erase(erased)
    file = tmp_path / "keys"
    assert await save_keys(system.client, file) == 2
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert {key.wrapped for key in read_keys(file)} > {ERASED}
    assert not any("keys" in archived.path for archived in await place.list())
    async with empty_nats() as client:
        await Restorer(
            _system(client, tmp_path / "other"), await Archive.opened(place, KEYS), read_keys(file), nothing
        ).run()
        other = KeyRing(client, bytes(range(32)))
        await other.unlock([one])
        assert other.open(one, b"there", sealed) == b"clear"
        with pytest.raises(Refused, match="erased"):
            await other.unlock([erased], create=True)
        config = (await client.jetstream().stream_info(f"KV_{KEYS_BUCKET}")).config
        assert not config.deny_delete  # a key can be overwritten on disk when it is destroyed
        await restore_keys(client, read_keys(file), 1)  # again: nothing changes
        await other.unlock([new_id()], create=True)
        with pytest.raises(Refused, match="keys of its own"):
            await restore_keys(client, read_keys(file), 1)


def test_a_keys_file_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other").write_text("no keys\n")
    for name in ("other", "missing"):
        with pytest.raises(InvalidInput, match=name):
            read_keys(tmp_path / name)


async def test_beside_the_archive_verify_tells_the_exact_position(system: System, place: Store, tmp_path: Path) -> None:
    log = [(message.subject, message.payload) for message in await everything(system.client, EVENTS_STREAM)]
    seals = [(message.subject, message.payload) for message in await everything(system.client, SEALS_STREAM)]
    archive = await Archive.opened(place, KEYS)
    assert (await examine(system.client, KEYS, nothing, archive)).findings == ()
    for changed, kind in (
        ([*log[:41], (log[41][0], b"{}"), *log[42:]], "altered"),
        ([*log[:41], *log[42:]], "missing"),
        ([*log[:41], ("evt.x.y.z.evt", b"{}"), *log[41:]], "inserted"),
    ):
        async with another_nats() as client:
            await publish(client, [*changed, *seals])
            findings = (await examine(client, KEYS, nothing, archive)).findings
            assert (kind, 42, 42) in [(finding.kind, finding.first, finding.last) for finding in findings]
    async with another_nats() as client:
        await publish(client, [*log[:40], *seals[:4]])  # the end cut off, and its seals with it
        assert (await examine(client, KEYS, nothing)).findings == ()
        findings = (await examine(client, KEYS, nothing, archive)).findings
        assert [(finding.kind, finding.first, finding.last) for finding in findings] == [("missing", 41, 59)]
    async with another_nats() as client:
        await publish(client, [*log[:9], ("evt.x.y.z.evt", b"{}"), *log[10:]])
        await _seal(client)  # a genuine history, and another one
        findings = (await examine(client, KEYS, nothing, archive)).findings
        assert [finding.kind for finding in findings] == ["archive"]
