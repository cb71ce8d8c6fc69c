"""Questions of a job to a model: each is called for once, and never beyond what the job may spend."""

from uuid import UUID

import pytest

from services.healer.aggregates.ai_task import BeginCall, SettleCall, ai_tasks
from shared.contracts.vision import ModelAnswered, ModelBudget, ModelCallBegun
from shared.testing.given import given

JOB, RECORDING = UUID(int=1), UUID(int=2)
LIMITS = ModelBudget(calls=3, tokens=10_000, micro_usd=100_000)


def begun(number: int, tokens: int = 1000, micro_usd: int | None = 10_000) -> ModelCallBegun:
    return ModelCallBegun(
        ask_id=UUID(int=number),
        job_id=JOB,
        row=number,
        recording_id=RECORDING,
        step_number=4,
        model="m",
        tokens=tokens,
        micro_usd=micro_usd,
    )


def answered(number: int, tokens: int | None = 500, micro_usd: int | None = 2_000) -> ModelAnswered:
    return ModelAnswered(
        ask_id=UUID(int=number),
        job_id=JOB,
        row=number,
        recording_id=RECORDING,
        step_number=4,
        outcome="timeout" if tokens is None else "none",
        model="m",
        input_tokens=tokens,
        output_tokens=None if tokens is None else 0,
        micro_usd=micro_usd,
    )


def begin(call: ModelCallBegun, **limits: int | None) -> BeginCall:
    return BeginCall(call, LIMITS.model_copy(update=limits))


def test_a_question_within_the_budget_is_begun() -> None:
    given(ai_tasks).when(begin(begun(1))).then(begun(1))


def test_a_question_whose_call_was_begun_is_never_begun_again() -> None:
    given(ai_tasks, begun(1)).when(begin(begun(1))).then_nothing()


def test_a_question_that_was_answered_is_never_begun() -> None:
    given(ai_tasks, answered(1)).when(begin(begun(1))).then_nothing()


def test_a_call_is_settled_once() -> None:
    given(ai_tasks, begun(1)).when(SettleCall(answered(1))).then(answered(1))
    given(ai_tasks, begun(1), answered(1)).when(SettleCall(answered(1, tokens=None))).then_nothing()


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"calls": 2}, "used its 2 calls"),
        ({"tokens": 2_999}, "2,999 tokens"),
        ({"micro_usd": 29_999}, "0.03 US dollars"),
    ],
)
def test_calls_under_way_count_as_spent(limits: dict[str, int], said: str) -> None:
    outcome = given(ai_tasks, begun(1), begun(2)).when(begin(begun(3), **limits))
    outcome.then_only(ModelAnswered, outcome="budget", input_tokens=0, output_tokens=0, micro_usd=0)
    (refused,) = outcome.events
    assert isinstance(refused, ModelAnswered)
    assert said in refused.reason


def test_what_a_settled_call_did_not_use_is_free_again() -> None:
    before = given(ai_tasks, begun(1, 9_000), answered(1, 500))
    before.when(begin(begun(2, 9_500))).then(begun(2, 9_500))
    before.when(begin(begun(2, 9_501))).then_only(ModelAnswered, outcome="budget")


def test_a_call_whose_cost_is_not_known_counts_with_all_that_was_set_aside() -> None:
    before = given(ai_tasks, begun(1, 9_000), answered(1, None, None))
    before.when(begin(begun(2, 1_001))).then_only(ModelAnswered, outcome="budget")
    before.when(begin(begun(2, 1_000))).then(begun(2, 1_000))


def test_a_model_without_a_price_is_limited_by_calls_and_tokens_alone() -> None:
    before = given(ai_tasks, begun(1, micro_usd=None), answered(1, micro_usd=None))
    before.when(begin(begun(2, micro_usd=None), micro_usd=1)).then(begun(2, micro_usd=None))


def test_refusals_use_up_no_call() -> None:
    refused = answered(1, 0, 0).model_copy(update={"outcome": "budget"})
    given(ai_tasks, refused).when(begin(begun(2), calls=1)).then(begun(2))
