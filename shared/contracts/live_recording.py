"""What the runner tells of a recording in a live browser: begun, what was done, idle or not, its end."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from shared.core.events import Event

EndReason = Literal[
    "stopped", "discarded", "time_limit", "idle_limit", "browser_gone", "shutdown", "worker_lost", "not_started"
]


class BrowserSessionStarted(Event):
    """A browser is opened in which a person records; `recording_id` is what its recording will have.

    `on_screen`: a window on the runner's own screen, else a picture of it is sent to whoever has the session's token.
    Sizes in CSS pixels. `address`: of the runner that holds the browser, for those who ask another one.
    """

    personal = ("name", "url")
    session_id: UUID
    recording_id: UUID
    user_id: UUID
    name: str | None
    url: str
    width: int
    height: int
    on_screen: bool
    worker_id: str
    address: str
    started_at: datetime
    expires_at: datetime
    idle_seconds: int


class RecordingTold(Event):
    """What the recorders told since the `RecordingTold` before, in its order; `number` counts them from 1.

    `told`: as `shared/injected/assembling.js` takes it; the same id again replaces what was told before. `edits`: what
    a person said of steps, each with the `id` of what was told: `label`, `dropped`, `secret`.
    """

    personal = ("told", "edits")
    session_id: UUID
    number: int
    told: list[dict[str, Any]]
    edits: list[dict[str, Any]]


class BrowserSessionIdled(Event):
    """Nobody has done anything in the browser for a while."""

    session_id: UUID


class BrowserSessionResumed(Event):
    """Somebody does something in it again."""

    session_id: UUID


class BrowserSessionEnded(Event):
    """The browser is closed. `message` says for people why, and what becomes of the recording.

    `recording`: canonical JSON of all that was done, which ingest keeps; none where nothing was done, or it was
    discarded.
    """

    personal = ("name", "message", "recording")
    session_id: UUID
    recording_id: UUID
    user_id: UUID
    status: Literal["terminated", "error"]
    reason: EndReason
    message: str
    name: str | None = None
    recording: dict[str, Any] | None = None


EVENTS: tuple[type[Event], ...] = (
    BrowserSessionStarted,
    RecordingTold,
    BrowserSessionIdled,
    BrowserSessionResumed,
    BrowserSessionEnded,
)
