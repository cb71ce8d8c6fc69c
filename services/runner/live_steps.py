"""SHELL: the steps of a recording under way: what was told and edited, second by second, and what it makes."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any

import structlog

from services.runner.adapters.live.assembler import Assembler
from services.runner.adapters.live.browser import LiveBrowser
from services.runner.adapters.live.limits import MOST_RECORDING_BYTES, MOST_STEPS
from services.runner.adapters.live.opening import FAILURES, assembling
from services.runner.adapters.live.pauses import Pauses
from services.runner.session_stream import ToldSoFar
from shared.core.errors import InvalidInput, RetoldError, Unavailable

SHOW_SECONDS = 0.1  # steps come in bursts

log = structlog.get_logger()


class LiveSteps:
    """What is recorded in a browser; `say` tells those who watch."""

    def __init__(self, kept: ToldSoFar, browser: LiveBrowser, say: Callable[[dict[str, Any]], None]) -> None:
        self.kept, self._browser, self._say = kept, browser, say
        self.name: str | None = None
        self.shown: list[dict[str, Any]] = []
        self.pauses = Pauses()
        self.full = False
        self._unassembled: list[dict[str, Any]] = []
        self._news = asyncio.Event()
        self._ignored: set[str] = set()  # ids of what was done while the recording was paused
        self._left_at: dict[int, str] = {}
        self._begun = False

    def told(self, told: dict[str, Any]) -> None:
        """Something was done in the browser."""
        if told["id"] in self._ignored or self.full or (told["id"] not in self.kept.told and self._held(told)):
            self._ignored.add(told["id"])
            return
        if told["kind"] == "step":
            self._begun = True
        self.kept.tell(told)
        self._unassembled.append(told)
        self._news.set()

    def _held(self, told: dict[str, Any]) -> bool:
        now = time.time() * 1000
        return self.pauses.held(told.get("at", now), now)

    def fit(self, width: int, height: int) -> None:
        """The window fits the page that shows it, and begins so in the recording as long as nothing is done in it."""
        first = next((told for told in self.kept.told.values() if told["kind"] == "document"), None)
        if first is not None and not self._begun and isinstance(first.get("viewport"), dict):
            self.told({**first, "viewport": {**first["viewport"], "width": width, "height": height}})

    def edit(self, step: str, **change: Any) -> None:
        """A person says something of a step. Raises `InvalidInput`."""
        if step not in self.kept.told:
            raise InvalidInput("there is no such step, or it is not one that can be edited")
        self.kept.edit(step, **change)
        self._news.set()

    def rename(self, name: str) -> None:
        """The recording is called so."""
        self.name = name.strip() or None
        self.kept.edit("", name=self.name)

    async def pause(self, *, paused: bool) -> None:
        """What is done from now on is not recorded; or is again, where the pages are by now."""
        await self._browser.catch_up()
        if paused == self.pauses.paused:
            return
        self.pauses.turn(time.time() * 1000, paused=paused)
        here = self._browser.visit()
        if paused:
            self._left_at = {told["tab"]: told["url"] for told in here}
        for told in here if not paused else ():
            if self._left_at.get(told["tab"]) != told["url"]:
                self.told(told)

    async def keep(self) -> None:
        """What the log does not take now, it takes later. Raises `Refused` when the session is not ours any more."""
        try:
            await self.kept.keep()
        except Unavailable as failure:
            log.warning("what was recorded could not be kept, trying again", reason=failure.detail)

    async def show(self, assembler: Assembler) -> None:
        """Shows the steps as they come; ends when the browser that assembles them does."""
        with contextlib.suppress(*FAILURES):
            while True:
                await self._news.wait()
                await asyncio.sleep(SHOW_SECONDS)
                self._news.clear()
                await self._receive(assembler)
                self.shown, size = await assembler.shown(self.kept.edits, self.name or "")
                self._say({"kind": "steps", "steps": self.shown})
                self._look_at_size(size)

    def _look_at_size(self, size: int) -> None:
        if not self.full and (len(self.shown) >= MOST_STEPS or size >= MOST_RECORDING_BYTES):
            self.full = True
            what = f"{len(self.shown)} steps, {size // 1024} KiB"
            message = f"This recording is full ({what}): what you do now is not recorded. Stop it, and record the rest."
            self._say({"kind": "notice", "level": "warn", "message": message})

    async def _receive(self, assembler: Assembler) -> None:
        told, self._unassembled = self._unassembled, []
        if told:
            await assembler.receive(told)

    async def recording(self, assembler: Assembler) -> dict[str, Any] | None:
        """The canonical recording; none where the browser has gone meanwhile."""
        try:
            await self._receive(assembler)
            return await assembler.recording(self.kept.edits, self.name or "")
        except FAILURES as failure:
            log.warning("a recording could not be assembled", reason=str(failure) or repr(failure))
            return None

    async def recording_anew(self, fleet: dict[str, Any]) -> dict[str, Any] | None:
        """The same, in another browser."""
        with contextlib.suppress(*FAILURES, RetoldError):
            async with assembling(fleet, list(self.kept.told.values())) as assembler:
                return await assembler.recording(self.kept.edits, self.name or "")
        return None
