"""The log's twin in memory: the same contract, for tests without a server. It errs like one, when asked to."""

import asyncio
import random
from collections.abc import AsyncGenerator, Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from shared.bus.codec import Undecodable, encode, read_envelope, revive
from shared.bus.log import ANY_SEQUENCE, Append, Batch, History, Unreadable
from shared.bus.subjects import Stream
from shared.core.errors import Conflict, RetoldError, TooLarge, Unavailable
from shared.core.events import Catalogue, Event, Recorded
from shared.core.time_and_ids import Clock, now

MAX_PAYLOAD = 8 * 1024 * 1024  # as our nats.conf has it
ATTEMPTS = 6  # as many as JetStreamLog makes


@dataclass(frozen=True, slots=True)
class Faults:
    """How the twin errs. `nodes` 1 or 3: which order it checks in; the others are chances from 0 to 1.

    One node checks the expectation before it looks for duplicates, three nodes the other way round.
    lost: the message never arrives. lost_acks: it is stored, its writer hears nothing. in_process: refused for the
    moment (error 10164). duplicates: a copy arrives once more, later. delays: others get a turn before it arrives, and
    a batch that is followed ends early.
    """

    nodes: int = 1
    seed: int = 0
    lost: float = 0.0
    lost_acks: float = 0.0
    in_process: float = 0.0
    duplicates: float = 0.0
    delays: float = 0.0


class WrongLastSequence(Exception):
    """The server's refusal 10071."""


class InProcess(Exception):
    """The server's refusal 10164."""


class NoAnswer(Exception):
    """The message or its acknowledgement was lost; the writer cannot tell which."""


@dataclass(frozen=True, slots=True)
class Message:
    """What a writer sends."""

    id: UUID
    subject: str
    canonical_filter: str
    expected: int
    payload: bytes


@dataclass
class Server:
    """The server's half: stored messages in order, and what it does to those that arrive."""

    faults: Faults
    stored: list[tuple[str, bytes]] = field(default_factory=list)
    _positions: dict[UUID, int] = field(default_factory=dict)
    _on_the_way: list[Message] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.faults.seed)  # noqa: S311 - which fault comes next is no secret

    def happens(self, probability: float) -> bool:
        """Draw whether a fault happens now."""
        return probability > 0 and self.chance.random() < probability

    def receive(self, message: Message) -> int:
        """Store a message, or refuse it, or lose it or the answer. Raises what this file's exceptions say."""
        self._late_copies()
        if self.happens(self.faults.duplicates):
            self._on_the_way.append(message)
        if self.happens(self.faults.lost):
            raise NoAnswer
        if self.happens(self.faults.in_process):
            raise InProcess
        position = self._accept(message)
        if self.happens(self.faults.lost_acks):
            raise NoAnswer
        return position

    def forget_duplicates(self) -> None:
        """As when the duplicate window has passed: ids alone guard nothing any more."""
        self._positions.clear()

    def under(self, subject_filter: str, after: int) -> list[tuple[int, str, bytes]]:
        """Position, subject and payload of the messages under a filter beyond a position."""
        return [
            (position, subject, payload)
            for position, (subject, payload) in enumerate(self.stored[after:], start=after + 1)
            if matches(subject, subject_filter)
        ]

    def _late_copies(self) -> None:
        for copy in [copy for copy in self._on_the_way if self.happens(0.5)]:
            self._on_the_way.remove(copy)
            try:
                self._accept(copy)
            except WrongLastSequence:
                continue

    def _accept(self, message: Message) -> int:
        known = self._positions.get(message.id)
        if known is not None and self.faults.nodes > 1:
            return known
        if message.expected not in (ANY_SEQUENCE, self._last(message.canonical_filter)):
            raise WrongLastSequence
        if known is not None:
            return known
        self.stored.append((message.subject, message.payload))
        self._positions[message.id] = len(self.stored)
        return len(self.stored)

    def _last(self, subject_filter: str) -> int:
        for position in range(len(self.stored), 0, -1):
            if matches(self.stored[position - 1][0], subject_filter):
                return position
        return 0


class MemoryLog:
    """Holds encoded messages, so that what it gives back went through the wire format too."""

    def __init__(self, catalogue: Catalogue, clock: Clock = now, faults: Faults | None = None) -> None:
        self._catalogue = catalogue
        self._clock = clock
        self.server = Server(faults or Faults())
        self._grown = asyncio.Condition()

    async def append(self, append: Append) -> int:
        """See `Log.append`. Tries again as `JetStreamLog` does."""
        message = self._message(append)
        for _ in range(ATTEMPTS):
            while self.server.happens(self.server.faults.delays):
                await asyncio.sleep(0)
            try:
                return self.server.receive(message)
            except WrongLastSequence:
                return self._position_of_own(append)
            except (InProcess, NoAnswer):
                continue
            finally:
                async with self._grown:
                    self._grown.notify_all()
        raise Unavailable(f"the event log did not confirm the write to {append.stream}")

    async def append_all(self, appends: Sequence[Append]) -> list[int]:
        """See `Log.append_all`."""
        positions: list[int] = []
        failures: list[RetoldError] = []
        for append in appends:
            try:
                positions.append(await self.append(append))
            except RetoldError as failure:
                failures.append(failure)
        if failures:
            raise failures[0]
        return positions

    def _message(self, append: Append) -> Message:
        payload = encode(append, self._clock())
        if len(payload) > MAX_PAYLOAD:
            raise TooLarge(f"the events of one decision take {len(payload):,} bytes and the log takes {MAX_PAYLOAD:,}")
        subject, stream = append.stream.subject(append.kind), append.stream
        return Message(append.message, subject, stream.canonical_filter, append.expected, payload)

    def _position_of_own(self, append: Append) -> int:
        for position, _, payload in self.server.under(append.stream.canonical_filter, append.expected):
            if read_envelope(payload).id == append.message:
                return position
        raise Conflict(f"{append.stream} has moved beyond {append.expected}")

    async def load(self, stream: Stream, after: int = 0) -> History:
        """See `Log.load`."""
        messages = self.server.under(stream.canonical_filter, after)
        return History(self._decoded(messages), messages[-1][0] if messages else after)

    async def first(self, stream: Stream) -> Recorded | None:
        """See `Log.first`."""
        return next(iter(self._decoded(self.server.under(stream.canonical_filter, 0)[:1])), None)

    async def read(self, subject_filter: str) -> list[Recorded]:
        """See `Log.read`."""
        return self._decoded(self.server.under(subject_filter, 0))

    def _decoded(self, messages: Sequence[tuple[int, str, bytes]]) -> list[Recorded]:
        return [
            recorded
            for position, subject, payload in messages
            for recorded in revive(read_envelope(payload), subject, position, self._catalogue)
        ]

    async def follow(
        self,
        subjects: Sequence[str],
        after: int = 0,
        linger: float = 0.02,
        only: Collection[type[Event]] | None = None,
    ) -> AsyncGenerator[Batch, None]:
        """See `Log.follow`."""
        catalogue = self._catalogue if only is None else Catalogue(only)
        del linger  # nothing to wait for: all there is comes at once
        while True:
            async with self._grown:
                while len(self.server.stored) <= after:
                    await self._grown.wait()
            found = [
                message
                for message in self.server.under(">", after)
                if any(matches(message[1], wanted) for wanted in subjects)
            ]
            if not found:
                after = len(self.server.stored)
                continue
            count = self.server.chance.randint(1, len(found)) if self.server.faults.delays else len(found)
            after = found[count - 1][0]
            yield self._batch(found[:count], len(found) - count, catalogue)

    def _batch(self, messages: Sequence[tuple[int, str, bytes]], pending: int, catalogue: Catalogue) -> Batch:
        events: list[Recorded] = []
        unreadable: list[Unreadable] = []
        for position, subject, payload in messages:
            org: UUID | None = None
            try:
                envelope = read_envelope(payload)
                org = envelope.org
                events += revive(envelope, subject, position, catalogue)
            except Undecodable as error:
                unreadable.append(Unreadable(position, subject, org, str(error)))
        return Batch(tuple(events), messages[-1][0], pending, tuple(unreadable))

    async def last_position(self, subjects: Sequence[str] = ()) -> int:
        """See `Log.last_position`."""
        if not subjects:
            return len(self.server.stored)
        return max((message[0] for wanted in subjects for message in self.server.under(wanted, 0)), default=0)


def matches(subject: str, subject_filter: str) -> bool:
    """Whether a subject falls under a filter with `*` (one token) and `>` (the rest)."""
    tokens, wanted = subject.split("."), subject_filter.split(".")
    for index, want in enumerate(wanted):
        if want == ">":
            return len(tokens) > index
        if index >= len(tokens) or want not in ("*", tokens[index]):
            return False
    return len(tokens) == len(wanted)
