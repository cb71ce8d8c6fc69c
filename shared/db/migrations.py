"""Numbered `.sql` files a service, applied in order, each once, in one transaction each.

Our own forty lines because the same files must also build the shadow schema of a rebuild, which the
migration tools we looked at (yoyo, alembic) tie to one schema and a history table of their own.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import structlog

from shared.core.errors import Refused
from shared.db.pool import Connection

log = structlog.get_logger()

BOOKKEEPING = Path(__file__).with_name("bookkeeping.sql")


@dataclass(frozen=True, slots=True)
class Migration:
    """One file."""

    name: str
    sql: str

    @property
    def checksum(self) -> str:
        """Finds out whether a file was edited after it had been applied."""
        return hashlib.sha256(self.sql.encode()).hexdigest()


def read_migrations(folder: Path) -> list[Migration]:
    """The migrations in order of their number."""
    return [Migration(path.stem, path.read_text("utf-8")) for path in sorted(folder.glob("[0-9]*.sql"))]


async def migrate(connection: Connection, migrations: list[Migration]) -> list[str]:
    """Apply what is missing to the connection's schema; names of what was applied."""
    async with connection.transaction():
        await connection.execute("select pg_advisory_xact_lock(hashtext(current_schema() || '.migrations'))")
        await connection.execute(BOOKKEEPING.read_text("utf-8"))
        done = {row["name"]: row["checksum"] for row in await connection.fetch("select * from schema_migrations")}
        applied = []
        for migration in migrations:
            if migration.name in done:
                if done[migration.name] != migration.checksum:
                    raise Refused(f"migration {migration.name} was edited after it had been applied; add a new one")
                continue
            await connection.execute(migration.sql)
            await connection.execute(
                "insert into schema_migrations (name, checksum) values ($1, $2)",
                migration.name,
                migration.checksum,
            )
            applied.append(migration.name)
    if applied:
        log.info("migrated", schema=await connection.fetchval("select current_schema()"), applied=applied)
    return applied
