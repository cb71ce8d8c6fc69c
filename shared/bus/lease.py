"""A lease: at most one of several processes does a thing at a time.

Who holds it raises the revision of a key again and again. Whoever has seen the same revision for as long as the lease
lasts takes it over, by compare-and-set. Each measures that time on its own clock, so no two clocks are compared.
"""

import time

import nats.errors
import structlog
from nats.aio.client import Client
from nats.js.errors import KeyNotFoundError, KeyWrongLastSequenceError
from nats.js.kv import KeyValue

from shared.core.errors import Conflict, Unavailable

NO_ANSWER = (nats.errors.Error, TimeoutError, OSError)
HELD_PART = 0.75  # of the lease: the holder stops this long before anybody else may begin

log = structlog.get_logger()


class Lease:
    """The lease `name` in a key-value bucket; call `take` until it gives true, then `renew`, a few times per `seconds`.

    `holder` must be unique among all who may want it.
    """

    def __init__(self, client: Client, bucket: str, name: str, holder: str, seconds: float = 4.0) -> None:
        self._client, self._bucket_name, self._name = client, bucket, name
        self._opened: KeyValue | None = None
        self._holder, self._seconds = holder.encode(), seconds
        self._revision = 0
        self._seen_since = 0.0
        self._held_until = 0.0

    @property
    def held(self) -> bool:
        """Whether it is ours, surely, at this moment."""
        return time.monotonic() < self._held_until

    async def take(self) -> bool:
        """Try once. Raises `Unavailable`."""
        began = time.monotonic()
        try:
            bucket = await self._bucket()
            try:
                entry = await bucket.get(self._name)
            except KeyNotFoundError:
                self._revision = await bucket.create(self._name, self._holder)
                return self._is_ours(began)
            if entry.revision != self._revision:
                self._revision, self._seen_since = entry.revision or 0, began
            if entry.value != self._holder and began - self._seen_since < self._seconds:
                return False
            self._revision = await bucket.update(self._name, self._holder, self._revision)
            return self._is_ours(began)
        except KeyWrongLastSequenceError:
            return False  # another one was faster
        except NO_ANSWER as failure:
            raise Unavailable(f"the lease {self._name} cannot be read: {failure!r}") from failure

    def _is_ours(self, began: float) -> bool:
        self._held_until = began + self._seconds * HELD_PART
        return True

    async def renew(self) -> None:
        """Keep it. Raises `Conflict` when another holds it, `Unavailable` when it ran out unrenewed."""
        began = time.monotonic()
        try:
            bucket = await self._bucket()
            try:
                self._revision = await bucket.update(self._name, self._holder, self._revision)
            except KeyWrongLastSequenceError as moved:
                # The last renewal may have been stored without an answer.
                entry = await bucket.get(self._name)
                if entry.value != self._holder:
                    self._held_until = 0.0
                    raise Conflict(f"the lease {self._name} was taken over by {_text(entry.value)}") from moved
                self._revision = await bucket.update(self._name, self._holder, entry.revision)
            self._held_until = began + self._seconds * HELD_PART
        except NO_ANSWER as failure:
            if not self.held:
                raise Unavailable(f"the lease {self._name} could not be renewed: {failure!r}") from failure
            log.warning("lease not renewed, trying again", lease=self._name, reason=repr(failure))

    async def give_up(self) -> None:
        """Let the next one have it at once; when nobody answers, it runs out by itself."""
        if not self._held_until:
            return
        self._held_until = 0.0
        try:
            bucket = await self._bucket()
            await bucket.delete(self._name, last=self._revision)
        except NO_ANSWER as failure:
            log.info("lease not given up, it runs out", lease=self._name, reason=repr(failure))

    async def _bucket(self) -> KeyValue:
        if self._opened is None:
            self._opened = await self._client.jetstream(timeout=self._seconds / 4).key_value(self._bucket_name)
        return self._opened


def _text(value: bytes | None) -> str:
    return (value or b"nobody").decode(errors="replace")
