"""Every read model can be rebuilt to the byte, and shows an organization nothing but its own rows."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import suppress
from importlib import import_module
from typing import Any

import asyncpg
import pytest

from services.__main__ import SERVICES
from shared.core.errors import Conflict
from shared.core.events import Event
from shared.core.time_and_ids import PLATFORM_ORG, derived_id, now
from shared.db.migrations import read_migrations
from shared.lines import Line
from shared.local import LocalStack
from shared.projections import Projection, Projector
from shared.runtime import Blueprint, Resources
from shared.testing.projecting import project_all, projector_of, reached, rows_of
from tests.conftest import opening_resources, stack_in_a_folder
from tests.golden.story import Story, story
from tests.integration.projections.read_models import OneByOne

BLUEPRINTS: tuple[Blueprint, ...] = tuple(import_module(f"services.{name}.main").BLUEPRINT for name in SERVICES)
PROJECTIONS = [(blueprint, projection) for blueprint in BLUEPRINTS for projection in blueprint.projections]
TABLES = [(blueprint.name, table) for blueprint, projection in PROJECTIONS for table in projection.tables]
BOOKKEEPING = {"schema_migrations", "checkpoints", "dead_events"}
FIRST, SECOND = Story("first").context.org, Story("second").context.org
Connection = Any


@pytest.fixture(scope="module")
async def told() -> AsyncIterator[tuple[LocalStack, dict[str, Resources]]]:
    """A stack of its own, whose log tells what happened to two organizations and some workers."""
    async with stack_in_a_folder() as stack, opening_resources(stack) as resources_of:
        resources = {blueprint.name: await resources_of(blueprint) for blueprint in BLUEPRINTS}
        one = resources["ingest"]
        for append in (*story("first"), *story("second")):
            await one.log.append(append)
        job = Story("first").id("job")
        lines = [
            Line(FIRST, now().isoformat(), level, f"said {level}", job, 0, 1, {"strategy": "id"})
            for level in ("debug", "info", "warn", "error")
        ]
        await one.lines.publish(f"log.row.{job}.0", lines)
        sample = {"worker_id": "w-1", "worker_region": None, "cpu_usage": 12.5, "memory_usage": 310.25}
        counts = {"browser_count": 1, "jobs_processed": 3, "jobs_succeeded": 2, "jobs_failed": 1}
        sample |= {**counts, "avg_job_duration": 900}
        await one.lines.publish("log.worker.w-1", [Line(PLATFORM_ORG, now().isoformat(), "info", "s", metadata=sample)])
        for blueprint in BLUEPRINTS:
            for projection in blueprint.projections:
                await project_all(resources[blueprint.name], projection)
        yield stack, resources


@pytest.mark.parametrize(
    ("blueprint", "projection"), PROJECTIONS, ids=[f"{blueprint.name}.{each.name}" for blueprint, each in PROJECTIONS]
)
async def test_a_rebuild_gives_the_rows_that_live_projection_gave(
    told: tuple[LocalStack, dict[str, Resources]], blueprint: Blueprint, projection: Projection
) -> None:
    stack, resources = told
    own = resources[blueprint.name]
    live, before = await rows_of(stack, blueprint.name, projection.tables), await reached(own, projection)
    assert any(live.values()), "the story tells nothing that this projection shows"
    seen: list[int] = []
    migrations = read_migrations(blueprint.migrations)
    await projector_of(own, projection).rebuild(migrations, lambda position, _: seen.append(position))
    assert await rows_of(stack, blueprint.name, projection.tables) == live
    assert await reached(own, projection) == before == seen[-1]
    async with own.database.connection() as connection:
        assert await connection.fetchval("select count(*) from dead_events") == 0


@pytest.mark.parametrize(
    ("blueprint", "projection"), PROJECTIONS, ids=[f"{blueprint.name}.{each.name}" for blueprint, each in PROJECTIONS]
)
async def test_where_a_batch_of_events_ends_makes_no_difference(
    told: tuple[LocalStack, dict[str, Resources]], blueprint: Blueprint, projection: Projection
) -> None:
    stack, resources = told
    own = resources[blueprint.name]
    live = await rows_of(stack, blueprint.name, projection.tables)
    one_by_one = OneByOne(own.log if projection.source == "events" else own.lines)
    projector = Projector(own.database, projection, one_by_one)
    await projector.rebuild(read_migrations(blueprint.migrations), lambda *_: None)
    assert await rows_of(stack, blueprint.name, projection.tables) == live


async def test_a_projector_that_runs_while_its_tables_are_rebuilt_goes_on_from_there(
    told: tuple[LocalStack, dict[str, Resources]],
) -> None:
    _, resources = told
    own = resources["ingest"]
    blueprint, projection = next(each for each in PROJECTIONS if each[1].name == "users")
    running = asyncio.create_task(projector_of(own, projection).run())
    await asyncio.sleep(0.3)
    await projector_of(own, projection).rebuild(read_migrations(blueprint.migrations), lambda *_: None)
    for append in story("third")[:2]:
        await own.log.append(append)
    head = await own.log.last_position(projection.subjects)
    for _ in range(200):
        if running.done():  # fenced by the swap: its supervisor starts it again
            with suppress(Conflict):
                running.result()
            running = asyncio.create_task(projector_of(own, projection).run())
        if await reached(own, projection) >= head:
            break
        await asyncio.sleep(0.05)
    running.cancel()
    async with own.database.tenant(Story("third").context.org) as connection:
        assert await connection.fetchval("select count(*) from users") == 2


@pytest.mark.parametrize("service", SERVICES)
async def test_every_table_names_the_organization_and_guards_it(
    told: tuple[LocalStack, dict[str, Resources]], service: str
) -> None:
    stack, _ = told
    connection = await asyncpg.connect(stack.postgres_url(service))
    tables = await connection.fetch(
        "select c.relname, c.relrowsecurity, c.relforcerowsecurity, exists (select from pg_attribute a where "
        "a.attrelid = c.oid and a.attname = 'organization_id' and a.attnotnull) as has_organization "
        "from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relkind = 'r'",
        service,
    )
    role = await connection.fetchrow("select rolsuper, rolbypassrls from pg_roles where rolname = current_user")
    await connection.close()
    guarded = {row["relname"] for row in tables} - BOOKKEEPING
    assert guarded >= {table for name, table in TABLES if name == service}
    assert all(tuple(row)[1:] == (True, True, True) for row in tables if row["relname"] in guarded)
    assert tuple(role) == (False, False)


@pytest.mark.parametrize(("service", "table"), TABLES)
async def test_raw_sql_as_the_service_shows_no_other_organizations_rows(
    told: tuple[LocalStack, dict[str, Resources]], service: str, table: str
) -> None:
    stack, _ = told
    connection = await asyncpg.connect(stack.postgres_url(service))
    try:
        assert await connection.fetchval(f'select count(*) from "{table}"') == 0
        for org in (FIRST, SECOND, PLATFORM_ORG):
            await connection.execute("select set_config('retold.org', $1, false)", str(org))
            others = await connection.fetchval(f'select count(*) from "{table}" where organization_id <> $1', org)
            assert others == 0
            changed = await connection.execute(
                f'update "{table}" set organization_id = organization_id where organization_id <> $1', org
            )
            gone = await connection.execute(f'delete from "{table}" where organization_id <> $1', org)
            assert (changed, gone) == ("UPDATE 0", "DELETE 0")
        await _cannot_give_rows_away(connection, table)
    finally:
        await connection.close()


async def _cannot_give_rows_away(connection: Connection, table: str) -> None:
    """Neither insert for nor move rows to another organization."""
    for org, other in ((FIRST, SECOND), (PLATFORM_ORG, FIRST)):
        await connection.execute("select set_config('retold.org', $1, false)", str(org))
        if not await connection.fetchval(f'select count(*) from "{table}"'):
            continue
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(f'update "{table}" set organization_id = $1', other)
        copied = f"jsonb_populate_record(t, jsonb_build_object('organization_id', '{other}'))"
        with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
            await connection.execute(f'insert into "{table}" select ({copied}).* from "{table}" t limit 1')
        return
    pytest.fail("the story tells nothing that this table shows")


@pytest.mark.parametrize("service", SERVICES)
async def test_a_services_role_cannot_look_into_another_services_schema(
    told: tuple[LocalStack, dict[str, Resources]], service: str
) -> None:
    stack, _ = told
    connection = await asyncpg.connect(stack.postgres_url(service))
    for other, table in TABLES:
        if other != service:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.fetch(f'select * from "{other}"."{table}"')
    await connection.close()


async def test_two_organizations_have_rows_of_their_own(told: tuple[LocalStack, dict[str, Resources]]) -> None:
    _, resources = told
    for org in (FIRST, SECOND):
        async with resources["ingest"].database.tenant(org) as connection:
            names = await connection.fetch("select id from recordings")
        story_name = "first" if org == FIRST else "second"
        assert [row["id"] for row in names] == [Story(story_name).id("recording")]
        assert derived_id("story", story_name, "recording") == names[0]["id"]


def test_a_projection_reads_every_type_that_its_module_knows() -> None:
    for service in SERVICES:
        projections = import_module(f"services.{service}.projections").PROJECTIONS
        by_module = defaultdict(list)
        for each in projections:
            if each.source == "events":
                by_module[each.apply.__module__].append(each)
        for name, of_module in by_module.items():
            in_module = vars(import_module(name)).values()
            known = {each for each in in_module if isinstance(each, type) and issubclass(each, Event)} - {Event}
            assert all(not each.events or set(each.events) <= known for each in of_module), name
            if all(each.events for each in of_module):
                assert set().union(*(each.events for each in of_module)) == known, name
