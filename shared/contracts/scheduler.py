"""What the scheduler tells: jobs, which rows run and when, how a job ended."""

from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.core.events import Event

StopReason = Literal["cancelled", "stop_on_error", "timeout"]
JobEnd = Literal["completed", "failed", "cancelled", "timeout"]


class JobOptions(BaseModel):
    """How the rows of a job are run. Times in milliseconds unless their name says otherwise."""

    model_config = ConfigDict(frozen=True)
    wait_timeout: int = Field(5000, ge=100, le=120_000)
    wait_until: Literal["load", "domcontentloaded", "networkidle"] = "load"
    row_timeout: int = Field(300_000, ge=1000, le=3_600_000)
    healing: bool = True
    confidence_threshold: int = Field(80, ge=0, le=100)
    retry_backoff: tuple[int, ...] = (100, 200, 400)
    on_unknown: Literal["fail", "rerun"] = "fail"
    max_retries: int = Field(0, ge=0, le=10)
    deadline_seconds: int | None = Field(None, ge=1, description="after this long no further row is started")


def _with_priority(data: dict[str, Any]) -> dict[str, Any]:
    """Before priorities, all jobs were equal."""
    return {**data, "priority": 0}


class JobCreated(Event):
    """A job was asked for; its rows follow, and `JobSubmitted` when all are in. Priority 0–100, higher first."""

    v = 2
    upcasters = {1: _with_priority}  # noqa: RUF012
    personal = ("recording_name",)
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
    """No further row is handed out until `JobResumed`; rows handed out already run to their end."""

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
