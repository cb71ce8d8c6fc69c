"""EDGE: recordings in live browsers: opened, stopped, watched and used over a socket."""

import asyncio
import contextlib
import hashlib
import hmac
import json
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, Field
from starlette.requests import HTTPConnection

from services.runner.adapters.live.acts import Hello, read_act
from services.runner.adapters.live.limits import LARGEST, LARGEST_FILE, SMALLEST
from services.runner.aggregates.browser_session import MOST_MINUTES
from services.runner.forwarding import PASSED_ON, pass_on, pass_on_socket
from services.runner.live_session import LiveSession
from services.runner.live_viewers import Viewer
from services.runner.recording_projections import RECORDING_SESSIONS, queries
from services.runner.recording_sessions import Asking, RecordingSessions
from shared.core.errors import InvalidInput, NotAllowed, Refused, RetoldError, TooLarge
from shared.runtime import Resources
from shared.tasks import end
from shared.web.at_least import at_least
from shared.web.callers import CallerOf
from shared.web.paging import PageOf, link_next

Status = Literal["active", "idle", "terminated", "error"]
HELLO_SECONDS = 5.0
END_SECONDS = 90.0
MOST_FAULTS = 20  # of one client
NORMAL, POLICY = 1000, 1008  # WebSocket's words for why it is closed


class NewSession(BaseModel):
    """What is to be recorded. Without a size the window is as large as the page that shows it."""

    url: str = Field(min_length=1, max_length=8000, examples=["https://example.com/"])
    name: str | None = Field(None, max_length=200)
    width: int | None = Field(None, ge=SMALLEST[0], le=LARGEST[0])
    height: int | None = Field(None, ge=SMALLEST[1], le=LARGEST[1])
    minutes: int | None = Field(None, ge=1, le=MOST_MINUTES, description="60, where nothing is said")
    on_screen: bool = Field(False, description="a window on the runner's own screen")


class Stopping(BaseModel):
    """What the recording is called, where it has no name yet or another one is wanted."""

    name: str | None = Field(None, min_length=1, max_length=200)


def add_recording_routes(routes: APIRouter, resources: Resources, recordings: RecordingSessions) -> None:
    """Sessions for whoever has a token of the organization; the live page for whoever has that of a session."""

    @routes.post("/recording-sessions", status_code=201, tags=["recording"])
    async def start_session(asked: NewSession, response: Response, caller: CallerOf) -> dict[str, Any]:
        """Open a browser to record in. `view`: the page to use it, with a token for this session alone behind the #."""
        session, token = await recordings.start(caller, Asking(**asked.model_dump()))
        place = f"/runner/v1/recording-sessions/{session.id}"
        response.headers["Location"] = place
        return {**await recordings.told(caller, session.id), "view": f"{place}/view#{token}"}

    @routes.get("/recording-sessions", tags=["recording"], dependencies=[at_least(resources, RECORDING_SESSIONS)])
    async def list_sessions(
        request: Request, response: Response, caller: CallerOf, page: PageOf, status: Status | None = None
    ) -> list[dict[str, Any]]:
        """Sessions, newest first, ended ones too."""
        before = {"before_at": page.before_at, "before_id": page.before_id}
        async with resources.database.tenant(caller.org) as connection:
            found = queries.list_recording_sessions(connection, **before, status=status, page=page.limit)
            rows = [dict(row) async for row in found]
        link_next(request, response, rows, page)
        return rows

    @routes.get("/recording-sessions/{session_id}", tags=["recording"])
    async def get_session(session_id: UUID, caller: CallerOf) -> dict[str, Any]:
        """How a session stands."""
        return await recordings.told(caller, session_id)

    @routes.post("/recording-sessions/{session_id}/stop", tags=["recording"])
    async def stop_session(
        session_id: UUID, request: Request, caller: CallerOf, stopping: Stopping | None = None
    ) -> Any:
        """End a session and keep its recording; answers when it has ended. Again: what it came to."""
        if far := await _elsewhere(recordings, request, session_id):
            return await pass_on(request, far, await request.body())
        session = recordings.held(session_id)
        if session is None or session.held.org != caller.org:
            told = await recordings.told(caller, session_id)
            if told["reason"]:
                return told
            session = await recordings.of(caller, session_id)
        if stopping is not None and stopping.name:
            session.steps.rename(stopping.name)
        await _ended(session, "stopped")
        return await recordings.told(caller, session_id)

    @routes.delete("/recording-sessions/{session_id}", tags=["recording"])
    async def discard_session(session_id: UUID, request: Request, caller: CallerOf) -> Any:
        """End a session and keep nothing of it."""
        if far := await _elsewhere(recordings, request, session_id):
            return await pass_on(request, far)
        session = await recordings.of(caller, session_id)
        await _ended(session, "discarded")
        return await recordings.told(caller, session_id)

    @routes.post("/recording-sessions/{session_id}/files", status_code=201, tags=["recording"])
    async def give_file(
        session_id: UUID,
        request: Request,
        name: Annotated[str, Query(min_length=1, max_length=200)],
        x_session_token: Annotated[str, Header(max_length=500)],
    ) -> Any:
        """A file for pages that ask for one: its `file` is what the socket's `files` message, and the step, name it."""
        if far := await _elsewhere(recordings, request, session_id):
            return await pass_on(request, far, await _content(request))
        session = _opened_by(recordings, session_id, x_session_token)
        content = await _content(request)
        return {"file": await session.take_file(name, content), "size": len(content)}

    @routes.websocket("/recording-sessions/{session_id}/live")
    async def live_session(socket: WebSocket, session_id: UUID) -> None:
        await socket.accept()
        try:
            _require_same_host(socket)
            if far := await _elsewhere(recordings, socket, session_id):
                await pass_on_socket(socket, far)
            else:
                await _serve(socket, recordings, session_id)
        except WebSocketDisconnect:
            return
        except (RetoldError, TimeoutError) as refusal:
            why = str(refusal) or f"say hello within {HELLO_SECONDS:g} s"
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):
                await socket.close(POLICY, why.encode()[:120].decode(errors="ignore"))


async def _content(request: Request) -> bytes:
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > LARGEST_FILE:
            raise TooLarge(f"the file is over {LARGEST_FILE // 1024**2} MiB, the limit for a file to upload")
    return bytes(content)


async def _elsewhere(recordings: RecordingSessions, asked: HTTPConnection, session_id: UUID) -> str | None:
    """Which runner to ask instead; what was passed on once goes no further."""
    return None if PASSED_ON in asked.headers else await recordings.elsewhere(session_id)


async def _ended(session: LiveSession, reason: Any) -> None:
    session.wish(reason)
    try:
        async with asyncio.timeout(END_SECONDS):
            await session.over.wait()
    except TimeoutError:
        raise Refused("the session is still ending; look at it again in a moment") from None


def _opened_by(recordings: RecordingSessions, session_id: UUID, token: str) -> LiveSession:
    """The session, for whoever has its token. Raises `NotAllowed`: nothing tells whether there is such a session."""
    session = recordings.held(session_id)
    digest = hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
    if session is None or not hmac.compare_digest(session.held.digest, digest):
        raise NotAllowed("this recording has ended, or the address of its page is not complete")
    return session


def _require_same_host(socket: WebSocket) -> None:
    """A page of another site must not use somebody's session, should it ever learn its token."""
    origin = urlsplit(socket.headers.get("origin", ""))
    if not origin.netloc or origin.netloc.lower() != socket.headers.get("host", "").lower():
        raise NotAllowed("the socket is for pages of this very address")


async def _serve(socket: WebSocket, recordings: RecordingSessions, session_id: UUID) -> None:
    async with asyncio.timeout(HELLO_SECONDS):
        hello = read_act(await socket.receive_text())
    if not isinstance(hello, Hello):
        raise NotAllowed("say hello first")
    session = _opened_by(recordings, session_id, hello.token)
    viewer = Viewer(frames=hello.frames)
    session.enter(viewer)
    sending = asyncio.create_task(_send(socket, session, viewer))
    hearing = asyncio.create_task(_hear(socket, session, viewer))
    try:
        done, _ = await asyncio.wait({sending, hearing}, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        if sending in done:
            await socket.close(NORMAL)
    finally:
        session.viewers.discard(viewer)
        await end([sending, hearing])


async def _send(socket: WebSocket, session: LiveSession, viewer: Viewer) -> None:
    while (message := await viewer.next(session.browser.screen)) is not None:
        if isinstance(message, bytes):
            await socket.send_bytes(message)
        else:
            await socket.send_text(json.dumps(message, default=str))


async def _hear(socket: WebSocket, session: LiveSession, viewer: Viewer) -> None:
    faults = 0
    while True:
        received = await socket.receive()
        if received["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(received.get("code", NORMAL))
        try:
            if not isinstance(received.get("text"), str):
                raise InvalidInput("a message is a text")
            await session.act(viewer, read_act(received["text"]))
        except InvalidInput as fault:
            faults += 1
            if faults > MOST_FAULTS:
                raise
            viewer.say({"kind": "error", "message": fault.detail})
