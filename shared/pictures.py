"""Pictures of rows under way: over NATS itself, kept nowhere, and sent only while somebody says that they watch."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple
from uuid import UUID

import msgspec
import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg

from shared.bus import subjects
from shared.core.errors import RetoldError, Unavailable
from shared.keys import KeyRing

ASK_SECONDS = 2.0
WATCHED_SECONDS = 3 * ASK_SECONDS  # since somebody last asked
ROOM = 1024  # bytes of a message beside its picture


class Place(NamedTuple):
    """A row, and whose it is."""

    org: UUID
    job_id: UUID
    row: int


class Picture(msgspec.Struct, frozen=True):
    """A JPEG of a row's page; `at` in ISO 8601. Where it is too large to be sent, `size` says so alone."""

    at: str
    attempt: int
    size: int
    content: bytes
    step_number: int | None = None


class Pictures:
    """Sealed for the organization: a picture shows what a person typed, and NATS is not to know."""

    def __init__(self, client: Client, keys: KeyRing) -> None:
        self._client, self._keys = client, keys

    @asynccontextmanager
    async def asked_for(self, told: Callable[[Place], None]) -> AsyncIterator[None]:
        """Within the context `told` is called with each row that somebody watches, again and again."""

        async def heard(message: Msg) -> None:
            with suppress(ValueError):  # nothing that a runner of ours has sent
                told(Place(UUID(message.data.decode()), *subjects.place_of_watch(message.subject)))

        subscription = await self._client.subscribe(subjects.ALL_WATCHES, cb=heard)
        try:
            yield
        finally:
            with suppress(nats.errors.Error):
                await subscription.unsubscribe()

    async def send(self, place: Place, picture: Picture) -> None:
        """To whoever watches; without an answer. Raises `Unavailable`."""
        if picture.size + ROOM > self._client.max_payload:
            picture = msgspec.structs.replace(picture, content=b"")
        subject = subjects.pictures_of(place.job_id, place.row)
        await self._keys.unlock([place.org], create=True)
        sealed = self._keys.seal_bytes(place.org, subject.encode(), msgspec.msgpack.encode(picture))
        await self._publish(subject, sealed)

    async def ask(self, place: Place) -> None:
        """Whoever has the row shall send pictures of it for a while. Raises `Unavailable`."""
        await self._publish(subjects.watch_of(place.job_id, place.row), str(place.org).encode())

    @asynccontextmanager
    async def watching(self, place: Place, seen: Callable[[Picture], None]) -> AsyncIterator[None]:
        """Within the context the row is asked for, and `seen` is called with each picture of it."""
        subject = subjects.pictures_of(place.job_id, place.row)

        async def got(message: Msg) -> None:
            with suppress(RetoldError, ValueError, msgspec.DecodeError):  # of another organization, or altered
                await self._keys.unlock([place.org])
                clear = self._keys.open_bytes(place.org, subject.encode(), message.data)
                if clear is not None:
                    seen(msgspec.msgpack.decode(clear, type=Picture))

        subscription = await self._client.subscribe(subject, cb=got)
        asking = asyncio.create_task(self._ask_on(place))
        try:
            yield
        finally:
            asking.cancel()
            with suppress(asyncio.CancelledError):
                await asking
            with suppress(nats.errors.Error):
                await subscription.unsubscribe()

    async def _ask_on(self, place: Place) -> None:
        while True:
            with suppress(Unavailable):
                await self.ask(place)
            await asyncio.sleep(ASK_SECONDS)

    async def _publish(self, subject: str, payload: bytes) -> None:
        try:
            await self._client.publish(subject, payload)
        except (nats.errors.Error, OSError) as failure:
            raise Unavailable(f"NATS does not take pictures of rows: {failure!r}") from failure
