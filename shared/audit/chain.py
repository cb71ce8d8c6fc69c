"""The hash chain over the log: each message's digest holds all before it, under a key that NATS never sees."""

import hmac
from dataclasses import dataclass
from typing import NamedTuple

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

DIGEST_BYTES = 32


@dataclass(frozen=True, slots=True)
class AuditKeys:
    """Keys for the chain, its seals and the archives' manifests; who has none of them can forge none of these."""

    chain: bytes
    seals: bytes
    archive: bytes

    @classmethod
    def of(cls, master_key: bytes) -> "AuditKeys":
        """Derived from the operator's master key (HKDF-SHA256, RFC 5869), a purpose each."""
        return cls(*(_derived(master_key, purpose) for purpose in ("chain", "seals", "archive")))


class Link(NamedTuple):
    """Where a chain stands: the position of its last message, and the digest of all up to there."""

    position: int
    digest: bytes


START = Link(0, bytes(DIGEST_BYTES))


def link(key: bytes, before: bytes, position: int, subject: str, payload: bytes) -> bytes:
    """HMAC-SHA256 of the digest before, the position, and subject and payload with their lengths in front.

    The server's time stamp is not in it: a restored message gets another. The envelope has its own time.
    """
    name = subject.encode()
    return hmac.digest(
        key,
        b"".join((before, position.to_bytes(8), len(name).to_bytes(4), name, len(payload).to_bytes(8), payload)),
        "sha256",
    )


def _derived(master_key: bytes, purpose: str) -> bytes:
    return HKDF(SHA256(), DIGEST_BYTES, salt=None, info=f"retold audit v1 {purpose}".encode()).derive(master_key)
