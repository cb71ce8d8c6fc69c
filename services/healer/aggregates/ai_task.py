"""The questions that a job puts to a model: each is called for once, within what the job may spend.

Events: `ModelCallBegun`, `ModelAnswered` (the question itself, `ModelAsked`, is told by the row).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import assert_never
from uuid import UUID

from shared.contracts.vision import ModelAnswered, ModelBudget, ModelCallBegun
from shared.core.decider import Decider
from shared.core.events import Event


@dataclass(frozen=True, slots=True)
class BeginCall:
    """The model shall be called; `begun` tells what is set aside for it, `limits` what the job may spend in all."""

    begun: ModelCallBegun
    limits: ModelBudget


@dataclass(frozen=True, slots=True)
class SettleCall:
    """What became of a question, whether or not the model was called for it."""

    answered: ModelAnswered


Command = BeginCall | SettleCall


@dataclass(frozen=True, slots=True)
class Spending:
    """Tokens and money, of one call or of several."""

    tokens: int = 0
    micro_usd: int = 0


@dataclass(frozen=True, slots=True)
class AiTasks:
    """A job's calls. `open`: what is set aside for calls that no answer has settled."""

    calls: int = 0
    spent: Spending = Spending()
    open: Mapping[UUID, Spending] = field(default_factory=dict)
    answered: frozenset[UUID] = frozenset()


def evolve(state: AiTasks, event: Event) -> AiTasks:
    """The calls after an event."""
    match event:
        case ModelCallBegun():
            aside = Spending(event.tokens, event.micro_usd or 0)
            return AiTasks(state.calls + 1, state.spent, {**state.open, event.ask_id: aside}, state.answered)
        case ModelAnswered():
            aside = state.open.get(event.ask_id, Spending())
            known = event.input_tokens is not None and event.output_tokens is not None
            tokens = (event.input_tokens or 0) + (event.output_tokens or 0) if known else aside.tokens
            micro_usd = event.micro_usd if event.micro_usd is not None else 0 if known else aside.micro_usd
            spent = Spending(state.spent.tokens + tokens, state.spent.micro_usd + micro_usd)
            left = {ask: each for ask, each in state.open.items() if ask != event.ask_id}
            return AiTasks(state.calls, spent, left, state.answered | {event.ask_id})
        case _:
            return state


def decide(command: Command, state: AiTasks) -> Sequence[Event]:
    """New events for a command."""
    match command:
        case BeginCall():
            begun = command.begun
            if begun.ask_id in state.answered or begun.ask_id in state.open:
                return []
            exceeded = _exceeded(command, state)
            return [_refused(begun, exceeded)] if exceeded else [begun]
        case SettleCall():
            return [] if command.answered.ask_id in state.answered else [command.answered]
        case _:
            assert_never(command)


def _exceeded(command: BeginCall, state: AiTasks) -> str | None:
    """Which limit the call might break; what is set aside for calls under way counts as spent."""
    begun, limits = command.begun, command.limits
    tokens = state.spent.tokens + sum(each.tokens for each in state.open.values()) + begun.tokens
    micro_usd = state.spent.micro_usd + sum(each.micro_usd for each in state.open.values()) + (begun.micro_usd or 0)
    if limits.calls is not None and state.calls >= limits.calls:
        return f"the job has used its {limits.calls} calls of the model"
    if limits.tokens is not None and tokens > limits.tokens:
        return f"another call could take the job beyond its {limits.tokens:,} tokens"
    if limits.micro_usd is not None and micro_usd > limits.micro_usd:
        return f"another call could take the job beyond its {limits.micro_usd / 1e6:.2f} US dollars"
    return None


def _refused(begun: ModelCallBegun, reason: str) -> ModelAnswered:
    return ModelAnswered(
        ask_id=begun.ask_id,
        job_id=begun.job_id,
        row=begun.row,
        recording_id=begun.recording_id,
        step_number=begun.step_number,
        outcome="budget",
        reason=reason,
        input_tokens=0,
        output_tokens=0,
        micro_usd=0,
    )


ai_tasks: Decider[Command, AiTasks] = Decider(AiTasks(), evolve, decide)
