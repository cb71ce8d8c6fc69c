"""NATS and Postgres, started together for one folder and stopped together."""

from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import asyncpg

from shared.core.errors import Unavailable
from shared.db.bootstrap import prepare_database, role_of
from shared.local.home import Home
from shared.local.nats_server import NatsServer
from shared.local.postgres_server import PostgresServer

SERVICES = ("ingest", "scheduler", "runner", "healer")
DATABASE = "retold"


class LocalStack:
    """An async context manager: inside it NATS and Postgres run on 127.0.0.1 with their data under `home`.

    Not `durable` means that a power cut may lose data (for tests: faster); a kill -9 loses nothing either way.
    Enter and leave it on the main thread: Linux stops the servers when the thread that started them ends.
    Raises `Unavailable` when the folder is in use or a server does not start.
    """

    def __init__(self, home: Path, *, durable: bool = True, services: Sequence[str] = SERVICES) -> None:
        self._home = Home(home)
        self._services = tuple(services)
        self._running = AsyncExitStack()
        self.nats = NatsServer(self._home, durable=durable)
        self.postgres = PostgresServer(self._home, durable=durable)

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as started:
            self._home.hold()
            started.callback(self._home.release)
            started.push_async_callback(self.nats.stop)
            await self.nats.start()
            started.push_async_callback(self.postgres.stop)
            await self.postgres.start()
            await self._prepare()
            self._running = started.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._running.aclose()

    @property
    def nats_url(self) -> str:
        """Where clients of NATS connect, with user and password."""
        return self.nats.url

    @property
    def admin_url(self) -> str:
        """Where the superuser connects, to Postgres' own database `postgres`."""
        return self.postgres.url("postgres", "postgres", "postgres")

    def postgres_url(self, service: str) -> str:
        """Where one service's role connects (`ingest`, `scheduler`, `runner`, `healer`)."""
        return self.postgres.url(role_of(service), f"postgres-{service}", DATABASE)

    def secret(self, name: str) -> str:
        """A random secret (64 hexadecimal digits), made once and kept in the home for its owner's eyes only."""
        return self._home.secret(name)

    async def restart_nats(self) -> None:
        """Stops NATS, if it runs, and starts it on the same port."""
        await self.nats.stop()
        await self.nats.start()

    async def restart_postgres(self) -> None:
        """Stops Postgres, if it runs, and starts it on the same port."""
        await self.postgres.stop()
        await self.postgres.start()

    async def kill_nats(self) -> None:
        """Ends NATS by SIGKILL; `restart_nats` brings it back."""
        await self.nats.kill()

    async def kill_postgres(self) -> None:
        """Ends Postgres by SIGKILL; `restart_postgres` brings it back."""
        await self.postgres.kill()

    async def _prepare(self) -> None:
        passwords = {service: self._home.secret(f"postgres-{service}") for service in self._services}
        try:
            await prepare_database(self.admin_url, passwords, DATABASE)
        except asyncpg.InvalidPasswordError as error:
            raise Unavailable(
                f"{self._home.path}/secrets.json does not fit the data in {self._home.path}/postgres: restore it, "
                f"or delete {self._home.path}/postgres and run `retold rebuild` for every service."
            ) from error
