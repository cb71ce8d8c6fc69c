"""What becomes of a message is told by the class of the error, in one place."""

import pytest

from shared.bus.outcomes import MAX_DELIVERIES, MAX_RETRY_SECONDS, Ack, DeadLetter, Retry, outcome_of
from shared.core.errors import Conflict, InvalidInput, NotAllowed, NotFound, Refused, TooLarge, Unavailable


def test_what_went_well_is_done():
    assert outcome_of(None, 1) == Ack()


@pytest.mark.parametrize("kind", [InvalidInput, TooLarge, NotFound, Refused, NotAllowed])
def test_what_cannot_get_better_is_put_aside_at_once_with_its_reason(kind):
    assert outcome_of(kind("the sentence"), 1) == DeadLetter("the sentence")


@pytest.mark.parametrize("error", [Conflict("x"), Unavailable("x"), RuntimeError("a bug"), OSError("gone")])
def test_what_may_pass_is_tried_again_after_pauses_that_grow_up_to_a_limit(error):
    pauses = []
    for delivery in range(1, MAX_DELIVERIES):
        outcome = outcome_of(error, delivery)
        assert isinstance(outcome, Retry)
        pauses.append(outcome.seconds)
    assert pauses == sorted(pauses)
    assert pauses[0] < pauses[-1] == MAX_RETRY_SECONDS


@pytest.mark.parametrize("error", [Unavailable("x"), RuntimeError("a bug")])
def test_what_never_passes_is_put_aside_in_the_end(error):
    outcome = outcome_of(error, MAX_DELIVERIES)
    assert isinstance(outcome, DeadLetter)
    assert f"failed {MAX_DELIVERIES} times" in outcome.reason
