"""A browser session in which a person records: active, idle, ended (terminated, or an error). Nothing after its end.

Events: `BrowserSessionStarted`, `RecordingTold`, `BrowserSessionIdled`, `BrowserSessionResumed`, `BrowserSessionEnded`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, assert_never

from shared.contracts.live_recording import (
    BrowserSessionEnded,
    BrowserSessionIdled,
    BrowserSessionResumed,
    BrowserSessionStarted,
    RecordingTold,
)
from shared.core.decider import Decider
from shared.core.errors import InvalidInput, NotFound, Refused
from shared.core.events import Event

DEFAULT_MINUTES = 60
MOST_MINUTES = 8 * 60
IDLE_AFTER = timedelta(seconds=60)  # without anything done

Phase = Literal["absent", "active", "idle", "terminated", "error"]


@dataclass(frozen=True, slots=True)
class StartSession:
    """Open a browser to record in."""

    event: BrowserSessionStarted


@dataclass(frozen=True, slots=True)
class TellRecording:
    """Keep what was done in it; `worker_id`: who holds the browser."""

    worker_id: str
    event: RecordingTold


@dataclass(frozen=True, slots=True)
class LetIdle:
    """Nobody has done anything for a while."""

    worker_id: str


@dataclass(frozen=True, slots=True)
class ResumeSession:
    """Somebody does something again."""

    worker_id: str


@dataclass(frozen=True, slots=True)
class EndSession:
    """The browser is no more; anybody may say so, for the worker that held it may be gone as well."""

    event: BrowserSessionEnded


Command = StartSession | TellRecording | LetIdle | ResumeSession | EndSession


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """What the rules need to know. `told` is the number of the last `RecordingTold`."""

    phase: Phase = "absent"
    started: BrowserSessionStarted | None = None
    told: int = 0

    @property
    def ended(self) -> bool:
        """Whether nothing comes any more."""
        return self.phase in ("terminated", "error")


def evolve(state: BrowserSession, event: Event) -> BrowserSession:
    """The session after an event."""
    match event:
        case BrowserSessionStarted():
            return BrowserSession("active", event)
        case RecordingTold():
            return replace(state, told=event.number)
        case BrowserSessionIdled():
            return replace(state, phase="idle")
        case BrowserSessionResumed():
            return replace(state, phase="active")
        case BrowserSessionEnded():
            return replace(state, phase=event.status)
        case _:
            return state


def decide(command: Command, state: BrowserSession) -> Sequence[Event]:
    """New events for a command. Raises `InvalidInput`, `NotFound`, `Refused`."""
    match command:
        case StartSession():
            return _start(command.event, state)
        case TellRecording():
            _require(command.worker_id, state)
            if command.event.number <= state.told:
                return []
            if command.event.number != state.told + 1:
                raise Refused(f"what was told before number {command.event.number} is missing")
            return [command.event]
        case LetIdle():
            started = _require(command.worker_id, state)
            return [] if state.phase == "idle" else [BrowserSessionIdled(session_id=started.session_id)]
        case ResumeSession():
            started = _require(command.worker_id, state)
            return [] if state.phase == "active" else [BrowserSessionResumed(session_id=started.session_id)]
        case EndSession():
            if state.phase == "absent":
                raise NotFound(f"there is no browser session {command.event.session_id}")
            return [] if state.ended else [command.event]
        case _:
            assert_never(command)


def _start(event: BrowserSessionStarted, state: BrowserSession) -> Sequence[Event]:
    if state.started == event:
        return []
    if state.phase != "absent":
        raise Refused(f"the browser session {event.session_id} was started before")
    if not timedelta() < event.expires_at - event.started_at <= timedelta(minutes=MOST_MINUTES):
        raise InvalidInput(f"a browser session lasts between 1 and {MOST_MINUTES} minutes")
    return [event]


def _require(worker_id: str, state: BrowserSession) -> BrowserSessionStarted:
    if state.started is None:
        raise NotFound("there is no such browser session")
    if state.ended:
        raise Refused("the browser session has ended")
    if state.started.worker_id != worker_id:
        raise Refused("the browser of the session is held by another worker")
    return state.started


def due(state: BrowserSession, acted_at: datetime, now: datetime) -> Literal["idle", "idle_limit", "time_limit"] | None:
    """What passing time means for a session in which something was last done at `acted_at`."""
    if state.started is None or state.ended:
        return None
    if now >= state.started.expires_at:
        return "time_limit"
    limit = timedelta(seconds=state.started.idle_seconds)
    if now - acted_at >= limit:
        return "idle_limit"
    return "idle" if state.phase == "active" and now - acted_at >= min(IDLE_AFTER, limit / 2) else None


browser_sessions: Decider[Command, BrowserSession] = Decider(BrowserSession(), evolve, decide)
