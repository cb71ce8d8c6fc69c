"""The plain queue in a Postgres table: workers claim with SKIP LOCKED, store a result, and mark the task done."""

import asyncio
import time
from typing import Any
from uuid import uuid4

import asyncpg

from shared.db.queries import load_queries

WORKERS = 8
queries = load_queries(__file__)
CLAIM, STORE, MARK = (getattr(queries, name).sql for name in ("claim", "store_results", "mark_done"))


class Queue:
    """A queue in a database of its own, with `WORKERS` connections. Every claim, and every result, is a transaction."""

    def __init__(self, pool: "asyncpg.Pool[Any]") -> None:
        self._pool = pool

    @classmethod
    async def open(cls, url: str) -> "Queue":
        """Make the tables, connect the workers."""
        pool = await asyncpg.create_pool(url, min_size=WORKERS, max_size=WORKERS)
        await queries.create_queue(pool)
        return cls(pool)

    async def close(self) -> None:
        """Disconnect."""
        await self._pool.close()

    async def run(self, count: int, batch: int) -> float:
        """So many tasks from their insertion to their end, `batch` a claim; seconds."""
        job = uuid4()
        tasks = [(job, row, f'{{"name": "row {row}"}}') for row in range(count)]
        began = time.perf_counter()
        await self._pool.copy_records_to_table("queue", records=tasks, columns=("job", "row", "row_data"))
        await asyncio.gather(*(self._work(batch) for _ in range(WORKERS)))
        seconds = time.perf_counter() - began
        if left := await queries.count_unfinished(self._pool):
            raise RuntimeError(f"{left} of {count} tasks were not done")
        return seconds

    async def _work(self, batch: int) -> None:
        async with self._pool.acquire() as connection:
            while claimed := await connection.fetch(CLAIM, batch):
                async with connection.transaction():
                    await connection.execute(STORE, [task["job"] for task in claimed], [t["row"] for t in claimed])
                    await connection.execute(MARK, [task["id"] for task in claimed])
