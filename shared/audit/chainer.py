"""The chainer: follows the log and seals it, after so many messages or so much time."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import timedelta

import nats.errors
import structlog
from nats.aio.client import Client
from nats.js.errors import APIError, NoStreamResponseError, NotFoundError, ServiceUnavailableError

from shared.audit.chain import START, AuditKeys, Link, link
from shared.audit.findings import span
from shared.audit.reading import ends_of
from shared.audit.seals import Seal, encode_seal, make_seal, read_seal
from shared.bus.publisher import Publisher
from shared.bus.puller import Pulled, Puller
from shared.bus.subjects import ALL_EVENTS, EVENTS_STREAM, SEALS, SEALS_STREAM
from shared.core.errors import Refused, Unavailable
from shared.core.time_and_ids import Clock, now

WRONG_LAST_SEQUENCE = 10071
ATTEMPTS = 5
LINGER = timedelta(milliseconds=200)  # nobody waits for a seal: fewer, larger batches cost less
NO_ANSWER = (nats.errors.Error, NoStreamResponseError, ServiceUnavailableError, TimeoutError, OSError)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pace:
    """How often to seal: after `messages`, or `seconds` after the first unsealed one.

    `stand_by`: seconds that a chainer waits, while another one works, before it looks whether that still does.
    """

    messages: int = 1000
    seconds: float = 2.0
    stand_by: float = 10.0


PACE = Pace()


class Chainer:
    """Seals stream EVT into stream SEALS. Any number may run: each seal expects the one before, so one is stored."""

    def __init__(self, client: Client, keys: AuditKeys, clock: Clock = now, pace: Pace = PACE) -> None:
        self._client = client
        self._keys = keys
        self._clock = clock
        self._pace = pace
        self._publisher = Publisher(client)
        self._newest: Seal | None = None
        self._chain = START
        self._count = 0  # messages since the newest seal
        self._due: float | None = None

    async def run(self) -> None:
        """Seal without end. Raises `Unavailable` (run it again), `Refused` when log and seals do not fit."""
        while True:
            await self._take_up()
            await self._seal_until_outrun()
            await self._stand_by()

    async def _take_up(self) -> None:
        """Go on from the newest seal."""
        self._newest = newest = await self._newest_stored()
        self._chain = Link(newest.upto, bytes.fromhex(newest.digest)) if newest else START
        self._count, self._due = 0, None
        end = (await ends_of(self._client, EVENTS_STREAM)).last
        if end < self._chain.position:
            raise Refused(
                f"the log ends at {end} and was sealed up to {self._chain.position}: messages are missing; "
                "run: retold verify"
            )

    async def _seal_until_outrun(self) -> None:
        """Follow the log and seal it; returns once another chainer was faster."""
        after = self._chain.position
        async with Puller(self._client, EVENTS_STREAM, [ALL_EVENTS], after, linger=LINGER) as puller:
            async for batch in _in_time(puller.batches(), self._seconds_left):
                for message in batch:
                    self._add(message)
                    if self._count >= self._pace.messages and not await self._seal():
                        return
                if self._seconds_left() == 0 and not await self._seal():
                    return

    def _add(self, message: Pulled) -> None:
        if message.sequence != self._chain.position + 1:
            gap = span(self._chain.position + 1, message.sequence - 1)
            log.error("the log has a gap; run: retold verify", gap=gap)
        digest = link(self._keys.chain, self._chain.digest, message.sequence, message.subject, message.payload)
        self._chain = Link(message.sequence, digest)
        self._count += 1
        if self._due is None:
            self._due = time.monotonic() + self._pace.seconds

    def _seconds_left(self) -> float | None:
        """Until the next seal is due; `None` when there is nothing to seal."""
        return None if self._due is None else max(0.0, self._due - time.monotonic())

    async def _seal(self) -> bool:
        """Store a seal; `False` when another chainer was faster."""
        seal = make_seal(self._keys.seals, self._newest, self._chain, self._count, self._clock())
        if not await self._store(seal):
            return False
        self._newest, self._count, self._due = seal, 0, None
        return True

    async def _store(self, seal: Seal) -> bool:
        headers = {"Nats-Expected-Last-Sequence": str(seal.number - 1)}
        failure: Exception | None = None
        for attempt in range(ATTEMPTS):
            try:
                await (await self._publisher.send(SEALS, encode_seal(seal), headers))
                return True
            except APIError as refusal:
                if refusal.err_code == WRONG_LAST_SEQUENCE:
                    # Our own may have been stored and its acknowledgement lost.
                    return await self._newest_stored() == seal
                failure = refusal
            except NO_ANSWER as silence:
                failure = silence
            await asyncio.sleep(random.uniform(0.5, 1.0) * min(2.0, 0.05 * 4**attempt))  # noqa: S311
        raise Unavailable(f"seal {seal.number} was not confirmed: {failure}") from failure

    async def _newest_stored(self) -> Seal | None:
        try:
            last = await self._client.jetstream(timeout=10).get_last_msg(SEALS_STREAM, SEALS)
        except NotFoundError:
            return None
        except NO_ANSWER as silence:
            raise Unavailable(f"the stream {SEALS_STREAM} does not answer: {silence!r}") from silence
        try:
            return read_seal(self._keys.seals, last.data or b"")
        except ValueError as error:
            raise Refused(f"seal {last.seq} cannot be continued: {error}; run: retold verify") from error

    async def _stand_by(self) -> None:
        """Until no seal has come for a while although there was something to seal."""
        while True:
            seals = await ends_of(self._client, SEALS_STREAM)
            end = (await ends_of(self._client, EVENTS_STREAM)).last
            await asyncio.sleep(self._pace.stand_by * random.uniform(1.0, 1.2))  # noqa: S311
            if await ends_of(self._client, SEALS_STREAM) == seals:
                newest = await self._newest_stored()
                if end > (newest.upto if newest else 0):
                    return


async def _in_time(
    batches: AsyncIterator[list[Pulled]], seconds_left: Callable[[], float | None]
) -> AsyncIterator[list[Pulled]]:
    """The batches, and an empty one whenever the time is up before the next."""
    arriving: asyncio.Future[list[Pulled]] | None = None
    try:
        while True:
            arriving = arriving or asyncio.ensure_future(anext(batches))
            await asyncio.wait({arriving}, timeout=seconds_left())
            if arriving.done():
                batch, arriving = arriving.result(), None
                yield batch
            else:
                yield []
    finally:
        if arriving is not None:
            arriving.cancel()
            await asyncio.wait({arriving})
