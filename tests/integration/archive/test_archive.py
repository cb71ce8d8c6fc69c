"""An archive is the same system; one that broke off is not taken for one."""

import stat
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from nats.aio.client import Client

from shared.audit import archiver as archiving
from shared.audit.archive import Archive
from shared.audit.archiver import Added, System
from shared.audit.keys_file import read_keys, restore_keys, save_keys
from shared.audit.manifest import MANIFEST
from shared.audit.reading import ends_of
from shared.audit.restorer import Restorer
from shared.audit.verifying import examine
from shared.bus.puller import Pulled
from shared.bus.subjects import EVENTS_STREAM, LINES_STREAM, SEALS_STREAM
from shared.bus.topology import KEYS_BUCKET
from shared.core.errors import InvalidInput, Refused
from shared.core.time_and_ids import new_id
from shared.keys import ERASED, KeyRing
from shared.objects import Store
from tests.integration.archive.archives import (
    EVENTS,
    LINES,
    STREAMS,
    archived,
    place_in,
    provisioned,
    restored,
    seal,
    system_on,
)
from tests.integration.tampering import KEYS, another_nats, empty_nats, everything, nothing, publish


async def test_a_restored_system_is_the_same_to_the_byte(system: System, place: Store, tmp_path: Path) -> None:
    async with empty_nats() as client:
        other = system_on(client, tmp_path / "other")
        report = await restored(other, place)
        assert (report.end, report.sealed_upto, report.findings) == (59, 59, ())
        for stream in STREAMS:
            assert await everything(client, stream) == await everything(system.client, stream)
        assert await ends_of(client, LINES_STREAM) == await ends_of(system.client, LINES_STREAM)
        assert (await ends_of(client, LINES_STREAM)).first == 2
        for file in await system.objects.store.list():
            assert await other.objects.store.get(file.path) == await system.objects.store.get(file.path)
        await provisioned(client)
        await publish(client, EVENTS)  # and it goes on
        await seal(client)
        assert (await examine(client, KEYS, nothing)).findings == ()


async def test_a_second_run_adds_what_is_new_and_touches_nothing_else(
    system: System, place: Store, tmp_path: Path
) -> None:
    before = {file.path: await place.get(file.path) for file in await place.list()}
    assert await archived(system, place) == Added({"EVT": 0, "SEALS": 0, "LOG": 0}, 0)
    await publish(system.client, [*EVENTS[:10], *LINES])
    await seal(system.client)
    await system.objects.put(new_id(), b"three")
    assert await archived(system, place) == Added({"EVT": 10, "SEALS": 1, "LOG": 3}, 1)
    del before[MANIFEST]
    assert {path: await place.get(path) for path in before} == before
    async with empty_nats() as client:
        await restored(system_on(client, tmp_path / "other"), place)
        for stream in STREAMS:
            assert await everything(client, stream) == await everything(system.client, stream)


async def test_lines_that_expired_between_two_runs_do_not_come_back(
    system: System, place: Store, tmp_path: Path
) -> None:
    await publish(system.client, LINES * 3)
    await system.client.jetstream().purge_stream(LINES_STREAM, seq=7)  # 4 to 6 were never archived
    await archived(system, place)
    async with empty_nats() as client:
        await restored(system_on(client, tmp_path / "other"), place)
        assert await everything(client, LINES_STREAM) == await everything(system.client, LINES_STREAM)
    await system.client.jetstream().purge_stream(LINES_STREAM)
    await archived(system, place)
    async with empty_nats() as client:
        await restored(system_on(client, tmp_path / "third"), place)
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
    place = place_in(tmp_path)
    assert (await archived(system, place)).messages["LOG"] == 1
    async with empty_nats() as client:
        await restored(system_on(client, tmp_path / "other"), place)
        assert await ends_of(client, LINES_STREAM) == await ends_of(system.client, LINES_STREAM)


async def test_an_archive_that_broke_off_is_none_and_is_made_anew(
    system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = place_in(tmp_path)
    monkeypatch.setattr(archiving, "CHUNK_MESSAGES", 20)
    put = place.put

    async def breaking(path: str, content: bytes) -> None:
        if len(await place.list()) == 3:
            raise KeyboardInterrupt
        await put(path, content)

    monkeypatch.setattr(place, "put", breaking)
    with pytest.raises(KeyboardInterrupt):
        await archived(system, place)
    with pytest.raises(Refused, match="its making broke off"):
        await Archive.opened(place, KEYS)
    monkeypatch.undo()
    assert (await archived(system, place)).messages == {"EVT": 59, "SEALS": 6, "LOG": 2}
    assert await (await Archive.opened(place, KEYS)).check(KEYS, nothing) == []


async def test_an_archive_of_another_system_or_of_a_newer_copy_is_left_alone(place: Store, tmp_path: Path) -> None:
    async with another_nats() as client:
        await publish(client, [*reversed(EVENTS), *LINES])
        await seal(client)
        with pytest.raises(Refused, match="of another system"):
            await archived(system_on(client, tmp_path / "other"), place)
    async with another_nats() as client:
        await publish(client, [*EVENTS[:40], *LINES])
        with pytest.raises(Refused, match="ends at 40 here and at 59 there"):
            await archived(system_on(client, tmp_path / "other"), place)


async def test_a_log_that_was_tampered_with_is_not_archived(system: System, tmp_path: Path) -> None:
    async with another_nats() as client:
        await publish(client, [*EVENTS[:5], ("evt.x.y.z.evt", b"{}"), *EVENTS[6:]])
        seals = [(message.subject, message.payload) for message in await everything(system.client, SEALS_STREAM)]
        await publish(client, seals)
        with pytest.raises(Refused, match=r"positions 1 to 10: not what was sealed.*retold verify"):
            await archived(system_on(client, tmp_path / "other"), place_in(tmp_path))


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
            system_on(client, tmp_path / "other"), await Archive.opened(place, KEYS), read_keys(file), nothing
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
        await seal(client)  # a genuine history, and another one
        findings = (await examine(client, KEYS, nothing, archive)).findings
        assert [finding.kind for finding in findings] == ["archive"]
