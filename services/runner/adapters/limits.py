"""Time limits that stand still while a row waits for a person."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def standing_still(limit: asyncio.Timeout) -> Iterator[None]:
    """Within it the time of a limit does not pass; whoever ends the limit meanwhile does so all the same."""
    clock = asyncio.get_running_loop().time
    left = (limit.when() or 0) - clock()
    limit.reschedule(None)
    try:
        yield
    finally:
        if not limit.expired():
            limit.reschedule(clock() + max(left, 0))
