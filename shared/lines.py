"""The runners' live lines and samples: a log of their own, kept for a while, never the source of truth."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import nats.errors
from msgspec import structs
from nats.aio.client import Client
from nats.js.errors import APIError, NoStreamResponseError

from shared.bus.codec import NUL_ON_WIRE, Vault, storable
from shared.bus.jetstream import last_position
from shared.bus.log import Unreadable
from shared.bus.publisher import Ack, Publisher
from shared.bus.puller import Puller
from shared.bus.subjects import LINES_STREAM
from shared.core.errors import RetoldError, Unavailable
from shared.core.personal import HIDDEN
from shared.core.time_and_ids import PLATFORM_ORG


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
    unreadable: tuple[Unreadable, ...] = ()


COLLECT_SECONDS = 0.3


class Lot(msgspec.Struct, omit_defaults=True):
    """The lines of one message. Where `sealed` is given it holds their messages and metadata, and they do not."""

    lines: list[Line]
    sealed: str | None = None


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Lot)
_bare_decoder = msgspec.json.Decoder(list[Line])
_said_decoder = msgspec.json.Decoder(list[tuple[str, dict[str, Any]]])


def _lot_of(payload: bytes) -> Lot:
    """The lines of a message; before they were sealed it was a bare list."""
    return Lot(_bare_decoder.decode(payload)) if payload.startswith(b"[") else _decoder.decode(payload)


class Lines:
    """The stream `LOG`. With `vault` what lines say is sealed: they name the steps and addresses of a recording."""

    def __init__(self, client: Client, vault: Vault | None = None) -> None:
        self._client = client
        self._vault = vault
        self._jetstream = client.jetstream(timeout=5)
        self._publisher = Publisher(client)

    async def publish(self, subject: str, lines: Sequence[Line]) -> None:
        """Store lines. Raises `Unavailable`."""
        try:
            await (await self._send(subject, lines))
        except (nats.errors.Error, APIError, NoStreamResponseError, TimeoutError, OSError) as failure:
            raise Unavailable(f"log lines could not be stored: {failure!r}") from failure

    async def send(self, subject: str, lines: Sequence[Line]) -> None:
        """Store lines unconfirmed: a log that does not answer loses them rather than hold up a row."""
        try:
            confirmed = await self._send(subject, lines)
        except (RetoldError, nats.errors.Error, OSError):
            return
        confirmed.add_done_callback(lambda done: done.cancelled() or done.exception())

    async def _send(self, subject: str, lines: Sequence[Line]) -> "asyncio.Future[Ack]":
        payload = _encoder.encode(await self._sealed(subject, lines))
        if NUL_ON_WIRE in payload:
            payload = _encoder.encode(storable(msgspec.json.decode(payload)))
        return await self._publisher.send(subject, payload, {})

    async def _sealed(self, subject: str, lines: Sequence[Line]) -> Lot:
        """The lines of one organization, sealed; samples of workers belong to none."""
        org = lines[0].org
        if self._vault is None or org == PLATFORM_ORG:
            return Lot(list(lines))
        await self._vault.unlock([org], create=True)
        said = storable([[line.message, line.metadata] for line in lines])
        sealed = self._vault.seal(org, subject.encode(), _encoder.encode(said))
        return Lot([structs.replace(line, message=HIDDEN, metadata={}) for line in lines], sealed)

    async def _opened(self, subject: str, lot: Lot) -> list[Line]:
        """The lines in clear; hidden, where the organization's key is gone."""
        if lot.sealed is None or self._vault is None or not lot.lines:
            return lot.lines
        org = lot.lines[0].org
        await self._vault.unlock([org])
        said = self._vault.open(org, subject.encode(), lot.sealed)
        if said is None:
            return lot.lines
        both = zip(lot.lines, _said_decoder.decode(said), strict=True)
        return [structs.replace(line, message=message, metadata=metadata) for line, (message, metadata) in both]

    async def follow(
        self, subjects: Sequence[str], after: int = 0, linger: float = 0.02, only: object = None
    ) -> AsyncGenerator[LineBatch, None]:
        """Batches of lines in order, without end. There are no types of lines for `only` to choose from."""
        del only
        puller = Puller(self._client, LINES_STREAM, subjects, after, linger=timedelta(seconds=linger))
        async with puller:
            async for messages in puller.batches():
                stored: list[StoredLine] = []
                unreadable: list[Unreadable] = []
                for message in messages:
                    try:
                        lines = await self._opened(message.subject, _lot_of(message.payload))
                    except (msgspec.DecodeError, ValueError) as error:
                        unreadable.append(Unreadable(message.sequence, message.subject, None, type(error).__name__))
                        continue
                    stored += [StoredLine(message.sequence, index, line) for index, line in enumerate(lines)]
                yield LineBatch(tuple(stored), messages[-1].sequence, messages[-1].pending, tuple(unreadable))

    async def last_position(self, subjects: Sequence[str] = ()) -> int:
        """The newest position, of all lines or under some filters."""
        return await last_position(self._jetstream, LINES_STREAM, subjects)


class LineWriter:
    """Collects a row's lines and sends them a few times a second, so that a chatty row costs few messages."""

    def __init__(self, lines: Lines, subject: str) -> None:
        self._lines = lines
        self._subject = subject
        self._waiting: list[Line] = []
        self._due: asyncio.TimerHandle | None = None
        self._sending: asyncio.Task[None] | None = None

    def write(self, line: Line) -> None:
        """Take a line; it is sent within `COLLECT_SECONDS`."""
        self._waiting.append(line)
        if self._due is None:
            self._due = asyncio.get_running_loop().call_later(COLLECT_SECONDS, self._send_now)

    def _send_now(self) -> None:
        self._due = None
        self._sending = asyncio.create_task(self._flush())

    async def close(self) -> None:
        """Send what is waiting, and nothing later."""
        if self._due is not None:
            self._due.cancel()
            self._due = None
        if self._sending is not None:
            await self._sending
        await self._flush()

    async def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        if waiting:
            await self._lines.send(self._subject, waiting)
