"""The database that the services find: each has a role and a schema, and none sees another's."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import quote

import asyncpg
import pytest

from shared.db.bootstrap import prepare_database
from shared.local import LocalStack
from shared.testing.folders import open_folder

PASSWORDS = {"ingest": "one", "healer": "two"}


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder / "home"


@pytest.fixture(scope="module")
async def stack(home: Path) -> AsyncIterator[LocalStack]:
    async with LocalStack(home, durable=False, services=()) as running:
        yield running


def url(stack: LocalStack, user: str, password: str, database: str = "retold") -> str:
    return f"postgresql://{user}:{password}@127.0.0.1:{stack.postgres.port}/{database}"


async def test_a_service_writes_its_own_schema_and_cannot_read_another(stack: LocalStack) -> None:
    await prepare_database(stack.admin_url, PASSWORDS)
    ingest = await asyncpg.connect(url(stack, "retold_ingest", "one"))
    healer = await asyncpg.connect(url(stack, "retold_healer", "two"))
    await ingest.execute("create table recordings as select 1 as id")
    assert await ingest.fetchval("select count(*) from ingest.recordings") == 1
    for attempt in (
        "select * from ingest.recordings",
        "create table ingest.mine ()",
        "create table public.mine ()",
        "create schema mine",
        "set role retold_ingest",
        "alter role retold_healer bypassrls",
        "create role another",
        "create database another",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await healer.execute(attempt)
    await ingest.close()
    await healer.close()


async def test_text_similarity_is_at_hand_in_every_schema(stack: LocalStack) -> None:
    await prepare_database(stack.admin_url, PASSWORDS)
    healer = await asyncpg.connect(url(stack, "retold_healer", "two"))
    await healer.execute("create table texts (body text); create index on texts using gin (body gin_trgm_ops)")
    assert await healer.fetchval("select 'sign in' % 'sign in now'")
    await healer.close()


async def test_strangers_cannot_connect(stack: LocalStack) -> None:
    await prepare_database(stack.admin_url, PASSWORDS)
    admin = await asyncpg.connect(stack.admin_url)
    await admin.execute("create role stranger login password 'x'")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(url(stack, "stranger", "x"))
    await admin.close()


async def test_preparing_again_keeps_the_tables_and_sets_the_new_password(stack: LocalStack) -> None:
    await prepare_database(stack.admin_url, PASSWORDS, "twice")
    first = await asyncpg.connect(url(stack, "retold_ingest", "one", "twice"))
    await first.execute("create table kept ()")
    await first.close()
    await prepare_database(stack.admin_url, {**PASSWORDS, "ingest": "changed"}, "twice")
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(url(stack, "retold_ingest", "one", "twice"))
    second = await asyncpg.connect(url(stack, "retold_ingest", "changed", "twice"))
    assert await second.fetchval("select to_regclass('kept')") == "kept"
    await second.close()


async def test_a_role_that_gained_powers_loses_them_again(stack: LocalStack) -> None:
    await prepare_database(stack.admin_url, PASSWORDS)
    admin = await asyncpg.connect(stack.admin_url)
    await admin.execute("alter role retold_healer superuser bypassrls createdb createrole")
    await prepare_database(stack.admin_url, PASSWORDS)
    powers = "select rolsuper or rolbypassrls or rolcreatedb or rolcreaterole from pg_roles where rolname = $1"
    assert await admin.fetchval(powers, "retold_healer") is False
    await admin.close()


async def test_an_administrator_without_superuser_rights_is_enough(stack: LocalStack) -> None:
    admin = await asyncpg.connect(stack.admin_url)
    await admin.execute("create role caretaker login createdb createrole password 'x'")
    password = 'it\'s 100% "quoted"'
    for _ in range(2):
        await prepare_database(url(stack, "caretaker", "x", "postgres"), {"guest": password}, "kept house")
    guest = await asyncpg.connect(url(stack, "retold_guest", quote(password), quote("kept house")))
    assert await guest.fetchval("select current_schema()") == "guest"
    await guest.close()
    await admin.close()
