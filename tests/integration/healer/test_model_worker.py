"""Questions to a model end to end through the log: what each kind of answer comes to, and what it may cost."""

import asyncio
import json
from dataclasses import replace

import pytest

from services.healer.adapters.claude import Claude
from services.healer.model_calls import ModelCalls
from services.healer.model_projections import MODEL_CALLS, queries
from shared.bus import subjects
from shared.bus.model_switch import ModelSwitch
from shared.contracts.vision import ModelAnswered, ModelBudget, ModelCallBegun
from shared.core.time_and_ids import new_id, now
from shared.runtime import Resources
from shared.testing.model import (
    BROKEN,
    CUT_OFF,
    GARBAGE,
    HALF,
    KEY,
    NO_CHOICE,
    ONLY_TEXT,
    REFUSES,
    RESET,
    WRONG_TOOL,
    Model,
    Said,
    busy,
    chooses,
)
from shared.testing.projecting import project_all
from tests.integration.healer.conftest import PICTURE, Questions, working


async def test_the_model_sees_the_picture_and_its_choice_is_told_with_what_it_cost(
    healer: Resources, model: Model
) -> None:
    model.script = [chooses(2, 91, "it stores")]
    questions = Questions(healer)
    async with working(healer, **model.settings()):
        answered = await questions.ask()
    assert (answered.outcome, answered.index, answered.confidence, answered.reason) == ("answered", 1, 91, "it stores")
    assert (answered.input_tokens, answered.output_tokens, answered.micro_usd) == (3000, 120, 7200)
    assert model.pictures == [PICTURE]
    request, response = await questions.kept(answered.request), await questions.kept(answered.response)
    assert "Store" in json.dumps(request)
    assert KEY not in json.dumps([request, response])
    assert response["stop_reason"] == "tool_use"


@pytest.mark.parametrize(
    ("said", "outcome", "known"),
    [
        (NO_CHOICE, "none", True),
        (chooses(2, 60), "none", True),
        (chooses(7), "invalid", True),
        (REFUSES, "refused", True),
        (ONLY_TEXT, "invalid", True),
        (WRONG_TOOL, "invalid", True),
        (CUT_OFF, "invalid", True),
        (GARBAGE, "invalid", False),
        (HALF, "error", False),
        (RESET, "error", False),
        (BROKEN, "error", True),
        (busy(429, "1"), "overloaded", True),
        (busy(529), "overloaded", True),
        (Said(chooses(2).body, delay=8), "timeout", False),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
async def test_no_answer_harms_the_service_and_each_says_what_it_was(
    healer: Resources, model: Model, said: Said, outcome: str, known: bool
) -> None:
    model.otherwise = said
    questions = Questions(healer)
    async with working(healer, **model.settings(model_seconds=5)):
        answered = await questions.ask()
        model.otherwise = chooses(1)
        assert (await questions.ask()).outcome == "answered", "the worker goes on"
    assert (answered.outcome, answered.index) == (outcome, None)
    assert answered.reason
    assert (answered.micro_usd is not None) == known


async def test_questions_that_come_together_never_exceed_the_jobs_calls(healer: Resources, model: Model) -> None:
    model.otherwise = Said(chooses(2).body, delay=0.3)
    questions = Questions(healer)
    budget = ModelBudget(calls=3)
    async with working(healer, **model.settings(model_slots=8)):
        answers = await asyncio.gather(*(questions.ask(row, budget=budget) for row in range(8)))
    assert len(model.requests) == 3
    assert sorted(answer.outcome for answer in answers) == ["answered"] * 3 + ["budget"] * 5
    assert all("3 calls" in answer.reason for answer in answers if answer.outcome == "budget")


async def test_a_call_that_could_cost_more_than_is_left_is_not_made(healer: Resources, model: Model) -> None:
    questions = Questions(healer)
    async with working(healer, **model.settings()):
        assert (await questions.ask(budget=ModelBudget(micro_usd=10_000))).outcome == "budget"
        assert (await questions.ask(budget=ModelBudget(tokens=4_000))).outcome == "budget"
    assert model.requests == []


async def test_the_operators_limit_holds_whatever_a_job_asks_for(healer: Resources, model: Model) -> None:
    questions = Questions(healer)
    async with working(healer, **model.settings(model_calls=1)):
        assert (await questions.ask(budget=ModelBudget(calls=100))).outcome == "none"
        assert (await questions.ask(budget=ModelBudget(calls=100))).outcome == "budget"
    assert len(model.requests) == 1


async def test_a_worker_asks_no_more_questions_at_once_than_it_has_slots(healer: Resources, model: Model) -> None:
    model.otherwise = Said(chooses(2).body, delay=0.2)
    questions = Questions(healer)
    async with working(healer, **model.settings(model_slots=2)):
        await asyncio.gather(*(questions.ask(row) for row in range(6)))
    assert model.most_underway == 2


async def test_a_question_that_nobody_waits_for_any_more_costs_nothing(healer: Resources, model: Model) -> None:
    questions = Questions(healer)
    async with working(healer, **model.settings()):
        assert (await questions.ask(deadline=now())).outcome == "timeout"
    assert model.requests == []


async def test_a_call_that_a_healer_began_before_it_died_is_not_made_again(healer: Resources, model: Model) -> None:
    questions = Questions(healer)
    asked = await questions.asked()
    begun = ModelCallBegun(
        ask_id=asked.ask_id, job_id=asked.job_id, row=0, recording_id=asked.recording_id, step_number=3, model="m",
        tokens=499_000, micro_usd=10,
    )  # fmt: skip
    await questions.tell(subjects.model_calls(asked.job_id), begun)
    async with working(healer, **model.settings()):
        await questions.put(asked)
        lost = await questions.answer(asked)
        assert (lost.outcome, lost.micro_usd, lost.input_tokens) == ("error", None, None)
        assert "healer was stopped" in lost.reason
        assert (await questions.ask()).outcome == "budget", "what was set aside counts as spent"
    assert model.requests == []


async def test_a_question_that_is_delivered_twice_is_called_for_once(healer: Resources, model: Model) -> None:
    questions = Questions(healer)
    async with Claude(KEY, model.url) as claude:
        calls = ModelCalls(replace(healer, settings=type(healer.settings)(
            **{**healer.settings.model_dump(), **model.settings()})), claude)  # fmt: skip
        asked = await questions.asked()
        await questions.put(asked)
        (recorded,) = await healer.log.load(subjects.row(questions.job, 0))
        await asyncio.gather(calls.answer(recorded), calls.answer(recorded))
        await calls.answer(recorded)
    assert len(model.requests) == 1
    told = [each.event for each in await healer.log.load(subjects.model_calls(questions.job))]
    assert [type(event) for event in told] == [ModelCallBegun, ModelAnswered]


async def test_a_call_under_way_ends_when_the_service_stops(healer: Resources, model: Model) -> None:
    model.otherwise = Said(chooses(2).body, delay=0.6)
    questions = Questions(healer)
    async with working(healer, **model.settings()):
        asked = await questions.asked()
        await questions.put(asked)
        while not model.requests:
            await asyncio.sleep(0.02)
    assert (await questions.answer(asked)).outcome == "answered"


async def told(resources: Resources) -> str | None:
    """Why runners ask no model; waits for a moment until they do not."""
    for _ in range(50):
        if why_not := (await ModelSwitch(resources.nats).read()).why_not:
            return why_not
        await asyncio.sleep(0.02)
    return None


async def test_without_a_key_no_question_is_taken_and_runners_are_told(healer: Resources) -> None:
    async with working(healer) as (worker, there):
        assert worker.why_not is not None
        assert "ANTHROPIC_API_KEY" in worker.why_not
        await asyncio.sleep(0.2)
        assert await told(there) == worker.why_not


async def test_a_healer_that_stops_leaves_nobody_asking_in_vain(healer: Resources, model: Model) -> None:
    async with working(healer, **model.settings()) as (_, there):
        switch = ModelSwitch(there.nats)
        while not (await switch.read()).on:
            await asyncio.sleep(0.02)
    assert not (await switch.read()).on


async def test_a_healer_without_a_key_does_not_speak_for_one_that_has_a_key(healer: Resources, model: Model) -> None:
    async with working(healer, **model.settings()) as (_, there):
        switch = ModelSwitch(there.nats)
        while not (await switch.read()).on:
            await asyncio.sleep(0.02)
        async with working(healer):
            await asyncio.sleep(0.2)
            assert (await switch.read()).on


async def test_a_key_that_is_refused_switches_the_model_off_for_a_while(healer: Resources, model: Model) -> None:
    questions = Questions(healer)
    async with working(healer, **model.settings(anthropic_api_key="wrong")) as (worker, there):
        first = await questions.ask()
        assert (first.outcome, first.micro_usd) == ("error", 0)
        assert worker.why_not is not None
        assert await told(there) == worker.why_not
        assert (await questions.ask()).outcome == "off"
    assert model.requests == []


async def test_a_picture_that_is_gone_is_no_reason_to_call(healer: Resources, model: Model) -> None:
    questions = Questions(healer)
    async with working(healer, **model.settings()):
        answered = await questions.ask(picture="00" * 32)
    assert (answered.outcome, model.requests) == ("error", [])


async def test_the_read_models_add_up(healer: Resources, model: Model) -> None:
    model.script = [chooses(2), Said(chooses(2).body, delay=3), NO_CHOICE]
    questions = Questions(healer)
    async with working(healer, **model.settings(model_seconds=1)):
        for row in range(3):
            await questions.ask(row)
        await questions.ask(3, budget=ModelBudget(calls=3))
    await project_all(healer, MODEL_CALLS)
    async with healer.database.tenant(questions.context.org) as connection:
        (sums,) = [dict(row) async for row in queries.sum_calls(connection, job_id=questions.job, page=10)]
        statuses = [row["status"] async for row in queries.list_questions(connection, status=None, page=100)]
    assert (sums["calls"], sums["answered"], sums["refused_by_budget"]) == (3, 1, 1)
    assert (sums["input_tokens"], sums["output_tokens"]) == (6000, 240)
    assert (float(sums["cost_usd"]), sums["calls_of_unknown_cost"]) == (0.0144, 1)
    assert sorted(statuses) == ["completed", "completed", "failed", "failed"]
    async with healer.database.tenant(new_id()) as connection:
        assert [row async for row in queries.sum_calls(connection, job_id=None, page=10)] == []
