"""SHELL: every recording that is under way anywhere has a runner that holds it; else it is ended, and kept, here."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import nats.errors
import structlog

from services.runner.adapters.live.opening import FAILURES, assembling
from services.runner.aggregates.browser_session import EndSession
from services.runner.ending_sessions import ended_event
from services.runner.session_stream import SessionStream, ToldSoFar
from shared.bus import subjects
from shared.bus.log import Context
from shared.contracts.live_recording import BrowserSessionEnded, BrowserSessionStarted
from shared.core.errors import RetoldError, Unavailable
from shared.core.events import Recorded
from shared.runtime import Resources
from shared.ticks import with_ticks

SWEEP_SECONDS = 5.0
ASK_SECONDS = 2.0
MISSES = 2  # times in a row that nobody answers for a session
OVERDUE = timedelta(minutes=2)

log = structlog.get_logger()


class LostSessions:
    """Follows the log; `is_held_here` knows what this process holds, `fleet` is what a `Fleet` is made with."""

    def __init__(
        self, resources: Resources, worker_id: str, is_held_here: Callable[[UUID], bool], fleet: dict[str, Any]
    ) -> None:
        self._resources, self._worker_id = resources, worker_id
        self._is_held_here, self._fleet = is_held_here, fleet
        self._open: dict[UUID, tuple[Recorded, BrowserSessionStarted]] = {}
        self._missed: dict[UUID, int] = {}

    def of(self, org: UUID) -> set[UUID]:
        """The sessions of an organization that are under way anywhere."""
        return {session_id for session_id, (item, _) in self._open.items() if item.org == org}

    async def watch(self) -> None:
        """Until the process stops."""
        only = (BrowserSessionStarted, BrowserSessionEnded)
        follow = self._resources.log.follow([subjects.BROWSER_SESSIONS], linger=0.0, only=only)
        swept = 0.0
        async for batch in with_ticks(follow, SWEEP_SECONDS, self._resources.stopping):
            for item in batch.events if batch else ():
                match item.event:
                    case BrowserSessionStarted() as started:
                        self._open[started.session_id] = (item, started)
                    case BrowserSessionEnded() as ended:
                        self._open.pop(ended.session_id, None)
            if batch is not None and batch.pending:
                continue
            if asyncio.get_running_loop().time() - swept >= SWEEP_SECONDS:
                await self._sweep()
                swept = asyncio.get_running_loop().time()

    async def _sweep(self) -> None:
        for session_id, (item, started) in list(self._open.items()):
            if self._is_held_here(session_id) or await self._is_held(started):
                self._missed.pop(session_id, None)
                continue
            self._missed[session_id] = self._missed.get(session_id, 0) + 1
            if self._missed[session_id] >= MISSES:
                try:
                    await self._end(item, started)
                except RetoldError as failure:
                    log.warning("a lost recording could not be ended yet", reason=failure.detail)

    async def _is_held(self, started: BrowserSessionStarted) -> bool:
        if self._resources.clock() > started.expires_at + OVERDUE:
            return False
        subject = subjects.presence_of_session(started.session_id)
        try:
            await self._resources.nats.request(subject, b"", timeout=ASK_SECONDS)
        except nats.errors.NoRespondersError:
            return False
        except (nats.errors.Error, TimeoutError):
            pass  # somebody is there and slow, or nobody can be asked now
        return True

    async def _end(self, item: Recorded, started: BrowserSessionStarted) -> None:
        """Ends a session whose runner is gone, with all that it had kept."""
        context = Context.because_of(item, f"runner:{self._worker_id}")
        stream = SessionStream(self._resources.log, started.session_id, context)
        so_far = ToldSoFar(stream, self._worker_id)
        so_far.take_in(await stream.load())
        name = so_far.edits.get("", {}).get("name", started.name)
        recording = None
        if so_far.told:
            try:
                async with assembling(self._fleet, list(so_far.told.values())) as assembler:
                    recording = await assembler.recording(so_far.edits, name or "")
            except FAILURES as failure:
                raise Unavailable(f"its recording could not be assembled: {failure!r}") from failure
        await stream.carry_out(EndSession(ended_event(started, "worker_lost", name, recording)))
        log.info("a recording whose runner was lost has been ended", session=str(started.session_id))
