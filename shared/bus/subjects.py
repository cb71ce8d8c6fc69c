"""The only place that spells a subject, and so the only one that spells an expectation's filter.

One canonical filter per stream is what makes the expected sequence safe on three nodes: with two
spellings for one aggregate both of two concurrent writers can win.
"""

from dataclasses import dataclass
from typing import Literal, cast
from uuid import UUID

from shared.core.errors import InvalidInput

NoteKind = Literal["letter", "retry", "handled", "dropped"]

EVENTS_STREAM = "EVT"
LINES_STREAM = "LOG"
DEAD_LETTERS_STREAM = "DLQ"
SEALS_STREAM = "SEALS"
TIMERS_STREAM = "TIMER"
ALL_EVENTS = "evt.>"
ALL_LINES = "log.>"
ALL_DEAD_LETTERS = "dlq.>"
SEALS = "seal.events"
ALL_TIMERS = "timer.>"
TIMERS_DUE = "timer.due.>"

ROW_COMMANDS = "evt.row.*.*.cmd"
ROW_EVENTS = "evt.row.*.*.evt"
ROW_QUESTIONS = "evt.row.*.*.ask"
ALL_ROWS = "evt.row.>"
ALL_JOBS = "evt.scheduler.job.>"
ALL_RECORDINGS = "evt.ingest.recording.>"
ALL_ORGANIZATIONS = "evt.ingest.organization.>"
ALL_URL_POLICIES = "evt.ingest.url_policies.>"
LINES_OF_ROWS = "log.row.>"
LINES_OF_WORKERS = "log.worker.>"
ALL_HEALS = "evt.healer.heals.>"
BROWSER_SESSIONS = "evt.runner.session.*.evt"
ALL_WATCHES = "live.watch.*.*"


@dataclass(frozen=True, slots=True)
class Stream:
    """The events of one aggregate: context, kind of aggregate, id."""

    context: str
    aggregate: str
    id: str

    def subject(self, kind: str = "evt") -> str:
        """Where an event of this stream is published."""
        return f"evt.{self.context}.{self.aggregate}.{self.id}.{kind}"

    @property
    def canonical_filter(self) -> str:
        """The one filter under which this stream is loaded and its expected sequence checked."""
        return f"evt.{self.context}.{self.aggregate}.{self.id}.*"

    def __str__(self) -> str:
        return f"{self.context}.{self.aggregate}.{self.id}"


def recording(recording_id: UUID) -> Stream:
    """A recording's stream (owner: ingest)."""
    return Stream("ingest", "recording", str(recording_id))


def organization(org_id: UUID) -> Stream:
    """An organization's stream (owner: ingest)."""
    return Stream("ingest", "organization", str(org_id))


def url_policies(org_id: UUID) -> Stream:
    """All URL policies of an organization (owner: ingest)."""
    return Stream("ingest", "url_policies", str(org_id))


def job(job_id: UUID) -> Stream:
    """A job's stream (owner: scheduler)."""
    return Stream("scheduler", "job", str(job_id))


def row(job_id: UUID, index: int) -> Stream:
    """A row's stream: the scheduler dispatches or skips on `cmd`, the runner tells on `evt`, asks a model on `ask`."""
    return Stream("row", str(job_id), str(index))


def browser_session(session_id: UUID) -> Stream:
    """A recording in a live browser (owner: runner): its begin and end on `evt`, what was done in it on `told`."""
    return Stream("runner", "session", str(session_id))


def heals(recording_id: UUID) -> Stream:
    """All heals of a recording (owner: healer)."""
    return Stream("healer", "heals", str(recording_id))


def model_calls(job_id: UUID) -> Stream:
    """What a model was asked for a job, and what it may still cost (owner: healer)."""
    return Stream("healer", "model", str(job_id))


def is_under(subject: str, subject_filter: str) -> bool:
    """Whether a subject falls under a filter that ends in `>`."""
    return subject.startswith(subject_filter.removesuffix(">"))


def stream_of(subject: str) -> Stream:
    """The stream that an event's subject belongs to."""
    _, context, aggregate, own, *_ = subject.split(".")
    return Stream(context, aggregate, own)


def rows_of(job_id: UUID, kind: str = "*") -> str:
    """All rows of a job."""
    return f"evt.row.{job_id}.*.{kind}"


def lines_of(job_id: UUID, row_index: int | str = "*") -> str:
    """The log lines of a job's rows."""
    return f"log.row.{job_id}.{row_index}"


def watch_of(job_id: UUID, row_index: int) -> str:
    """Where somebody says that they watch a row. No stream keeps it."""
    return f"live.watch.{job_id}.{row_index}"


def place_of_watch(subject: str) -> tuple[UUID, int]:
    """The row that is watched. Raises `ValueError`."""
    _, _, job_id, row_index = subject.split(".")
    return UUID(job_id), int(row_index)


def pictures_of(job_id: UUID, row_index: int) -> str:
    """Where the pictures of a row that is watched go. No stream keeps them."""
    return f"live.picture.{job_id}.{row_index}"


def presence_of_session(session_id: UUID) -> str:
    """Where the runner that has a browser session answers that it does. No stream keeps it."""
    return f"live.session.{session_id}"


def samples_of(worker_id: str) -> str:
    """The samples of a worker."""
    return f"log.worker.{worker_id}"


def dead_letters_of(durable: str, kind: NoteKind = "letter") -> str:
    """What a reaction could not digest, and the notes about what became of it."""
    return f"dlq.{durable}" if kind == "letter" else f"dlq.{durable}.{kind}"


def dead_letter_filters(durable: str) -> tuple[str, str]:
    """All notes about a reaction's dead letters."""
    return f"dlq.{durable}", f"dlq.{durable}.*"


def dead_letter_note(subject: str) -> tuple[str, NoteKind]:
    """The reaction and the kind of a note, from the subject that it was published on."""
    _, durable, *kind = subject.split(".")
    return durable, cast("NoteKind", kind[0] if kind else "letter")


def timer_at(name: str) -> str:
    """Where a timer waits for its moment."""
    return f"timer.at.{name}"


def timer_due(name: str) -> str:
    """Where it appears when its moment has come."""
    return f"timer.due.{name}"


def filter_for(text: str) -> str:
    """A subject filter from what a person typed: `job`, `row.<job id>`, `scheduler.job.<id>` or a full subject."""
    known = {"recording": ALL_RECORDINGS, "job": ALL_JOBS, "row": ALL_ROWS, "heals": ALL_HEALS}
    if text in known:
        return known[text]
    if not text or any(c.isspace() for c in text) or ".." in text:
        raise InvalidInput(
            f"{text!r} names no stream: use recording, job, row, heals, or a subject such as row.<job id>"
        )
    subject = text if text.startswith("evt.") else f"evt.{text}"
    return subject if subject.endswith((">", "*")) or subject.count(".") >= 4 else f"{subject}.>"
