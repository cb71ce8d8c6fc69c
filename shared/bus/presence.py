"""Which workers are there, and how many rows they can run at once.

An entry of the key-value bucket `presence` is told again and again, and fades when its worker does not: key = the
worker's id, value = `{"slots": 4, "region": null}`. In memory only: after a restart of NATS the workers tell anew.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import msgspec
import nats.errors
import structlog
from nats.aio.client import Client
from nats.js.errors import KeyNotFoundError, NoKeysError, NotFoundError
from nats.js.kv import KeyValue

from shared.bus.topology import PRESENCE_BUCKET, presence_bucket
from shared.core.errors import Unavailable

TELL_SECONDS = 10.0
RETRY_SECONDS = 1.0
LEAVE_SECONDS = 1.0

log = structlog.get_logger()


class Present(msgspec.Struct, frozen=True):
    """A worker: rows it runs at once, and where it says it is."""

    slots: int
    region: str | None = None


class Presence:
    """The bucket; `replicas` is how many copies it has when this has to make it."""

    def __init__(self, client: Client, replicas: int = 1) -> None:
        self._client, self._replicas = client, replicas

    @asynccontextmanager
    async def told(self, worker_id: str, present: Present) -> AsyncIterator[None]:
        """The worker is known to be there within the context, and to be gone right after it."""
        telling = asyncio.create_task(self._tell_on(_key(worker_id), msgspec.json.encode(present)))
        try:
            yield
        finally:
            telling.cancel()
            with suppress(asyncio.CancelledError):
                await telling
            with suppress(nats.errors.Error, TimeoutError):
                async with asyncio.timeout(LEAVE_SECONDS):
                    await (await self._bucket()).purge(_key(worker_id))

    async def all(self) -> dict[str, Present]:
        """Key → worker, for those that were heard of lately. Raises `Unavailable`."""
        found: dict[str, Present] = {}
        try:
            bucket = await self._bucket()
            for key in await bucket.keys():
                with suppress(KeyNotFoundError):  # left meanwhile
                    found[key] = msgspec.json.decode((await bucket.get(key)).value or b"", type=Present)
        except NoKeysError:
            pass
        except (nats.errors.Error, TimeoutError) as failure:
            raise Unavailable(f"which workers are there cannot be read: {failure!r}") from failure
        return found

    async def _tell_on(self, key: str, value: bytes) -> None:
        while True:
            pause = TELL_SECONDS
            try:
                await (await self._bucket()).put(key, value)
            except (nats.errors.Error, TimeoutError) as failure:
                log.warning("this worker's presence could not be told, trying again", reason=repr(failure))
                pause = RETRY_SECONDS
            await asyncio.sleep(pause)

    async def _bucket(self) -> KeyValue:
        jetstream = self._client.jetstream(timeout=5)
        try:
            return await jetstream.key_value(PRESENCE_BUCKET)
        except NotFoundError:
            return await jetstream.create_key_value(presence_bucket(self._replicas))


def _key(worker_id: str) -> str:
    """The worker's id in the letters that a key may have."""
    return re.sub(r"[^-/_=.\w]", "_", worker_id, flags=re.ASCII).strip(".")
