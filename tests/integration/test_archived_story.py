"""A whole platform's story, archived and restored: the events read the same, the read models come out the same."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest
from nats.aio.client import Client

from services.__main__ import SERVICES
from shared.audit.archive import Archive
from shared.audit.archiver import Archiver, System
from shared.audit.keys_file import read_keys, save_keys
from shared.audit.restorer import Restorer
from shared.bus.connection import connect
from shared.bus.jetstream import JetStreamLog
from shared.bus.subjects import ALL_EVENTS, LINES_STREAM
from shared.contracts.catalogue import catalogue
from shared.core.errors import Refused
from shared.core.time_and_ids import PLATFORM_ORG, now
from shared.db.migrations import read_migrations
from shared.keys import KeyRing
from shared.lines import Line
from shared.local import LocalStack
from shared.objects import Objects, Store
from shared.projections import Projector
from shared.runtime import Blueprint, Resources
from shared.testing.projecting import project_all, rows_of
from tests.conftest import opening_resources, stack_in_a_folder
from tests.golden.story import Story, story
from tests.integration.tampering import KEYS, chainer, empty_nats, everything, nothing

BLUEPRINTS: tuple[Blueprint, ...] = tuple(import_module(f"services.{name}.main").BLUEPRINT for name in SERVICES)
FIRST = Story("first").context.org
Tables = dict[str, list[str]]


@dataclass
class Told:
    """The system whose story was told, its archive, and what its tables held when it was archived."""

    stack: LocalStack
    resources: dict[str, Resources]
    place: Store
    keys: Path
    tables: Tables


@pytest.fixture(scope="module")
async def told(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Told]:
    """Two organizations' story, projected, sealed, and archived in two runs."""
    folder = tmp_path_factory.mktemp("told")
    place = Store.at(str(folder / "archive"))
    place.open()
    async with stack_in_a_folder() as stack, opening_resources(stack) as resources_of:
        resources = {blueprint.name: await resources_of(blueprint) for blueprint in BLUEPRINTS}
        one = resources["runner"]
        system = System(one.nats, one.objects, KEYS)
        for append in story("first"):
            await one.log.append(append)
        await Archiver(system, place, nothing).run()
        for append in story("second"):
            await one.log.append(append)
        job = Story("first").id("job")
        lines = [Line(FIRST, now().isoformat(), level, f"said {level}", job, 0, 1) for level in ("debug", "error")]
        await one.lines.publish(f"log.row.{job}.0", lines)
        sample = {"worker_id": "w-1", "cpu_usage": 12.5, "memory_usage": 310.25, "jobs_processed": 3}
        sample |= {
            "worker_region": None,
            "browser_count": 1,
            "jobs_succeeded": 2,
            "jobs_failed": 1,
            "avg_job_duration": 9,
        }
        await one.lines.publish("log.worker.w-1", [Line(PLATFORM_ORG, now().isoformat(), "info", "s", metadata=sample)])
        await one.objects.put(FIRST, b"a screenshot")
        await _seal(one.nats)
        await _project(resources)
        await Archiver(system, place, nothing).run()
        await save_keys(one.nats, folder / "keys")
        yield Told(stack, resources, place, folder / "keys", await _tables(stack))


async def _seal(client: Client) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(chainer(client, seconds=0.1).run(), timeout=1)


async def _project(resources: dict[str, Resources]) -> None:
    """Every projection, live, until it has seen everything."""
    for blueprint in BLUEPRINTS:
        for projection in blueprint.projections:
            await project_all(resources[blueprint.name], projection)


async def _tables(stack: LocalStack) -> Tables:
    """Every byte of every read model, checkpoints with them."""
    found = {}
    for blueprint in BLUEPRINTS:
        tables = ("checkpoints", *(table for each in blueprint.projections for table in each.tables))
        rows = await rows_of(stack, blueprint.name, tables)
        found |= {f"{blueprint.name}.{table}": each for table, each in rows.items()}
    return found


async def test_the_read_models_of_a_restored_system_are_the_same_to_the_byte(told: Told, tmp_path: Path) -> None:
    assert all(told.tables.values()), "the story tells nothing that some table shows"
    async with stack_in_a_folder() as stack:
        client = await connect(stack.nats_url, "restore")
        objects = Objects((tmp_path / "objects").as_uri())
        objects.open()
        archive = await Archive.opened(told.place, KEYS)
        report = await Restorer(System(client, objects, KEYS), archive, read_keys(told.keys), nothing).run()
        assert report.end == await told.resources["ingest"].log.last_position()
        await client.close()
        async with opening_resources(stack) as resources_of:
            resources = {blueprint.name: await resources_of(blueprint) for blueprint in BLUEPRINTS}
            await _project(resources)
            assert await _tables(stack) == told.tables
            log, before = resources["ingest"].log, told.resources["ingest"].log
            assert await log.read(ALL_EVENTS) == await before.read(ALL_EVENTS)
            restored = await everything(resources["ingest"].nats, LINES_STREAM)
            assert restored == await everything(told.resources["ingest"].nats, LINES_STREAM)
            sealed = Objects(objects.store.url, resources["runner"].keys)
            sealed.open()
            assert await sealed.get(FIRST, hashlib.sha256(b"a screenshot").hexdigest()) == b"a screenshot"


async def test_old_read_models_beside_a_restored_log_are_refused_and_a_rebuild_helps(
    told: Told, tmp_path: Path
) -> None:
    """Postgres has seen more than the archive holds."""
    for append in story("third"):
        await told.resources["ingest"].log.append(append)
    await _project(told.resources)
    assert await _tables(told.stack) != told.tables
    blueprint = BLUEPRINTS[0]
    own = told.resources[blueprint.name]
    async with empty_nats() as client:
        objects = Objects((tmp_path / "objects").as_uri())
        objects.open()
        archive = await Archive.opened(told.place, KEYS)
        await Restorer(System(client, objects, KEYS), archive, read_keys(told.keys), nothing).run()
        log = JetStreamLog(client, catalogue(), vault=KeyRing(client, bytes(range(32))))
        for projection in blueprint.projections:
            projector = Projector(own.database, projection, log)
            with pytest.raises(Refused, match=f"retold rebuild ingest.{projection.name}"):
                await projector.run()
            await projector.rebuild(read_migrations(blueprint.migrations), lambda *_: None)
    tables = await _tables(told.stack)
    for table in tables:
        if table.startswith("ingest."):
            assert tables[table] == told.tables[table]
