"""EDGE: a row as it runs: its log lines, pictures of its page, and what became of it."""

import asyncio
import base64
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Response
from fastapi.responses import StreamingResponse

from services.runner.watched_row import STORY, WatchedRow
from shared.bus import subjects
from shared.contracts.scheduler import JobCreated
from shared.core.errors import NotFound, Refused, RetoldError
from shared.lines import StoredLine
from shared.pictures import Picture, Pictures, Place
from shared.runtime import Resources
from shared.tasks import end
from shared.web.callers import CallerOf
from shared.web.live import LIVE, LastEventId, LiveMessage, Seen, event_id, messages_response, seen_by

FIRST_PICTURE_SECONDS = 5.0
QUIET_SECONDS = 1.0  # a row's last lines are stored a moment after its end
MOST_WAITING = 500  # messages that a slow client has not taken yet
PICTURE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/jpeg": {}}, "description": "the newest picture"},
    409: {"description": "the row does not run now: why, and where its kept pictures are"},
}


def add_live_routes(routes: APIRouter, resources: Resources) -> None:
    """The live stream of a row, and its newest picture."""
    pictures = Pictures(resources.nats, resources.keys)

    async def place_of(job_id: UUID, row: Annotated[int, Path(ge=0)], caller: CallerOf) -> Place:
        created = await job_of(resources, job_id, caller.org)
        if row >= created.total_rows:
            raise NotFound(f"job {job_id} has no row {row}: its rows are 0 to {created.total_rows - 1}")
        return Place(caller.org, job_id, row)

    @routes.get("/jobs/{job_id}/rows/{row}/live", response_class=StreamingResponse, responses=LIVE, tags=["live"])
    async def live_row(
        place: Annotated[Place, Depends(place_of)], last_event_id: LastEventId = None
    ) -> StreamingResponse:
        """A row until it has ended: `status`, `line`, `picture` (JPEG in base64, at most two a second), `ended`."""
        messages = _messages(resources, pictures, place, seen_by(last_event_id))
        return messages_response(messages, resources.stopping, last="ended")

    @routes.get("/jobs/{job_id}/rows/{row}/picture", response_class=Response, responses=PICTURE, tags=["live"])
    async def picture_of_row(place: Annotated[Place, Depends(place_of)]) -> Response:
        """What the row's page looks like now."""
        watched = await _now(resources, place)
        found: asyncio.Future[Picture] = asyncio.get_running_loop().create_future()
        if watched.status in ("running", "waiting_for_review"):
            with suppress(TimeoutError):
                async with pictures.watching(place, lambda one: None if found.done() else found.set_result(one)):
                    await asyncio.wait_for(asyncio.shield(found), FIRST_PICTURE_SECONDS)
        if not found.done():
            raise Refused((await _now(resources, place)).why_no_picture())
        picture = found.result()
        if not picture.content:
            raise Refused(f"the picture of row {place.row} has {picture.size:,} bytes, too many to be sent live")
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        return Response(picture.content, media_type="image/jpeg", headers=headers)


async def job_of(resources: Resources, job_id: UUID, org: UUID) -> JobCreated:
    """A job of the organization. Raises `NotFound`."""
    first = await resources.log.first(subjects.job(job_id))
    if first is None or first.org != org or not isinstance(first.event, JobCreated):
        raise NotFound(f"no job {job_id} in this organization")
    return first.event


async def _now(resources: Resources, place: Place) -> WatchedRow:
    watched = WatchedRow(place.row)
    for item in await resources.log.load(subjects.row(place.job_id, place.row)):
        watched.see(item.event)
    return watched


class _Telling:
    """What is waiting to be told to one watcher; of pictures the newest alone."""

    def __init__(self) -> None:
        self.messages: asyncio.Queue[LiveMessage | RetoldError] = asyncio.Queue(MOST_WAITING)
        self.picture: Picture | None = None
        self.ended: dict[str, Any] | None = None

    def see(self, picture: Picture) -> None:
        """A picture has come."""
        self.picture = picture
        with suppress(asyncio.QueueFull):
            if self.messages.empty():
                self.messages.put_nowait(PICTURE_WAITS)

    def take_picture(self) -> LiveMessage | None:
        """The newest one, once."""
        picture, self.picture = self.picture, None
        if picture is None:
            return None
        told = {"at": picture.at, "attempt": picture.attempt, "step_number": picture.step_number}
        content = base64.b64encode(picture.content).decode() or None
        return LiveMessage(None, "picture", {**told, "size": picture.size, "media_type": "image/jpeg", "jpeg": content})


PICTURE_WAITS = LiveMessage(None, "picture", {})


async def _messages(resources: Resources, pictures: Pictures, place: Place, seen: Seen) -> AsyncIterator[LiveMessage]:
    telling = _Telling()
    async with (
        pictures.watching(place, telling.see),
        _beside(telling, _tell_story(resources, pictures, place, telling)),
        _beside(telling, _tell_lines(resources, place, seen, telling)),
    ):
        while True:
            try:
                waiting = QUIET_SECONDS if telling.ended else None
                message = await asyncio.wait_for(telling.messages.get(), waiting)
            except TimeoutError:
                break
            if isinstance(message, RetoldError):
                raise message
            if message is not PICTURE_WAITS:
                yield message
            picture = telling.take_picture()
            if picture is not None:
                yield picture
    yield LiveMessage(None, "ended", telling.ended or {})


async def _tell_story(resources: Resources, pictures: Pictures, place: Place, telling: _Telling) -> None:
    watched = WatchedRow(place.row)
    await telling.messages.put(LiveMessage(None, "status", watched.told()))
    row = subjects.row(place.job_id, place.row).canonical_filter
    heals = subjects.heals((await job_of(resources, place.job_id, place.org)).recording_id).canonical_filter
    async for batch in resources.log.follow([row, heals], only=STORY):
        for item in batch.events:
            watched.see(item.event)
        telling.ended = watched.told() if watched.ended else None
        await telling.messages.put(LiveMessage(None, "status", watched.told()))
        if watched.ended:
            return
        await pictures.ask(place)  # it may just have begun: a short row is soon over


async def _tell_lines(resources: Resources, place: Place, seen: Seen, telling: _Telling) -> None:
    subject = subjects.lines_of(place.job_id, place.row)
    async for batch in resources.lines.follow((subject,), seen.follow_after):
        for item in batch.events:
            if not seen.position or (item.position, item.index) > (seen.position, seen.index):
                await telling.messages.put(line_message(item))


@asynccontextmanager
async def _beside(telling: _Telling, work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Goes on as long as the context; what goes wrong in it is told."""

    async def do() -> None:
        try:
            await work
        except RetoldError as failure:
            await telling.messages.put(failure)

    task = asyncio.create_task(do())
    try:
        yield
    finally:
        await end([task])


def line_message(item: StoredLine) -> LiveMessage:
    """A log line as a live event."""
    line = item.line
    told = {
        "timestamp": line.at,
        "level": line.level,
        "message": line.message,
        "row_index": line.row,
        "step_number": line.step_number,
        "metadata": line.metadata,
    }
    return LiveMessage(event_id(item), "line", told)
