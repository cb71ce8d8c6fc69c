"""Reading without end, with a beat: what has timers, or must notice a stop, reads through this."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TypeVar

from shared.tasks import end

T = TypeVar("T")


async def with_ticks(
    batches: AsyncIterator[T], seconds: float, stopping: asyncio.Event
) -> AsyncGenerator[T | None, None]:
    """The batches, and `None` whenever `seconds` pass without one; ends when `stopping` is set."""
    stop = asyncio.create_task(stopping.wait())
    upcoming: asyncio.Task[T] | None = None
    try:
        while not stop.done():
            upcoming = upcoming or asyncio.create_task(_next(batches))
            done, _ = await asyncio.wait({upcoming, stop}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if upcoming in done:
                finished, upcoming = upcoming, None
                yield finished.result()
            elif not done:
                yield None
    finally:
        stop.cancel()
        if upcoming is not None:
            await end([upcoming])
        close = getattr(batches, "aclose", None)
        if close is not None:
            await close()


async def _next(batches: AsyncIterator[T]) -> T:
    return await anext(batches)
