"""A job: a recording to be run for every row of a table.

Events: `JobCreated`, `JobRowsAdded`…, `JobSubmitted`; then perhaps `JobPaused`, `JobResumed`, `JobReprioritized`,
`JobStopping`; at last `JobEnded`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, assert_never
from uuid import UUID

from shared.contracts.scheduler import (
    JobCreated,
    JobEnd,
    JobEnded,
    JobPaused,
    JobReprioritized,
    JobResumed,
    JobRowsAdded,
    JobStopping,
    JobSubmitted,
    StopReason,
)
from shared.core.decider import Decider
from shared.core.errors import InvalidInput, NotFound, Refused
from shared.core.events import Event

HIGHEST_PRIORITY = 100


@dataclass(frozen=True, slots=True)
class CreateJob:
    """Begin a job; `created` holds everything but the rows."""

    created: JobCreated


@dataclass(frozen=True, slots=True)
class AddRows:
    """The next rows, in order."""

    job_id: UUID
    first_row: int
    rows: Sequence[dict[str, str]]


@dataclass(frozen=True, slots=True)
class SubmitJob:
    """All rows are in: let it run."""

    job_id: UUID


@dataclass(frozen=True, slots=True)
class PauseJob:
    """Start no further row until it is resumed."""

    job_id: UUID


@dataclass(frozen=True, slots=True)
class ResumeJob:
    """Go on with a paused job."""

    job_id: UUID


@dataclass(frozen=True, slots=True)
class ReprioritizeJob:
    """Give the job's rows another place among those of other jobs: 0–100, higher first."""

    job_id: UUID
    priority: int


@dataclass(frozen=True, slots=True)
class StopJob:
    """Start no further row."""

    job_id: UUID
    reason: StopReason


@dataclass(frozen=True, slots=True)
class EndJob:
    """Every row has ended: these are the counts."""

    job_id: UUID
    successful: int
    failed: int
    skipped: int


Command = CreateJob | AddRows | SubmitJob | PauseJob | ResumeJob | ReprioritizeJob | StopJob | EndJob


@dataclass(frozen=True, slots=True)
class Job:
    """What the rules need to know."""

    phase: Literal["absent", "drafted", "submitted", "ended"] = "absent"
    total_rows: int = 0
    rows_added: int = 0
    priority: int = 0
    paused: bool = False
    stopping: StopReason | None = None
    end: JobEnd | None = None


def evolve(state: Job, event: Event) -> Job:
    """The job after an event."""
    match event:
        case JobCreated():
            return Job("drafted", event.total_rows, priority=event.priority)
        case JobRowsAdded():
            return replace(state, rows_added=state.rows_added + len(event.rows))
        case JobSubmitted():
            return replace(state, phase="submitted")
        case JobPaused():
            return replace(state, paused=True)
        case JobResumed():
            return replace(state, paused=False)
        case JobReprioritized():
            return replace(state, priority=event.priority)
        case JobStopping():
            return replace(state, stopping=event.reason, paused=False)
        case JobEnded():
            return replace(state, phase="ended", end=event.status)
        case _:
            return state


def decide(command: Command, state: Job) -> Sequence[Event]:
    """New events for a command."""
    if not isinstance(command, CreateJob) and state.phase == "absent":
        raise NotFound(f"no job {command.job_id}")
    match command:
        case CreateJob():
            _check_priority(command.created.priority)
            return [command.created] if state.phase == "absent" else []
        case AddRows():
            return _add_rows(command, state)
        case SubmitJob():
            return _submit(command, state)
        case PauseJob() | ResumeJob() | ReprioritizeJob():
            return _steer(command, state)
        case StopJob():
            if state.phase == "drafted":
                raise Refused("the job has not been submitted yet")
            if state.phase == "ended" or state.stopping is not None:
                return []
            return [JobStopping(job_id=command.job_id, reason=command.reason)]
        case EndJob():
            return _end(command, state)
        case _:
            assert_never(command)


def _add_rows(command: AddRows, state: Job) -> Sequence[Event]:
    if command.first_row + len(command.rows) <= state.rows_added:
        return []
    if state.phase != "drafted":
        raise Refused("the job has been submitted: its table is complete")
    if command.first_row != state.rows_added:
        raise Refused(f"row {state.rows_added} is expected next, not row {command.first_row}")
    return [JobRowsAdded(job_id=command.job_id, first_row=command.first_row, rows=list(command.rows))]


def _submit(command: SubmitJob, state: Job) -> Sequence[Event]:
    if state.phase != "drafted":
        return []
    if state.rows_added != state.total_rows:
        raise Refused(f"{state.rows_added} of {state.total_rows} rows are in; add the others before submitting")
    return [JobSubmitted(job_id=command.job_id)]


def _steer(command: PauseJob | ResumeJob | ReprioritizeJob, state: Job) -> Sequence[Event]:
    """Only of a job that still starts rows can it be said when and how soon it starts them."""
    if state.phase == "drafted":
        raise Refused("the job has not been submitted yet")
    if state.phase == "ended":
        raise Refused(f"the job has ended: {state.end}")
    if state.stopping is not None:
        raise Refused("the job is being stopped: it starts no further row")
    match command:
        case PauseJob():
            return [] if state.paused else [JobPaused(job_id=command.job_id)]
        case ResumeJob():
            return [JobResumed(job_id=command.job_id)] if state.paused else []
        case ReprioritizeJob():
            _check_priority(command.priority)
            if command.priority == state.priority:
                return []
            return [JobReprioritized(job_id=command.job_id, priority=command.priority)]
        case _:
            assert_never(command)


def _check_priority(priority: int) -> None:
    if not 0 <= priority <= HIGHEST_PRIORITY:
        raise InvalidInput(f"a priority is a number from 0 to {HIGHEST_PRIORITY}, not {priority}")


def _end(command: EndJob, state: Job) -> Sequence[Event]:
    if state.phase == "ended":
        return []
    counted = command.successful + command.failed + command.skipped
    if state.phase != "submitted" or counted != state.total_rows:
        raise Refused(f"{counted} of {state.total_rows} rows have ended; a job ends when all have")
    return [
        JobEnded(
            job_id=command.job_id,
            status=_status(command, state.stopping),
            successful=command.successful,
            failed=command.failed,
            skipped=command.skipped,
        )
    ]


def _status(command: EndJob, stopping: StopReason | None) -> JobEnd:
    """Rule 1 of the decisions."""
    match stopping:
        case "cancelled":
            return "cancelled"
        case "timeout":
            return "timeout"
        case "stop_on_error":
            return "failed"
        case None:
            return "completed" if command.successful > 0 or command.failed == 0 else "failed"
        case _:
            assert_never(stopping)


jobs: Decider[Command, Job] = Decider(Job(), evolve, decide)
