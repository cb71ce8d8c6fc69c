"""Publishing to a stream without waiting message by message: one inbox for all acknowledgements.

nats-py makes a task and a timer of every `js.publish`; this keeps a dictionary of futures and one timer for all.
What was measured: docs/reference/engine.md.
"""

import asyncio
from collections.abc import Mapping

import msgspec
import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.js.errors import APIError, NoStreamResponseError

WINDOW = 2000  # acknowledgements outstanding; more gained nothing
SWEEP_SECONDS = 0.25


class Refusal(msgspec.Struct):
    """Why the server did not store a message."""

    code: int = 0
    err_code: int = 0
    description: str = ""


class Ack(msgspec.Struct):
    """The server's answer: `seq` is the position in the stream, `duplicate` that it was stored before."""

    seq: int = 0
    stream: str = ""
    duplicate: bool = False
    error: Refusal | None = None


_decoder = msgspec.json.Decoder(Ack)


class Publisher:
    """Sends messages of one connection; at most `WINDOW` wait for their acknowledgement. `timeout` in seconds."""

    def __init__(self, client: Client, timeout: float = 5.0) -> None:
        self._client = client
        self._timeout = timeout
        self._inbox = client.new_inbox()
        self._waiting: dict[int, tuple[asyncio.Future[Ack], float]] = {}
        self._sent = 0
        self._subscription: Subscription | None = None
        self._subscribing = asyncio.Lock()
        self._room = asyncio.Event()
        self._sweep: asyncio.TimerHandle | None = None

    async def send(self, subject: str, payload: bytes, headers: Mapping[str, str]) -> "asyncio.Future[Ack]":
        """Send a message, waiting only for room in the window.

        The future gives the acknowledgement, or raises `APIError` (the server refused), `NoStreamResponseError`,
        or `TimeoutError` (nobody knows whether it was stored: send the same message again).
        """
        if self._subscription is None:
            async with self._subscribing:
                if self._subscription is None:
                    self._subscription = await self._client.subscribe(f"{self._inbox}.*", cb=self._receive)
        while len(self._waiting) >= WINDOW:
            self._room.clear()
            await self._room.wait()
        self._sent += 1
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Ack] = loop.create_future()
        self._waiting[self._sent] = (future, loop.time() + self._timeout)
        number = self._sent
        if self._sweep is None:
            self._sweep = loop.call_later(SWEEP_SECONDS, self._give_up_late_ones)
        try:
            await self._client.publish(subject, payload, reply=f"{self._inbox}.{number}", headers=dict(headers))
        except BaseException:
            self._waiting.pop(number, None)
            raise
        return future

    async def _receive(self, message: Msg) -> None:
        future, _ = self._waiting.pop(int(message.subject.rpartition(".")[2]), (None, 0.0))
        if len(self._waiting) < WINDOW:
            self._room.set()
        if future is None or future.done():
            return
        if message.headers and message.headers.get("Status") == "503":
            future.set_exception(NoStreamResponseError())
            return
        ack = _decoder.decode(message.data)
        if ack.error is not None:
            error = ack.error
            future.set_exception(APIError(code=error.code, err_code=error.err_code, description=error.description))
        else:
            future.set_result(ack)

    def _give_up_late_ones(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        # The oldest stand first, and all wait equally long.
        for number, (future, deadline) in list(self._waiting.items()):
            if deadline > now:
                break
            del self._waiting[number]
            if not future.done():
                future.set_exception(nats.errors.TimeoutError())
        self._room.set()
        self._sweep = loop.call_later(SWEEP_SECONDS, self._give_up_late_ones) if self._waiting else None
