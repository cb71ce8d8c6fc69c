"""Rebuilds: beside the live tables, gone on with after a crash, swapped in unnoticed, without any effect elsewhere."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from shared.bus.reactions import broker_for
from shared.contracts.catalogue import catalogue
from shared.core.errors import Refused
from shared.db.migrations import Migration
from tests.benchmarks.histories import write_history
from tests.integration.projections.read_models import ReadModels, submit_job

JOBS, RESULTS = "scheduler.execution_jobs", "runner.execution_results"
ROOT = Path(__file__).parents[3]


class Interrupted(Exception):
    """The rebuild's process is gone."""


async def _rebuild(models: ReadModels, path: str, *, resume: bool = False, until: int | None = None) -> list[int]:
    """Rebuild; the positions reached on the way. With `until` it is interrupted after so many batches."""
    seen: list[int] = []

    def see(position: int, _: int) -> None:
        seen.append(position)
        if len(seen) == until:
            raise Interrupted

    await models.projector(path).rebuild(models.migrations(path), see, resume=resume)
    return seen


@pytest.fixture(scope="module", autouse=True)
async def history(read_models: ReadModels) -> None:
    """Some ten thousand events, projected."""
    await write_history(read_models.resources["scheduler"].nats, 12_000, organizations=2)
    for path in (JOBS, RESULTS):
        await read_models.project_all(path)


async def _shadow_position(models: ReadModels) -> int:
    admin = await asyncpg.connect(models.stack.admin_url.rpartition("/")[0] + "/retold")
    try:
        return int(await admin.fetchval("select max(position) from scheduler_shadow.checkpoints") or 0)
    except asyncpg.UndefinedTableError:
        return 0
    finally:
        await admin.close()


async def test_an_interrupted_rebuild_goes_on_and_a_fresh_one_begins_anew(read_models: ReadModels) -> None:
    before = await read_models.table(JOBS)
    with pytest.raises(Interrupted):
        await _rebuild(read_models, JOBS, until=1)
    reached = await _shadow_position(read_models)
    assert reached > 0
    assert await read_models.table(JOBS) == before
    with pytest.raises(Interrupted):
        await _rebuild(read_models, JOBS, resume=True, until=1)
    further = await _shadow_position(read_models)
    assert further > reached
    resumed = await _rebuild(read_models, JOBS, resume=True)
    assert min(resumed) > further
    assert await read_models.table(JOBS) == before
    with pytest.raises(Interrupted):
        await _rebuild(read_models, JOBS, until=2)
    left = await _shadow_position(read_models)
    fresh = await _rebuild(read_models, JOBS)
    assert min(fresh) < left
    assert await read_models.table(JOBS) == before


async def test_a_rebuild_over_other_tables_does_not_go_on_with_these(read_models: ReadModels) -> None:
    before = await read_models.table(JOBS)
    with pytest.raises(Interrupted):
        await _rebuild(read_models, JOBS, until=2)
    reached = await _shadow_position(read_models)
    added = Migration("9999_test", "create table if not exists of_a_test (organization_id uuid)")
    seen: list[int] = []
    migrations = [*read_models.migrations(JOBS), added]
    await read_models.projector(JOBS).rebuild(migrations, lambda position, _: seen.append(position), resume=True)
    assert min(seen) < reached
    assert await read_models.table(JOBS) == before
    await read_models.execute(JOBS, "drop table of_a_test; delete from schema_migrations where name = '9999_test'")


async def test_a_crash_of_postgres_during_a_rebuild_costs_nothing_but_time(read_models: ReadModels) -> None:
    before = {path: await read_models.table(path) for path in (JOBS, RESULTS)}
    for path in (JOBS, RESULTS):
        with pytest.raises(Interrupted):
            await _rebuild(read_models, path, until=2)
        await read_models.stack.kill_postgres()
        await read_models.stack.restart_postgres()
        await _rebuild(read_models, path, resume=True)
        assert await read_models.table(path) == before[path]


async def test_a_rebuild_whose_process_is_killed_goes_on_from_the_command_line(read_models: ReadModels) -> None:
    before = await read_models.table(JOBS)
    settings = read_models.resources["scheduler"].settings
    secret = ("nats_url", "postgres_url", "master_key", "api_tokens")
    environment = {f"RETOLD_{name.upper()}": getattr(settings, name).get_secret_value() for name in secret}
    command = (sys.executable, "-m", "services", "rebuild", JOBS, "--json")

    async def start(*options: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *command,
            *options,
            cwd=ROOT,
            env={**os.environ, **environment, "RETOLD_OBJECTS_URL": settings.objects_url},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    killed = await start()
    while await _shadow_position(read_models) == 0 and killed.returncode is None:
        await asyncio.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    await killed.communicate()
    again = await start()
    out, err = await asyncio.wait_for(again.communicate(), 60)
    assert again.returncode == 0, err
    assert JOBS.encode() in out
    assert await read_models.table(JOBS) == before


@asynccontextmanager
async def _reading(models: ReadModels, org: UUID) -> AsyncIterator[list[tuple[int, int]]]:
    """Somebody reads without a pause: how many jobs, and how far the read model is."""
    seen: list[tuple[int, int]] = []
    stop = asyncio.Event()
    database = models.resources["scheduler"].database

    async def read() -> None:
        while not stop.is_set():
            async with database.tenant(org) as connection:
                jobs = await connection.fetchval("select count(*) from execution_jobs")
                position = await connection.fetchval("select position from checkpoints")
            seen.append((jobs, position))

    reader = asyncio.create_task(read())
    try:
        yield seen
    finally:
        stop.set()
        await reader


async def test_readers_never_see_a_gap_and_never_an_older_state_while_the_log_goes_on(
    read_models: ReadModels,
) -> None:
    _, org = await submit_job(read_models, 1)
    await read_models.project_all(JOBS)
    async with read_models.projecting(JOBS), _reading(read_models, org) as seen:

        async def go_on() -> None:
            for _ in range(40):
                await submit_job(read_models, 1, org)
                await asyncio.sleep(0.02)

        going_on = asyncio.create_task(go_on())
        for _ in range(3):
            await _rebuild(read_models, JOBS)
        await going_on
        await read_models.reach(JOBS, await read_models.log.last_position())
        await asyncio.sleep(0.1)
    assert len(seen) > 50
    assert seen == sorted(seen)
    assert seen[-1][0] == 41


class Moving:
    """A log that goes on while it is read: its end looks old until the swap."""

    def __init__(self, log: Any) -> None:
        self._log = log
        self._asked = 0

    def follow(
        self, subjects: Sequence[str], after: int = 0, linger: float = 0.02, only: Any = None
    ) -> AsyncGenerator[Any, None]:
        """See `Source`."""
        found: AsyncGenerator[Any, None] = self._log.follow(subjects, after, linger, only)
        return found

    async def last_position(self, subjects: Sequence[str] = ()) -> int:
        """See `Source`."""
        self._asked += 1
        return 10 if self._asked <= 2 else int(await self._log.last_position(subjects))


async def test_what_was_shown_before_the_swap_is_shown_behind_it(read_models: ReadModels) -> None:
    end = await read_models.project_all(JOBS)
    before = await read_models.table(JOBS)
    seen: list[int] = []
    projector = read_models.projector(JOBS, Moving(read_models.log))
    await projector.rebuild(read_models.migrations(JOBS), lambda position, _: seen.append(position))
    assert seen[0] < end
    assert await read_models.table(JOBS) == before
    assert await read_models.checkpoint(JOBS) == end


async def test_one_rebuild_of_a_service_at_a_time(read_models: ReadModels) -> None:
    outcomes = await asyncio.gather(*(_rebuild(read_models, JOBS) for _ in range(2)), return_exceptions=True)
    (refused,) = [each for each in outcomes if isinstance(each, BaseException)]
    assert isinstance(refused, Refused)
    assert "another rebuild of scheduler is under way" in refused.detail


async def test_the_new_tables_are_as_durable_and_as_indexed_as_the_old_ones(read_models: ReadModels) -> None:
    catalog = (
        "select relname::text, relkind::text, relpersistence::text, relforcerowsecurity from pg_class "
        "where relnamespace = 'runner'::regnamespace order by 1"
    )
    admin = await asyncpg.connect(read_models.stack.admin_url.rpartition("/")[0] + "/retold")
    before = [tuple(row) for row in await admin.fetch(catalog)]
    await _rebuild(read_models, RESULTS)
    assert [tuple(row) for row in await admin.fetch(catalog)] == before
    assert {row[2] for row in before} == {"p"}
    await admin.close()


@pytest.mark.slow
async def test_nothing_in_the_world_follows_a_rebuild(read_models: ReadModels) -> None:
    """No event, line, timer, dead letter or key is written, and no reaction gets anything to do."""
    jetstream = read_models.resources["ingest"].nats.jetstream()

    async def world() -> dict[str, int]:
        found = {}
        for stream in await jetstream.streams_info():
            name = str(stream.config.name)
            found[name] = stream.state.last_seq
            for consumer in await jetstream.consumers_info(name):
                if consumer.config.durable_name is not None and consumer.delivered is not None:
                    found[f"{name}.{consumer.name}"] = consumer.delivered.consumer_seq
        return found

    brokers = []
    for name, blueprint in read_models.blueprints.items():
        own = read_models.resources[name]
        if reactions := blueprint.build(own).reactions:
            url = own.settings.nats_url.get_secret_value()
            brokers.append(broker_for(reactions, url, catalogue(), f"test-{name}", own.keys))
    for broker in brokers:
        await broker.start()
    try:
        before = await world()
        while before != (before := await world()) or not brokers:  # until they have done what there is to do
            await asyncio.sleep(1.0)
        for service, blueprint in read_models.blueprints.items():
            for projection in blueprint.projections:
                await _rebuild(read_models, f"{service}.{projection.name}")
        await asyncio.sleep(0.5)
        assert await world() == before
    finally:
        for broker in brokers:
            await broker.stop()
