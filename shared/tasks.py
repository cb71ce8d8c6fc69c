"""Ending what goes on beside."""

import asyncio
from collections.abc import Iterable
from typing import Any

AGAIN_SECONDS = 0.5


async def end(tasks: "Iterable[asyncio.Future[Any]]") -> None:
    """Cancel until all have ended; what became of them nobody asks any more.

    Once is not enough: in Python 3.11 `asyncio.wait_for` loses a cancellation that comes together with the answer.
    """
    ending = list(tasks)
    while pending := [task for task in ending if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=AGAIN_SECONDS)
    for task in ending:
        if not task.cancelled():
            task.exception()
