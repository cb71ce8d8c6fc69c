"""A queue of work on a durable consumer: a worker takes as many messages as it has free slots, never more.

What is asked for ahead would lie in the hand of a busy worker while another one has nothing to do. So one pull request
is open at a time, for exactly the slots that are free; the next one is sent when it is used up or has expired.
"""

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import suppress

import nats.errors
import structlog
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.js.api import ConsumerConfig

REQUEST_EXPIRES = 30.0
IDLE_HEARTBEAT = 2.0
CHECK_SECONDS = 0.5
# A request sent into a connection that is just breaking is never answered; on a big stream a good one takes a while.
FIRST_PATIENCE, LAST_PATIENCE = 1.0, 10.0
LONGEST_PAUSE = 2.0
NO_ANSWER = (nats.errors.Error, TimeoutError, OSError)

log = structlog.get_logger()


class Lease:
    """A worker's right to a message: renewed while it works; without renewal the queue gives it to another."""

    def __init__(self, message: Msg, seconds: float) -> None:
        self.message, self._seconds = message, seconds
        self._renewed = self._heard = time.monotonic()

    @property
    def silent_seconds(self) -> float:
        """How long the work has made no progress."""
        return time.monotonic() - self._heard

    def note_progress(self) -> None:
        """The work has come a step further."""
        self._heard = time.monotonic()

    async def renew(self) -> None:
        """Keep the message for another lease."""
        with suppress(*NO_ANSWER):
            await self.message.in_progress()
            self._renewed = time.monotonic()

    async def hand_back(self, delay: float) -> None:
        """Let another worker have the message after `delay` s; not when it may already belong to one."""
        if time.monotonic() - self._renewed < self._seconds:
            with suppress(*NO_ANSWER):
                await self.message.nak(delay=delay or None)


class WorkQueue:
    """Calls `take` with each message; it occupies one of the `slots` until `free`.

    A consumer that is gone is created again; after a broken connection, or silence, everything is asked for anew.
    """

    def __init__(
        self, client: Client, stream: str, consumer: ConsumerConfig, slots: int, take: Callable[[Msg], None]
    ) -> None:
        self._client, self._stream, self._consumer = client, stream, consumer
        self._take = take
        self._free = slots
        self._asked = 0  # messages that the open request may still bring
        self._heard = 0.0
        self._reconnects = 0
        self._inbox = ""
        self._subscription: Subscription | None = None
        self._stopping = False
        self._broken = asyncio.Event()

    async def run(self, stopping: asyncio.Event) -> None:
        """Take messages until `stopping`; those that were already on their way then are handed back at once."""
        stop = asyncio.create_task(stopping.wait())
        self._stopping = False
        try:
            while not stop.done():
                if await self._start(stop):
                    await self._until_broken(stop)
                    self._stopping = stop.done()
                    await self._let_go()
        finally:
            self._stopping = True
            stop.cancel()
            await self._let_go()

    async def free(self) -> None:
        """A message is done with: its slot may have another."""
        self._free += 1
        await self._ask_if_due()

    def occupy(self) -> None:
        """A message that had given its slot free needs one again; until one is free there are more than slots."""
        self._free -= 1

    async def _start(self, stop: "asyncio.Task[bool]") -> bool:
        """Have the consumer and a first request; false when stopped before."""
        pause, patience = 0.1, FIRST_PATIENCE
        while not stop.done():
            try:
                if not self._client.is_connected:
                    raise nats.errors.ConnectionReconnectingError
                await self._client.jetstream(timeout=patience).add_consumer(self._stream, self._consumer)
                # An inbox of its own: nothing that an earlier request still brings is counted as this one's.
                self._inbox = self._client.new_inbox()
                self._subscription = await self._client.subscribe(self._inbox, cb=self._receive)
                self._reconnects, self._heard = self._client.stats["reconnects"], time.monotonic()
                self._broken.clear()
                await self._ask_if_due()
                return True
            except NO_ANSWER as failure:
                log.warning("no work to be had, trying again", reason=str(failure) or repr(failure))
            await asyncio.wait({stop}, timeout=pause)
            pause, patience = min(pause * 2, LONGEST_PAUSE), min(patience * 2, LAST_PATIENCE)
        return False

    async def _until_broken(self, stop: "asyncio.Task[bool]") -> None:
        broken = asyncio.create_task(self._broken.wait())
        try:
            while not broken.done() and not stop.done():
                await asyncio.wait({broken, stop}, timeout=CHECK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
                silent = self._asked and time.monotonic() - self._heard > IDLE_HEARTBEAT * 2.5
                # A server that was away has forgotten the request.
                if silent or (self._client.is_connected and self._client.stats["reconnects"] != self._reconnects):
                    return
        finally:
            broken.cancel()

    async def _let_go(self) -> None:
        """End the open request. Draining, so that a message which is just arriving is not left to its lease."""
        subscription, self._subscription = self._subscription, None
        if subscription is not None and not self._client.is_closed:
            with suppress(*NO_ANSWER):
                async with asyncio.timeout(2):
                    await subscription.drain()  # type: ignore[no-untyped-call]
        self._asked = 0

    async def _ask_if_due(self) -> None:
        if self._asked or self._free <= 0 or self._stopping or self._subscription is None:
            return
        self._asked, self._heard = self._free, time.monotonic()
        nanoseconds = {"expires": int(REQUEST_EXPIRES * 1e9), "idle_heartbeat": int(IDLE_HEARTBEAT * 1e9)}
        request = json.dumps({"batch": self._free, **nanoseconds})
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{self._stream}.{self._consumer.durable_name}"
        try:
            await self._client.publish(subject, request.encode(), self._inbox)
        except NO_ANSWER:
            self._broken.set()

    async def _receive(self, message: Msg) -> None:
        self._heard = time.monotonic()
        if message.subject.startswith(self._inbox):
            await self._note_status((message.headers or {}).get("Status"))
            return
        if self._stopping:
            await Lease(message, REQUEST_EXPIRES).hand_back(0)
            return
        self._asked -= 1
        self._free -= 1
        self._take(message)
        await self._ask_if_due()

    async def _note_status(self, status: str | None) -> None:
        if status == "408":  # the request has expired
            self._asked = 0
            await self._ask_if_due()
        elif status != "100":  # the consumer is gone or moves to another node; a heartbeat is 100
            self._broken.set()
