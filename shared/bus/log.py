"""The port of the event log: append with an expectation, load a stream, read in order."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from shared.bus.subjects import Stream
from shared.core.events import Event, Recorded
from shared.core.time_and_ids import new_id

ANY_SEQUENCE = -1


@dataclass(frozen=True, slots=True)
class Context:
    """On whose behalf something is appended, and why."""

    org: UUID
    actor: str
    correlation: str = field(default_factory=lambda: str(new_id()))
    cause: str | None = None
    trace: str | None = None

    @classmethod
    def because_of(cls, recorded: Recorded, actor: str) -> "Context":
        """The context of a reaction to `recorded`."""
        return cls(recorded.org, actor, recorded.correlation, str(recorded.id))


@dataclass(frozen=True, slots=True)
class Append:
    """One decision: its events are stored all or none, in one message.

    `expected` is the position of the stream's last event (0: none yet). `command_id` makes a repeated
    append harmless: the same command on the same stream is stored once.
    """

    stream: Stream
    events: Sequence[Event]
    expected: int
    command_id: str
    context: Context
    kind: str = "evt"


@dataclass(frozen=True, slots=True)
class Batch:
    """Events in the log's order. `position` is that of the last message seen, `pending` what is still to come."""

    events: tuple[Recorded, ...]
    position: int
    pending: int


class Log(Protocol):
    """The event log. Raises `Conflict` (another writer was faster) and `Unavailable` (no answer)."""

    async def append(self, append: Append) -> int:
        """The position at which the decision is stored (the old one when it was stored before)."""
        ...

    async def load(self, stream: Stream, after: int = 0) -> list[Recorded]:
        """All events of a stream beyond a position, in order."""
        ...

    async def read(self, subject_filter: str) -> list[Recorded]:
        """All events under a filter, in order (many streams at once; never the ground of a decision)."""
        ...

    def follow(self, subjects: Sequence[str], after: int = 0, linger: float = 0.02) -> AsyncGenerator[Batch, None]:
        """Batches of events beyond `after`, in order, without end; waits up to `linger` seconds to fill one."""
        ...

    async def last_position(self, subjects: Sequence[str] = ()) -> int:
        """The position of the newest event, of the whole log or under some filters; 0 when there is none."""
        ...
