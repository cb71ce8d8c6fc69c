"""SHELL: one async function per thing that the scheduler does."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, field_validator, model_validator

from services.scheduler.adapters.column_mapping import columns_now
from services.scheduler.adapters.csv_table import map_columns, read_csv
from services.scheduler.adapters.time_zones import check_time_zone
from services.scheduler.aggregates.job import (
    HIGHEST_PRIORITY,
    AddRows,
    CreateJob,
    PauseJob,
    ReprioritizeJob,
    ResumeJob,
    StopJob,
    SubmitJob,
    jobs,
)
from shared.bus import subjects
from shared.bus.commands import carry_out
from shared.bus.log import Context
from shared.bus.presence import Presence, why_not_offered
from shared.contracts.browsers import browser_type
from shared.contracts.ingest import REVISIONS, RecordingSnapshot, snapshot_of
from shared.contracts.option_words import OF_THE_REQUEST, job_options, read_options
from shared.contracts.recording_changes import stood_at
from shared.contracts.runner import RowFinished
from shared.contracts.scheduler import OWN_STEPS, JobCreated, JobEnded, JobOptions, JobRowsAdded, RowLost
from shared.contracts.steps import is_disabled, is_password, sounds_secret, takes_value
from shared.core.errors import Fault, InvalidInput, NotFound, Refused, Unavailable
from shared.runtime import Resources
from shared.secrets import is_sealed
from shared.web.callers import Caller

CHUNK_BYTES = 256 * 1024


class JobRequest(BaseModel):
    """What a person asks for, beside the table."""

    recording_id: UUID
    mapping: dict[str, str] = Field(default_factory=dict, description="column → step label, where names differ")
    secret_columns: list[str] = Field(default_factory=list, description="sealed before they are stored")
    concurrency: int = Field(5, ge=1, le=10)
    stop_on_error: bool = False
    priority: int = Field(
        0, ge=0, le=HIGHEST_PRIORITY, description="higher first, beside the organization's other jobs"
    )
    options: JobOptions = JobOptions()

    @model_validator(mode="before")
    @classmethod
    def _lift(cls, given: Any) -> Any:
        """Document D has one option that stands beside the options here."""
        options = given.get("options") if isinstance(given, dict) else None
        lifted = read_options(options).get(OF_THE_REQUEST) if isinstance(options, dict) else None
        return given if lifted is None else {OF_THE_REQUEST: lifted, **given}

    @field_validator("options", mode="before")
    @classmethod
    def _in_any_spelling(cls, given: Any) -> Any:
        return job_options(given) if isinstance(given, dict) else given

    @field_validator("options")
    @classmethod
    def _possible(cls, options: JobOptions) -> JobOptions:
        check_time_zone(options.time_zone)
        return options


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job and its table, checked; values of secret columns still in clear.

    `keeps_recorded`: labels that no column fills.
    """

    created: JobCreated
    rows: Sequence[Mapping[str, str]]
    keeps_recorded: tuple[str, ...] = ()


async def plan_job(resources: Resources, caller: Caller, request: JobRequest, content: bytes, job_id: UUID) -> NewJob:
    """Read the table and match its columns to the recording's labels. Raises `InvalidInput`, `NotFound`."""
    recording = await _recording(resources, caller, request.recording_id)
    table = read_csv(content)
    unknown = [column for column in request.secret_columns if column not in table.columns]
    if unknown:
        raise InvalidInput(f"the table has no column {unknown[0]!r}; it has: {', '.join(table.columns)}")
    columns = map_columns(table.columns, recording.variables, request.mapping, defaults=_with_default(recording))
    if columns.missing:
        raise InvalidInput(
            f"no column gives a value for: {', '.join(columns.missing)}; map one with COLUMN=LABEL",
            [Fault(f"/mapping/{label}", "no column and no recorded value") for label in columns.missing],
        )
    secret = {column for column in table.columns if sounds_secret(column)} | set(request.secret_columns)
    secret |= {column for column, label in columns.mapping.items() if _goes_into_password(recording, label)}
    created = JobCreated(
        job_id=job_id,
        user_id=caller.user_id,
        recording_id=recording.recording_id,
        recording_name=recording.name,
        revision=recording.revision,
        columns=list(table.columns),
        field_mapping=dict(columns.mapping),
        unmapped=list(columns.unmapped),
        secret_columns=[column for column in table.columns if column in secret],
        total_rows=len(table.rows),
        concurrency=request.concurrency,
        stop_on_error=request.stop_on_error,
        options=request.options,
        priority=request.priority,
    )
    await refuse_missing_browser(resources, created.options)
    if created.options.setup_recording is not None:
        await _recording(resources, caller, created.options.setup_recording)
    return NewJob(created, table.rows, _keeping_what_was_recorded(recording, created.field_mapping))


async def refuse_missing_browser(resources: Resources, options: JobOptions) -> None:
    """Raises `Refused` when none of the runners that are there has the job's browser, and the job would not wait."""
    if options.wait_for_browser:
        return
    with suppress(Unavailable):  # nobody knows who is there: the rows wait
        present = await Presence(resources.nats, resources.settings.replicas).all()
        why = why_not_offered(present.values(), browser_type(options.browser).type)
        if why is not None:
            raise Refused(f"the job wants {options.browser}, but {why}; choose another, or let it wait_for_browser")


async def _recording(resources: Resources, caller: Caller, recording_id: UUID) -> RecordingSnapshot:
    recorded = await resources.log.load(subjects.recording(recording_id))
    recording = snapshot_of(item.event for item in recorded if item.org == caller.org)
    if recording is None:
        raise NotFound(f"no recording {recording_id} in this organization")
    return recording


def _with_default(recording: RecordingSnapshot) -> set[str]:
    """Labels whose step was recorded with a value or is disabled, or that repeat what another column gives."""
    labels = {step.label for step in recording.steps if step.label and step.value}
    disabled = {step.label for step in recording.steps if is_disabled(step) and takes_value(step)}
    repeated = {each.same_as for label, each in recording.variables.items() if label not in disabled}
    labels |= {label for label in disabled - repeated if label}
    return labels | {label for label, variable in recording.variables.items() if variable.same_as}


def _keeping_what_was_recorded(recording: RecordingSnapshot, mapping: Mapping[str, str]) -> tuple[str, ...]:
    """Labels that no column fills: every row gets the value that was typed when it was recorded."""
    filled = set(mapping.values())
    return tuple(
        label
        for label, variable in recording.variables.items()
        if label not in filled and variable.same_as not in filled
    )


def _goes_into_password(recording: RecordingSnapshot, label: str) -> bool:
    return any(step.label == label and is_password(step) for step in recording.steps)


class RerunRequest(BaseModel):
    """Which rows to run again, and which options to change for it."""

    which: Literal["failed", "unknown", "all"] = "failed"
    options: dict[str, Any] = Field(default_factory=dict, description="the others are as they were")


async def plan_rerun(
    resources: Resources, caller: Caller, job_id: UUID, wanted: RerunRequest, new_job_id: UUID
) -> NewJob:
    """A new job over rows of an ended one: those that surely failed, those whose outcome nobody knows, or all."""
    which = wanted.which
    recorded = [item for item in await resources.log.load(subjects.job(job_id)) if item.org == caller.org]
    created = next((item.event for item in recorded if isinstance(item.event, JobCreated)), None)
    if created is None:
        raise NotFound(f"no job {job_id} in this organization")
    if not any(isinstance(item.event, JobEnded) for item in recorded):
        raise Refused(f"job {job_id} is still running; wait for its end, or cancel it")
    rows = [row for item in recorded if isinstance(item.event, JobRowsAdded) for row in item.event.rows]
    indexes = await _rows_to_run_again(resources, job_id, which, len(rows))
    if not indexes:
        raise Refused(f"job {job_id} has no {'' if which == 'all' else which + ' '}rows to run again")
    options = job_options(wanted.options, created.options)
    check_time_zone(options.time_zone)
    opened = [await _opened(resources, caller.org, job_id, rows[index]) for index in indexes]
    options = job_options(wanted.options, created.options)
    await refuse_missing_browser(resources, options)
    return NewJob(
        created.model_copy(
            update={
                "job_id": new_job_id,
                "user_id": caller.user_id,
                **await _what_runs_now(resources, caller, created, new_job_id),
                "total_rows": len(opened),
                "options": options,
                "rerun_of": job_id,
            }
        ),
        opened,
    )


async def _what_runs_now(resources: Resources, caller: Caller, created: JobCreated, new_job_id: UUID) -> dict[str, Any]:
    """What a job is run again with: the recording as it is now, or the steps that the job brought itself."""
    if created.automation is not None:
        return {"recording_id": new_job_id, "revision": OWN_STEPS}
    recorded = await resources.log.load(subjects.recording(created.recording_id))
    told = [item.event for item in recorded if item.org == caller.org]
    then, now = snapshot_of(told, created.revision), snapshot_of(told)
    if then is None or now is None:
        raise NotFound(f"no recording {created.recording_id} in this organization")
    later = [event for event in told if isinstance(event, REVISIONS)][created.revision - 1 :]
    stood = stood_at(len(then.steps), (getattr(event, "order", None) for event in later))
    return {"revision": now.revision, "field_mapping": columns_now(created.field_mapping, then, now, stood)}


async def _rows_to_run_again(resources: Resources, job_id: UUID, which: str, total: int) -> list[int]:
    if which == "all":
        return list(range(total))
    failed = [
        item.event
        for item in await resources.log.read(subjects.rows_of(job_id))
        if isinstance(item.event, RowLost) or (isinstance(item.event, RowFinished) and item.event.status == "failed")
    ]
    return sorted(
        event.row for event in failed if event.final and (event.error_type == "outcome_unknown") == (which == "unknown")
    )


async def _opened(resources: Resources, org: UUID, job_id: UUID, row: Mapping[str, str]) -> dict[str, str]:
    return {
        column: await resources.sealer.open(org, job_id, value) if is_sealed(value) else value
        for column, value in row.items()
    }


async def submit_job(resources: Resources, context: Context, new: NewJob) -> int:
    """Store the job, its rows with the secrets sealed, and let it run. Returns the position of the submission."""
    job_id = new.created.job_id
    stream = subjects.job(job_id)
    await carry_out(resources.log, jobs, stream, CreateJob(new.created), context, "create")
    secret = set(new.created.secret_columns)
    for first_row, chunk in _chunks(new.rows):
        sealed = [
            {
                column: await resources.sealer.seal(context.org, job_id, value) if column in secret and value else value
                for column, value in row.items()
            }
            for row in chunk
        ]
        await carry_out(resources.log, jobs, stream, AddRows(job_id, first_row, sealed), context, f"rows-{first_row}")
    return (await carry_out(resources.log, jobs, stream, SubmitJob(job_id), context, "submit")).position


def _chunks(rows: Sequence[Mapping[str, str]]) -> Iterator[tuple[int, Sequence[Mapping[str, str]]]]:
    """Rows in pieces that fit into one message of the log, whatever their size."""
    first, size = 0, 0
    for index, row in enumerate(rows):
        weight = sum(len(key) + 4 * len(value) for key, value in row.items())
        if size and size + weight > CHUNK_BYTES:
            yield first, rows[first:index]
            first, size = index, 0
        size += weight
    yield first, rows[first:]


async def steer_job(
    resources: Resources, context: Context, command: PauseJob | ResumeJob | ReprioritizeJob | StopJob
) -> int:
    """Carry out what a person wants of a job. Returns the position of its last event."""
    return (await carry_out(resources.log, jobs, subjects.job(command.job_id), command, context)).position
