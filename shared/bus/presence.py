"""Which workers are there, how many rows they can run at once, and with which browsers.

An entry of the key-value bucket `presence` is told again and again, and fades when its worker does not: key = the
worker's id, value = `{"slots": 4, "region": null, …}`. In memory only: after a restart of NATS the workers tell anew.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterable
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
NEWS_SECONDS = 1.0  # what changes all the time is told once in so long
RETRY_SECONDS = 1.0
LEAVE_SECONDS = 1.0

log = structlog.get_logger()


class Offered(msgspec.Struct, frozen=True):
    """A browser that a worker has, or why it does not have it."""

    engine: str
    driver: str
    version: str = ""
    executable: str = ""  # its file, or the address where it runs
    reason: str | None = None

    @property
    def available(self) -> bool:
        """Whether rows can be run in it."""
        return self.reason is None


class InHand(msgspec.Struct, frozen=True):
    """A row that a worker runs now."""

    org: str
    job: str
    row: int


class Present(msgspec.Struct, frozen=True):
    """A worker: rows it runs at once, where it says it is, what it offers, and the rows in hand, the oldest first.

    A worker of a release that told no `browsers` has a Chromium: without one it took no row.
    """

    slots: int
    region: str | None = None
    browsers: tuple[Offered, ...] = ()
    rows: tuple[InHand, ...] = ()
    started_at: str | None = None

    @property
    def status(self) -> str:
        """Whether it has something to do, in document E's words."""
        return "busy" if self.rows else "idle"

    def offers(self, engine: str) -> bool:
        """Whether rows can be run in a browser of this engine."""
        if not self.browsers:
            return engine == "chromium"
        return any(each.engine == engine and each.available for each in self.browsers)


class Telling:
    """What is told of a worker from now on."""

    def __init__(self, present: Present) -> None:
        self.present = present
        self.news = asyncio.Event()

    def say(self, present: Present) -> None:
        """Something has changed."""
        if present != self.present:
            self.present = present
            self.news.set()


class Presence:
    """The bucket; `replicas` is how many copies it has when this has to make it."""

    def __init__(self, client: Client, replicas: int = 1) -> None:
        self._client, self._replicas = client, replicas

    @asynccontextmanager
    async def told(self, worker_id: str, present: Present) -> AsyncIterator[Telling]:
        """The worker is known to be there within the context, and to be gone right after it."""
        telling = Telling(present)
        task = asyncio.create_task(self._tell_on(key_of(worker_id), telling))
        try:
            yield telling
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            with suppress(nats.errors.Error, TimeoutError):
                async with asyncio.timeout(LEAVE_SECONDS):
                    await (await self._bucket()).purge(key_of(worker_id))

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

    async def _tell_on(self, key: str, telling: Telling) -> None:
        while True:
            telling.news.clear()
            pause = TELL_SECONDS
            try:
                await (await self._bucket()).put(key, msgspec.json.encode(telling.present))
            except (nats.errors.Error, TimeoutError) as failure:
                log.warning("this worker's presence could not be told, trying again", reason=repr(failure))
                pause = RETRY_SECONDS
            await asyncio.sleep(NEWS_SECONDS)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause - NEWS_SECONDS):
                    await telling.news.wait()

    async def _bucket(self) -> KeyValue:
        jetstream = self._client.jetstream(timeout=5)
        try:
            return await jetstream.key_value(PRESENCE_BUCKET)
        except NotFoundError:
            return await jetstream.create_key_value(presence_bucket(self._replicas))


def why_not_offered(workers: Iterable[Present], engine: str) -> str | None:
    """Why no worker runs rows in a browser of this engine now; none when one does, or may: nobody is there yet."""
    present = [worker for worker in workers if worker.slots]
    if any(worker.offers(engine) for worker in present):
        return None
    if not present:
        return None if engine == "chromium" else f"no runner is there that has {engine}"
    has = sorted({each.engine for worker in present for each in worker.browsers if each.available})
    reasons = sorted(
        {each.reason for worker in present for each in worker.browsers if each.engine == engine and each.reason}
    )
    why = f" ({'; '.join(reasons)})" if reasons else ""
    return f"no runner has {engine}{why}; the runners that are there have: {', '.join(has) or 'no browser'}"


def key_of(worker_id: str) -> str:
    """The worker's id in the letters that a key may have."""
    return re.sub(r"[^-/_=.\w]", "_", worker_id, flags=re.ASCII).strip(".")
