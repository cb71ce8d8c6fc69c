"""Server-sent events out of a log: the event id is the log's position, so a client resumes where it was."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import Header
from fastapi.sse import ServerSentEvent

from shared.core.errors import InvalidInput
from shared.ticks import with_ticks

HEARTBEAT_SECONDS = 10.0

LastEventId = Annotated[str | None, Header(alias="Last-Event-ID", description="resume behind this position")]


def position_of(last_event_id: str | None) -> int | None:
    """The position to resume behind. Raises `InvalidInput`."""
    if last_event_id is None or last_event_id == "":
        return None
    position, _, _ = last_event_id.partition("-")
    if not position.isdigit():
        raise InvalidInput(f"Last-Event-ID is {last_event_id!r}; it is the id of an event that this stream sent")
    return int(position)


async def live(
    batches: AsyncIterator[Any],
    to_message: Callable[[Any], ServerSentEvent | None],
    *,
    stopping: asyncio.Event,
    ends_with: Callable[[Any], bool] = lambda _: False,
) -> AsyncIterator[ServerSentEvent]:
    """Messages for the items of `batches` as they come; a comment every 10 s; ends when the service stops."""
    async with aclosing(with_ticks(batches, HEARTBEAT_SECONDS, stopping)) as following:
        async for batch in following:
            if batch is None:
                yield ServerSentEvent(comment="alive")
                continue
            for item in batch.events:
                message = to_message(item)
                if message is not None:
                    yield message
                if ends_with(item):
                    return
