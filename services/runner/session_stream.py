"""SHELL: the stream of a browser session, as the worker writes it that holds the browser."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec

from services.runner.adapters.live.limits import MOST_TOLD_BYTES
from services.runner.aggregates.browser_session import BrowserSession, Command, TellRecording, browser_sessions
from shared.bus import subjects
from shared.bus.log import Append, Context, Log
from shared.contracts.live_recording import BrowserSessionStarted, RecordingTold
from shared.core.errors import Conflict, Unavailable
from shared.core.events import Event
from shared.core.time_and_ids import new_id

TRIES = 4


@dataclass(frozen=True, slots=True)
class Held:
    """A session that this worker holds: what was started, for whom, and the SHA-256 of the token that opens it."""

    started: BrowserSessionStarted
    org: UUID
    digest: str
    follow: bool  # whether the window may follow the size of the page that shows it


@dataclass
class SessionStream:
    """What has been stored of a session, and what is to be stored next."""

    log: Log
    session_id: UUID
    context: Context
    state: BrowserSession = field(default_factory=BrowserSession)
    position: int = 0
    _writing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def carry_out(self, command: Command) -> Sequence[Event]:
        """Decide and store; where the stream has moved, decide again. Raises what `decide` does, `Unavailable`."""
        async with self._writing:
            for _ in range(TRIES):
                events = browser_sessions.decide(command, self.state)
                if not events:
                    return events
                kind = "told" if isinstance(command, TellRecording) else "evt"
                stream = subjects.browser_session(self.session_id)
                append = Append(stream, events, self.position, str(new_id()), self.context, kind)
                try:
                    self.position = await self.log.append(append)
                except Conflict:
                    await self._load()
                    continue
                self.state = browser_sessions.fold(events, self.state)
                return events
        raise Unavailable(f"the stream of browser session {self.session_id} kept changing")

    async def load(self) -> list[Event]:
        """Everything that was stored so far."""
        async with self._writing:
            return await self._load()

    async def _load(self) -> list[Event]:
        recorded = await self.log.load(subjects.browser_session(self.session_id))
        events = [item.event for item in recorded]
        self.state, self.position = browser_sessions.fold(events), recorded.position
        return events


@dataclass
class ToldSoFar:
    """What recorders told in a session, and what a person said of steps; kept second by second."""

    stream: SessionStream
    worker_id: str
    told: dict[str, dict[str, Any]] = field(default_factory=dict)  # by id, each as it was told last
    edits: dict[str, dict[str, Any]] = field(default_factory=dict)  # by id; under "" the recording's own
    _unkept: dict[str, dict[str, Any]] = field(default_factory=dict)
    _unkept_edits: list[dict[str, Any]] = field(default_factory=list)
    _keeping: asyncio.Lock = field(default_factory=asyncio.Lock)

    def tell(self, told: dict[str, Any]) -> None:
        """Something was told, or is told anew."""
        if told["kind"] == "gone":
            self.told.pop(told["id"], None)
        else:
            self.told[told["id"]] = told
        self._unkept[told["id"]] = told

    def edit(self, step: str, **change: Any) -> None:
        """A person says something of a step."""
        self.edits[step] = {**self.edits.get(step, {}), **change}
        self._unkept_edits.append({"id": step, **change})

    async def keep(self) -> None:
        """Stores what is not stored yet. Raises `Unavailable`, and `Refused` where the session has ended elsewhere."""
        async with self._keeping:
            while self._unkept or self._unkept_edits:
                told, edits = self._take()
                number = self.stream.state.told + 1
                event = RecordingTold(session_id=self.stream.session_id, number=number, told=told, edits=edits)
                try:
                    await self.stream.carry_out(TellRecording(self.worker_id, event))
                except BaseException:
                    # What has been told anew meanwhile replaces what could not be stored.
                    self._unkept = {one["id"]: one for one in told} | self._unkept
                    self._unkept_edits[:0] = edits
                    raise

    def _take(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """As much as goes into one event."""
        size = 0
        taken: list[dict[str, Any]] = []
        for key, told in list(self._unkept.items()):
            size += len(msgspec.json.encode(told))
            if taken and size > MOST_TOLD_BYTES:
                break
            taken.append(self._unkept.pop(key))
        edits, self._unkept_edits = self._unkept_edits[:500], self._unkept_edits[500:]
        return taken, edits

    def take_in(self, events: Sequence[Event]) -> None:
        """What another worker stored."""
        for event in events:
            if isinstance(event, RecordingTold):
                for told in event.told:
                    self.tell(told)
                for edit in event.edits:
                    self.edits[edit["id"]] = {**self.edits.get(edit["id"], {}), **edit}
        self._unkept.clear()
