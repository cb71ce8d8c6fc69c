"""What the runner tells: what happened in a browser, row by row."""

from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.contracts.recording import LocatorBundle
from shared.contracts.runner_before import before_effects, before_evidence, before_pictures
from shared.core.events import Event

StepStatus = Literal["completed", "failed", "skipped"]
FoundBy = Literal["recorded", "bundle", "cached", "healed"]
# By an organization's own rules · no address of the public internet · credentials · never opened · not understood.
RefusalReason = Literal["policy", "private", "metadata", "scheme", "unreadable"]
NOT_REVIEWED = "not_reviewed"  # the error type of a row that gave its browser up while it waited for a person

ArtifactKind = Literal["screenshot", "pdf", "video", "trace", "data"]


class NetworkRequest(BaseModel):
    """A request that ended while a step was performed; `status` none: it failed. `ms` since it was sent."""

    model_config = ConfigDict(frozen=True)
    method: str
    url: str
    kind: str
    status: int | None = None
    ms: int = 0
    failure: str | None = None


class StepEvidence(BaseModel):
    """What was seen beside a step's result: of one that failed or was healed, or because the job asked for it.

    Times in milliseconds, pictures and pages by their SHA-256, addresses without what was typed (origin and path).
    """

    model_config = ConfigDict(frozen=True)
    page_url: str | None = None
    selector_used: str | None = None
    fallbacks_attempted: list[str] = []
    suggested_selectors: list[str] = []
    element_visible: bool | None = None
    element_enabled: bool | None = None
    wait_ms: int | None = None
    dom_ready_ms: int | None = None
    network_requests: int | None = None
    network: list[NetworkRequest] = []
    console: list[str] = []
    screenshot_before: str | None = None
    screenshot_after: str | None = None
    screenshot_error: str | None = None
    dom_snapshot: str | None = None


class StepResult(BaseModel):
    """What became of one step. Times in milliseconds; `locating_us`, and of it `healing_us`: in microseconds.

    `warning`: the step went well and a person should look at it all the same, a soft assertion that failed, say.
    """

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
    locating_us: int | None = None
    healing_us: int | None = None
    warning: str | None = None
    evidence: StepEvidence | None = None


class Taught(BaseModel):
    """The full bundle of a step's element, as a successful run saw it.

    `effects`: what the action was seen to bring about beside changes of the page, in the words of
    `services/runner/adapters/effects.py`.
    """

    model_config = ConfigDict(frozen=True)
    step_number: int
    bundle: LocatorBundle
    element_tag: str
    element_type: str | None = None
    effects: list[str] = []


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


_OF_A_HEAL = ("original_selector", "healed_selector", "healed_bundle", "rivals", "page_origin", "page_path")


class ElementHealed(Event):
    """The bundle's own locators found nothing; this element was chosen instead, or nothing was certain enough.

    `candidates`: how many elements were compared. Pictures by their SHA-256: the page with the element framed, and the
    page after the action where that was waited for. `revision`: of the recording, that the row runs.
    """

    v = 2
    upcasters = {1: before_pictures}  # noqa: RUF012
    personal = (*_OF_A_HEAL, "error_message")
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
    candidates: int = 0
    picture_before: str | None = None
    picture_after: str | None = None
    revision: int | None = None


class HealProposed(Event):
    """A stand-in was found where a person wants to be asked first: the row waits for the answer.

    `proposal_id`: the same for the same stand-in of the same step on the same page, in whatever row it is met; the
    healer keeps the heal under this id, and one answer serves all rows. Told before anything is done to the element.
    """

    personal = _OF_A_HEAL
    job_id: UUID
    row: int
    attempt: int
    recording_id: UUID
    revision: int
    proposal_id: UUID
    cache_key: str
    step_number: int
    method: Literal["fuzzy_match", "bounding_box", "claude_vision"]
    original_selector: str
    healed_selector: str
    healed_bundle: LocatorBundle | None
    confidence: int
    rivals: list[dict[str, Any]]
    page_origin: str
    page_path: str
    candidates: int = 0
    picture_before: str | None = None
    picture_after: str | None = None


class HealWithdrawn(Event):
    """What was done to a healed element, or to a cached heal's, had no effect as the recorded action had one.

    `cache_key`: of the cached heal that was used; without it, the element was healed in this very row.
    """

    personal = ("original_selector", "page_origin", "page_path", "reason")
    job_id: UUID
    row: int
    recording_id: UUID
    step_number: int
    cache_key: str | None
    original_selector: str
    page_origin: str
    page_path: str
    reason: str


class CachedHealMissed(Event):
    """A cached heal no longer found its element."""

    job_id: UUID
    row: int
    recording_id: UUID
    step_number: int
    cache_key: str


class BundlesLearned(Event):
    """A successful row saw the full bundles of steps that had been recorded with thin ones."""

    v = 2
    upcasters = {1: before_effects}  # noqa: RUF012
    personal = ("taught",)
    recording_id: UUID
    revision: int
    taught: list[Taught]


class ArtifactKept(Event):
    """A file that a row left behind, by its SHA-256; `size` in bytes. Without a step it is of the whole row."""

    personal = ("name",)
    job_id: UUID
    row: int
    attempt: int
    kind: ArtifactKind
    name: str
    digest: str
    media_type: str
    size: int
    step_number: int | None = None


class RowFinished(Event):
    """The row's attempt ended. `final` says that no other attempt follows.

    `extracted`: values that its steps took from pages, by name. `total_steps`: how many there were to perform.
    `browser`: what performed them, as it names itself.
    """

    v = 2
    upcasters = {1: before_evidence}  # noqa: RUF012
    personal = (
        *("error_message", "extracted", "steps.*.message", "steps.*.error", "steps.*.warning"),
        *("steps.*.evidence.page_url", "steps.*.evidence.selector_used", "steps.*.evidence.console"),
        *("steps.*.evidence.fallbacks_attempted", "steps.*.evidence.suggested_selectors"),
        *("steps.*.evidence.network.*.url", "steps.*.evidence.network.*.failure"),
    )
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
    extracted: dict[str, str] | None = None
    total_steps: int = 0
    browser: str | None = None


class UrlRefused(Event):
    """The URL policy refused something that a page or a step would open; `rule` says in words by which rule."""

    personal = ("url", "rule")
    job_id: UUID
    row: int
    attempt: int
    step_number: int | None = None
    url: str
    reason: RefusalReason
    rule: str


EVENTS: tuple[type[Event], ...] = (
    RowStarted,
    StepIntended,
    ElementHealed,
    HealProposed,
    HealWithdrawn,
    CachedHealMissed,
    BundlesLearned,
    UrlRefused,
    ArtifactKept,
    RowFinished,
)
