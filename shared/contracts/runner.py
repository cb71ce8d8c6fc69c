"""What the runner tells: what happened in a browser, row by row."""

from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.contracts.recording import LocatorBundle
from shared.core.events import Event

StepStatus = Literal["completed", "failed", "skipped"]
FoundBy = Literal["recorded", "bundle", "cached", "healed"]


class StepResult(BaseModel):
    """What became of one step. Times in milliseconds."""

    model_config = ConfigDict(frozen=True)
    step_number: int
    status: StepStatus
    duration: int
    locating_ms: int | None = None
    strategy: str | None = None
    found_by: FoundBy | None = None
    agreeing: int | None = None
    confidence: int | None = None
    cache_key: str | None = None
    retries: int = 0
    message: str | None = None
    error_type: str | None = None
    error: str | None = None
    healing_attempted: bool = False
    healing_success: bool | None = None


class Taught(BaseModel):
    """The full bundle of a step's element, as a successful run saw it."""

    model_config = ConfigDict(frozen=True)
    step_number: int
    bundle: LocatorBundle
    element_tag: str
    element_type: str | None = None


class RowStarted(Event):
    """A worker took the row. A later `RowStarted` of the same row takes it over and fences the worker before."""

    job_id: UUID
    row: int
    attempt: int
    worker_id: str
    delivery: int


class StepIntended(Event):
    """The worker is about to do what may change the world: from here on the row never runs twice unseen."""

    personal = ("action",)
    job_id: UUID
    row: int
    attempt: int
    step_number: int
    action: str


class ElementHealed(Event):
    """The bundle's own locators found nothing; this element was chosen instead, or nothing was certain enough."""

    personal = (
        "original_selector",
        "healed_selector",
        "healed_bundle",
        "rivals",
        "page_origin",
        "page_path",
        "error_message",
    )
    job_id: UUID
    row: int
    recording_id: UUID
    step_number: int
    method: Literal["fuzzy_match", "bounding_box", "claude_vision"]
    original_selector: str
    healed_selector: str | None
    healed_bundle: LocatorBundle | None
    confidence: int
    rivals: list[dict[str, Any]]
    page_origin: str
    page_path: str
    success: bool
    error_message: str | None = None


class CachedHealMissed(Event):
    """A cached heal no longer found its element."""

    job_id: UUID
    row: int
    recording_id: UUID
    step_number: int
    cache_key: str


class BundlesLearned(Event):
    """A successful row saw the full bundles of steps that had been recorded with thin ones."""

    personal = ("taught",)
    recording_id: UUID
    revision: int
    taught: list[Taught]


class RowFinished(Event):
    """The row's attempt ended. `final` says that no other attempt follows."""

    personal = ("error_message", "steps.*.message", "steps.*.error")
    job_id: UUID
    row: int
    attempt: int
    worker_id: str
    status: Literal["success", "failed"]
    final: bool
    duration: int
    steps: list[StepResult]
    error_type: str | None = None
    error_message: str | None = None
    failed_step: int | None = None
    screenshot: str | None = None


EVENTS: tuple[type[Event], ...] = (
    RowStarted,
    StepIntended,
    ElementHealed,
    CachedHealMissed,
    BundlesLearned,
    RowFinished,
)
