"""Secret values: sealed with the organization's data key before they reach the log.

AES-256-GCM; the associated data binds a sealed value to its organization and record. Data keys live in a
NATS key-value bucket of their own, wrapped by the operator's master key: outside the log and its archives,
so that destroying one key makes every value of the organization unreadable, history included.
"""

import base64
import binascii
import os
import time
from uuid import UUID

import nats.errors
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from nats.aio.client import Client
from nats.js.errors import KeyNotFoundError, KeyWrongLastSequenceError

from shared.bus.topology import KEYS_BUCKET
from shared.contracts.sealed import MASK, SEALED_PREFIX, is_sealed, masked
from shared.core.errors import InvalidInput, Refused, Unavailable

__all__ = ["MASK", "SEALED_PREFIX", "Sealer", "is_sealed", "masked", "parse_master_key"]
_VERSION = "v1"
_NONCE_BYTES = 12
KEY_KEPT_SECONDS = 60.0  # so that a destroyed key is soon gone from every process


def parse_master_key(text: str) -> bytes:
    """32 bytes from base64. Raises `InvalidInput`."""
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput("RETOLD_MASTER_KEY is not base64; make one with: openssl rand -base64 32") from error
    if len(key) != 32:
        raise InvalidInput(f"RETOLD_MASTER_KEY holds {len(key)} bytes; 32 are needed: openssl rand -base64 32")
    return key


class Sealer:
    """Seals and opens values with the data key of an organization."""

    def __init__(self, client: Client, master_key: bytes) -> None:
        self._jetstream = client.jetstream(timeout=5)
        self._master = AESGCM(master_key)
        self._keys: dict[UUID, tuple[AESGCM, float]] = {}

    async def seal(self, org: UUID, record: UUID, value: str) -> str:
        """The sealed form of `value`, readable again only for this organization and record."""
        if is_sealed(value):
            return value
        key = await self._data_key(org, create=True)
        nonce = os.urandom(_NONCE_BYTES)
        box = nonce + key.encrypt(nonce, value.encode(), _binding(org, record))
        return f"{SEALED_PREFIX}{_VERSION}:{base64.urlsafe_b64encode(box).decode()}"

    async def open(self, org: UUID, record: UUID, sealed: str) -> str:
        """The value. Raises `Refused` when its key was destroyed, or it was sealed for another record."""
        key = await self._data_key(org, create=False)
        try:
            version, _, encoded = sealed.removeprefix(SEALED_PREFIX).partition(":")
            if version != _VERSION:
                raise Refused(f"a secret was sealed in a way this release does not know ({version})")
            box = base64.b64decode(encoded, altchars=b"-_", validate=True)
            return key.decrypt(box[:_NONCE_BYTES], box[_NONCE_BYTES:], _binding(org, record)).decode()
        except (InvalidTag, binascii.Error, ValueError) as error:
            raise Refused("a secret cannot be opened: it was sealed for another record or was altered") from error

    async def _data_key(self, org: UUID, *, create: bool) -> AESGCM:
        now = time.monotonic()
        if org not in self._keys or now - self._keys[org][1] > KEY_KEPT_SECONDS:
            try:
                self._keys[org] = (await self._fetch_key(org, create=create), now)
            except InvalidTag as error:
                raise Refused(
                    "RETOLD_MASTER_KEY is not the one that this organization's secrets were sealed with"
                ) from error
            except (nats.errors.Error, TimeoutError, OSError) as failure:
                raise Unavailable(f"the key store does not answer: {failure!r}") from failure
        return self._keys[org][0]

    async def _fetch_key(self, org: UUID, *, create: bool) -> AESGCM:
        bucket = await self._jetstream.key_value(KEYS_BUCKET)
        try:
            wrapped = (await bucket.get(str(org))).value or b""
        except KeyNotFoundError:
            if not create:
                raise Refused("the organization's data key was destroyed: its secrets are gone for good") from None
            nonce = os.urandom(_NONCE_BYTES)
            wrapped = nonce + self._master.encrypt(nonce, AESGCM.generate_key(256), org.bytes)
            try:
                await bucket.create(str(org), wrapped)
            except KeyWrongLastSequenceError:
                wrapped = (await bucket.get(str(org))).value or b""
        return AESGCM(self._master.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], org.bytes))


def _binding(org: UUID, record: UUID) -> bytes:
    return org.bytes + record.bytes
