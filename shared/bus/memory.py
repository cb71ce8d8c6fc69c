"""The log's twin in memory: the same contract, for tests without a server."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

from shared.bus.codec import decode, encode, read_envelope
from shared.bus.log import ANY_SEQUENCE, Append, Batch, History
from shared.bus.subjects import Stream
from shared.core.errors import Conflict
from shared.core.events import Catalogue, Recorded
from shared.core.time_and_ids import Clock, now


class MemoryLog:
    """Holds encoded messages, so that what it gives back went through the wire format too."""

    def __init__(self, catalogue: Catalogue, clock: Clock = now) -> None:
        self._catalogue = catalogue
        self._clock = clock
        self._messages: list[tuple[str, bytes]] = []
        self._grown = asyncio.Condition()

    async def append(self, append: Append) -> int:
        """See `Log.append`; answers as one node does."""
        own = append.message
        newer = self._of(append.stream.canonical_filter, after=0)
        for position, payload in newer:
            if read_envelope(payload).id == own:
                return position
        last = newer[-1][0] if newer else 0
        if append.expected not in (ANY_SEQUENCE, last):
            raise Conflict(f"{append.stream} has moved beyond {append.expected}")
        async with self._grown:
            self._messages.append((append.stream.subject(append.kind), encode(append, self._clock())))
            self._grown.notify_all()
        return len(self._messages)

    async def append_all(self, appends: Sequence[Append]) -> list[int]:
        """See `Log.append_all`."""
        return [await self.append(append) for append in appends]

    async def load(self, stream: Stream, after: int = 0) -> History:
        """See `Log.load`."""
        newer = self._of(stream.canonical_filter, after)
        return History(self._decoded(stream.canonical_filter, after), newer[-1][0] if newer else after)

    async def first(self, stream: Stream) -> Recorded | None:
        """See `Log.first`."""
        return next(iter(self._decoded(stream.canonical_filter, 0)), None)

    async def read(self, subject_filter: str) -> list[Recorded]:
        """See `Log.read`."""
        return self._decoded(subject_filter, 0)

    def _decoded(self, subject_filter: str, after: int) -> list[Recorded]:
        return [
            recorded
            for position, payload in self._of(subject_filter, after)
            for recorded in decode(payload, self._messages[position - 1][0], position, self._catalogue)
        ]

    async def follow(
        self, subjects: Sequence[str], after: int = 0, linger: float = 0.02
    ) -> AsyncGenerator[Batch, None]:
        """See `Log.follow`."""
        del linger  # nothing to wait for: all there is comes at once
        while True:
            async with self._grown:
                while len(self._messages) <= after:
                    await self._grown.wait()
            upto = len(self._messages)
            events = [
                recorded
                for position in range(after + 1, upto + 1)
                if any(matches(self._messages[position - 1][0], wanted) for wanted in subjects)
                for recorded in decode(
                    self._messages[position - 1][1],
                    self._messages[position - 1][0],
                    position,
                    self._catalogue,
                )
            ]
            after = upto
            if events:
                yield Batch(tuple(events), upto, 0)

    async def last_position(self, subjects: Sequence[str] = ()) -> int:
        """See `Log.last_position`."""
        if not subjects:
            return len(self._messages)
        return max((position for wanted in subjects for position, _ in self._of(wanted, 0)), default=0)

    def _of(self, subject_filter: str, after: int) -> list[tuple[int, bytes]]:
        return [
            (position, payload)
            for position, (subject, payload) in enumerate(self._messages, start=1)
            if position > after and matches(subject, subject_filter)
        ]


def matches(subject: str, subject_filter: str) -> bool:
    """Whether a subject falls under a filter with `*` (one token) and `>` (the rest)."""
    tokens, wanted = subject.split("."), subject_filter.split(".")
    for index, want in enumerate(wanted):
        if want == ">":
            return len(tokens) > index
        if index >= len(tokens) or want not in ("*", tokens[index]):
            return False
    return len(tokens) == len(wanted)
