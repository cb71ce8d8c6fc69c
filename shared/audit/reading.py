"""Streams read from end to end."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

import nats.errors
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from shared.audit.chain import AuditKeys
from shared.audit.findings import Finding
from shared.audit.seals import Seal, examine_seals
from shared.bus.puller import Pulled, Puller
from shared.bus.subjects import SEALS_STREAM
from shared.core.errors import Unavailable

SILENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Ends:
    """A stream's first and last sequence; an empty one's first is one beyond its last. `there`: it exists."""

    first: int
    last: int
    there: bool = True


async def ends_of(client: Client, stream: str) -> Ends:
    """Where a stream begins and ends now. Raises `Unavailable`."""
    try:
        state = (await client.jetstream(timeout=10).stream_info(stream)).state
    except NotFoundError:
        return Ends(1, 0, there=False)
    except (nats.errors.Error, TimeoutError, OSError) as failure:
        raise Unavailable(f"the stream {stream} does not answer: {failure!r}") from failure
    return Ends(state.first_seq, state.last_seq)


async def read(client: Client, stream: str, after: int, upto: int) -> AsyncGenerator[list[Pulled], None]:
    """A stream's messages beyond `after`, in order, in batches, up to `upto`. Raises `Unavailable`."""
    ends = await ends_of(client, stream)
    if max(after + 1, ends.first) > min(upto, ends.last):
        return
    async with Puller(client, stream, [">"], after) as puller:
        batches = puller.batches()
        while True:
            try:
                async with asyncio.timeout(SILENCE_SECONDS):
                    batch = await anext(batches)
            except TimeoutError as silence:
                raise Unavailable(f"the stream {stream} fell silent before position {upto}") from silence
            yield [message for message in batch if message.sequence <= upto]
            if batch[-1].sequence >= upto or batch[-1].pending == 0:
                return


async def read_seals(client: Client, keys: AuditKeys, upto: int | None = None) -> tuple[list[Seal], list[Finding]]:
    """The genuine seals up to a number (all by default), and what is wrong with the others. Raises `Unavailable`."""
    last = (await ends_of(client, SEALS_STREAM)).last if upto is None else upto
    payloads: list[bytes] = []
    async with aclosing(read(client, SEALS_STREAM, 0, last)) as batches:
        async for batch in batches:
            payloads += [message.payload for message in batch]
    return examine_seals(keys.seals, payloads)
