"""A continuous puller: an ordered, unacknowledged read of a stream from a position on.

nats-py's `fetch()` reads three to four times slower and returns batches of one on a trickle
(docs/decisions/0003), so this keeps pull requests open and collects what arrives.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Self

import nats.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy

MAX_BATCH = 1000
AHEAD = 3 * MAX_BATCH  # asked for while a batch is worked on, so that the server never waits for us
REQUEST_EXPIRES = 30.0
IDLE_HEARTBEAT = 2.0
INACTIVE_THRESHOLD = 60.0
# A request sent into a connection that is just breaking is never answered; on a stream of a million subjects
# a good one takes up to 0.6 s.
FIRST_PATIENCE, LAST_PATIENCE = 3.0, 30.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pulled:
    """A message of the stream; `pending` is how many still match beyond it."""

    subject: str
    payload: bytes
    sequence: int
    pending: int


class Puller:
    """Reads from `after` on. On a gap, a lost consumer or a reconnection it starts again behind the last message."""

    def __init__(
        self,
        client: Client,
        stream: str,
        subjects: Sequence[str],
        after: int,
        linger: timedelta = timedelta(milliseconds=20),
    ) -> None:
        self._client = client
        self._stream = stream
        self._subjects = list(subjects)
        self._position = after
        self._linger = linger.total_seconds()
        self._arrived = asyncio.Event()
        self._buffer: list[Pulled] = []
        self._broken = True
        self._consumer: str | None = None
        self._subscription: Subscription | None = None
        self._delivered = 0
        self._open_requests = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._drop_consumer()

    async def batches(self) -> AsyncIterator[list[Pulled]]:
        """Up to `MAX_BATCH` messages as they arrive, never an empty list."""
        while True:
            if self._broken:
                await self._start_again()
            await self._keep_requests_open()
            try:
                # Not wait_for: in Python 3.11 it loses a cancellation that comes together with a message.
                async with asyncio.timeout(IDLE_HEARTBEAT * 2.5):
                    await self._arrived.wait()
            except TimeoutError:
                self._broken = True
                continue
            if self._linger and self._buffer and len(self._buffer) < MAX_BATCH:
                await asyncio.sleep(self._linger)
            batch, self._buffer = self._buffer[:MAX_BATCH], self._buffer[MAX_BATCH:]
            if not self._buffer:
                self._arrived.clear()
            if batch:
                yield batch

    async def _start_again(self) -> None:
        await self._drop_consumer()
        self._delivered, self._open_requests = 0, 0  # what is in the buffer arrived in order and stays
        pause, patience = 0.1, FIRST_PATIENCE
        while True:
            try:
                while not self._client.is_connected:
                    await asyncio.sleep(0.05)
                await self._create_consumer(patience)
                self._broken = False
                return
            except (nats.errors.Error, TimeoutError, OSError) as failure:
                log.warning(
                    "log not readable, trying again",
                    stream=self._stream,
                    reason=str(failure) or repr(failure),
                )
            await asyncio.sleep(pause)
            pause, patience = min(pause * 2, 2.0), min(patience * 2, LAST_PATIENCE)

    async def _create_consumer(self, patience: float) -> None:
        config = ConsumerConfig(
            deliver_policy=DeliverPolicy.BY_START_SEQUENCE,
            opt_start_seq=self._position + 1,
            ack_policy=AckPolicy.NONE,
            inactive_threshold=INACTIVE_THRESHOLD,
            mem_storage=True,
            num_replicas=1,
        )
        if len(self._subjects) == 1:
            config.filter_subject = self._subjects[0]
        else:
            config.filter_subjects = self._subjects
        info = await self._client.jetstream(timeout=patience).add_consumer(self._stream, config)
        self._consumer = info.name
        self._inbox = self._client.new_inbox()
        self._subscription = await self._client.subscribe(
            self._inbox, cb=self._receive, pending_msgs_limit=-1, pending_bytes_limit=-1
        )

    async def _drop_consumer(self) -> None:
        subscription, self._subscription = self._subscription, None
        consumer, self._consumer = self._consumer, None
        if subscription is None or consumer is None or self._client.is_closed:
            return
        await subscription.unsubscribe()
        if self._client.is_connected:
            # Best effort: an abandoned consumer is removed by the server after INACTIVE_THRESHOLD.
            await self._client.publish(f"$JS.API.CONSUMER.DELETE.{self._stream}.{consumer}", b"")

    async def _keep_requests_open(self) -> None:
        while self._open_requests <= AHEAD and self._consumer is not None:
            await self._request(self._consumer)

    async def _request(self, consumer: str) -> None:
        request = {
            "batch": MAX_BATCH,
            "expires": int(REQUEST_EXPIRES * 1e9),
            "idle_heartbeat": int(IDLE_HEARTBEAT * 1e9),
        }
        self._open_requests += MAX_BATCH
        await self._client.publish(
            f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{consumer}",
            json.dumps(request).encode(),
            self._inbox,
        )

    async def _receive(self, message: Msg) -> None:
        if self._subscription is None or message.subject == self._inbox:
            self._note_status(message)
            return
        sequence, delivered, pending = _where(message.reply)
        if self._broken or delivered != self._delivered + 1:
            self._broken = True
        else:
            self._delivered, self._position = delivered, sequence
            self._open_requests -= 1
            self._buffer.append(Pulled(message.subject, message.data, sequence, pending))
        self._arrived.set()

    def _note_status(self, message: Msg) -> None:
        status = (message.headers or {}).get("Status")
        if status == "408":
            self._open_requests -= int((message.headers or {}).get("Nats-Pending-Messages", str(MAX_BATCH)))
        elif status != "100":
            self._broken = True
        self._arrived.set()


def _where(reply: str) -> tuple[int, int, int]:
    """Stream sequence, consumer sequence and pending count of `$JS.ACK.[domain.account.]stream.consumer.…`."""
    tokens = reply.split(".")
    first = 4 if len(tokens) == 9 else 6
    return int(tokens[first + 1]), int(tokens[first + 2]), int(tokens[first + 4])
