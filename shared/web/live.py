"""Server-sent events out of a log: an event's id is its place in the log, so a client resumes where it was."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Header
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event

from shared.core.errors import InvalidInput
from shared.ticks import with_ticks

HEARTBEAT_SECONDS = 10.0
ALIVE = b": alive\n\n"
LIVE: dict[int | str, dict[str, Any]] = {200: {"content": {"text/event-stream": {}}, "description": "a live stream"}}


@dataclass(frozen=True, slots=True)
class LiveMessage:
    """One server-sent event: the log's position, a name, JSON. What is of the moment alone has no position."""

    id: str | None
    event: str
    data: dict[str, Any]

    def encode(self) -> bytes:
        """The event on the wire."""
        return format_sse_event(data_str=json.dumps(self.data, default=str), event=self.event, id=self.id)


LastEventId = Annotated[
    str | None,
    Header(alias="Last-Event-ID", description="the id of the last event you have: only what comes behind it is sent"),
]


@dataclass(frozen=True, slots=True)
class Seen:
    """The last item that a client has: what comes behind it is still to be sent."""

    position: int = 0
    index: int = 0

    @property
    def follow_after(self) -> int:
        """Where to read from: the message that was being sent may hold more items."""
        return max(self.position - 1, 0)


def seen_by(last_event_id: str | None) -> Seen:
    """What a client has, by the id of its last event. Raises `InvalidInput`."""
    if not last_event_id:
        return Seen()
    position, _, index = last_event_id.partition("-")
    if not position.isdigit() or not (index or "0").isdigit():
        raise InvalidInput(f"Last-Event-ID is {last_event_id!r}; it is the id of an event that this stream sent")
    return Seen(int(position), int(index or 0))


def event_id(item: Any) -> str:
    """The id of an item's event: its position in the log, and its place within that message."""
    return f"{item.position}-{item.index}"


def live_response(
    batches: AsyncIterator[Any],
    to_message: Callable[[Any], LiveMessage | None],
    *,
    seen: Seen,
    stopping: asyncio.Event,
    ends_with: Callable[[Any], bool] = lambda _: False,
) -> StreamingResponse:
    """Messages for the items of `batches` beyond `seen` as they come; a comment every 10 s;
    ends when the service stops.

    The stream is encoded here, not by FastAPI's routing: that one (0.165) logs an error for every client that
    goes away in the middle.
    """

    async def stream() -> AsyncIterator[bytes]:
        async with aclosing(with_ticks(batches, HEARTBEAT_SECONDS, stopping)) as following:
            yield ALIVE
            async for batch in following:
                if batch is None:
                    yield ALIVE
                    continue
                for item in batch.events:
                    if (item.position, item.index) <= (seen.position, seen.index) and seen.position:
                        continue
                    message = to_message(item)
                    if message is not None:
                        yield message.encode()
                    if ends_with(item):
                        return

    return _response(stream())


def messages_response(messages: AsyncIterator[LiveMessage], stopping: asyncio.Event, last: str) -> StreamingResponse:
    """Messages as they come; a comment every 10 s; ends with an event named `last`, or when the service stops."""

    async def stream() -> AsyncIterator[bytes]:
        async with aclosing(with_ticks(messages, HEARTBEAT_SECONDS, stopping)) as following:
            yield ALIVE
            async for message in following:
                yield message.encode() if message else ALIVE
                if message and message.event == last:
                    return

    return _response(stream())


def _response(stream: AsyncIterator[bytes]) -> StreamingResponse:
    headers = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)
