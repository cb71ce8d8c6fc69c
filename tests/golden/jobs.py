"""Jobs that end otherwise than well."""

from typing import Any
from uuid import UUID

from shared.bus import subjects
from shared.contracts.recording import Step
from shared.contracts.runner import RowStarted, StepIntended
from shared.contracts.scheduler import (
    OWN_STEPS,
    Automation,
    JobCreated,
    JobEnded,
    JobOptions,
    JobPaused,
    JobReprioritized,
    JobResumed,
    JobRowsAdded,
    JobStopping,
    JobSubmitted,
    RowDispatched,
    RowLost,
    RowSkipped,
    Viewport,
)
from tests.golden.samples import ORIGIN, PATH, SEALED, STEPS, WORKER, finished, rows
from tests.golden.teller import Story

OPTIONS = JobOptions(
    max_retries=1,
    deadline_seconds=3600,
    browser="firefox-mobile",
    user_agent="Mozilla/5.0 (of our own)",
    viewport=Viewport(width=1024, height=768),
    locale="de-DE",
    time_zone="Europe/Berlin",
    setup_recording=UUID(int=41),
    step_timeout=45_000,
    retry_delay=5000,
    speed=2.0,
    trace="on_retry",
    video="on_failure",
)


def created(teller: Story, job: UUID, **changes: Any) -> JobCreated:
    """A job's creation."""
    return JobCreated(
        **{
            "job_id": job,
            "user_id": teller.id("owner"),
            "recording_id": teller.id("recording"),
            "recording_name": "Add a person – ünïcode 人",
            "revision": 1,
            "columns": ["name", "password", "age"],
            "field_mapping": {"name": "Name", "password": "Password"},
            "unmapped": ["age"],
            "secret_columns": ["password"],
            "total_rows": 3,
            "concurrency": 2,
            "stop_on_error": False,
            "options": OPTIONS,
            "priority": 7,
            "rerun_of": teller.id("an earlier job"),
            **changes,
        }
    )


def dispatch(teller: Story, job: UUID, row: int, attempt: int = 1) -> None:
    """A row may be run."""
    event = RowDispatched(
        job_id=job, row=row, attempt=attempt, attempts=2, recording_id=teller.id("recording"), revision=1
    )
    teller.tell(subjects.row(job, row), event, kind="cmd")


def start(teller: Story, job: UUID, row: int, attempt: int = 1) -> None:
    """A worker takes a row."""
    event = RowStarted(job_id=job, row=row, attempt=attempt, worker_id=WORKER, delivery=1)
    teller.tell(subjects.row(job, row), event)


def automation_job(teller: Story) -> None:
    """An ad-hoc job: its steps come with it; the first attempt fails, the second takes a value."""
    job = teller.id("automation job")
    stream = subjects.job(job)
    actions = [
        {"type": "fill", "selector": "#name", "value": "Ada Lovelace"},
        {"type": "fill", "selector": "#password", "value": "••••••"},
    ]
    own = Automation(target_url=ORIGIN + PATH, actions=actions, steps=[Step.model_validate(step) for step in STEPS])
    changes = {"recording_id": job, "recording_name": ORIGIN + PATH, "revision": OWN_STEPS, "total_rows": 1}
    secret = "secret (1)"
    columns = {"columns": [secret], "field_mapping": {secret: secret}, "unmapped": [], "secret_columns": [secret]}
    teller.tell(stream, created(teller, job, **changes, **columns, concurrency=1, rerun_of=None, automation=own))
    teller.tell(stream, JobRowsAdded(job_id=job, first_row=0, rows=[{secret: SEALED}]))
    teller.tell(stream, JobSubmitted(job_id=job))
    row = subjects.row(job, 0)
    dispatch(teller, job, 0)
    start(teller, job, 0)
    teller.tell(row, finished(job, 0, error_type="timeout", error_message="the row was not done after 30 s"))
    dispatch(teller, job, 0, attempt=2)
    start(teller, job, 0, attempt=2)
    teller.tell(row, finished(job, 0, attempt=2, status="success", final=True, extracted={"title": "Added"}))
    teller.tell(stream, JobEnded(job_id=job, status="completed", successful=1, failed=0, skipped=0))


def job_that_is_cancelled(teller: Story) -> None:
    """One row runs when a person stops the job."""
    job = teller.id("cancelled job")
    stream = subjects.job(job)
    teller.tell(stream, created(teller, job, total_rows=2, rerun_of=None))
    teller.tell(stream, JobRowsAdded(job_id=job, first_row=0, rows=rows(["Barbara", "Tony"])))
    teller.tell(stream, JobSubmitted(job_id=job))
    dispatch(teller, job, 0)
    start(teller, job, 0)
    teller.tell(stream, JobStopping(job_id=job, reason="cancelled"))
    teller.tell(subjects.row(job, 1), RowSkipped(job_id=job, row=1, reason="cancelled"), kind="cmd")
    # The row that runs has not ended yet: its inputs are still kept.


def job_whose_worker_is_lost(teller: Story) -> None:
    """Raised in priority, paused, resumed; two rows whose worker vanished."""
    job = teller.id("job with a lost worker")
    stream = subjects.job(job)
    teller.tell(stream, created(teller, job, total_rows=3, rerun_of=None, priority=0))
    teller.tell(stream, JobRowsAdded(job_id=job, first_row=0, rows=rows(["Barbara", "Tony", "Adele"])))
    teller.tell(stream, JobSubmitted(job_id=job))
    teller.tell(stream, JobReprioritized(job_id=job, priority=91))
    dispatch(teller, job, 0)
    dispatch(teller, job, 1)
    start(teller, job, 0)
    start(teller, job, 1)
    teller.tell(subjects.row(job, 1), StepIntended(job_id=job, row=1, attempt=1, step_number=4, action="click"))
    teller.tell(stream, JobPaused(job_id=job))
    lost = RowLost(
        job_id=job,
        row=0,
        attempt=1,
        final=False,
        error_type="worker_lost",
        error_message="the worker was lost while it ran the row",
    )
    teller.tell(subjects.row(job, 0), lost, kind="cmd")
    unknown = {
        "row": 1,
        "final": True,
        "error_type": "outcome_unknown",
        "error_message": "the worker was lost at or after step 4, which may have changed something",
        "failed_step": 4,
    }
    teller.tell(subjects.row(job, 1), lost.model_copy(update=unknown), kind="cmd")
    teller.tell(stream, JobResumed(job_id=job))
    dispatch(teller, job, 0, attempt=2)
    # Two rows have not ended: the job is under way.
