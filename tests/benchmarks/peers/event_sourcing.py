"""The package eventsourcing on Postgres: aggregates saved one event at a time, and its projection runner.

Its database functions are on (`POSTGRES_ENABLE_DB_FUNCTIONS`): one round trip a save, its fastest setting.
"""

import asyncio
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from eventsourcing.application import Application
from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.sql import SQL, Identifier

from shared.db.queries import load_queries
from tests.benchmarks.samples import EVENTS_A_STREAM, ORG, WORKER

SETTINGS = "eventsourcing 9.5, db functions on"
PATIENCE = 300.0
queries = load_queries(__file__)
ABOUT = {"org": str(ORG), "actor": "runner:benchmark", "correlation": "benchmark", "cause": None, "trace": None}


class Row(Aggregate):
    """A row; its events carry what ours carry, and take about as many bytes."""

    def __init__(self, job: UUID, row: int, about: dict[str, Any]) -> None:
        self.job, self.row, self.about, self.starts = str(job), row, about, 0

    @event("Started")
    def start(self, job: str, row: int, attempt: int, worker: str, about: dict[str, Any]) -> None:
        """A worker took it."""
        self.starts += 1


class Rows(Application[UUID]):
    """The rows of all jobs."""


def open_application(url: str) -> Rows:
    """The application on a database of its own."""
    return Rows(env=environment(url))


def environment(url: str) -> dict[str, str]:
    """How the package is told where it stores."""
    where = urlsplit(url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": where.path[1:],
        "POSTGRES_HOST": where.hostname or "",
        "POSTGRES_PORT": str(where.port),
        "POSTGRES_USER": where.username or "",
        "POSTGRES_PASSWORD": where.password or "",
        "POSTGRES_ENABLE_DB_FUNCTIONS": "yes",
    }


async def save_one_by_one(rows: Rows, count: int) -> float:
    """Save so many events, each in a commit of its own; seconds."""
    return await asyncio.to_thread(_save, rows, count)


def _save(rows: Rows, count: int) -> float:
    job = uuid4()
    began = time.perf_counter()
    for number in range(count):
        if number % EVENTS_A_STREAM == 0:
            row = Row(job, number, ABOUT)
        else:
            row.start(row.job, number, 1, WORKER, ABOUT)
        rows.save(row)
    return time.perf_counter() - began


class RowsView(PostgresTrackingRecorder):
    """Our read model's shape: a row of the table for each row of a job, and how far it has read."""

    def __init__(self, datastore: PostgresDatastore, *, rows_table_name: str = "rows_view", **kwargs: Any) -> None:
        super().__init__(datastore, **kwargs)
        names = {"schema": Identifier(datastore.schema), "table": Identifier(rows_table_name)}
        self.sql_create_statements.append(SQL(queries.create_view.sql).format(**names))
        self._upsert = SQL(queries.count_start.sql).format(**names)

    def count_start(self, row: UUID, tracking: Tracking) -> None:
        """One event: the row, and the position in the same transaction."""
        with self.datastore.transaction(commit=True) as cursor:
            cursor.execute(self._upsert, {"id": row}, prepare=True)
            self._insert_tracking(cursor, tracking)


class RowsProjection(Projection[RowsView]):
    """Every event of a row counts."""

    name = "rows"

    @singledispatchmethod
    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        """One event."""
        self.view.count_start(domain_event.originator_id, tracking)


async def project(url: str, count: int) -> float:
    """Save so many events, then let a fresh runner project what it has not seen; seconds of the latter."""
    return await asyncio.to_thread(_project, url, count)


def _project(url: str, count: int) -> float:
    with Rows(env=environment(url)) as rows:
        end = max(each.notification.id for each in rows.save(*_unsaved(count)))
    began = time.perf_counter()
    with ProjectionRunner(
        application_class=Rows, projection_class=RowsProjection, view_class=RowsView, env=environment(url)
    ) as runner:
        runner.wait(end, timeout=PATIENCE)
        return time.perf_counter() - began


def _unsaved(count: int) -> Sequence[Row]:
    job = uuid4()
    found = []
    for number in range(0, count, EVENTS_A_STREAM):
        row = Row(job, number, ABOUT)
        for _ in range(min(EVENTS_A_STREAM, count - number) - 1):
            row.start(row.job, number, 1, WORKER, ABOUT)
        found.append(row)
    return found
