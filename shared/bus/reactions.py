"""Reactions: whenever an event of a type appears, a handler runs. At least once, never acknowledged by hand.

What a handler cannot digest is put aside as a dead letter and blocks nothing. When a person asks for another try
(`retold dead-letters retry`), the service reads that very event from the log again and runs the handler.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import assert_never

import nats.errors
import structlog
from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker, NatsMessage, PullSub
from nats.js.api import ConsumerConfig

from shared.bus import subjects
from shared.bus.codec import Undecodable, Vault, needs_key, read_envelope, revive
from shared.bus.letters import Note, decode_note, encode_note
from shared.bus.outcomes import Ack, DeadLetter, Outcome, Retry, in_words, outcome_of
from shared.core.errors import NotFound, Unavailable
from shared.core.events import Catalogue, Event, Recorded
from shared.core.time_and_ids import now
from shared.ops.metrics import DEAD_LETTERS, REACTION

Handler = Callable[[Recorded], Awaitable[None]]
ACK_WAIT_SECONDS = 60.0
READ_SECONDS = 5.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reaction:
    """One line of a service's consumers: a durable name (a sentence in kebab case), an event, its handler."""

    durable: str
    subject: str
    event: type[Event]
    handler: Handler


def broker_for(
    reactions: Sequence[Reaction], nats_url: str, catalogue: Catalogue, name: str, vault: Vault | None = None
) -> NatsBroker:
    """A FastStream broker, not yet started, that runs the reactions. Without a vault personal values are hidden."""
    broker = NatsBroker(
        nats_url,
        logger=_logger(),
        name=f"{name}-reactions",
        max_reconnect_attempts=-1,
        reconnect_time_wait=1,
        allow_reconnect=True,
    )
    for reaction in reactions:
        if reaction.event.__name__ not in catalogue:
            raise ValueError(f"{reaction.durable} waits for {reaction.event.__name__}, which is in no catalogue")
        reactor = _Reactor(reaction, broker, name.removeprefix("retold-"), vault)
        _subscribe(broker, subjects.EVENTS_STREAM, reaction.subject, reaction.durable)(reactor.react)
        retries = subjects.dead_letters_of(reaction.durable, "retry")
        _subscribe(broker, subjects.DEAD_LETTERS_STREAM, retries, f"{reaction.durable}-again")(reactor.react_again)
    return broker


def _subscribe(
    broker: NatsBroker, stream: str, subject: str, durable: str
) -> Callable[[Callable[[bytes, NatsMessage], Awaitable[None]]], object]:
    return broker.subscriber(
        subject,
        stream=JStream(stream, declare=False),
        durable=durable,
        pull_sub=PullSub(batch_size=10, timeout=5.0),
        config=ConsumerConfig(ack_wait=ACK_WAIT_SECONDS, max_deliver=-1),
        ack_policy=AckPolicy.MANUAL,
        decoder=_as_bytes,
        title=durable,
    )


def _logger() -> logging.Logger:
    logger = logging.getLogger("retold.reactions")
    if not logger.filters:
        logger.addFilter(_is_no_empty_fetch)
    return logger


def _is_no_empty_fetch(record: logging.LogRecord) -> bool:
    """FastStream 0.7.8 reports an empty fetch as a failed task when nats-py raises TimeoutError."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, TimeoutError)


async def _as_bytes(message: NatsMessage) -> bytes:
    return bytes(message.body)


class _Reactor:
    """Runs one reaction's handler, and sees to what becomes of the message."""

    def __init__(self, reaction: Reaction, broker: NatsBroker, service: str, vault: Vault | None) -> None:
        self._reaction, self._broker, self._service, self._vault = reaction, broker, service, vault
        # Of its own event alone: another event that cannot be read is not this reaction's concern.
        self._catalogue = Catalogue((reaction.event,))

    async def react(self, body: bytes, message: NatsMessage) -> None:
        """A message of the log."""
        raw = message.raw_message
        position = raw.metadata.sequence.stream
        error = await self._error_of(self._handle(body, raw.subject, position), position)
        await self._settle(message, Note(position, raw.subject), outcome_of(error, raw.metadata.num_delivered))

    async def react_again(self, body: bytes, message: NatsMessage) -> None:
        """A person asked for another try at what was put aside."""
        asked = decode_note(body)
        error = await self._error_of(self._handle_again(asked.position), asked.position)
        outcome = outcome_of(error, message.raw_message.metadata.num_delivered, asked=True)
        if isinstance(outcome, Ack):
            log.info("dead letter handled", reaction=self._reaction.durable, position=asked.position)
            await self._note("handled", Note(asked.position, asked.subject, at=now(), by=self._service))
        await self._settle(message, asked, outcome)

    async def _handle(self, payload: bytes, subject: str, position: int) -> None:
        envelope = read_envelope(payload)
        if self._vault is not None and needs_key(envelope, self._catalogue):
            await self._vault.unlock([envelope.org])
        for recorded in revive(envelope, subject, position, self._catalogue, self._vault):
            await self._reaction.handler(recorded)

    async def _handle_again(self, position: int) -> None:
        try:
            stored = await self._broker.request(
                {"seq": position}, f"$JS.API.DIRECT.GET.{subjects.EVENTS_STREAM}", timeout=READ_SECONDS
            )
        except (nats.errors.Error, TimeoutError) as silence:
            raise Unavailable(f"the event log does not answer: {silence!r}") from silence
        headers = stored.raw_message.headers or {}
        if "Nats-Subject" not in headers:
            raise NotFound(f"the log holds no message at position {position}")
        await self._handle(bytes(stored.body), headers["Nats-Subject"], position)

    async def _error_of(self, handling: Awaitable[None], position: int) -> BaseException | None:
        try:
            await handling
        except Undecodable as undecodable:
            return undecodable
        except Exception as failure:
            log.warning("reaction failed", reaction=self._reaction.durable, position=position, reason=in_words(failure))
            return failure
        return None

    async def _settle(self, message: NatsMessage, about: Note, outcome: Outcome) -> None:
        match outcome:
            case Ack():
                await message.ack()
            case Retry(seconds):
                await message.nack(delay=seconds)
            case DeadLetter(reason):
                deliveries = message.raw_message.metadata.num_delivered
                letter = Note(about.position, about.subject, reason, now(), self._service, deliveries)
                await self._note("letter", letter)
                DEAD_LETTERS.labels(self._service, REACTION).inc()
                where = {"reaction": self._reaction.durable, "position": about.position}
                log.error("put aside as dead letter; see: retold dead-letters list", **where, reason=reason)
                await message.ack()
            case _:
                assert_never(outcome)

    async def _note(self, kind: subjects.NoteKind, note: Note) -> None:
        subject = subjects.dead_letters_of(self._reaction.durable, kind)
        await self._broker.publish(encode_note(note), subject, stream=subjects.DEAD_LETTERS_STREAM)
