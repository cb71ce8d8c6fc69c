"""The log on NATS JetStream."""

import asyncio
import json
import random
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from datetime import timedelta

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.errors import APIError, NoStreamResponseError, NotFoundError, ServiceUnavailableError

from shared.bus.codec import decode, encode, message_id, read_envelope
from shared.bus.log import ANY_SEQUENCE, Append, Batch
from shared.bus.puller import Puller
from shared.bus.subjects import EVENTS_STREAM, Stream
from shared.core.errors import Conflict, TooLarge, Unavailable
from shared.core.events import Catalogue, Recorded
from shared.core.time_and_ids import Clock, now

WRONG_LAST_SEQUENCE = 10071
IN_PROCESS = 10164
ATTEMPTS = 6
LOAD_BATCH = 1000
NO_ANSWER = (nats.errors.Error, NoStreamResponseError, ServiceUnavailableError, TimeoutError, OSError)


class JetStreamLog:
    """The event log in stream `EVT`. Timeouts in seconds."""

    def __init__(self, client: Client, catalogue: Catalogue, clock: Clock = now, timeout: float = 5.0) -> None:
        self._client = client
        self._jetstream = client.jetstream(timeout=timeout)
        self._catalogue = catalogue
        self._clock = clock
        self._timeout = timeout

    async def append(self, append: Append) -> int:
        """Store a decision; see `Log.append`.

        One node checks the expectation before it looks for duplicates, three nodes the other way round:
        so a refusal may only mean that our own message is already stored, and we look for it.
        """
        payload = encode(append, self._clock())
        if len(payload) > self._client.max_payload:
            raise TooLarge(
                f"the events of one decision take {len(payload):,} bytes and the log takes {self._client.max_payload:,}"
            )
        headers = {"Nats-Msg-Id": str(message_id(append))}
        if append.expected != ANY_SEQUENCE:
            headers["Nats-Expected-Last-Subject-Sequence"] = str(append.expected)
            headers["Nats-Expected-Last-Subject-Sequence-Subject"] = append.stream.canonical_filter
        failure: Exception | None = None
        for attempt in range(ATTEMPTS):
            try:
                stored = await self._jetstream.publish(
                    append.stream.subject(append.kind), payload, timeout=self._timeout, headers=headers
                )
                return stored.seq
            except APIError as refusal:
                if refusal.err_code == WRONG_LAST_SEQUENCE:
                    return await self._position_of_own(append)
                if refusal.err_code != IN_PROCESS and (refusal.code or 500) < 500:
                    raise
                failure = refusal
            except NO_ANSWER as silence:
                failure = silence
            await asyncio.sleep(random.uniform(0.5, 1.0) * min(2.0, 0.02 * 4**attempt))  # noqa: S311
        raise Unavailable(f"the event log did not confirm the write to {append.stream}: {failure}") from failure

    async def _position_of_own(self, append: Append) -> int:
        own = message_id(append)
        for message in await self._messages(append.stream.canonical_filter, append.expected):
            if read_envelope(message.data).id == own:
                return _position(message)
        raise Conflict(f"{append.stream} has moved beyond {append.expected}")

    async def load(self, stream: Stream, after: int = 0) -> list[Recorded]:
        """All events of a stream beyond a position, in order."""
        return self._decoded(await self._messages(stream.canonical_filter, after))

    async def read(self, subject_filter: str) -> list[Recorded]:
        """All events under a filter, in order."""
        return self._decoded(await self._messages(subject_filter, 0))

    def _decoded(self, messages: list[Msg]) -> list[Recorded]:
        recorded = []
        for message in messages:
            subject = (message.headers or {})["Nats-Subject"]
            recorded += decode(message.data, subject, _position(message), self._catalogue)
        return recorded

    async def _messages(self, subject_filter: str, after: int) -> list[Msg]:
        messages: list[Msg] = []
        try:
            while True:
                async with asyncio.timeout(self._timeout * 3):
                    page, more = await self._page(subject_filter, after + 1)
                messages += page
                if not more:
                    return messages
                after = _position(messages[-1])
        except NO_ANSWER as silence:
            raise Unavailable(f"the event log did not answer for {subject_filter}: {silence!r}") from silence

    async def _page(self, subject_filter: str, sequence: int) -> tuple[list[Msg], bool]:
        """One batched direct get: messages, then an empty one with status 204 (end) or 404 (none)."""
        inbox = self._client.new_inbox()
        subscription = await self._client.subscribe(inbox, pending_msgs_limit=-1, pending_bytes_limit=-1)
        try:
            request = {"seq": sequence, "next_by_subj": subject_filter, "batch": LOAD_BATCH}
            await self._client.publish(f"$JS.API.DIRECT.GET.{EVENTS_STREAM}", json.dumps(request).encode(), inbox)
            messages: list[Msg] = []
            while True:
                message = await subscription.next_msg(timeout=self._timeout)
                status = (message.headers or {}).get("Status")
                if status is None:
                    messages.append(message)
                elif status == "204":
                    return messages, int((message.headers or {}).get("Nats-Num-Pending", "0")) > 0
                elif status == "404":
                    return messages, False
                else:
                    raise nats.errors.Error(f"direct get answered {status}")
        finally:
            await subscription.unsubscribe()

    async def follow(
        self, subjects: Sequence[str], after: int = 0, linger: float = 0.02
    ) -> AsyncGenerator[Batch, None]:
        """Batches in order, without end. See `Puller` for gaps and reconnections."""
        puller = Puller(self._client, EVENTS_STREAM, subjects, after, linger=timedelta(seconds=linger))
        async with puller:
            async for messages in puller.batches():
                events = [
                    recorded
                    for message in messages
                    for recorded in decode(message.payload, message.subject, message.sequence, self._catalogue)
                ]
                yield Batch(tuple(events), messages[-1].sequence, messages[-1].pending)

    async def last_position(self, subjects: Sequence[str] = ()) -> int:
        """The position of the newest event, of the whole log or under some filters; 0 when there is none."""
        return await last_position(self._jetstream, EVENTS_STREAM, subjects)


async def last_position(jetstream: JetStreamContext, stream: str, subjects: Sequence[str]) -> int:
    """The newest sequence of a stream, or the newest under some filters; 0 when there is none."""
    try:
        if not subjects:
            return (await jetstream.stream_info(stream)).state.last_seq
        newest = 0
        for subject in subjects:
            with suppress(NotFoundError):
                newest = max(newest, (await jetstream.get_last_msg(stream, subject)).seq or 0)
        return newest
    except NO_ANSWER as silence:
        raise Unavailable(f"the log {stream} did not answer: {silence!r}") from silence


def _position(message: Msg) -> int:
    return int((message.headers or {})["Nats-Sequence"])
