"""The log itself, as an operator reads it: every organization's events, those unknown to this release too."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import nats.errors
import typer
from nats.js.errors import NotFoundError
from rich.text import Text

from services.cli.desk import Desk
from services.cli.showing import cut, moment, plain, without_secrets
from services.cli.sources import nats_url
from services.cli.times import read_time
from shared.bus import subjects
from shared.bus.codec import Envelope, Undecodable, read_envelope
from shared.bus.puller import Puller
from shared.core.errors import Unavailable
from shared.core.time_and_ids import now

if TYPE_CHECKING:
    from nats.aio.client import Client

# The log is ordered by arrival; an event's own time is a moment older, and another machine's clock may be off.
SKEW = timedelta(minutes=1)
DATA_WIDTH = 140


@dataclass(frozen=True)
class Wanted:
    """Which events: of a subject, of some types (all when empty), within a time, behind a position."""

    subject: str = subjects.ALL_EVENTS
    types: frozenset[str] = frozenset()
    since: datetime | None = None
    until: datetime | None = None
    after: int = 0

    def takes(self, at: datetime, event_type: str) -> bool:
        """Whether an event of a time and a type is among them."""
        return (
            (not self.types or event_type in self.types)
            and (self.since is None or at >= self.since)
            and (self.until is None or at <= self.until)
        )


async def events(
    desk: Desk,
    stream: Annotated[
        str | None, typer.Option(help="recording, job, row, heals, row.<job id>, scheduler.job.<id> …; all by default.")
    ] = None,
    event_type: Annotated[
        list[str] | None, typer.Option("--type", metavar="TYPE", help="Only these types, e.g. RowFinished.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="TIME", help="2026-03-01T12:00, or how long ago: 90s, 2h.")
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="The same.")] = None,
    after: Annotated[int, typer.Option(min=0, help="Only behind this position.")] = 0,
    limit: Annotated[int | None, typer.Option(min=1, help="At most this many, the oldest first.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with the events to come.")] = False,
) -> None:
    """Print the log: of all organizations, straight from NATS (RETOLD_NATS_URL, or that of `retold up`)."""
    wanted = Wanted(
        subjects.filter_for(stream) if stream else subjects.ALL_EVENTS,
        frozenset(event_type or ()),
        read_time(since, now(), "--since") if since else None,
        read_time(until, now(), "--until") if until else None,
        after,
    )
    _note_unknown_types(desk, wanted.types)
    shown = 0
    async with _connection(nats_url(desk)) as client, aclosing(_messages(client, wanted, follow=follow)) as messages:
        async for position, payload, subject in messages:
            for line in _lines(desk, wanted, position, payload, subject):
                desk.print_json(line, line=True) if isinstance(line, dict) else desk.out.print(line, soft_wrap=True)
                shown += 1
                if limit is not None and shown >= limit:
                    return


def _note_unknown_types(desk: Desk, types: frozenset[str]) -> None:
    from shared.contracts.catalogue import catalogue

    known = [each.__name__ for each in catalogue()]
    for name in sorted(types - set(known)):
        desk.note(f"note: this release knows no event {plain(name)}; it knows {', '.join(known)}")


@asynccontextmanager
async def _connection(url: str) -> "AsyncIterator[Client]":
    from shared.bus.connection import connect

    async with AsyncExitStack() as stack:
        client = await connect(url, "retold-events")
        stack.push_async_callback(client.close)
        yield client


async def _messages(client: "Client", wanted: Wanted, *, follow: bool) -> AsyncGenerator[tuple[int, bytes, str]]:
    """Position, payload and subject of the messages that may hold wanted events; up to the head unless following."""
    after = wanted.after
    if wanted.since is not None:
        after = max(after, await _position_before(client, wanted.since - SKEW))
    head = await _last_position(client, wanted.subject)
    if not follow and head <= after:
        return
    async with Puller(client, subjects.EVENTS_STREAM, [wanted.subject], after) as puller:
        async for batch in puller.batches():
            for message in batch:
                yield message.sequence, message.payload, message.subject
            if not follow and batch[-1].sequence >= head:
                return


async def _last_position(client: "Client", subject: str) -> int:
    try:
        last = await client.jetstream(timeout=10).get_last_msg(subjects.EVENTS_STREAM, subject)
    except NotFoundError:
        return 0
    except (nats.errors.Error, TimeoutError) as failure:
        raise Unavailable(f"the event log does not answer: {failure!r}") from failure
    return int(last.seq or 0)


async def _position_before(client: "Client", at: datetime) -> int:
    """The position behind which everything was stored at `at` or later."""
    request = json.dumps({"batch": 1, "start_time": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")})
    try:
        answer = await client.request(f"$JS.API.DIRECT.GET.{subjects.EVENTS_STREAM}", request.encode(), timeout=10)
    except (nats.errors.Error, TimeoutError) as failure:
        raise Unavailable(f"the event log does not answer: {failure!r}") from failure
    headers = answer.headers or {}
    if headers.get("Status"):  # nothing is that new
        return int((await client.jetstream(timeout=10).stream_info(subjects.EVENTS_STREAM)).state.last_seq)
    return int(headers["Nats-Sequence"]) - 1


def _lines(desk: Desk, wanted: Wanted, position: int, payload: bytes, subject: str) -> Iterator[Text | dict[str, Any]]:
    try:
        envelope = read_envelope(payload)
    except Undecodable as error:
        desk.note(f"position {position} ({plain(subject)}): {plain(error)}")
        return
    for index, event in enumerate(envelope.events):
        if not wanted.takes(envelope.at, event.type):
            continue
        if desk.as_json:
            told: dict[str, Any] = msgspec.to_builtins(envelope)
            told.pop("events")
            yield {"position": position, "index": index, "subject": subject, **told, **msgspec.to_builtins(event)}
        else:
            yield _line(position, envelope, index)


def _line(position: int, envelope: Envelope, index: int) -> Text:
    event = envelope.events[index]
    data = json.dumps(without_secrets(event.data), ensure_ascii=False, separators=(",", ":"))
    text = Text(f"{position:>7}  {moment(envelope.at)}  ", style="dim")
    text.append(f"{plain(envelope.ctx)}.{plain(envelope.agg)}  ", style="cyan")
    text.append(f"{plain(event.type)}  ", style="bold")
    text.append(f"{plain(envelope.actor)}  ", style="dim")
    return text.append(cut(plain(data), DATA_WIDTH), style="default")
