"""SHELL: those who watch a recording under way: what waits to be sent to each, of pictures the newest alone."""

import asyncio
from collections import deque
from typing import Any

from services.runner.adapters.live.screen import Screen
from shared.core.errors import Refused

MOST_WAITING = 1000  # messages that a client has not taken


class Viewer:
    """One client; `frames`: whether it wants pictures."""

    def __init__(self, *, frames: bool) -> None:
        self.frames = frames
        self.ended = False
        self._waiting: deque[dict[str, Any]] = deque()
        self._bell = asyncio.Event()
        self._sent = self._seen = 0

    def say(self, message: dict[str, Any]) -> None:
        """Something to be sent."""
        self._waiting.append(message)
        self._bell.set()

    def wake(self) -> None:
        """There is a new picture."""
        self._bell.set()

    def seen(self, number: int) -> None:
        """It has drawn one."""
        self._seen = max(self._seen, number)
        self._bell.set()

    def end(self) -> None:
        """Nothing follows what waits now."""
        self.ended = True
        self._bell.set()

    async def next(self, screen: Screen) -> dict[str, Any] | bytes | None:
        """What is to be sent next; none: nothing follows. Raises `Refused` for a client that is too slow.

        One that draws no pictures, in a tab that is not looked at, say, is sent none until it does.
        """
        while True:
            if len(self._waiting) > MOST_WAITING:
                raise Refused("this page takes in too little of what happens: load it again")
            if self._waiting:
                return self._waiting.popleft()
            if self.ended:
                return None
            may_see = self.frames and self._seen >= self._sent
            if may_see and screen.newest is not None and screen.number != self._sent:
                self._sent = screen.number
                return screen.newest
            self._bell.clear()
            await self._bell.wait()
