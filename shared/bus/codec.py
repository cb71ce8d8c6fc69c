"""The envelope on the wire: one message per decision, as JSON (shape: `Envelope`)."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from shared.bus.log import Append
from shared.core.events import Catalogue, Event, Recorded
from shared.core.time_and_ids import derived_id


class EventOnWire(msgspec.Struct):
    """Type, version of the shape, and the event's own fields."""

    type: str
    v: int
    data: dict[str, Any]


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


class Undecodable(Exception):
    """A message of the log that this release cannot read."""


class UnknownType(Undecodable):
    """An event type that this reader's catalogue does not hold: somebody else's."""


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Envelope)


def message_id(append: Append) -> UUID:
    """The same id for the same command on the same stream, so that storing it twice is impossible."""
    return derived_id(append.stream, append.command_id)


NUL_ON_WIRE = b"\\u0000"


def storable(text: Any) -> Any:
    """A JSON value without U+0000, which Postgres cannot store: U+FFFD stands in its place."""
    if isinstance(text, str):
        return text.replace("\0", "\ufffd")
    if isinstance(text, dict):
        return {storable(key): storable(value) for key, value in text.items()}
    return [storable(each) for each in text] if isinstance(text, list) else text


def encode(append: Append, at: datetime) -> bytes:
    """The message for a decision taken at `at`."""
    events = [EventOnWire(type(event).__name__, event.v, _to_json(event)) for event in append.events]
    context = append.context
    return _encoder.encode(
        Envelope(
            id=message_id(append),
            at=at.astimezone(UTC),
            ctx=append.stream.context,
            agg=f"{append.stream.aggregate}.{append.stream.id}",
            org=context.org,
            actor=context.actor,
            corr=context.correlation,
            cause=context.cause,
            trace=context.trace,
            events=events,
        )
    )


def _to_json(event: Event) -> dict[str, Any]:
    data = event.model_dump(mode="json", by_alias=True, exclude_unset=False, exclude_none=False)
    # Looked for in the encoded bytes first: walking every event would cost more than encoding it.
    return storable(data) if NUL_ON_WIRE in _encoder.encode(data) else data


def read_envelope(payload: bytes) -> Envelope:
    """The envelope, its events still as stored."""
    try:
        return _decoder.decode(payload)
    except msgspec.DecodeError as error:
        raise Undecodable(f"not an envelope: {error}") from error


def decode(payload: bytes, subject: str, position: int, catalogue: Catalogue) -> list[Recorded]:
    """The events of a message in today's shapes; types that the catalogue lacks are left out."""
    envelope = read_envelope(payload)
    recorded = []
    for index, stored in enumerate(envelope.events):
        if stored.type not in catalogue:
            continue
        try:
            event = catalogue.revive(stored.type, stored.v, stored.data)
        except ValueError as error:
            raise Undecodable(f"{stored.type} v{stored.v} at position {position}: {error}") from error
        recorded.append(
            Recorded(
                position=position,
                index=index,
                id=derived_id(envelope.id, index),
                subject=subject,
                at=envelope.at,
                org=envelope.org,
                actor=envelope.actor,
                correlation=envelope.corr,
                cause=envelope.cause,
                event=event,
            )
        )
    return recorded
