"""SHELL: pictures of the rows that this worker runs, for those who watch; nothing is done while nobody does."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from services.runner.adapters.port import RowSession
from shared.core.errors import RetoldError
from shared.core.time_and_ids import now
from shared.pictures import WATCHED_SECONDS, Picture, Pictures, Place

PAUSE_SECONDS = 0.5  # between two pictures
AGAIN_SECONDS = 0.1  # after one that could not be taken
PICTURE_SECONDS = 5.0
LEAVE_SECONDS = 2.0


@dataclass(slots=True)
class View:
    """How far a row is, as its pictures need to know."""

    place: Place
    attempt: int
    step_number: int | None = None
    typing_secret: bool = False
    secrets_typed: int = 0

    def begin(self, step_number: int, *, secret: bool) -> None:
        """A step begins; `secret`: what it types is."""
        self.step_number, self.typing_secret = step_number, secret
        self.secrets_typed += secret

    def end(self) -> None:
        """The step has ended: what it typed stands in the page, and is blanked out there."""
        self.typing_secret = False


@dataclass(slots=True)
class _Shown:
    view: View
    session: RowSession
    taking: asyncio.Task[None] | None = None


class LiveRows:
    """The rows under way in this process, and which of them somebody watches."""

    def __init__(self, pictures: Pictures, clock: Callable[[], float] | None = None) -> None:
        self._pictures = pictures
        self._clock = clock or (lambda: asyncio.get_running_loop().time())
        self._watched_until: dict[Place, float] = {}
        self._shown: dict[Place, _Shown] = {}

    async def listen(self, stopping: asyncio.Event) -> None:
        """Hear who watches, until `stopping`."""
        async with self._pictures.asked_for(self._hear):
            await stopping.wait()

    def is_watched(self, place: Place) -> bool:
        """Whether somebody said so a moment ago."""
        return self._watched_until.get(place, 0.0) > self._clock()

    def _hear(self, place: Place) -> None:
        moment = self._clock()
        # Also of rows that run elsewhere, or not yet: one that begins here is seen from its first step on.
        self._watched_until = {each: until for each, until in self._watched_until.items() if until > moment}
        self._watched_until[place] = moment + WATCHED_SECONDS
        self._take_on(place)

    def _take_on(self, place: Place) -> None:
        shown = self._shown.get(place)
        if shown and self.is_watched(place) and (shown.taking is None or shown.taking.done()):
            shown.taking = asyncio.create_task(self._take(shown))

    @asynccontextmanager
    async def showing(self, view: View, session: RowSession) -> AsyncIterator[None]:
        """Within the context the row can be watched."""
        shown = self._shown[view.place] = _Shown(view, session)
        self._take_on(view.place)
        try:
            yield
        finally:
            if self._shown.get(view.place) is shown:
                del self._shown[view.place]
            if shown.taking is not None:
                shown.taking.cancel()
                await asyncio.wait({shown.taking}, timeout=LEAVE_SECONDS)

    async def _take(self, shown: _Shown) -> None:
        while self.is_watched(shown.view.place):
            pause = PAUSE_SECONDS if await self._take_one(shown) else AGAIN_SECONDS
            await asyncio.sleep(pause)

    async def _take_one(self, shown: _Shown) -> bool:
        """A picture is never worth a row: what goes wrong with one goes no further."""
        view = shown.view
        typed = view.secrets_typed
        if view.typing_secret:
            return False
        content = b""
        with suppress(Exception):
            async with asyncio.timeout(PICTURE_SECONDS):
                content = await shown.session.screenshot()
        # What was typed while the picture was being taken was not there yet to be blanked out.
        if not content or view.secrets_typed != typed:
            return False
        picture = Picture(now().isoformat(), view.attempt, len(content), content, view.step_number)
        with suppress(RetoldError):
            await self._pictures.send(view.place, picture)
        return True
