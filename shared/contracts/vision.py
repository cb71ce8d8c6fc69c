"""What is told about a model that is asked which element is meant: a row asks, the healer calls it and answers."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.core.events import Event

# An element was chosen · none of them is it · the model declined · an answer that means nothing · too late ·
# the model is busy · nothing is left of the job's budget · no model is set up · anything else that went wrong.
ModelOutcome = Literal["answered", "none", "refused", "invalid", "timeout", "overloaded", "budget", "off", "error"]


class ModelBudget(BaseModel):
    """The most that the model may cost a job; `usd` in millionths of a US dollar. None: as the operator says."""

    model_config = ConfigDict(frozen=True)
    calls: int | None = None
    tokens: int | None = None
    micro_usd: int | None = None


class ModelAsked(Event):
    """The page's own ranking found nothing certain, and the row waits for a model's word until `deadline`.

    `target`: the recorded element, `candidates`: what the page says of each by its `mark`, the number in the `picture`
    (the SHA-256 of a kept JPEG). None of them holds a typed value.
    """

    personal = ("target", "candidates", "page_origin", "page_path")
    ask_id: UUID
    job_id: UUID
    row: int
    attempt: int
    recording_id: UUID
    step_number: int
    event: str
    target: dict[str, Any]
    candidates: list[dict[str, Any]]
    picture: str
    page_origin: str
    page_path: str
    threshold: int
    deadline: datetime
    budget: ModelBudget = ModelBudget()


class ModelCallBegun(Event):
    """The healer is about to call the model; `tokens` and `micro_usd` are set aside until the answer is there.

    `micro_usd` none: nobody told what the model costs.
    """

    ask_id: UUID
    job_id: UUID
    row: int
    recording_id: UUID
    step_number: int
    model: str
    tokens: int
    micro_usd: int | None


class ModelAnswered(Event):
    """What became of a question. `index`: the candidate that is meant, by its place in the question.

    `input_tokens`, `output_tokens` and `micro_usd` none: not known, so that what was set aside counts as spent.
    `tries`: requests that were sent. `request` and `response`: the SHA-256 of what was kept of them.
    """

    personal = ("reason",)
    ask_id: UUID
    job_id: UUID
    row: int
    recording_id: UUID
    step_number: int
    outcome: ModelOutcome
    index: int | None = None
    confidence: int = 0
    reason: str = ""
    model: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    micro_usd: int | None = None
    tries: int = 0
    ms: int = 0
    request: str | None = None
    response: str | None = None


EVENTS: tuple[type[Event], ...] = (ModelAsked, ModelCallBegun, ModelAnswered)
