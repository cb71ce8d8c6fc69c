"""The wrapped data keys in a private file of their own, apart from the archive.

Whoever erases an organization destroys its key. An archive that held the keys would bring them back.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

import msgspec
import nats.errors
from nats.aio.client import Client
from nats.js.errors import KeyNotFoundError, NoKeysError, NotFoundError
from nats.js.kv import KeyValue

from shared.bus.topology import KEYS_BUCKET, keys_stream
from shared.core.errors import InvalidInput, Refused, Unavailable


class WrappedKey(msgspec.Struct, frozen=True):
    """An organization's data key as bucket `keys` holds it: wrapped by the master key, or the mark of an erasure."""

    organization_id: UUID
    wrapped: bytes


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(WrappedKey)


async def save_keys(client: Client, file: Path) -> int:
    """Write every key into `file`, readable by its owner alone; how many. Raises `Unavailable`, `InvalidInput`."""
    try:
        keys = await _all(client)
    except (nats.errors.Error, TimeoutError, OSError) as failure:
        raise Unavailable(f"the key store does not answer: {failure!r}") from failure
    draft = file.with_name(f"{file.name}.new")
    try:
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as opened:
            opened.write(_encoder.encode_lines(keys))
        draft.replace(file)
    except OSError as failure:
        raise InvalidInput(f"the keys cannot be written to {file}: {failure.strerror}") from failure
    return len(keys)


def read_keys(file: Path) -> list[WrappedKey]:
    """The keys of a file. Raises `InvalidInput`."""
    try:
        return _decoder.decode_lines(file.read_bytes())
    except OSError as failure:
        raise InvalidInput(f"the keys cannot be read from {file}: {failure.strerror}") from failure
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file} is not a file of `retold archive --keys`: {error}") from error


async def restore_keys(client: Client, keys: Sequence[WrappedKey], replicas: int) -> None:
    """Put keys into an empty bucket. Raises `Refused` when it holds others, `Unavailable`."""
    try:
        bucket = await _bucket(client, replicas)
        wanted = {str(key.organization_id): key.wrapped for key in keys}
        there = {str(key.organization_id): key.wrapped for key in await _all(client)}
        if any(wanted.get(org) != wrapped for org, wrapped in there.items()):
            raise Refused("this system has data keys of its own; restore the keys into an empty NATS")
        for org, wrapped in wanted.items():
            if org not in there:
                await bucket.create(org, wrapped)
    except (nats.errors.Error, TimeoutError, OSError) as failure:
        raise Unavailable(f"the key store does not answer: {failure!r}") from failure


async def _all(client: Client) -> list[WrappedKey]:
    try:
        bucket = await client.jetstream(timeout=10).key_value(KEYS_BUCKET)
        organizations = sorted(await bucket.keys())
    except (NotFoundError, NoKeysError):
        return []
    keys = []
    for organization in organizations:
        try:
            keys.append(WrappedKey(UUID(organization), (await bucket.get(organization)).value or b""))
        except KeyNotFoundError:  # destroyed a moment ago
            continue
    return keys


async def _bucket(client: Client, replicas: int) -> KeyValue:
    jetstream = client.jetstream(timeout=10)
    try:
        return await jetstream.key_value(KEYS_BUCKET)
    except NotFoundError:
        await jetstream.add_stream(keys_stream(replicas))
        return await jetstream.key_value(KEYS_BUCKET)
