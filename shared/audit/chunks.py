"""A chunk of an archive: messages as compressed JSON Lines, their payloads kept to the byte."""

import base64
import gzip
import zlib
from collections.abc import Iterable
from typing import TypeVar

import msgspec

from shared.core.errors import Refused

COMPRESSION = 6
L = TypeVar("L")


class Kept(msgspec.Struct, frozen=True, omit_defaults=True):
    """A message of a stream. The payload stands in `text`, or in `base64` when it is no UTF-8.

    `id`: what the message was published under (`Nats-Msg-Id`), where there is one.
    """

    position: int
    subject: str
    text: str | None = None
    base64: str | None = None
    id: str | None = None

    @property
    def payload(self) -> bytes:
        """The message's bytes."""
        return base64.b64decode(self.base64 or "") if self.text is None else self.text.encode()


class KeptFile(msgspec.Struct, frozen=True):
    """A file of the object store; `sha256` of the bytes as they are stored."""

    path: str
    size: int
    sha256: str


_encoder = msgspec.json.Encoder()
_messages = msgspec.json.Decoder(Kept)
_files = msgspec.json.Decoder(KeptFile)


def keep(position: int, subject: str, payload: bytes, message_id: str | None) -> Kept:
    """A message, ready for a chunk."""
    try:
        return Kept(position, subject, text=payload.decode(), id=message_id)
    except UnicodeDecodeError:
        return Kept(position, subject, base64=base64.b64encode(payload).decode(), id=message_id)


def pack(lines: Iterable[msgspec.Struct]) -> bytes:
    """A chunk; the same lines give the same bytes."""
    return gzip.compress(_encoder.encode_lines(list(lines)), COMPRESSION, mtime=0)


def unpack_messages(chunk: bytes) -> list[Kept]:
    """The messages of a chunk. Raises `Refused`."""
    return _unpacked(chunk, _messages)


def unpack_files(chunk: bytes) -> list[KeptFile]:
    """The files of a list. Raises `Refused`."""
    return _unpacked(chunk, _files)


def _unpacked(chunk: bytes, decoder: msgspec.json.Decoder[L]) -> list[L]:
    try:
        return decoder.decode_lines(gzip.decompress(chunk))
    except (OSError, EOFError, zlib.error, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused(f"a part of the archive cannot be read: {error}") from error
