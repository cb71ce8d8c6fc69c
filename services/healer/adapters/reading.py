"""PURE: what a response of the model means: a candidate, none, or nothing that can be used."""

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.healer.adapters.prompting import TOOL
from shared.contracts.vision import ModelAsked, ModelOutcome

LONGEST_REASON = 500  # characters that are kept


class _Usage(BaseModel):
    input_tokens: Annotated[int, Field(ge=0)]
    output_tokens: Annotated[int, Field(ge=0)]
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None

    @property
    def all_input(self) -> int:
        return self.input_tokens + (self.cache_creation_input_tokens or 0) + (self.cache_read_input_tokens or 0)


class _Message(BaseModel):
    stop_reason: str | None
    content: list[dict[str, Any]]


class _Metered(BaseModel):
    usage: _Usage


class _Choice(BaseModel):
    """The tool's input, as its schema says; nothing is bent into shape."""

    model_config = ConfigDict(strict=True, extra="forbid")
    choice: int | None
    confidence: Annotated[int, Field(ge=0, le=100)]
    reason: str


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a response came to; tokens are none where it does not tell them."""

    outcome: ModelOutcome
    reason: str
    index: int | None = None
    confidence: int = 0
    input_tokens: int | None = None
    output_tokens: int | None = None


def meaning_of(body: str, asked: ModelAsked) -> Meaning:
    """The meaning of a response's JSON. Never raises: what cannot be read is `invalid`, and says why."""
    outcome, reason, index, confidence = _judged(body, asked)
    try:
        usage = _Metered.model_validate_json(body).usage
    except ValidationError:
        return Meaning(outcome, reason, index, confidence)
    return Meaning(outcome, reason, index, confidence, usage.all_input, usage.output_tokens)


def _judged(body: str, asked: ModelAsked) -> tuple[ModelOutcome, str, int | None, int]:
    try:
        message = _Message.model_validate_json(body)
    except ValidationError:
        return "invalid", "the model's answer is no message", None, 0
    if message.stop_reason == "refusal":
        return "refused", "the model declined to answer", None, 0
    if message.stop_reason in ("max_tokens", "model_context_window_exceeded"):
        return "invalid", "the model's answer was cut off", None, 0
    calls = [block for block in message.content if block.get("type") == "tool_use"]
    if len(calls) != 1 or calls[0].get("name") != TOOL:
        return "invalid", f"the model did not answer with one call of {TOOL}", None, 0
    try:
        choice = _Choice.model_validate(calls[0].get("input"))
    except ValidationError as error:
        wrong = ", ".join(sorted({str(each["loc"][0]) if each["loc"] else "input" for each in error.errors()}))
        return "invalid", f"the model's answer has not the agreed form: {wrong[:100]}", None, 0
    return _chosen(choice, asked)


def _chosen(choice: _Choice, asked: ModelAsked) -> tuple[ModelOutcome, str, int | None, int]:
    reason = choice.reason.strip()[:LONGEST_REASON]
    if choice.choice is None:
        return "none", reason, None, choice.confidence
    marks = [candidate.get("mark") for candidate in asked.candidates]
    if choice.choice not in marks:
        return "invalid", f"the model chose mark {choice.choice}, which is not in the picture", None, 0
    if choice.confidence < asked.threshold:
        unsure = f"mark {choice.choice} at {choice.confidence}, where {asked.threshold} is needed: {reason}"
        return "none", unsure, None, choice.confidence
    return "answered", reason, marks.index(choice.choice), choice.confidence
