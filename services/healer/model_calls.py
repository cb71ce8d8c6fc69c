"""SHELL: one question of a row to the model: set aside what it may cost, call, keep what was said, tell the answer."""

import asyncio
import json
from typing import Any

import structlog

from services.healer.adapters.claude import Claude, Reply
from services.healer.adapters.prompting import MAX_TOKENS, kept_form, most_input_tokens, request_of
from services.healer.adapters.reading import Meaning, meaning_of
from services.healer.aggregates.ai_task import AiTasks, BeginCall, Command, SettleCall, ai_tasks
from services.healer.settings import HealerSettings
from shared.bus import subjects
from shared.bus.commands import Decided, carry_out
from shared.bus.log import Context
from shared.contracts.vision import ModelAnswered, ModelAsked, ModelBudget, ModelCallBegun
from shared.core.errors import NotFound, RetoldError, Unavailable
from shared.core.events import Recorded
from shared.ops.metrics import MODEL_CALLS, MODEL_COST, MODEL_TOKENS
from shared.runtime import Resources

LEAST_SECONDS = 1.0  # of a row's patience: with less, no call is begun
SETTLE_SECONDS = 20.0
LOST = "the healer was stopped while it waited for the model; what the call cost is not known"

log = structlog.get_logger()


class ModelCalls:
    """Carries out questions, each at most once: a call that was begun and not settled is never begun again."""

    def __init__(self, resources: Resources, claude: Claude) -> None:
        self._resources, self._claude = resources, claude
        self._settings: HealerSettings = resources.settings
        self._deciding = asyncio.Lock()  # questions of one job come together, and would only get in each other's way

    async def answer(self, recorded: Recorded, off: str | None = None) -> bool:
        """See to a question; `off`: why the model is not to be called. Whether its service refused our key.

        Raises `Unavailable`; then the question is handed out again.
        """
        asked = recorded.event
        assert isinstance(asked, ModelAsked)
        if off:
            await self._settle(recorded, _unasked(asked, Meaning("off", off)))
            return False
        left = (asked.deadline - self._resources.clock()).total_seconds()
        if left < LEAST_SECONDS:
            await self._settle_late(recorded, asked)
            return False
        try:
            picture = await self._resources.objects.get(recorded.org, asked.picture)
        except NotFound as missing:
            await self._settle(recorded, _unasked(asked, Meaning("error", missing.detail)))
            return False
        request = request_of(asked, picture, self._settings.model, self._settings.model_effort)
        begun = self._begun(asked, most_input_tokens(request))
        done = await self._carry_out(recorded, BeginCall(begun, self._limits(asked.budget)), "begin")
        if not done.changed:
            await self._settle_late(recorded, asked)
            return False
        if asked.ask_id in done.state.answered:
            MODEL_CALLS.labels("", "budget").inc()
            return False
        return await self._call(recorded, request, min(left, self._settings.model_seconds))

    def _begun(self, asked: ModelAsked, input_tokens: int) -> ModelCallBegun:
        price = self._settings.price
        return ModelCallBegun(
            ask_id=asked.ask_id,
            job_id=asked.job_id,
            row=asked.row,
            recording_id=asked.recording_id,
            step_number=asked.step_number,
            model=self._settings.model,
            tokens=input_tokens + MAX_TOKENS,
            micro_usd=price.micro_usd(input_tokens, MAX_TOKENS) if price else None,
        )

    def _limits(self, wished: ModelBudget) -> ModelBudget:
        """What the job asks for, within what the operator allows."""
        most = self._settings
        return ModelBudget(
            calls=_least(wished.calls, most.model_calls),
            tokens=_least(wished.tokens, most.model_tokens),
            micro_usd=_least(wished.micro_usd, round(most.model_budget_usd * 1e6)),
        )

    async def _call(self, recorded: Recorded, request: dict[str, Any], seconds: float) -> bool:
        asked = recorded.event
        assert isinstance(asked, ModelAsked)
        began = asyncio.get_running_loop().time()
        reply = await self._claude.ask(request, seconds)
        ms = round((asyncio.get_running_loop().time() - began) * 1000)
        meaning = meaning_of(reply.body, asked) if reply.body is not None else _unheard(reply)
        sent = json.dumps(kept_form(request, asked.picture), ensure_ascii=False).encode()
        answered = _answered(
            asked,
            meaning,
            model=self._settings.model,
            micro_usd=self._cost(meaning),
            tries=reply.tries,
            ms=ms,
            request=await self._keep(recorded, sent),
            response=await self._keep(recorded, reply.body.encode()) if reply.body else None,
        )
        await self._settle(recorded, answered)
        return reply.key_refused

    def _cost(self, meaning: Meaning) -> int | None:
        """In millionths of a US dollar; none where the price or the tokens are not known."""
        if meaning.input_tokens is None or meaning.output_tokens is None:
            return None
        if not meaning.input_tokens + meaning.output_tokens:
            return 0
        price = self._settings.price
        return price.micro_usd(meaning.input_tokens, meaning.output_tokens) if price else None

    async def _keep(self, recorded: Recorded, content: bytes) -> str | None:
        try:
            return await self._resources.objects.put(recorded.org, content)
        except RetoldError as failure:
            log.warning("what was said to a model or by it is not kept", reason=failure.detail)
            return None

    async def _settle_late(self, recorded: Recorded, asked: ModelAsked) -> None:
        """A question that nobody waits for any more, or whose call was begun by a healer that is gone."""
        state = ai_tasks.fold(each.event for each in await self._resources.log.load(_stream(asked)))
        if asked.ask_id in state.open:
            await self._settle(recorded, _answered(asked, Meaning("error", LOST), model=self._settings.model))
        elif asked.ask_id not in state.answered:
            late = Meaning("timeout", "the question came too late: its row does not wait any more")
            await self._settle(recorded, _unasked(asked, late))

    async def _settle(self, recorded: Recorded, answered: ModelAnswered) -> None:
        """Tell the answer; one that was paid for is worth some patience."""
        deadline = asyncio.get_running_loop().time() + SETTLE_SECONDS
        while True:
            try:
                done = await self._carry_out(recorded, SettleCall(answered), "settle")
                break
            except Unavailable:
                if asyncio.get_running_loop().time() > deadline:
                    raise
                await asyncio.sleep(1)
        if done.changed:
            _count(answered)
            log.info("model", outcome=answered.outcome, ask=str(answered.ask_id), ms=answered.ms, tries=answered.tries)

    async def _carry_out(self, recorded: Recorded, command: Command, what: str) -> Decided[AiTasks]:
        asked = recorded.event
        assert isinstance(asked, ModelAsked)
        context = Context.because_of(recorded, "healer")
        async with self._deciding:
            return await carry_out(
                self._resources.log, ai_tasks, _stream(asked), command, context, f"{asked.ask_id}-{what}"
            )


def _stream(asked: ModelAsked) -> subjects.Stream:
    return subjects.model_calls(asked.job_id)


def _least(wished: int | None, most: int) -> int:
    return most if wished is None else min(wished, most)


def _unheard(reply: Reply) -> Meaning:
    nothing = 0 if reply.free else None
    return Meaning(reply.outcome, reply.reason, input_tokens=nothing, output_tokens=nothing)


def _unasked(asked: ModelAsked, why: Meaning) -> ModelAnswered:
    free = Meaning(why.outcome, why.reason, input_tokens=0, output_tokens=0)
    return _answered(asked, free, micro_usd=0)


def _answered(asked: ModelAsked, meaning: Meaning, **more: Any) -> ModelAnswered:
    return ModelAnswered(
        ask_id=asked.ask_id,
        job_id=asked.job_id,
        row=asked.row,
        recording_id=asked.recording_id,
        step_number=asked.step_number,
        outcome=meaning.outcome,
        index=meaning.index,
        confidence=meaning.confidence,
        reason=meaning.reason,
        input_tokens=meaning.input_tokens,
        output_tokens=meaning.output_tokens,
        **more,
    )


def _count(answered: ModelAnswered) -> None:
    model = answered.model or ""
    MODEL_CALLS.labels(model, answered.outcome).inc()
    MODEL_TOKENS.labels(model, "input").inc(answered.input_tokens or 0)
    MODEL_TOKENS.labels(model, "output").inc(answered.output_tokens or 0)
    MODEL_COST.labels(model).inc((answered.micro_usd or 0) / 1e6)
