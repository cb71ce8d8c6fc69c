"""The runners' live lines and samples: a log of their own, kept for a while, never the source of truth."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import nats.errors
from nats.aio.client import Client

from shared.bus.codec import NUL_ON_WIRE, storable
from shared.bus.jetstream import last_position
from shared.bus.puller import Puller
from shared.bus.subjects import LINES_STREAM
from shared.core.errors import Unavailable


class Line(msgspec.Struct, frozen=True):
    """One log line of a row, or one sample of a worker. `at` in ISO 8601, UTC."""

    org: UUID
    at: str
    level: str
    message: str
    job_id: UUID | None = None
    row: int | None = None
    step_number: int | None = None
    metadata: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class StoredLine:
    """A line and where the lines' log holds it; `index` within its message."""

    position: int
    index: int
    line: Line

    @property
    def org(self) -> UUID:
        """The organization it belongs to."""
        return self.line.org


@dataclass(frozen=True, slots=True)
class LineBatch:
    """See `shared.bus.log.Batch`."""

    events: tuple[StoredLine, ...]
    position: int
    pending: int


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(list[Line])


class Lines:
    """The stream `LOG`."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._jetstream = client.jetstream(timeout=5)

    async def publish(self, subject: str, lines: Sequence[Line]) -> None:
        """Store lines; a log that does not answer loses them rather than hold up a row."""
        try:
            payload = _encoder.encode(list(lines))
            if NUL_ON_WIRE in payload:
                payload = _encoder.encode(storable(msgspec.json.decode(payload)))
            await self._jetstream.publish(subject, payload)
        except (nats.errors.Error, TimeoutError, OSError) as failure:
            raise Unavailable(f"log lines could not be stored: {failure!r}") from failure

    async def follow(
        self, subjects: Sequence[str], after: int = 0, linger: float = 0.02
    ) -> AsyncGenerator[LineBatch, None]:
        """Batches of lines in order, without end."""
        puller = Puller(self._client, LINES_STREAM, subjects, after, linger=timedelta(seconds=linger))
        async with puller:
            async for messages in puller.batches():
                stored = tuple(
                    StoredLine(message.sequence, index, line)
                    for message in messages
                    for index, line in enumerate(_decoder.decode(message.payload))
                )
                yield LineBatch(stored, messages[-1].sequence, messages[-1].pending)

    async def last_position(self, subjects: Sequence[str] = ()) -> int:
        """The newest position, of all lines or under some filters."""
        return await last_position(self._jetstream, LINES_STREAM, subjects)


class LineWriter:
    """Collects a row's lines and stores them once a second, so that a chatty row costs one message a second."""

    def __init__(self, lines: Lines, subject: str) -> None:
        self._lines = lines
        self._subject = subject
        self._waiting: list[Line] = []
        self._task: asyncio.Task[None] | None = None

    def write(self, line: Line) -> None:
        """Take a line; it is stored within a second."""
        self._waiting.append(line)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._store_soon())

    async def _store_soon(self) -> None:
        await asyncio.sleep(0.3)
        await self.flush()

    async def flush(self) -> None:
        """Store what is waiting; lines that the log refuses are dropped."""
        waiting, self._waiting = self._waiting, []
        if waiting:
            try:
                await self._lines.publish(self._subject, waiting)
            except Unavailable:
                return
