"""Every named SQL statement is one that Postgres understands, against the schema as migrated."""

from collections.abc import AsyncIterator
from importlib import import_module
from typing import Any

import asyncpg
import pytest

from shared.db.migrations import migrate, read_migrations
from shared.local import LocalStack
from shared.runtime import Blueprint

SERVICES = ("ingest", "scheduler", "runner", "healer")


EVERYWHERE = "bookkeeping"  # of every schema
MODEL = "healer's model"
SCHEMA_OF = {EVERYWHERE: SERVICES[0], MODEL: "healer"}
MODULE_OF = {EVERYWHERE: "shared.projections", MODEL: "services.healer.model_projections"}


def _queries(service: str) -> Any:
    return import_module(MODULE_OF.get(service, f"services.{service}.projections")).queries


NAMED = [
    (service, name)
    for service in (*SERVICES, EVERYWHERE, MODEL)
    for name in _queries(service).available_queries
    if not name.endswith("_cursor")
]


@pytest.fixture(scope="module")
async def connections(stack: LocalStack) -> AsyncIterator[dict[str, "asyncpg.Connection[asyncpg.Record]"]]:
    opened = {}
    for service in SERVICES:
        blueprint: Blueprint = import_module(f"services.{service}.main").BLUEPRINT
        connection = await asyncpg.connect(stack.postgres_url(service), server_settings={"search_path": service})
        await migrate(connection, read_migrations(blueprint.migrations))
        opened[service] = connection
    yield opened
    for connection in opened.values():
        await connection.close()


@pytest.mark.parametrize(("service", "name"), NAMED)
async def test_a_named_query_can_be_prepared(
    connections: dict[str, "asyncpg.Connection[asyncpg.Record]"], service: str, name: str
) -> None:
    connection = connections[SCHEMA_OF.get(service, service)]
    statement = await connection.prepare(getattr(_queries(service), name).sql)
    assert statement.get_query()
