"""What becomes of a message is told by the class of the error, in one place."""

import pytest

from shared.bus.codec import Undecodable
from shared.bus.outcomes import MAX_DELIVERIES, MAX_RETRY_SECONDS, Ack, DeadLetter, Retry, in_words, outcome_of
from shared.core.errors import Conflict, InvalidInput, NotAllowed, NotFound, Refused, TooLarge, Unavailable
from shared.ops.settings import parse_tokens


def test_what_went_well_is_done():
    assert outcome_of(None, 1) == Ack()


@pytest.mark.parametrize("kind", [InvalidInput, TooLarge, NotFound, Refused, NotAllowed, Undecodable])
def test_what_cannot_get_better_is_put_aside_at_once_with_its_reason(kind):
    assert outcome_of(kind("the sentence"), 1) == DeadLetter(f"{kind.__name__}: the sentence")


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


def test_a_person_who_asked_for_another_try_is_told_of_a_bug_at_once_and_waits_while_it_may_pass():
    assert isinstance(outcome_of(RuntimeError("a bug"), 1, asked=True), DeadLetter)
    assert isinstance(outcome_of(Unavailable("x"), 1, asked=True), Retry)


def test_a_reason_tells_where_a_foreign_error_arose_and_never_what_it_quotes():
    try:
        parse_tokens("ada@crm.example")
    except InvalidInput as error:
        own, foreign = error, error.__cause__
    assert "RETOLD_API_TOKENS" in in_words(own)
    assert in_words(foreign).startswith("ValueError in parse_tokens (settings.py, line ")
    assert "ada" not in in_words(KeyError("ada@crm.example"))
