"""The log as an operator's commands read it: every event, of all organizations, those unknown to this release too."""

import json
import os
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
import nats.errors
from nats.js.errors import NotFoundError
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from services.cli.desk import Desk
from services.cli.finding import START_OF_ID, WHOLE_ID
from services.cli.showing import plain
from shared.bus import subjects
from shared.bus.codec import Envelope, Undecodable, Vault, fields_of, read_envelope
from shared.bus.jetstream import last_position
from shared.bus.puller import Puller
from shared.core.errors import InvalidInput, NotFound, Unavailable
from shared.core.time_and_ids import derived_id, now
from shared.laptop import Laptop

if TYPE_CHECKING:
    from nats.aio.client import Client

ANSWER_SECONDS = 10
# The log is ordered by arrival; an event's own time is a moment older, and another machine's clock may be off.
SKEW = timedelta(minutes=1)
NO_ANSWER = (nats.errors.Error, TimeoutError)


@dataclass(frozen=True, slots=True)
class Told:
    """An event as the log holds it: where, and in which envelope."""

    position: int
    index: int
    subject: str
    envelope: Envelope

    @property
    def id(self) -> UUID:
        """What causes are told by."""
        return derived_id(self.envelope.id, self.index)

    @property
    def type(self) -> str:
        """The name of the event's type, of this release or not."""
        return self.envelope.events[self.index].type

    @property
    def stream(self) -> str:
        """The stream's name as `--stream` takes it."""
        return f"{self.envelope.ctx}.{self.envelope.agg}"

    def head(self) -> dict[str, Any]:
        """Everything but the event's own fields, as JSON values."""
        told: dict[str, Any] = msgspec.to_builtins({each: getattr(self.envelope, each) for each in _ENVELOPE})
        event = self.envelope.events[self.index]
        place = {"position": self.position, "index": self.index, "subject": self.subject, "id": str(self.id)}
        return {**place, "message": str(self.envelope.id), **told, "type": event.type, "v": event.v}


_ENVELOPE = ("at", "ctx", "agg", "org", "actor", "corr", "cause", "trace")


@dataclass(frozen=True, slots=True)
class Span:
    """A part of the log: under these subjects, beyond `after`, in front of `before`, stored about a time."""

    subjects: Sequence[str] = (subjects.ALL_EVENTS,)
    after: int = 0
    before: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    follow: bool = False


class LogReader:
    """Reads the log through a connection; `vault` opens personal values, without one they stay as the log holds them.

    `title`: what a progress bar says while pages are read; none without it, with --json, or where nobody looks.
    """

    def __init__(self, desk: Desk, client: "Client", vault: Vault | None = None, title: str = "") -> None:
        self._desk = desk
        self._client = client
        self._jetstream = client.jetstream(timeout=ANSWER_SECONDS)
        self._vault = vault
        self._title = title

    async def pages(self, span: Span) -> AsyncGenerator[list[Told]]:
        """The events of a part of the log, in order; what is no envelope is told as a note."""
        after, end = await self._limits(span)
        if end is not None and end <= after:
            return
        with self._bar() as bar:
            task = bar.add_task(self._title, total=end and end - after)
            async with Puller(self._client, subjects.EVENTS_STREAM, span.subjects, after) as puller:
                async for batch in puller.batches():
                    within = [each for each in batch if end is None or each.sequence <= end]
                    yield [t for each in within for t in self._told(each.sequence, each.subject, each.payload)]
                    bar.update(task, completed=batch[-1].sequence - after)
                    if end is not None and batch[-1].sequence >= end:
                        return

    async def events(self, span: Span) -> AsyncGenerator[Told]:
        """The same, one by one."""
        async for page in self.pages(span):
            for told in page:
                yield told

    async def _limits(self, span: Span) -> tuple[int, int | None]:
        after, ends = span.after, []
        if span.since is not None:
            after = max(after, await self.position_before(span.since - SKEW))
        if span.before is not None:
            ends.append(span.before - 1)
        if span.until is not None and span.until + SKEW < now():
            ends.append(await self.position_before(span.until + SKEW))
        if not span.follow:
            ends.append(await self.last_position(span.subjects))
        return after, min(ends, default=None)

    def _bar(self) -> Progress:
        columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeRemainingColumn())
        hidden = not self._title or self._desk.as_json or not self._desk.notes.is_terminal
        return Progress(*columns, console=self._desk.notes, transient=True, disable=hidden)

    def _told(self, position: int, subject: str, payload: bytes) -> list[Told]:
        try:
            envelope = read_envelope(payload)
        except Undecodable as error:
            self._desk.note(f"position {position} ({plain(subject)}): {plain(error)}")
            return []
        return [Told(position, index, subject, envelope) for index in range(len(envelope.events))]

    async def fields(self, told: Told) -> dict[str, Any]:
        """An event's own fields in the shape they were stored in. The only place where these commands look at them."""
        if self._vault is not None and told.envelope.events[told.index].sealed is not None:
            await self._vault.unlock([told.envelope.org])
        try:
            return fields_of(told.envelope, told.index, self._vault)
        except Undecodable as error:  # a personal value was tampered with: everything else is still told
            self._desk.note(f"position {told.position}: {plain(error)}")
            return fields_of(told.envelope, told.index)

    def sealed(self, told: Told) -> str | None:
        """An event's personal values as the log holds them, where they stay closed."""
        return told.envelope.events[told.index].sealed if self._vault is None else None

    async def at(self, position: int) -> list[Told]:
        """The events at a position; none where the log holds none."""
        return await self._got(seq=position)

    async def first(self, under: str) -> Told | None:
        """The oldest event under a filter, without reading the others."""
        return next(iter(await self._got(seq=1, subject=under, next=True)), None)

    async def _got(self, **which: Any) -> list[Told]:
        try:
            message = await self._jetstream.get_msg(subjects.EVENTS_STREAM, direct=True, **which)
        except NotFoundError:
            return []
        except NO_ANSWER as failure:
            raise _silence(failure) from failure
        return self._told(message.seq or 0, message.subject or "", message.data or b"")

    async def last_position(self, under: Sequence[str] = ()) -> int:
        """The newest position, of the whole log or under some filters; 0 when there is none."""
        return await last_position(self._jetstream, subjects.EVENTS_STREAM, under)

    async def position_before(self, at: datetime) -> int:
        """The position of the last message that was stored before a moment; 0 when there is none."""
        request = json.dumps({"batch": 1, "start_time": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")})
        subject = f"$JS.API.DIRECT.GET.{subjects.EVENTS_STREAM}"
        try:
            answer = await self._client.request(subject, request.encode(), timeout=ANSWER_SECONDS)
        except NO_ANSWER as failure:
            raise _silence(failure) from failure
        headers = answer.headers or {}
        if headers.get("Status"):  # nothing is that new
            return await self.last_position()
        return int(headers["Nats-Sequence"]) - 1

    async def find(self, what: str, all_of_them: str, text: str) -> UUID:
        """A job's or a recording's id from its beginning. `all_of_them`: the filter of all such streams."""
        if WHOLE_ID.fullmatch(text):
            return UUID(text)
        if not START_OF_ID.fullmatch(text):
            raise InvalidInput(f"{text!r} is no {what}: give its id, or the beginning of its id")
        found = sorted(each for each in await self._ids(all_of_them) if each.startswith(text.lower()))
        if not found:
            raise NotFound(f"no {what} in the log has an id that begins with {text!r}")
        if len(found) > 1:
            raise InvalidInput(f"{text!r} is the beginning of {len(found)} {what}s, {found[0]} …; give more of the id")
        return UUID(found[0])

    async def _ids(self, all_of_them: str) -> set[str]:
        """The ids of all streams under a filter; the server tells a hundred thousand subjects at a time."""
        found: set[str] = set()
        seen, total = 0, 1
        while seen < total:
            request = json.dumps({"subjects_filter": all_of_them, "offset": seen}).encode()
            try:
                answer = await self._client.request(
                    f"$JS.API.STREAM.INFO.{subjects.EVENTS_STREAM}", request, timeout=ANSWER_SECONDS
                )
            except NO_ANSWER as failure:
                raise _silence(failure) from failure
            told = json.loads(answer.data)
            page = (told.get("state") or {}).get("subjects") or {}
            found |= {subjects.stream_of(subject).id for subject in page}
            seen, total = seen + len(page), told.get("total", 0) if page else 0
        return found


def _silence(failure: Exception) -> Unavailable:
    return Unavailable(f"the event log does not answer: {failure!r}")


@asynccontextmanager
async def connected(url: str) -> "AsyncIterator[Client]":
    """A connection to the log's server."""
    from shared.bus.connection import connect, disconnect

    client = await connect(url, "retold-operator")
    try:
        yield client
    finally:
        await disconnect(client)


def open_vault(desk: Desk, client: "Client") -> Vault:
    """The organizations' data keys, by the operator's master key: RETOLD_MASTER_KEY, or that of the laptop that runs.

    Raises `InvalidInput` where there is none.
    """
    from shared.keys import KeyRing, parse_master_key

    given = os.environ.get("RETOLD_MASTER_KEY")
    if given is None and desk.running() is not None and "RETOLD_NATS_URL" not in os.environ:
        given = Laptop(desk.home).identity().master_key
    if given is None:
        raise InvalidInput("personal values are opened by the operator's key: put it into RETOLD_MASTER_KEY")
    return KeyRing(client, parse_master_key(given))
