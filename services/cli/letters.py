"""What dead letters there are: those of reactions from the log's `DLQ`, those of projections from `dead_events`."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import nats.errors
from nats.js.errors import APIError

from services.cli.showing import without_secrets
from shared.bus import subjects
from shared.bus.codec import Undecodable, fields_of, read_envelope
from shared.bus.letters import Note, OpenLetters
from shared.core.errors import InvalidInput, NotFound, Unavailable

if TYPE_CHECKING:
    from nats.aio.client import Client

REACTION, PROJECTION = "reaction", "projection"


@dataclass(frozen=True, slots=True)
class Found:
    """A dead letter of either kind. `consumer`: the reaction's name, or `service.projection`."""

    kind: str
    consumer: str
    position: int
    reason: str
    index: int | None = None
    subject: str | None = None
    at: datetime | None = None
    tries: int = 1
    retry_asked: bool = False
    notes: tuple[tuple[str, Note], ...] = ()

    @property
    def id(self) -> str:
        """What a person calls it by."""
        return f"{self.consumer}@{self.position}" + (f".{self.index}" if self.index is not None else "")

    def to_json(self) -> dict[str, Any]:
        """For machines."""
        told = {name: getattr(self, name) for name in ("id", "kind", "consumer", "position", "index", "subject")}
        told |= {name: getattr(self, name) for name in ("at", "tries", "reason", "retry_asked")}
        return {name: value for name, value in told.items() if value is not None}


def of_reactions(letters: OpenLetters) -> list[Found]:
    """The letters of reactions."""
    return [
        Found(
            REACTION,
            letter.durable,
            letter.position,
            letter.last.reason,
            subject=letter.subject or None,
            at=letter.last.at,
            tries=letter.tries,
            retry_asked=letter.retry_asked,
            notes=tuple(letter.notes),
        )
        for letter in letters.letters.values()
    ]


def choose(found: Sequence[Found], text: str) -> Found:
    """The letter that a person means: by id, by its beginning, or by the position.

    Raises `NotFound`, and `InvalidInput` when several could be meant.
    """
    exactly = [letter for letter in found if letter.id == text]
    likely = exactly or [letter for letter in found if letter.id.startswith(text) or str(letter.position) == text]
    if not likely or not text:
        raise NotFound(f"there is no dead letter {text!r}; `retold dead-letters list` shows all")
    if len(likely) > 1:
        raise InvalidInput(f"{text!r} can be any of: {_listed(likely)}; give more of the id")
    return likely[0]


def _listed(found: Iterable[Found]) -> str:
    return ", ".join(letter.id for letter in found)


async def message_at(client: "Client", letter: Found) -> dict[str, Any]:
    """What the log holds at the letter's position: the decision and its events, secrets and personal values hidden.

    Raises `NotFound`, `Unavailable`.
    """
    try:
        stored = await client.jetstream(timeout=10).get_msg(subjects.EVENTS_STREAM, letter.position, direct=True)
    except APIError as refusal:
        raise NotFound(f"the log holds no message at position {letter.position}: {refusal.description}") from refusal
    except (nats.errors.Error, TimeoutError) as silence:
        raise Unavailable(f"the event log does not answer: {silence!r}") from silence
    payload = bytes(stored.data or b"")
    try:
        envelope = read_envelope(payload)
        events = [
            {"type": event.type, "v": event.v, "data": without_secrets(fields_of(envelope, index))}
            for index, event in enumerate(envelope.events)
        ]
    except Undecodable as error:
        # Its bytes are not shown: what they hold is not known, so nothing in them could be hidden.
        return {"unreadable": str(error), "bytes": len(payload), "subject": stored.subject}
    told = {name: getattr(envelope, name) for name in ("id", "at", "org", "actor", "corr", "cause")}
    return json.loads(json.dumps({"subject": stored.subject, **told, "events": events}, default=str))  # type: ignore[no-any-return]
