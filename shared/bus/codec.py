"""The envelope on the wire: one message per decision, as JSON (shape: `Envelope`).

Personal values are sealed with the organization's data key, event by event: `data` keeps the structure, `sealed` the
values. Without the key (it was destroyed, or the reader has none) an event still decodes, its values hidden.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec
from pydantic import ValidationError

from shared.bus.log import Append
from shared.core.events import Catalogue, Event, Recorded
from shared.core.personal import hide, may_hold


class EventOnWire(msgspec.Struct, omit_defaults=True):
    """Type, version of the shape, the event's own fields as JSON, and their personal values sealed."""

    type: str
    v: int
    data: msgspec.Raw
    sealed: str | None = None


class Envelope(msgspec.Struct):
    """What is told about a decision beside its events. Times in ISO 8601, UTC."""

    id: UUID
    at: datetime
    ctx: str
    agg: str
    org: UUID
    actor: str
    corr: str
    cause: str | None
    trace: str | None
    events: list[EventOnWire]


class Vault(Protocol):
    """The organizations' data keys, as the codec needs them. `binding` ties a sealed value to its place."""

    async def unlock(self, orgs: Iterable[UUID], *, create: bool = False) -> None:
        """Have the keys of these organizations at hand; with `create` make missing ones.

        Raises `Unavailable`, and with `create` `Refused` for an organization that was erased.
        """
        ...

    def seal(self, org: UUID, binding: bytes, clear: bytes) -> str:
        """Encrypt; the key must be at hand."""
        ...

    def open(self, org: UUID, binding: bytes, sealed: str) -> bytes | None:
        """Decrypt; `None` when the key was destroyed. Raises `ValueError` when the value was altered."""
        ...


class Undecodable(Exception):
    """A message of the log that this release cannot read."""


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Envelope)


NUL_ON_WIRE = b"\\u0000"


def storable(text: Any) -> Any:
    """A JSON value without U+0000, which Postgres cannot store: U+FFFD stands in its place."""
    if isinstance(text, str):
        return text.replace("\0", "\ufffd")
    if isinstance(text, dict):
        return {storable(key): storable(value) for key, value in text.items()}
    return [storable(each) for each in text] if isinstance(text, list) else text


def is_personal(append: Append) -> bool:
    """Whether the organization's key is needed to encode."""
    return any(event.personal for event in append.events)


def encode(append: Append, at: datetime, vault: Vault | None = None) -> bytes:
    """The message for a decision taken at `at`. Without a vault personal values stay in clear."""
    own, context = append.message, append.context
    return _encoder.encode(
        Envelope(
            id=own,
            at=at.astimezone(UTC),
            ctx=append.stream.context,
            agg=f"{append.stream.aggregate}.{append.stream.id}",
            org=context.org,
            actor=context.actor,
            corr=context.correlation,
            cause=context.cause,
            trace=context.trace,
            events=[
                _on_wire(event, vault, context.org, _binding(own, index)) for index, event in enumerate(append.events)
            ],
        )
    )


def _on_wire(event: Event, vault: Vault | None, org: UUID, binding: bytes) -> EventOnWire:
    encoded = event.model_dump_json(by_alias=True).encode()
    # Looked for in the encoded bytes first: walking every event would cost more than encoding it.
    if NUL_ON_WIRE in encoded:
        encoded = _encoder.encode(storable(msgspec.json.decode(encoded)))
    sealed = None
    if vault is not None and may_hold(encoded, event.personal):
        data = msgspec.json.decode(encoded)
        before = hide(data, event.personal)
        if before:
            encoded = _encoder.encode(data)
            sealed = vault.seal(org, binding, _encoder.encode(before))
    return EventOnWire(type(event).__name__, event.v, msgspec.Raw(encoded), sealed)


def read_envelope(payload: bytes) -> Envelope:
    """The envelope, its events still as stored."""
    try:
        return _decoder.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Undecodable(f"not an envelope: {error}") from error


def fields_of(envelope: Envelope, index: int, vault: Vault | None = None) -> dict[str, Any]:
    """The fields of an envelope's event as stored, personal values opened if the vault has the key."""
    stored = envelope.events[index]
    try:
        data: dict[str, Any] = msgspec.json.decode(stored.data)
        if stored.sealed is not None and vault is not None:
            opened = vault.open(envelope.org, _binding(envelope.id, index), stored.sealed)
            data.update(msgspec.json.decode(opened) if opened is not None else {})
    except (ValueError, TypeError) as error:
        raise Undecodable(f"{stored.type} v{stored.v} of message {envelope.id}: {error}") from error
    return data


def needs_key(envelope: Envelope, catalogue: Catalogue) -> bool:
    """Whether an event of these types in it holds sealed values."""
    return any(event.sealed is not None and event.type in catalogue for event in envelope.events)


def decode(
    payload: bytes, subject: str, position: int, catalogue: Catalogue, vault: Vault | None = None
) -> list[Recorded]:
    """The events of a message in today's shapes; types that the catalogue lacks are left out."""
    return revive(read_envelope(payload), subject, position, catalogue, vault)


def revive(
    envelope: Envelope, subject: str, position: int, catalogue: Catalogue, vault: Vault | None = None
) -> list[Recorded]:
    """The events of an envelope in today's shapes; types that the catalogue lacks are left out."""
    recorded = []
    for index, stored in enumerate(envelope.events):
        if stored.type not in catalogue:
            continue
        try:
            if stored.sealed is None and catalogue.is_today(stored.type, stored.v):
                event = catalogue.read(stored.type, stored.data)
            else:
                event = catalogue.revive(stored.type, stored.v, fields_of(envelope, index, vault))
        except (ValueError, KeyError) as error:
            raise Undecodable(f"{stored.type} v{stored.v} at position {position}: {_in_words(error)}") from error
        recorded.append(
            Recorded(
                position,
                index,
                envelope.id,
                subject,
                envelope.at,
                envelope.org,
                envelope.actor,
                envelope.corr,
                envelope.cause,
                event,
            )
        )
    return recorded


def _in_words(error: Exception) -> str:
    """What is wrong, without the values: they may be personal, and the words end in logs."""
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
    return f"{type(error).__name__}: {error}"


def _binding(message: UUID, index: int) -> bytes:
    return message.bytes + index.to_bytes(4, "big")
