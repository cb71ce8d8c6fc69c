"""How messages travel to a browser: through a pair of sockets of its own, or over a WebSocket to one elsewhere."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Protocol

from services.runner.adapters.faults import DriverError

CONNECT_SECONDS = 30.0


class Transport(Protocol):
    """Carries whole messages, in order."""

    def write(self, message: bytes) -> None:
        """Sends a message; one that cannot be sent any more is dropped."""

    def close(self) -> None:
        """Ends the connection."""


class PipeTransport(asyncio.Protocol):
    """Messages that each end with a zero byte, as `--remote-debugging-pipe` wants them."""

    def __init__(self, received: Callable[[bytes], None], lost: Callable[[], None]) -> None:
        self._received = received
        self._lost = lost
        self._begun: list[bytes] = []
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        head, *rest = data.split(b"\0")
        self._begun.append(head)
        for piece in rest:
            message, self._begun = b"".join(self._begun), [piece]
            self._received(message)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the same whatever the reason
        """Called by asyncio."""
        self._lost()

    def write(self, message: bytes) -> None:
        """Sends a message."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(message + b"\0")

    def close(self) -> None:
        """Ends the connection."""
        if self._transport is not None:
            self._transport.close()


class WebSocketTransport:
    """A connection to a browser that listens on an address."""

    def __init__(self, received: Callable[[bytes], None], lost: Callable[[], None]) -> None:
        self._received = received
        self._lost = lost
        self._unsent: asyncio.Queue[bytes] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def open(self, address: str) -> None:
        """Connects. Raises `DriverError` when nobody answers there."""
        opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._run(address, opened))
        await opened

    async def _run(self, address: str, opened: asyncio.Future[None]) -> None:
        from websockets.asyncio.client import connect
        from websockets.exceptions import WebSocketException

        try:
            async with connect(address, max_size=None, compression=None, open_timeout=CONNECT_SECONDS) as socket:
                opened.set_result(None)
                writing = asyncio.create_task(self._write_all(socket.send))
                try:
                    async for message in socket:
                        self._received(message if isinstance(message, bytes) else message.encode())
                finally:
                    writing.cancel()
        except (OSError, WebSocketException, TimeoutError) as error:
            if not opened.done():
                opened.set_exception(DriverError(f"no browser answers there: {error}"))
        finally:
            self._lost()

    async def _write_all(self, send: Callable[[str], Awaitable[None]]) -> None:
        with contextlib.suppress(Exception):  # the reading side notices that the connection is gone
            while True:
                await send((await self._unsent.get()).decode())

    def write(self, message: bytes) -> None:
        """Sends a message."""
        self._unsent.put_nowait(message)

    def close(self) -> None:
        """Ends the connection."""
        if self._task is not None:
            self._task.cancel()
