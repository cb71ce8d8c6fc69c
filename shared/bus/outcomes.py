"""What becomes of a message after its handler: the one place where errors turn into Ack, Retry or DeadLetter."""

from dataclasses import dataclass
from typing import assert_never

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


def outcome_of(error: BaseException | None, deliveries: int) -> Outcome:
    """Rejected input goes aside at once; what may pass is tried again with growing pauses, then put aside too."""
    if error is None:
        return Ack()
    if isinstance(error, InvalidInput | NotFound | Refused | NotAllowed):
        return DeadLetter(str(error))
    if deliveries >= MAX_DELIVERIES:
        return DeadLetter(f"failed {deliveries} times, last: {error!r}")
    if isinstance(error, Conflict | Unavailable):
        return Retry(min(MAX_RETRY_SECONDS, 0.2 * 2 ** min(deliveries, 10)))
    if isinstance(error, RetoldError):
        return DeadLetter(str(error))
    return Retry(min(MAX_RETRY_SECONDS, 1.0 * 2 ** min(deliveries, 10)))


def describe(outcome: Outcome) -> str:
    """A word for logs and metrics."""
    match outcome:
        case Ack():
            return "ack"
        case Retry():
            return "retry"
        case DeadLetter():
            return "dead_letter"
        case _:
            assert_never(outcome)
