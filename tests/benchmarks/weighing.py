"""What is kept in memory: by the log's server for its events and subjects, by the scheduler for the rows under way."""

import gc
import tracemalloc
from collections.abc import Iterator
from uuid import UUID, uuid4

import psutil

from services.scheduler.policies import Admission
from shared.bus import subjects
from shared.bus.publisher import Publisher
from shared.contracts.runner import RowFinished, RowStarted
from shared.contracts.scheduler import RowDispatched
from shared.core.events import Event, Recorded
from shared.core.time_and_ids import now
from tests.benchmarks import jobs
from tests.benchmarks.comparing import Tell
from tests.benchmarks.figures import Figure
from tests.benchmarks.places import open_client, open_log
from tests.benchmarks.samples import ORG, WORKER, appends, on_wire
from tests.benchmarks.scale import Scale

MILLION, HUNDRED_THOUSAND = 1_000_000, 100_000
FEW_SUBJECTS = 1_000
ROWS_A_JOB = 1_000
ANSWER_SECONDS = 60.0


async def weigh(scale: Scale, tell: Tell) -> list[Figure]:
    """Megabytes (of 1,000,000 bytes) per million or per hundred thousand."""
    count = scale.remembered
    found = []
    for distinct, name in ((FEW_SUBJECTS, f"{FEW_SUBJECTS:,} subjects"), (count, "a subject each")):
        tell(f"{count:,} events, {name}")
        grown, sync = await _server_memory(count, distinct)
        settings = f"{sync}, {count:,} events with their ids for the 10 minutes of the duplicate window"
        figure = f"server memory per million events, {name}"
        found.append(Figure(figure, grown / count * MILLION / 1e6, "MB", "lower", settings))
    rows = scale.remembered // 5
    tell(f"{rows:,} rows under way in the scheduler")
    kept = _admission_memory(rows) / rows * HUNDRED_THOUSAND / 1e6
    settings = f"no I/O; {rows:,} rows in jobs of {ROWS_A_JOB:,}"
    found.append(Figure("scheduler memory per 100,000 rows under way", kept, "MB", "lower", settings))
    return found


async def _server_memory(count: int, distinct: int) -> tuple[int, str]:
    """By how many bytes the server's resident memory grows with so many events."""
    async with open_log(always=False) as place, open_client(place) as client:
        server = psutil.Process(place.nats.pid)
        _, payload, _ = on_wire(appends(1)[0][0])
        job_id = uuid4()
        before = server.memory_info().rss
        publisher = Publisher(client, ANSWER_SECONDS)
        # Acknowledged in order: whoever has the last has all.
        for number in range(count):
            subject = subjects.row(job_id, number % distinct).subject()
            last = await publisher.send(subject, payload, {"Nats-Msg-Id": f"{number:036d}"})
        await last
        return server.memory_info().rss - before, place.sync


def _admission_memory(rows: int) -> int:
    """Bytes that the scheduler keeps while all but one row of every job have ended."""
    gc.collect()
    tracemalloc.start()
    try:
        admission = Admission(HUNDRED_THOUSAND)
        before, _ = tracemalloc.get_traced_memory()
        for recorded in _history(rows):
            admission.see(recorded)
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
        return after - before
    finally:
        tracemalloc.stop()


def _history(rows: int) -> Iterator[Recorded]:
    at = now()
    for position, event in enumerate(_events(rows), 1):
        yield Recorded(position, 0, uuid4(), "evt", at, ORG, "benchmark", "benchmark", None, event)


def _events(rows: int) -> Iterator[Event]:
    recording_id = uuid4()
    for first in range(0, rows, ROWS_A_JOB):
        draft, submitted = jobs.drafted(recording_id, min(ROWS_A_JOB, rows - first), 10)
        yield from draft.events
        yield submitted
        for row in range(min(ROWS_A_JOB, rows - first) - 1):
            yield from _row(submitted.job_id, row, recording_id)


def _row(job_id: UUID, row: int, recording_id: UUID) -> Iterator[Event]:
    yield RowDispatched(job_id=job_id, row=row, attempt=1, attempts=1, recording_id=recording_id, revision=1)
    yield RowStarted(job_id=job_id, row=row, attempt=1, worker_id=WORKER, delivery=1)
    yield RowFinished(
        job_id=job_id, row=row, attempt=1, worker_id=WORKER, status="success", final=True, duration=0, steps=[]
    )
