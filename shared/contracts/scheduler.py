"""What the scheduler tells: jobs, which rows run and when, how a job ended."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema, field_serializer, model_validator

from shared.contracts.healing_modes import MODES, HealingMode
from shared.contracts.recording import Step
from shared.core.events import Event

StopReason = Literal["cancelled", "stop_on_error", "timeout"]
JobEnd = Literal["completed", "failed", "cancelled", "timeout"]


Recording = Literal["off", "on", "on_failure", "on_retry"]


# Events tell yes or no, and `healing_mode` beside it.
YES_OR_A_MODE = {"anyOf": [{"enum": list(MODES), "type": "string"}, {"type": "boolean"}]}


class Viewport(BaseModel):
    """The size of a browser's window, in CSS pixels."""

    model_config = ConfigDict(frozen=True)
    width: int = Field(ge=100, le=8192)
    height: int = Field(ge=100, le=8192)


class JobOptions(BaseModel):
    """How the rows of a job are run. Times in milliseconds unless their name says otherwise.

    Every field has a default, and what a runner of an earlier release does not know it leaves out. The documents'
    own spellings are read at the edge (`shared/contracts/option_words.py`).
    """

    model_config = ConfigDict(frozen=True)
    wait_timeout: int = Field(5000, ge=100, le=120_000, description="how long a step waits for its element")
    wait_until: Literal["load", "domcontentloaded", "networkidle"] = "load"
    row_timeout: int = Field(300_000, ge=1000, le=3_600_000, description="of an attempt; time on pause is not counted")
    healing: Annotated[HealingMode, WithJsonSchema(YES_OR_A_MODE)] = Field(
        "autonomous", description="stand-ins for what is not found: used at once, after a person's review, or off"
    )
    confidence_threshold: int = Field(80, ge=0, le=100, description="how certain a stand-in must be")
    retry_backoff: tuple[int, ...] = Field((100, 200, 400), description="between tries of a step")
    on_unknown: Literal["fail", "rerun"] = Field("fail", description="of rows whose runner died after it had acted")
    max_retries: int = Field(0, ge=0, le=10, description="further attempts for a row that failed")
    deadline_seconds: int | None = Field(None, ge=1, description="after this long no further row is started")

    browser: str = Field("chromium-desktop", max_length=64, description="a browser type, such as firefox-mobile")
    user_agent: str | None = Field(None, max_length=1000, description="instead of the browser's own")
    viewport: Viewport | None = Field(None, description="instead of the window that the recording begins with")
    locale: str | None = Field(None, pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", description="such as de-DE")
    time_zone: str | None = Field(None, max_length=64, description="such as Europe/Berlin")
    wait_for_browser: bool = Field(False, description="wait for a runner that has the browser, rather than refuse")
    setup_recording: UUID | None = Field(None, description="run once before the rows, which start with its login")

    auto_wait: bool = Field(True, description="false: no step waits for its element")
    step_timeout: int | None = Field(None, ge=100, le=200_000, description="of a step; else wait_timeout and 30 s")
    retry_attempts: int = Field(3, ge=0, le=10, description="how often a step is tried again")
    retry_delay: int | None = Field(None, ge=0, le=3_600_000, description="before a row is tried again; or 1, 5, 30 s")
    strict_mode: bool = Field(False, description="a step fails where its recorded locators disagree")
    speed: float | None = Field(None, gt=0, le=100, description="1.0: with the recorded pauses; none: at full speed")
    skip_inactivity: bool = Field(True, description="with a speed: cut long recorded pauses")
    max_inactivity: int = Field(5000, ge=0, le=3_600_000, description="the longest that is left of a recorded pause")
    slow_motion: bool = Field(False, description="a pause after each step")
    slow_motion_delay: int = Field(500, ge=0, le=60_000, description="how long that pause is")
    highlight: bool = Field(False, description="frame the element that is acted on")
    debug_mode: bool = Field(False, description="more log lines, and evidence of every step")

    screenshot_before: bool = Field(False, description="of each step")
    screenshot_after: bool = Field(False, description="of each step")
    screenshot_on_error: bool = Field(True, description="and the page's HTML, without what is secret")
    video: Recording = Field("off", description="on_failure: kept of rows that fail; on_retry: of attempts after one")
    trace: Recording = Field("off", description="as video; opens in Playwright's trace viewer")
    console_log: bool = Field(False, description="keep the lines of the page's console")
    network_log: bool = Field(False, description="keep the requests of the page")
    heal_cache_seconds: int = Field(86_400, ge=0, le=86_400, description="use heals of other rows that are this young")
    heal_attempts: int = Field(3, ge=1, le=10, description="how often a step looks for a stand-in")
    heal_review_seconds: int = Field(
        600, ge=0, le=86_400, description="how long a row keeps its browser while a person decides about a stand-in"
    )
    model_calls: int | None = Field(None, ge=0, description="how often a model may be asked; 0: never")
    model_tokens: int | None = Field(None, ge=0, description="the most tokens that a model may take and give")
    model_budget_usd: float | None = Field(None, ge=0, le=10_000, description="the most that a model may cost")

    @model_validator(mode="before")
    @classmethod
    def _healing_in_one_word(cls, given: Any) -> Any:
        """Events tell yes or no, as before there were modes, and the mode beside it."""
        if not isinstance(given, dict):
            return given
        said = given.get("healing_mode", given.get("healing", True))
        return {**given, "healing": ("off", "autonomous")[said] if isinstance(said, bool) else said}

    def for_the_log(self) -> dict[str, Any]:
        """As events hold them: a release that knows no modes heals only where no person wants to be asked."""
        told = self.model_dump(mode="json")
        return {**told, "healing": self.healing == "autonomous", "healing_mode": self.healing}


OWN_STEPS = 0  # the revision of what a job brings itself; its id stands for that of a recording then


class Automation(BaseModel):
    """The steps of an ad-hoc job (document E), which no recording has; `actions`: as they were asked for."""

    model_config = ConfigDict(frozen=True)
    target_url: str
    actions: list[dict[str, Any]]
    steps: list[Step]


def _without_automation(data: dict[str, Any]) -> dict[str, Any]:
    """Before ad-hoc jobs, every job ran a recording."""
    return {**data, "automation": None}


def _with_more_options(data: dict[str, Any]) -> dict[str, Any]:
    """Before there were options for browsers, pace and evidence, rows ran as their defaults say."""
    return data


def _with_priority(data: dict[str, Any]) -> dict[str, Any]:
    """Before priorities, all jobs were equal."""
    return {**data, "priority": 0}


class JobCreated(Event):
    """A job was asked for; its rows follow, and `JobSubmitted` when all are in. Priority 0–100, higher first."""

    v = 4
    upcasters = {1: _with_priority, 2: _with_more_options, 3: _without_automation}  # noqa: RUF012
    personal = ("recording_name", "automation.target_url", "automation.actions", "automation.steps")
    job_id: UUID
    user_id: UUID
    recording_id: UUID
    recording_name: str
    revision: int
    columns: list[str]
    field_mapping: dict[str, str]
    unmapped: list[str]
    secret_columns: list[str]
    total_rows: int
    concurrency: int
    stop_on_error: bool
    options: JobOptions
    priority: int = 0
    rerun_of: UUID | None = None
    automation: Automation | None = None

    @field_serializer("options", when_used="json")
    def _options_for_every_release(self, options: JobOptions) -> dict[str, Any]:
        return options.for_the_log()


class JobRowsAdded(Event):
    """Some of the job's rows, in order; values of secret columns are sealed."""

    personal = ("rows",)
    job_id: UUID
    first_row: int
    rows: list[dict[str, str]]


class JobSubmitted(Event):
    """The job is complete and may run."""

    job_id: UUID


class JobStopping(Event):
    """No further row of the job is started."""

    job_id: UUID
    reason: StopReason


class JobPaused(Event):
    """No further row is handed out until `JobResumed`; rows under way stop before their next step."""

    job_id: UUID


class JobResumed(Event):
    """Rows are handed out again."""

    job_id: UUID


class JobReprioritized(Event):
    """The job's rows take another place among those of other jobs: 0–100, higher first."""

    job_id: UUID
    priority: int


class JobEnded(Event):
    """Every row has ended, each counted once."""

    job_id: UUID
    status: JobEnd
    successful: int
    failed: int
    skipped: int


class RowDispatched(Event):
    """The row may be run by whoever takes it. `attempt` counts from 1, up to `attempts`."""

    job_id: UUID
    row: int
    attempt: int
    attempts: int
    recording_id: UUID
    revision: int


class RowSkipped(Event):
    """The row will not be run."""

    job_id: UUID
    row: int
    reason: StopReason


class RowLost(Event):
    """Nobody ended the row's attempt in time. `final`: no other attempt follows."""

    personal = ("error_message",)
    job_id: UUID
    row: int
    attempt: int
    final: bool
    error_type: Literal["worker_lost", "outcome_unknown"]
    error_message: str
    failed_step: int | None = None


EVENTS: tuple[type[Event], ...] = (
    JobCreated,
    JobRowsAdded,
    JobSubmitted,
    JobPaused,
    JobResumed,
    JobReprioritized,
    JobStopping,
    JobEnded,
    RowDispatched,
    RowSkipped,
    RowLost,
)
