"""What becomes of a message after its handler: the one place where errors turn into Ack, Retry or DeadLetter."""

import traceback
from dataclasses import dataclass

from shared.bus.codec import Undecodable
from shared.core.errors import Conflict, InvalidInput, NotAllowed, NotFound, Refused, RetoldError, Unavailable


@dataclass(frozen=True, slots=True)
class Ack:
    """Done."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Deliver again after `seconds`."""

    seconds: float


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Trying again cannot help: put it aside with its reason."""

    reason: str


Outcome = Ack | Retry | DeadLetter
MAX_DELIVERIES = 20
MAX_RETRY_SECONDS = 30.0


def outcome_of(error: BaseException | None, deliveries: int, *, asked: bool = False) -> Outcome:
    """What cannot get better goes aside at once; what may pass is tried again with growing pauses, then put aside too.

    `asked`: a person asked for this very try and waits, so an error of unknown kind is told at once.
    """
    if error is None:
        return Ack()
    if isinstance(error, InvalidInput | NotFound | Refused | NotAllowed | Undecodable):
        return DeadLetter(in_words(error))
    if deliveries >= MAX_DELIVERIES:
        return DeadLetter(f"failed {deliveries} times, last: {in_words(error)}")
    if isinstance(error, Conflict | Unavailable):
        return Retry(min(MAX_RETRY_SECONDS, 0.2 * 2 ** min(deliveries, 10)))
    if asked or isinstance(error, RetoldError):
        return DeadLetter(in_words(error))
    return Retry(min(MAX_RETRY_SECONDS, 1.0 * 2 ** min(deliveries, 10)))


def in_words(error: BaseException) -> str:
    """What went wrong, for logs and dead letters: our own sentences, of other errors only their kind and where.

    The message of a foreign error may quote a value of the event, and so tell of a person.
    """
    if isinstance(error, RetoldError | Undecodable):
        return f"{type(error).__name__}: {error}"
    where = ""
    for frame in traceback.extract_tb(error.__traceback__):
        if "/services/" in frame.filename or "/shared/" in frame.filename:
            where = f" in {frame.name} ({frame.filename.rpartition('/')[2]}, line {frame.lineno})"
    return f"{type(error).__name__}{where}"
