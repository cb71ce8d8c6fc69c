"""EDGE: a session whose browser another runner holds: what is asked here is passed on to there, and its answer back.

Several runners stand behind one address, and nobody outside knows which of them has the browser.
"""

import asyncio
import contextlib

import httpx2
import websockets
from fastapi import Request, Response, WebSocket, WebSocketDisconnect
from websockets.asyncio.client import ClientConnection, connect

from shared.core.errors import Unavailable
from shared.tasks import end

PASSED_ON = "x-retold-passed-on"  # once is enough
OPEN_SECONDS = 5.0
ANSWER_SECONDS = 100.0  # ending a session may take 90
LARGEST_FRAME = 32 * 1024**2  # bytes of a picture, far beyond any
HEADERS = ("authorization", "content-type", "x-session-token")
BACK = ("content-type", "location", "cache-control")
GOING_AWAY = 1001


async def pass_on(request: Request, address: str, content: bytes = b"") -> Response:
    """The answer of the runner at `address`. Raises `Unavailable`."""
    headers = {name: request.headers[name] for name in HEADERS if name in request.headers}
    url = f"{address}{request.url.path}"
    try:
        async with httpx2.AsyncClient(timeout=ANSWER_SECONDS, trust_env=False) as client:
            answer = await client.request(
                request.method,
                url,
                params=dict(request.query_params),
                headers={**headers, PASSED_ON: "1"},
                content=content,
            )
    except httpx2.HTTPError as failure:
        raise Unavailable(_unreachable(address)) from failure
    told = {name: answer.headers[name] for name in BACK if name in answer.headers}
    return Response(answer.content, answer.status_code, told)


async def pass_on_socket(socket: WebSocket, address: str) -> None:
    """Messages in both directions until either side has closed; `socket` is closed as the other one was.

    Raises `Unavailable` when the other runner does not answer.
    """
    url = f"{address.replace('http', 'ws', 1)}{socket.url.path}"
    try:
        far = await connect(
            url,
            origin=websockets.Origin(address),
            additional_headers={PASSED_ON: "1"},
            open_timeout=OPEN_SECONDS,
            max_size=LARGEST_FRAME,
            proxy=None,
        )
    except (OSError, websockets.WebSocketException, TimeoutError) as failure:
        raise Unavailable(_unreachable(address)) from failure
    there = asyncio.create_task(_there(socket, far))
    back = asyncio.create_task(_back(socket, far))
    try:
        await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await end([there, back])
        await far.close()
    with contextlib.suppress(RuntimeError, WebSocketDisconnect):
        await socket.close(far.close_code or GOING_AWAY, far.close_reason or "")


async def _there(socket: WebSocket, far: ClientConnection) -> None:
    with contextlib.suppress(WebSocketDisconnect, websockets.ConnectionClosed):
        while True:
            await far.send(await socket.receive_text())


async def _back(socket: WebSocket, far: ClientConnection) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        async for message in far:
            if isinstance(message, bytes):
                await socket.send_bytes(message)
            else:
                await socket.send_text(message)


def _unreachable(address: str) -> str:
    return f"the runner at {address}, which has the browser, does not answer; try again in a moment"
