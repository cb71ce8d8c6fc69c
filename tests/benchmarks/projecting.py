"""Read models kept up to date, and rebuilt: our projectors beside Postgres' own COPY, and beside a peer."""

import io
import time
from statistics import median
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from shared.local.stack import DATABASE
from tests.benchmarks import projection, rebuild
from tests.benchmarks.comparing import Contestant, Tell, compare
from tests.benchmarks.figures import Figure
from tests.benchmarks.histories import EVENTS_A_ROW
from tests.benchmarks.peers import contestants as peers
from tests.benchmarks.places import COMMIT_OFF, Place, open_place, queries
from tests.benchmarks.scale import Scale

GOAL, GOAL_REBUILD = 8_000, 40.0
MILLION = 1_000_000
RESULTS = ("runner", "execution_results")
JOBS = ("scheduler", "execution_jobs")
COPYING = f"{COMMIT_OFF}, binary, one transaction, indexes in place"


async def project_live(scale: Scale, tell: Tell) -> list[Figure]:
    """Events that stand in the log already, three a row, until each read model has them."""
    async with open_place(always=False) as place:
        ours = _Ours(place)
        settings = f"{COMMIT_OFF}, checkpoint in the same transaction"
        measured = [
            Contestant(f"live projection, {table}", settings, scale.projected, run, goal=GOAL)
            for table, run in ((RESULTS[1], ours.results), (JOBS[1], ours.jobs))
        ]
        copy = Contestant("COPY of the same rows", COPYING, scale.projected, ours.copy)
        theirs = await peers.projection(place, scale)
        compared = await compare([*measured, copy, *theirs], scale.long_rounds, tell)
        size = await ours.size()
    per_million = Figure("Postgres size per million events", size / 1e6, "MB", "lower", "tables and their indexes")
    ratios = [compared.ratio(measured[0].name, each.name) for each in (copy, *theirs)]
    return [*compared.figures(), *ratios, per_million]


async def rebuild_all(scale: Scale, tell: Tell) -> list[Figure]:
    """Each read model anew from the whole log, once; then COPY of the rows that came of it."""
    async with open_place(always=False) as place:
        tell(f"{scale.rebuilt:,} events are written, and both read models rebuilt from them")
        measured = await rebuild.measure(place, scale.rebuilt)
        connection = await connect_as_admin(place)
        try:
            tell("COPY of the same rows")
            rows = scale.rebuilt // EVENTS_A_ROW
            copied = [await copy_again(connection, *RESULTS, rows=rows) for _ in range(scale.long_rounds)]
        finally:
            await connection.close()
    what = f"of {scale.rebuilt:,} events"
    goal = GOAL_REBUILD * scale.rebuilt / MILLION
    settings = f"{COMMIT_OFF}, unlogged until the swap"
    found = [
        Figure(f"rebuild {what}, {name}", measured[name]["seconds"], "s", "lower", settings, goal)
        for _, name in (RESULTS, JOBS)
    ]
    seconds = median(copied)
    copy = Figure(f"COPY of the rows {what}", seconds, "s", "lower", COPYING, None, min(copied), max(copied))
    ratio = found[0].value / copy.value
    compared = Figure(f"{found[0].name} ÷ COPY", ratio, "ratio", "lower", f"{settings} ÷ {COPYING}")
    return [*found, copy, compared]


class _Ours:
    """One measurement gives both read models' seconds: the first who asks has it made, the second hears of it."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._events = 0
        self._jobs_seconds = 0.0

    async def results(self, count: int) -> float:
        """Seconds that the results took."""
        measured = await projection.measure(self._place, count)
        self._events += measured[RESULTS[1]]["events"]
        self._jobs_seconds = measured[JOBS[1]]["seconds"]
        return float(measured[RESULTS[1]]["seconds"])

    async def jobs(self, _: int) -> float:
        """Seconds that the jobs took, of the same events."""
        return self._jobs_seconds

    async def copy(self, count: int) -> float:
        """Seconds that COPY takes for the rows of so many events, into a table with the same indexes."""
        connection = await self._connect()
        try:
            return await copy_again(connection, *RESULTS, rows=count // EVENTS_A_ROW)
        finally:
            await connection.close()

    async def size(self) -> float:
        """Bytes that the read models of a million events take."""
        connection = await self._connect()
        try:
            sizes = [await queries.size_of_tables(connection, schema=schema) for schema, _ in (RESULTS, JOBS)]
        finally:
            await connection.close()
        return float(sum(sizes)) / self._events * MILLION

    async def _connect(self) -> "asyncpg.Connection[asyncpg.Record]":
        return await connect_as_admin(self._place)


async def connect_as_admin(place: Place) -> "asyncpg.Connection[asyncpg.Record]":
    """To the services' database, where row-level security does not count; a commit does not wait for the disk."""
    url = urlunsplit(urlsplit(place.admin_url)._replace(path=f"/{DATABASE}"))
    return await asyncpg.connect(url, server_settings={"synchronous_commit": "off"})


async def copy_again(connection: "asyncpg.Connection[asyncpg.Record]", schema: str, table: str, rows: int) -> float:
    """Copy so many rows of a table into an empty one with the same indexes and constraints; seconds."""
    names = {"schema": schema, "original": table, "copy": f"{table}_again"}
    encoded = io.BytesIO()
    wanted = await queries.select_some(connection, **names, rows=rows)
    await connection.copy_from_query(wanted, output=encoded, format="binary")
    encoded.seek(0)
    # Not in one transaction: into a table that it made itself Postgres copies without writing ahead.
    await connection.execute(await queries.create_like(connection, **names))
    try:
        began = time.perf_counter()
        await connection.copy_to_table(names["copy"], schema_name=schema, source=encoded, format="binary")
        return time.perf_counter() - began
    finally:
        await connection.execute(await queries.drop_table(connection, **names))
