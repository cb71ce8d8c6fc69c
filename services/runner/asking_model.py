"""SHELL: a row asks a model which element is meant, and waits for the healer's answer."""

import asyncio
from contextlib import aclosing
from datetime import timedelta
from typing import Any

from services.runner.adapters.options import Artifact, Hooks, ModelAnswer, ModelQuestion
from services.runner.adapters.secrets import Secrets
from services.runner.aggregates.row_run import NoteOnTheWay
from services.runner.known import Known
from services.runner.row_stream import RowStream
from services.runner.row_values import opened_values
from shared.bus import subjects
from shared.contracts.scheduler import JobOptions
from shared.contracts.sealed import MASK, is_sealed
from shared.contracts.vision import ModelAnswered, ModelAsked, ModelBudget
from shared.core.time_and_ids import new_id

WAIT_SECONDS = 30.0  # for an answer; the healer gives up earlier by itself
LONGEST_TEXT, MOST_TEXTS = 300, 40  # characters of a text, members of a list or an object


class AskingModel:
    """One row's questions. What becomes of each is told to those who watch the row, through its `hooks`."""

    def __init__(self, stream: RowStream, known: Known, hooks: Hooks) -> None:
        assert stream.model is not None
        self._stream, self._known, self._hooks, self._model = stream, known, hooks, stream.model
        self._event = stream.event

    async def why_not(self) -> str | None:
        """Why this row asks no model; none where it does."""
        return await self._model.why_not(self._event.job_id, await self._options())

    async def ask(self, question: ModelQuestion) -> ModelAnswer | None:
        """What the model says; none where it is not asked, or says nothing that can be used.

        Waits for `WAIT_SECONDS` at the longest, and can be cancelled.
        """
        number, why_not, picture = question.step_number, await self.why_not(), ""
        if not why_not:
            name = f"step-{number}-candidates.jpg"
            picture = await self._hooks.artifact(Artifact("screenshot", name, question.picture, "image/jpeg", number))
            why_not = None if picture else "its picture could not be kept"
        if why_not:
            await self._hooks.log("info", f"the model was not asked: {why_not}", number)
            return None
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                answered = await self._answer_to(await self._asked(question, picture))
        except TimeoutError:
            await self._hooks.log("warn", f"the model gave no answer within {WAIT_SECONDS:g} s", number)
            return None
        return await self._read(answered)

    async def _answer_to(self, asked: ModelAsked) -> ModelAnswered:
        """Append the question and follow the healer's answers of this job from there on."""
        stream, subject = self._stream, subjects.model_calls(asked.job_id).subject()
        after = stream.position
        await stream.carry_out(NoteOnTheWay(stream.hold, asked), f"ask-{asked.ask_id}", "ask")
        log = stream.resources.log
        async with aclosing(log.follow([subject], after, linger=0.0, only=(ModelAnswered,))) as batches:
            async for batch in batches:
                for recorded in batch.events:
                    if isinstance(recorded.event, ModelAnswered) and recorded.event.ask_id == asked.ask_id:
                        return recorded.event
        raise TimeoutError

    async def _read(self, answered: ModelAnswered) -> ModelAnswer | None:
        sure, why, number = answered.confidence, answered.reason, answered.step_number
        match answered.outcome:
            case "answered":
                await self._hooks.log("info", f"the model chose a candidate, certain to {sure} of 100: {why}", number)
                return ModelAnswer(answered.index, sure, why)
            case "none":
                await self._hooks.log("info", f"the model chose no candidate: {why}", number)
                return ModelAnswer(None, sure, why)
            case "budget" | "off":
                if answered.outcome == "budget":
                    self._model.note_spent(answered.job_id, why)
                await self._hooks.log("warn", f"the model was not asked: {why}", number)
            case outcome:
                await self._hooks.log("warn", f"the model gave no answer of use ({outcome}): {why}", number)
        return None

    async def _asked(self, question: ModelQuestion, picture: str) -> ModelAsked:
        secrets, event, options = await self._secrets(), self._event, await self._options()
        usd = options.model_budget_usd
        return ModelAsked(
            ask_id=new_id(),
            job_id=event.job_id,
            row=event.row,
            attempt=event.attempt,
            recording_id=event.recording_id,
            step_number=question.step_number,
            event=question.event,
            target=presentable(question.target, secrets),
            candidates=[
                {**presentable(candidate, secrets), "mark": candidate.get("mark", place)}
                for place, candidate in enumerate(question.candidates, start=1)
            ],
            picture=picture,
            page_origin=question.page_origin,
            page_path=secrets.scrub(question.page_path),
            threshold=question.threshold,
            deadline=self._stream.resources.clock() + timedelta(seconds=WAIT_SECONDS),
            budget=ModelBudget(
                calls=options.model_calls,
                tokens=options.model_tokens,
                micro_usd=None if usd is None else round(usd * 1e6),
            ),
        )

    async def _options(self) -> JobOptions:
        return (await self._known.job(self._event.job_id)).created.options

    async def _secrets(self) -> Secrets:
        """What must never be sent, whatever the page made of it: a second wall behind that of the browser's side."""
        event, secrets = self._event, Secrets()
        job = await self._known.job(event.job_id)
        recording = await self._known.recording(event.recording_id, event.revision)
        stream = self._stream
        values = await opened_values(stream.resources.sealer, stream.dispatched.org, job, recording, event.row)
        for value, secret in values.values():
            if secret and value:
                secrets.add(value)
        return secrets


def presentable(value: Any, secrets: Secrets) -> Any:
    """JSON as it may be told and sent: without secrets, its texts, lists and objects cut to a length."""
    if isinstance(value, str):
        return MASK if is_sealed(value) else secrets.scrub(value)[:LONGEST_TEXT]
    if isinstance(value, dict):
        some = list(value.items())[:MOST_TEXTS]
        return {str(presentable(key, secrets)): presentable(each, secrets) for key, each in some}
    if isinstance(value, list | tuple):
        return [presentable(each, secrets) for each in value[:MOST_TEXTS]]
    return value
