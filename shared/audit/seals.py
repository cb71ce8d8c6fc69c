"""A seal says what the chain's digest was at a position; seals are a chain of their own."""

import hmac
from collections.abc import Iterable
from datetime import datetime

import msgspec

from shared.audit.chain import DIGEST_BYTES, Link
from shared.audit.findings import Finding

NO_SEAL_BEFORE = bytes(DIGEST_BYTES).hex()


class Seal(msgspec.Struct, frozen=True):
    """Number `number` of stream SEALS: `count` messages since the seal before, up to position `upto`.

    `digest` is the chain's there, `previous` the MAC of the seal before, `mac` this one's own (hexadecimal);
    `at` in ISO 8601, UTC.
    """

    number: int
    upto: int
    count: int
    digest: str
    at: str
    previous: str
    mac: str = ""


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Seal)


def make_seal(key: bytes, before: Seal | None, chain: Link, count: int, at: datetime) -> Seal:
    """The seal that follows `before`."""
    seal = Seal(
        number=before.number + 1 if before else 1,
        upto=chain.position,
        count=count,
        digest=chain.digest.hex(),
        at=at.isoformat(),
        previous=before.mac if before else NO_SEAL_BEFORE,
    )
    return msgspec.structs.replace(seal, mac=_mac(key, seal))


def encode_seal(seal: Seal) -> bytes:
    """A seal as stream SEALS holds it."""
    return _encoder.encode(seal)


def read_seal(key: bytes, payload: bytes) -> Seal:
    """A seal from its message. Raises `ValueError` when it was altered, or made with another master key."""
    try:
        seal = _decoder.decode(payload)
        genuine = hmac.compare_digest(_mac(key, seal), seal.mac)
    except (msgspec.DecodeError, OverflowError, ValueError, TypeError) as error:
        raise ValueError("it is no seal") from error
    if not genuine:
        raise ValueError("it was altered, or made with another master key")
    return seal


def examine_seals(key: bytes, stored: Iterable[bytes]) -> tuple[list[Seal], list[Finding]]:
    """The genuine seals among the messages of stream SEALS, in order, and what is wrong with the others."""
    seals: list[Seal] = []
    findings: list[Finding] = []
    expected, before = 1, NO_SEAL_BEFORE
    for payload in stored:
        try:
            seal = read_seal(key, payload)
        except ValueError as error:
            findings.append(Finding("seal", expected, expected, f"seal {expected} is not to be trusted: {error}"))
            expected, before = expected + 1, ""  # what follows it cannot be told
            continue
        problem = _out_of_place(seal, expected, before)
        if problem is not None:
            findings.append(Finding("seal", min(expected, seal.number), max(expected, seal.number), problem))
        if not seals or seal.upto > seals[-1].upto:
            seals.append(seal)
        expected, before = max(expected, seal.number + 1), seal.mac
    return seals, findings


def _out_of_place(seal: Seal, expected: int, before: str) -> str | None:
    if seal.number > expected:
        missing = range(expected, seal.number)
        return (
            f"seal {expected} is missing" if len(missing) == 1 else f"seals {missing[0]} to {missing[-1]} are missing"
        )
    if seal.number < expected:
        return f"seal {seal.number} stands where seal {expected} belongs"
    if before and seal.previous != before:
        return f"seal {seal.number} does not follow the seal that stands before it"
    return None


def _mac(key: bytes, seal: Seal) -> str:
    parts = (
        seal.number.to_bytes(8),
        seal.upto.to_bytes(8),
        seal.count.to_bytes(8),
        _digest(seal.digest),
        _digest(seal.previous),
        seal.at.encode(),
    )
    return hmac.digest(key, b"".join(parts), "sha256").hex()


def _digest(text: str) -> bytes:
    digest = bytes.fromhex(text)
    if len(digest) != DIGEST_BYTES:
        raise ValueError("a digest of another length")
    return digest
