"""Questions to a model, and what becomes of them."""

from datetime import timedelta
from uuid import UUID

from shared.bus import subjects
from shared.contracts.vision import ModelAnswered, ModelAsked, ModelBudget, ModelCallBegun
from tests.golden.samples import BEGIN, ORIGIN, PATH
from tests.golden.teller import Story


def questions_to_a_model(teller: Story, job: UUID) -> None:
    """One finds the element; a call is cut short, so that its cost is not known; the third is beyond the budget."""
    calls = subjects.model_calls(job)
    for number in (1, 2, 3):
        asked = _asked(teller, job, number)
        teller.tell(subjects.row(job, 0), asked, kind="ask")
        if number < 3:
            teller.tell(calls, _begun(asked))
        teller.tell(calls, _answered(asked, number))


def _asked(teller: Story, job: UUID, number: int) -> ModelAsked:
    return ModelAsked(
        ask_id=teller.id("question", job, number),
        job_id=job,
        row=0,
        attempt=1,
        recording_id=teller.id("recording"),
        step_number=4,
        event="click",
        target={"tag": "button", "id": "save", "aria": "Save", "visible_text": "Save – sichern 保存"},
        candidates=[
            {"mark": 1, "tag": "button", "role": "button", "name": "", "text": "", "confidence": 61},
            {"mark": 2, "tag": "a", "role": "link", "name": "Cancel", "text": "Cancel", "confidence": 12},
        ],
        picture="ab" * 32,
        page_origin=ORIGIN,
        page_path=PATH,
        threshold=80,
        deadline=BEGIN + timedelta(seconds=30),
        budget=ModelBudget(calls=2, tokens=40_000, micro_usd=250_000),
    )


def _begun(asked: ModelAsked) -> ModelCallBegun:
    return ModelCallBegun(
        ask_id=asked.ask_id,
        job_id=asked.job_id,
        row=asked.row,
        recording_id=asked.recording_id,
        step_number=asked.step_number,
        model="claude-sonnet-5-5",
        tokens=10_250,
        micro_usd=53_268,
    )


def _answered(asked: ModelAsked, number: int) -> ModelAnswered:
    answered = ModelAnswered(
        ask_id=asked.ask_id,
        job_id=asked.job_id,
        row=asked.row,
        recording_id=asked.recording_id,
        step_number=asked.step_number,
        outcome="answered",
        index=0,
        confidence=91,
        reason="the only button of the form with a disk on it",
        model="claude-sonnet-5-5",
        input_tokens=3_120,
        output_tokens=210,
        micro_usd=8_340,
        tries=2,
        ms=2_412,
        request="cd" * 32,
        response="ef" * 32,
    )
    nothing = {"index": None, "confidence": 0, "response": None}
    unknown = {"input_tokens": None, "output_tokens": None, "micro_usd": None}
    late = {"outcome": "timeout", "reason": "the model gave no answer within 20 s", "ms": 20_003, "tries": 1}
    free = {"input_tokens": 0, "output_tokens": 0, "micro_usd": 0, "tries": 0, "ms": 0, "model": None, "request": None}
    refused = {"outcome": "budget", "reason": "the job has used its 2 calls of the model"}
    changes = {1: {}, 2: nothing | unknown | late, 3: nothing | free | refused}[number]
    return answered.model_copy(update=changes)
