"""The log on NATS JetStream."""

import asyncio
import json
import random
from collections.abc import AsyncGenerator, Awaitable, Collection, Iterable, Sequence
from contextlib import suppress
from datetime import timedelta

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.errors import APIError, NoStreamResponseError, NotFoundError, ServiceUnavailableError

from shared.bus.codec import (
    Envelope,
    Undecodable,
    Vault,
    encode,
    is_personal,
    needs_key,
    read_envelope,
    revive,
)
from shared.bus.log import ANY_SEQUENCE, Append, Batch, History, Unreadable
from shared.bus.publisher import Ack, Publisher
from shared.bus.puller import Pulled, Puller
from shared.bus.subjects import EVENTS_STREAM, Stream
from shared.core.errors import Conflict, RetoldError, TooLarge, Unavailable
from shared.core.events import Catalogue, Event, Recorded
from shared.core.time_and_ids import Clock, now

WRONG_LAST_SEQUENCE = 10071
IN_PROCESS = 10164
ATTEMPTS = 6
LOAD_BATCH = 1000
NO_ANSWER = (nats.errors.Error, NoStreamResponseError, ServiceUnavailableError, TimeoutError, OSError)


class JetStreamLog:
    """The event log in stream `EVT`. Timeouts in seconds.

    Without a `vault` personal values are written in clear, and those that others sealed are read hidden.
    """

    def __init__(
        self,
        client: Client,
        catalogue: Catalogue,
        clock: Clock = now,
        timeout: float = 5.0,
        vault: Vault | None = None,
    ) -> None:
        self._client = client
        self._jetstream = client.jetstream(timeout=timeout)
        self._publisher = Publisher(client, timeout)
        self._catalogue = catalogue
        self._clock = clock
        self._timeout = timeout
        self._vault = vault

    async def append(self, append: Append) -> int:
        """Store a decision; see `Log.append`.

        One node checks the expectation before it looks for duplicates, three nodes the other way round:
        so a refusal may only mean that our own message is already stored, and we look for it.
        """
        if self._vault is not None and is_personal(append):
            await self._vault.unlock([append.context.org], create=True)
        return await self._store(append, self._encode(append))

    async def append_all(self, appends: Sequence[Append]) -> list[int]:
        """See `Log.append_all`."""
        if self._vault is not None:
            await self._vault.unlock({each.context.org for each in appends if is_personal(each)}, create=True)
        waiting = [await self._send(append, self._encode(append)) for append in appends]
        positions: list[int] = []
        failures: list[Exception] = []
        for append, future in zip(appends, waiting, strict=True):
            try:
                positions.append((await future).seq)
            except (APIError, *NO_ANSWER):
                # One by one, as every append: only there the outcomes are told apart.
                try:
                    positions.append(await self.append(append))
                except RetoldError as failure:
                    failures.append(failure)
        if failures:
            raise failures[0]
        return positions

    def _encode(self, append: Append) -> bytes:
        payload = encode(append, self._clock(), self._vault)
        if len(payload) > self._client.max_payload:
            raise TooLarge(
                f"the events of one decision take {len(payload):,} bytes and the log takes {self._client.max_payload:,}"
                " (max_payload in nats.conf)"
            )
        return payload

    async def _send(self, append: Append, payload: bytes) -> "asyncio.Future[Ack]":
        headers = {"Nats-Msg-Id": str(append.message)}
        if append.expected != ANY_SEQUENCE:
            headers["Nats-Expected-Last-Subject-Sequence"] = str(append.expected)
            headers["Nats-Expected-Last-Subject-Sequence-Subject"] = append.stream.canonical_filter
        return await self._publisher.send(append.stream.subject(append.kind), payload, headers)

    async def _store(self, append: Append, payload: bytes) -> int:
        failure: Exception | None = None
        for attempt in range(ATTEMPTS):
            try:
                return (await (await self._send(append, payload))).seq
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
        own = append.message
        for message in await self._messages(append.stream.canonical_filter, append.expected):
            if read_envelope(message.data).id == own:
                return _position(message)
        raise Conflict(f"{append.stream} has moved beyond {append.expected}")

    async def load(self, stream: Stream, after: int = 0) -> History:
        """All events of a stream beyond a position, in order."""
        messages = await self._messages(stream.canonical_filter, after)
        return History(await self._decoded(messages), _position(messages[-1]) if messages else after)

    async def first(self, stream: Stream) -> Recorded | None:
        """A stream's first event, without loading the others."""
        messages, _ = await self._answered(self._page(stream.canonical_filter, 1, 1), stream.canonical_filter)
        return next(iter(await self._decoded(messages)), None)

    async def read(self, subject_filter: str) -> list[Recorded]:
        """All events under a filter, in order."""
        return await self._decoded(await self._messages(subject_filter, 0))

    async def _decoded(self, messages: list[Msg]) -> list[Recorded]:
        envelopes = [read_envelope(message.data) for message in messages]
        await self._unlock(envelopes, self._catalogue)
        recorded = []
        for message, envelope in zip(messages, envelopes, strict=True):
            subject = (message.headers or {})["Nats-Subject"]
            recorded += revive(envelope, subject, _position(message), self._catalogue, self._vault)
        return recorded

    async def _unlock(self, envelopes: Iterable[Envelope], catalogue: Catalogue) -> None:
        if self._vault is not None:
            await self._vault.unlock({each.org for each in envelopes if needs_key(each, catalogue)})

    async def _messages(self, subject_filter: str, after: int) -> list[Msg]:
        messages: list[Msg] = []
        while True:
            page, more = await self._answered(self._page(subject_filter, after + 1, LOAD_BATCH), subject_filter)
            messages += page
            if not more:
                return messages
            after = _position(messages[-1])

    async def _answered(self, page: Awaitable[tuple[list[Msg], bool]], subject_filter: str) -> tuple[list[Msg], bool]:
        try:
            async with asyncio.timeout(self._timeout * 3):
                return await page
        except NO_ANSWER as silence:
            raise Unavailable(f"the event log did not answer for {subject_filter}: {silence!r}") from silence

    async def _page(self, subject_filter: str, sequence: int, size: int) -> tuple[list[Msg], bool]:
        """One batched direct get: messages, then an empty one with status 204 (end) or 404 (none)."""
        inbox = self._client.new_inbox()
        subscription = await self._client.subscribe(inbox, pending_msgs_limit=-1, pending_bytes_limit=-1)
        try:
            request = {"seq": sequence, "next_by_subj": subject_filter, "batch": size}
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
        self,
        subjects: Sequence[str],
        after: int = 0,
        linger: float = 0.02,
        only: Collection[type[Event]] | None = None,
    ) -> AsyncGenerator[Batch, None]:
        """See `Log.follow`, and `Puller` for gaps and reconnections."""
        catalogue = self._catalogue if only is None else Catalogue(only)
        puller = Puller(self._client, EVENTS_STREAM, subjects, after, linger=timedelta(seconds=linger))
        async with puller:
            async for messages in puller.batches():
                events, unreadable = await self._read_batch(messages, catalogue)
                yield Batch(events, messages[-1].sequence, messages[-1].pending, unreadable)

    async def _read_batch(
        self, messages: Sequence[Pulled], catalogue: Catalogue
    ) -> tuple[tuple[Recorded, ...], tuple[Unreadable, ...]]:
        unreadable: list[Unreadable] = []
        envelopes: list[tuple[Pulled, Envelope]] = []
        for message in messages:
            try:
                envelopes.append((message, read_envelope(message.payload)))
            except Undecodable as error:
                unreadable.append(Unreadable(message.sequence, message.subject, None, str(error)))
        await self._unlock((envelope for _, envelope in envelopes), catalogue)
        events: list[Recorded] = []
        for message, envelope in envelopes:
            try:
                events += revive(envelope, message.subject, message.sequence, catalogue, self._vault)
            except Undecodable as error:
                unreadable.append(Unreadable(message.sequence, message.subject, envelope.org, str(error)))
        return tuple(events), tuple(unreadable)

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
