"""Reactions: whenever an event of a type appears, a handler runs. At least once, never acknowledged by hand."""

import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog
from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker, NatsMessage, PullSub
from nats.js.api import ConsumerConfig

from shared.bus.codec import Undecodable, decode
from shared.bus.outcomes import Ack, DeadLetter, Retry, outcome_of
from shared.bus.subjects import EVENTS_STREAM, dead_letters_of
from shared.core.events import Catalogue, Event, Recorded

Handler = Callable[[Recorded], Awaitable[None]]
ACK_WAIT_SECONDS = 60.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reaction:
    """One line of a service's consumers: a durable name (a sentence in kebab case), an event, its handler."""

    durable: str
    subject: str
    event: type[Event]
    handler: Handler


def broker_for(reactions: Sequence[Reaction], nats_url: str, catalogue: Catalogue, name: str) -> NatsBroker:
    """A FastStream broker, not yet started, that runs the reactions."""
    broker = NatsBroker(
        nats_url,
        logger=_logger(),
        name=f"{name}-reactions",
        max_reconnect_attempts=-1,
        reconnect_time_wait=1,
        allow_reconnect=True,
    )
    for reaction in reactions:
        subscribe = broker.subscriber(
            reaction.subject,
            stream=JStream(EVENTS_STREAM, declare=False),
            durable=reaction.durable,
            pull_sub=PullSub(batch_size=10, timeout=5.0),
            config=ConsumerConfig(ack_wait=ACK_WAIT_SECONDS, max_deliver=-1),
            ack_policy=AckPolicy.MANUAL,
            decoder=_as_bytes,
            title=reaction.durable,
        )
        subscribe(_runs(reaction, catalogue, broker))
    return broker


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


def _runs(
    reaction: Reaction, catalogue: Catalogue, broker: NatsBroker
) -> Callable[[bytes, NatsMessage], Awaitable[None]]:
    async def react(body: bytes, message: NatsMessage) -> None:
        raw = message.raw_message
        metadata = raw.metadata
        error: BaseException | None = None
        try:
            for recorded in decode(body, raw.subject, metadata.sequence.stream, catalogue):
                if isinstance(recorded.event, reaction.event):
                    await reaction.handler(recorded)
        except Undecodable as undecodable:
            error = undecodable
        except Exception as failure:
            error = failure
            log.warning("reaction failed", reaction=reaction.durable, reason=str(failure) or repr(failure))
        match outcome_of(error, metadata.num_delivered):
            case Ack():
                await message.ack()
            case Retry(seconds):
                await message.nack(delay=seconds)
            case DeadLetter(reason):
                letter = {"position": metadata.sequence.stream, "subject": raw.subject, "reason": reason}
                await broker.publish(json.dumps(letter).encode(), dead_letters_of(reaction.durable), stream="DLQ")
                log.error("put aside as dead letter", reaction=reaction.durable, **letter)
                await message.ack()

    return react
