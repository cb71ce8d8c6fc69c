"""SHELL: what people do with a job while one of its rows runs: stop it, pause it, let it go on, answer it."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID

from services.runner.known import Known

HOLD_SECONDS = 600.0  # how long a row keeps its browser while its job is paused
NOTE_SECONDS = 15.0  # a row that rests is alive, and its lease is kept


class HeldTooLong(Exception):
    """The job was paused, or a person thought, for longer than a row keeps its browser."""


class Steering:
    """One row's ear. `noted` is called again and again while the row rests or is held."""

    def __init__(self, known: Known, job_id: UUID, noted: Callable[[], None]) -> None:
        self._known, self._job_id, self._noted = known, job_id, noted
        self._heard = asyncio.Event()

    @property
    def stopped(self) -> bool:
        """Whether the row should end before its next step."""
        return self._known.is_stopped(self._job_id)

    @property
    def paused(self) -> bool:
        """Whether the row should wait before its next step."""
        return self._known.is_paused(self._job_id)

    @contextmanager
    def listening(self, on_change: Callable[[], None]) -> Iterator[None]:
        """Within it changes are heard; `on_change` is called with each."""

        def hear() -> None:
            self.hear()
            on_change()

        with self._known.telling(self._job_id, hear):
            yield

    def hear(self) -> None:
        """Something has changed that a row may wait for."""
        self._heard.set()

    async def rest(self, seconds: float) -> None:
        """Wait so long, or until the job is stopped or paused."""
        await self._wait(seconds, lambda: self.stopped or self.paused)

    async def hold(self) -> float:
        """Wait until a paused job goes on or is stopped. Returns the seconds that took. Raises `HeldTooLong`."""
        return await self.wait_for(lambda: True, HOLD_SECONDS)

    async def wait_for(self, over: Callable[[], bool], seconds: float) -> float:
        """Wait until it is over, and the job neither paused nor stopped. As `hold`."""
        began = asyncio.get_running_loop().time()
        if not await self._wait(seconds, lambda: self.stopped or (over() and not self.paused)):
            raise HeldTooLong
        return asyncio.get_running_loop().time() - began

    async def _wait(self, seconds: float, over: Callable[[], bool]) -> bool:
        """Whether it was over before the time was."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while not over():
            left = deadline - loop.time()
            if left <= 0:
                return False
            self._noted()
            self._heard.clear()
            try:
                async with asyncio.timeout(min(left, NOTE_SECONDS)):
                    await self._heard.wait()
            except TimeoutError:
                continue
        return True
