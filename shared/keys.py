"""The organizations' data keys: outside the log and its archives, so that destroying one erases for good.

AES-256 keys in the key-value bucket `keys`, each wrapped (AES-256-GCM, associated data: the organization) by the
operator's master key. An erased organization keeps a mark in the place of its key, so that none is made again.
"""

import base64
import binascii
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

import nats.errors
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.errors import APIError, KeyNotFoundError, KeyWrongLastSequenceError
from nats.js.kv import KeyValue

from shared.bus.topology import KEY_CHANGES, KEYS_BUCKET
from shared.core.errors import InvalidInput, Refused, Unavailable

KEY_KEPT_SECONDS = 60.0  # so that a destroyed key is soon gone from every process
NONCE_BYTES = 12
ERASED = b"erased"


def parse_master_key(text: str) -> bytes:
    """32 bytes from base64. Raises `InvalidInput`."""
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput("RETOLD_MASTER_KEY is not base64; make one with: openssl rand -base64 32") from error
    if len(key) != 32:
        raise InvalidInput(f"RETOLD_MASTER_KEY holds {len(key)} bytes; 32 are needed: openssl rand -base64 32")
    return key


@dataclass(frozen=True, slots=True)
class _Held:
    """A key as it was found in the store; `None` where there is none (yet), or no more."""

    key: AESGCM | None
    erased: bool
    since: float


class KeyRing:
    """The keys of the organizations that this process deals with. It is the `Vault` of the log's codec."""

    def __init__(self, client: Client, master_key: bytes) -> None:
        self._client = client
        self._jetstream = client.jetstream(timeout=5)
        self._master = AESGCM(master_key)
        self._held: dict[UUID, _Held] = {}
        self._watching = False

    async def unlock(self, orgs: Iterable[UUID], *, create: bool = False) -> None:
        """Have the keys of these organizations at hand; with `create` make missing ones.

        Raises `Unavailable`; `Refused` for a wrong master key, and with `create` for an erased organization.
        """
        if not self._watching:
            self._watching = True
            await self._client.subscribe(KEY_CHANGES, cb=self._changed)
        now = time.monotonic()
        for org in orgs:
            held = self._held.get(org)
            if held is None or now - held.since > KEY_KEPT_SECONDS or (create and held.key is None):
                held = self._held[org] = await self._fetch(org, create=create)
            if create and held.erased:
                raise Refused(f"the organization {org} was erased: nothing can be kept for it any more")

    def seal(self, org: UUID, binding: bytes, clear: bytes) -> str:
        """Encrypt into text; see `seal_bytes`."""
        return base64.b64encode(self.seal_bytes(org, binding, clear)).decode()

    def seal_bytes(self, org: UUID, binding: bytes, clear: bytes) -> bytes:
        """Encrypt for this organization; `binding` must be the same to decrypt. The key must be at hand."""
        key = self._held[org].key
        if key is None:
            raise Refused(f"the organization {org} has no data key")
        nonce = os.urandom(NONCE_BYTES)
        return nonce + key.encrypt(nonce, clear, org.bytes + binding)

    def open(self, org: UUID, binding: bytes, sealed: str) -> bytes | None:
        """Decrypt text; see `open_bytes`."""
        try:
            return self.open_bytes(org, binding, base64.b64decode(sealed, validate=True))
        except binascii.Error as error:
            raise ValueError("a sealed value was altered") from error

    def open_bytes(self, org: UUID, binding: bytes, sealed: bytes | memoryview) -> bytes | None:
        """Decrypt; `None` when there is no key any more. Raises `ValueError` when the value was altered."""
        held = self._held.get(org)
        if held is None or held.key is None:
            return None
        try:
            return held.key.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], org.bytes + binding)
        except InvalidTag as error:
            raise ValueError("a sealed value was altered, or belongs elsewhere") from error

    def forget(self) -> None:
        """Look every key up again, as when one may have been destroyed."""
        self._held.clear()

    async def _changed(self, message: Msg) -> None:
        """A key was made or destroyed: every process that is connected knows at once."""
        with suppress(ValueError):
            org = UUID(message.subject.rpartition(".")[2])
            if message.data == ERASED:
                self._held[org] = _Held(None, erased=True, since=time.monotonic())
            elif org in self._held and self._held[org].key is None:
                del self._held[org]

    async def erase(self, org: UUID) -> bool:
        """Destroy a key for good. Whether there was one. Raises `Unavailable`."""
        try:
            bucket = await self._bucket()
            try:
                entry = await bucket.get(str(org))
            except KeyNotFoundError:
                entry = None
            if entry is not None and entry.value != ERASED:
                # A put alone would take the old value out of reach; this overwrites it on disk, too.
                with suppress(APIError):  # a bucket of an earlier release allows no overwriting
                    await self._jetstream.delete_msg(f"KV_{KEYS_BUCKET}", entry.revision or 0)
            await bucket.put(str(org), ERASED)
        except (nats.errors.Error, TimeoutError, OSError) as failure:
            raise Unavailable(f"the key store does not answer: {failure!r}") from failure
        self._held[org] = _Held(None, erased=True, since=time.monotonic())
        return entry is not None and entry.value != ERASED

    async def _fetch(self, org: UUID, *, create: bool) -> _Held:
        try:
            wrapped = await self._wrapped(org, create=create)
        except (nats.errors.Error, TimeoutError, OSError) as failure:
            raise Unavailable(f"the key store does not answer: {failure!r}") from failure
        if wrapped is None or wrapped == ERASED:
            return _Held(None, erased=wrapped == ERASED, since=time.monotonic())
        try:
            key = self._master.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], org.bytes)
        except InvalidTag as error:
            raise Refused("RETOLD_MASTER_KEY is not the one that this organization's data were sealed with") from error
        return _Held(AESGCM(key), erased=False, since=time.monotonic())

    async def _wrapped(self, org: UUID, *, create: bool) -> bytes | None:
        bucket = await self._bucket()
        try:
            return (await bucket.get(str(org))).value or b""
        except KeyNotFoundError:
            if not create:
                return None
        nonce = os.urandom(NONCE_BYTES)
        wrapped = nonce + self._master.encrypt(nonce, AESGCM.generate_key(256), org.bytes)
        try:
            await bucket.create(str(org), wrapped)
        except KeyWrongLastSequenceError:  # another process was faster
            return (await bucket.get(str(org))).value or b""
        return wrapped

    async def _bucket(self) -> KeyValue:
        return await self._jetstream.key_value(KEYS_BUCKET)
