"""Waiting for what events tell, without asking again and again."""

import asyncio
import contextlib
from collections.abc import Callable


class Bell:
    """Rung whenever something about a page has changed; who waits looks again."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Future[None]] = set()

    def ring(self, _: object = None) -> None:
        """Wakes whoever waits."""
        waiting, self._waiting = self._waiting, set()
        for one in waiting:
            if not one.done():
                one.set_result(None)

    async def until(self, done: Callable[[], bool], seconds: float | None) -> bool:
        """Whether the condition held within the time (none: without a limit)."""
        if done():
            return True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not done():
                    heard: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                    self._waiting.add(heard)
                    try:
                        await heard
                    finally:
                        self._waiting.discard(heard)
        return done()
