"""The package procrastinate: tasks deferred in batches, and a worker that does nothing with each.

As its makers recommend: asynchronous tasks, the psycopg connector with a pool, a worker that is notified.
"""

import time
from typing import Any

from procrastinate import App, PsycopgConnector

CONCURRENCY = 10
BATCH = 500
SETTINGS = f"procrastinate 3, deferred {BATCH} at once, 1 worker, concurrency {CONCURRENCY}"


class Queue:
    """Its tables in a database of their own."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._nothing = app.task(name="nothing")(_nothing)

    @classmethod
    async def open(cls, url: str) -> "Queue":
        """Make the tables, connect."""
        app = App(connector=PsycopgConnector(conninfo=url, min_size=CONCURRENCY, max_size=CONCURRENCY + 2))
        await app.open_async()
        await app.schema_manager.apply_schema_async()
        return cls(app)

    async def close(self) -> None:
        """Disconnect."""
        await self._app.close_async()

    async def run(self, count: int) -> float:
        """So many tasks from their deferring to their end; seconds."""
        began = time.perf_counter()
        for first in range(0, count, BATCH):
            wanted = [_row(row) for row in range(first, min(count, first + BATCH))]
            await self._nothing.batch_defer_async(*wanted)
        await self._app.run_worker_async(concurrency=CONCURRENCY, wait=False, install_signal_handlers=False)
        return time.perf_counter() - began


def _row(row: int) -> dict[str, Any]:
    return {"job": "nothing", "row": row, "row_data": {"name": f"row {row}"}}


async def _nothing(job: str, row: int, row_data: dict[str, str]) -> None:
    """A task that does nothing."""
