"""Logs of many rows, written faster than any service could: three events a row, several jobs at once."""

import asyncio
from collections.abc import Iterator
from uuid import UUID, uuid4

from nats.aio.client import Client

from shared.bus import subjects
from shared.bus.codec import encode
from shared.bus.log import Append, Context
from shared.contracts.runner import RowFinished, RowStarted, StepResult
from shared.contracts.scheduler import JobCreated, JobEnded, JobOptions, JobRowsAdded, JobSubmitted, RowDispatched
from shared.core.events import Event
from shared.core.time_and_ids import now
from tests.benchmarks.jobs import USER
from tests.benchmarks.samples import WORKER

EVENTS_A_ROW = 3
MOST_ROWS_A_JOB = 5_000
ROWS_A_MESSAGE = 500
IN_FLIGHT = 5  # rows of a job between their dispatch and their end, as with a job's usual limit
PATIENCE = 30.0
UNACKNOWLEDGED = 1_000  # the server refuses messages when ten thousand wait
ROW, MESSAGE = 987_654_321, UUID(int=0xABCDEF)

Message = tuple[str, bytes]


async def write_history(client: Client, events: int, organizations: int = 1) -> int:
    """Jobs with so many row events in all, of so many organizations, the rows of all jobs side by side.

    Returns the number of messages. The messages are what our log would store; they are sent without expectations,
    and only some are acknowledged: the stream is asked whether all are there.
    """
    jetstream = client.jetstream(timeout=60)
    before = (await jetstream.stream_info(subjects.EVENTS_STREAM)).state.messages
    sent = 0
    for subject, payload in _messages(max(1, events // EVENTS_A_ROW), organizations):
        sent += 1
        if sent % UNACKNOWLEDGED:
            await client.publish(subject, payload)
        else:
            await jetstream.publish(subject, payload)
    async with asyncio.timeout(PATIENCE):  # a message that is missing then was refused
        while (await jetstream.stream_info(subjects.EVENTS_STREAM)).state.messages - before < sent:
            await asyncio.sleep(0.01)
    return sent


def _messages(rows: int, organizations: int) -> Iterator[Message]:
    jobs = _jobs(rows, organizations)
    for job in jobs:
        yield from job.begin()
    for row in range(-2 * IN_FLIGHT, max(job.rows for job in jobs)):
        for job in jobs:
            yield from job.go_on(row)
    for job in jobs:
        yield job.end()


def _jobs(rows: int, organizations: int) -> "list[_Job]":
    count = max(organizations, -(-rows // MOST_ROWS_A_JOB))
    orgs = [uuid4() for _ in range(organizations)]
    return [_Job(orgs[number % organizations], len(range(number, rows, count))) for number in range(count)]


class _Job:
    """A job's messages. A row's differ from another's in two values only, so they are copied, not encoded again."""

    def __init__(self, org: UUID, rows: int) -> None:
        self.id, self.rows = uuid4(), rows
        self._context = Context(org, "scheduler:benchmark", correlation="benchmark")
        dispatched = RowDispatched(job_id=self.id, row=ROW, attempt=1, attempts=1, recording_id=self.id, revision=1)
        started = RowStarted(job_id=self.id, row=ROW, attempt=1, worker_id=WORKER, delivery=1)
        step = StepResult(step_number=1, status="completed", duration=431, strategy="id", found_by="recorded")
        finished = RowFinished(
            job_id=self.id,
            row=ROW,
            attempt=1,
            worker_id=WORKER,
            status="success",
            final=True,
            duration=1234,
            steps=[step],
        )
        self._row_events = [self._template(dispatched, "cmd"), self._template(started), self._template(finished)]

    def begin(self) -> Iterator[Message]:
        """The job, its rows, its submission."""
        created = JobCreated(
            job_id=self.id,
            user_id=USER,
            recording_id=self.id,
            recording_name="Add a person",
            revision=1,
            columns=["name", "email"],
            field_mapping={"name": "Name"},
            unmapped=["email"],
            secret_columns=[],
            total_rows=self.rows,
            concurrency=IN_FLIGHT,
            stop_on_error=False,
            options=JobOptions(),
        )
        yield self._told(created)
        for first in range(0, self.rows, ROWS_A_MESSAGE):
            numbers = range(first, min(first + ROWS_A_MESSAGE, self.rows))
            rows = [{"name": f"Person {number}", "email": f"{number}@crm.example"} for number in numbers]
            yield self._told(JobRowsAdded(job_id=self.id, first_row=first, rows=rows))
        yield self._told(JobSubmitted(job_id=self.id))

    def go_on(self, row: int) -> Iterator[Message]:
        """A row ends, the one that follows some rows behind starts, and another one behind that is dispatched."""
        for (subject, payload), at in zip(self._row_events, (row + 2 * IN_FLIGHT, row + IN_FLIGHT, row), strict=True):
            if 0 <= at < self.rows:
                number = str(at)
                own = str(uuid4()).encode()
                yield (
                    subject.replace(str(ROW), number),
                    payload.replace(b"%d" % ROW, number.encode()).replace(str(MESSAGE).encode(), own),
                )

    def end(self) -> Message:
        """All rows have ended well."""
        return self._told(JobEnded(job_id=self.id, status="completed", successful=self.rows, failed=0, skipped=0))

    def _told(self, event: Event) -> Message:
        stream = subjects.job(self.id)
        append = Append(stream, [event], 0, str(uuid4()), self._context)
        return stream.subject(), encode(append, now())

    def _template(self, event: Event, kind: str = "evt") -> Message:
        stream = subjects.row(self.id, ROW)
        append = Append(stream, [event], 0, "template", self._context, kind)
        payload = encode(append, now())
        return stream.subject(kind), payload.replace(str(append.message).encode(), str(MESSAGE).encode())
