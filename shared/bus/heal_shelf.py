"""The bucket `heals`: heals that may be used again and what people decided about them, at hand for every runner.

The healer writes it from its events, runners read it from their first row of a recording on; the log stays the truth,
and an empty bucket is filled from it again. Keys are `<organization>.<recording>.heal.<cache key>` and
`….decided.<stand-in>`; a value is sealed with the organization's data key and bound to its own key, so that it can be
read nowhere else, and by nobody once the data key is destroyed. Nothing is ever deleted but by its time: what says
less than before is written over it, with the position of the event that said so, and an older one never wins.
"""

from collections.abc import AsyncGenerator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
import nats.errors
from nats.aio.client import Client
from nats.js.errors import APIError, KeyNotFoundError, NotFoundError
from nats.js.kv import KeyValue

from shared.bus.jetstream import WRONG_LAST_SEQUENCE, last_position
from shared.bus.puller import Puller
from shared.bus.topology import HEALS_BUCKET
from shared.contracts.heal_cache import CachedHeal, Decided, Dropped, stand_in_id
from shared.contracts.recording import LocatorBundle
from shared.core.errors import Refused, Unavailable
from shared.keys import KeyRing

STREAM = f"KV_{HEALS_BUCKET}"
POSITION = "position"
DROPPED_KEPT = timedelta(hours=24)  # as long as any heal that it may be told after
TRIES = 8
NO_ANSWER = (nats.errors.Error, TimeoutError, OSError)
Told = CachedHeal | Decided | Dropped


class _Entry(msgspec.Struct, frozen=True):
    """What stands in the bucket. `position`: of the event that said it. A heal without a bundle is a dropped one."""

    position: int
    key: str
    selector: str | None = None
    decision: Any = None
    step_number: int = 0
    bundle: dict[str, Any] | None = None
    until: datetime | None = None
    accepted: bool = False

    def told(self) -> Told:
        """For those who use it."""
        if self.decision is not None:
            return Decided(self.key, self.selector or "", self.decision)
        if self.bundle is None or self.until is None:
            return Dropped(self.key)
        bundle = LocatorBundle.model_validate(self.bundle)
        return CachedHeal(self.key, self.step_number, bundle, self.until, self.selector, self.accepted)


def _entry(told: Told, position: int) -> _Entry:
    match told:
        case CachedHeal():
            return _Entry(
                position,
                told.key,
                told.selector,
                step_number=told.step_number,
                bundle=told.bundle.to_json(),
                until=told.until,
                accepted=told.accepted,
            )
        case Decided():
            return _Entry(position, told.key, told.selector, told.decision)
        case Dropped():
            return _Entry(position, told.key)


class HealShelf:
    """Writes and reads the bucket. Raises `Unavailable` when nobody answers."""

    def __init__(self, client: Client, keys: KeyRing) -> None:
        self._client, self._keys = client, keys
        self._opened: KeyValue | None = None

    # --- the healer writes ---

    async def put(self, org: UUID, recording_id: UUID, told: Told, position: int, at: datetime) -> bool:
        """Keep what an event at a position said; false where something newer stands there, or it is not worth it."""
        kind = f"decided.{stand_in_id(told.key, told.selector)}" if isinstance(told, Decided) else f"heal.{told.key}"
        key = f"{org}.{recording_id}.{kind}"
        seconds = _seconds_to_live(told, at)
        if seconds is not None and seconds < 1:
            return False
        try:
            await self._keys.unlock([org], create=True)
        except Refused:  # erased: its heals are nobody's any more
            return False
        entry = _entry(told, position)
        box = org.bytes + self._keys.seal_bytes(org, key.encode(), msgspec.json.encode(entry))
        try:
            for _ in range(TRIES):
                last, before = await self._newest(org, key)
                if before is not None and before.position >= position:
                    return False
                if await self._replace(key, box, last, seconds):
                    return True
        except NO_ANSWER as failure:
            raise Unavailable(f"the heal cache cannot be written: {failure!r}") from failure
        raise Unavailable(f"the heal cache kept changing at {key}")

    async def _newest(self, org: UUID, key: str) -> tuple[int, _Entry | None]:
        """The revision that stands there, and what it says; nothing where its time is over."""
        try:
            found = await self._client.jetstream(timeout=5).get_last_msg(STREAM, f"$KV.{HEALS_BUCKET}.{key}")
        except NotFoundError:
            return 0, None
        return found.seq or 0, self._read(org, key, found.data or b"")

    async def _replace(self, key: str, box: bytes, last: int, seconds: int | None) -> bool:
        headers = {"Nats-Expected-Last-Subject-Sequence": str(last)}
        try:
            await self._client.jetstream(timeout=5).publish(
                f"$KV.{HEALS_BUCKET}.{key}", box, headers=headers, msg_ttl=seconds
            )
        except APIError as refusal:
            if refusal.err_code == WRONG_LAST_SEQUENCE:
                return False
            raise
        return True

    def _read(self, org: UUID, key: str, box: bytes) -> _Entry | None:
        """What a value says; nothing where it is empty, of a destroyed key, or not what was put there."""
        if box[:16] != org.bytes:
            return None
        try:
            clear = self._keys.open_bytes(org, key.encode(), box[16:])
            return None if clear is None else msgspec.json.decode(clear, type=_Entry)
        except ValueError:  # altered, or moved here from another key
            return None

    async def position(self) -> int:
        """Up to where the log was written into the bucket; 0 for a bucket that is new."""
        try:
            return int((await (await self._bucket()).get(POSITION)).value or b"0")
        except KeyNotFoundError:
            return 0
        except NO_ANSWER as failure:
            raise Unavailable(f"the heal cache cannot be read: {failure!r}") from failure

    async def reached(self, position: int) -> None:
        """Note up to where the log was written into the bucket."""
        try:
            await (await self._bucket()).put(POSITION, str(position).encode())
        except NO_ANSWER as failure:
            raise Unavailable(f"the heal cache cannot be written: {failure!r}") from failure

    async def clear(self) -> None:
        """Empty it, so that it is filled from the log anew."""
        try:
            await self._client.jetstream(timeout=30).purge_stream(STREAM)
        except NO_ANSWER as failure:
            raise Unavailable(f"the heal cache cannot be emptied: {failure!r}") from failure

    # --- runners read ---

    async def follow(self, org: UUID, recording_id: UUID) -> AsyncGenerator[tuple[Told | None, bool], None]:
        """What is told of a recording's heals, from the beginning and without end.

        With each whether that was all so far; the first may be nothing, where there is nothing yet.
        """
        prefix = f"$KV.{HEALS_BUCKET}."
        subject = f"{prefix}{org}.{recording_id}.>"
        await self._keys.unlock([org])
        end = await last_position(self._client.jetstream(timeout=5), STREAM, [subject])
        if not end:
            yield None, True
        async with Puller(self._client, STREAM, [subject], 0, linger=timedelta(0)) as puller:
            async for batch in puller.batches():
                await self._keys.unlock([org])
                for message in batch:
                    entry = self._read(org, message.subject.removeprefix(prefix), message.payload)
                    yield (entry.told() if entry else None), message.pending == 0 or message.sequence >= end

    async def _bucket(self) -> KeyValue:
        if self._opened is None:
            self._opened = await self._client.jetstream(timeout=5).key_value(HEALS_BUCKET)
        return self._opened


def _seconds_to_live(told: Told, at: datetime) -> int | None:
    match told:
        case CachedHeal():
            return int((told.until - at).total_seconds())
        case Dropped():
            return int(DROPPED_KEPT.total_seconds())
        case Decided():
            return None
