"""Connections to one service's schema, always on behalf of one organization."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeAlias
from uuid import UUID

import asyncpg

from shared.core.errors import Unavailable

# Generic for the type checker only.
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
NO_ANSWER = (
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InterfaceError,
    ConnectionError,
    OSError,
    TimeoutError,
)
# A projector whose machine is gone lets another one take over after some 25 s, not two hours.
KEEPALIVES = {"tcp_keepalives_idle": "10", "tcp_keepalives_interval": "5", "tcp_keepalives_count": "3"}
# A projector finds rows by their keys. Its plans are made when a table is small, and kept while it grows.
BY_KEY = {"enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off"}


class Database:
    """The pool of one service. `schema` is the service's name."""

    def __init__(self, url: str, schema: str, size: int = 10) -> None:
        self._url = url
        self.schema = schema
        self._size = size
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None

    async def open(self) -> None:
        """Connect. Raises `Unavailable` when Postgres does not answer."""
        try:
            self._pool = await asyncpg.create_pool(
                self._url,
                min_size=1,
                max_size=self._size,
                command_timeout=60,
                timeout=10,
                init=prepare_connection,
                server_settings={"search_path": self.schema, "application_name": f"retold-{self.schema}"},
            )
        except (*NO_ANSWER, asyncpg.PostgresError) as failure:
            raise Unavailable(f"Postgres does not answer for {self.schema}: {failure}") from failure

    async def close(self) -> None:
        """Give running queries a moment, then close."""
        if self._pool is not None:
            pool, self._pool = self._pool, None
            try:
                await asyncio.wait_for(pool.close(), timeout=3)
            except NO_ANSWER:
                pool.terminate()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection that belongs to no organization: it sees checkpoints, and no tenant's row."""
        if self._pool is None:
            raise Unavailable(f"the database of {self.schema} is not open")
        try:
            async with self._pool.acquire(timeout=10) as connection:
                yield connection  # type: ignore[misc]
        except NO_ANSWER as failure:
            raise Unavailable(f"Postgres does not answer for {self.schema}: {failure!r}") from failure

    @asynccontextmanager
    async def tenant(self, org: UUID) -> AsyncIterator[Connection]:
        """A transaction that sees the rows of one organization only."""
        async with self.connection() as connection, connection.transaction():
            await act_for(connection, org)
            yield connection

    async def dedicated(self, search_path: str | None = None, command_timeout: float | None = 120) -> Connection:
        """A connection outside the pool, for a projector that holds a lock as long as it lives. Timeout in seconds."""
        try:
            connection = await asyncpg.connect(
                self._url,
                timeout=10,
                command_timeout=command_timeout,
                server_settings={
                    "search_path": search_path or self.schema,
                    # Safe for read models only: the position lives in the same transaction.
                    "synchronous_commit": "off",
                    **KEEPALIVES,
                    **BY_KEY,
                    "application_name": f"retold-{self.schema}-projector",
                },
            )
        except (*NO_ANSWER, asyncpg.PostgresError) as failure:
            raise Unavailable(f"Postgres does not answer for {self.schema}: {failure}") from failure
        await prepare_connection(connection)
        return connection


async def act_for(connection: Connection, org: UUID) -> None:
    """Row-level security shows and accepts this organization's rows until the transaction ends."""
    await connection.execute("select set_config('retold.org', $1, true)", str(org))


async def prepare_connection(connection: Connection) -> None:
    """JSON columns are Python values."""
    for kind in ("json", "jsonb"):
        await connection.set_type_codec(kind, encoder=_to_json, decoder=json.loads, schema="pg_catalog")


def _to_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)
