"""Jobs whose rows do nothing: written to the log, awaited, and counted afterwards."""

from collections import Counter
from collections.abc import Sequence
from contextlib import aclosing
from uuid import UUID, uuid4

from shared.bus import subjects
from shared.bus.log import Append, Log
from shared.contracts.ingest import RecordingImported
from shared.contracts.recording import Step
from shared.contracts.runner import RowFinished
from shared.contracts.scheduler import JobCreated, JobEnded, JobOptions, JobRowsAdded, JobSubmitted
from tests.benchmarks.samples import CONTEXT

USER = UUID("6d0ff0ee-0000-4000-8000-000000000002")
ADDRESS = "https://nowhere.example/"


async def import_recording(log: Log) -> UUID:
    """A recording of one step."""
    recording_id = uuid4()
    step = {"stepNumber": 1, "event": "navigate", "navigation": {"type": "navigation", "url": ADDRESS}, "bundle": {}}
    imported = RecordingImported(
        recording_id=recording_id,
        user_id=USER,
        name="nothing",
        description=None,
        starting_url=ADDRESS,
        steps=[Step.model_validate(step)],
        variables={},
        recording_method="extension",
        source="canonical",
        fidelity=[],
    )
    await log.append(Append(subjects.recording(recording_id), [imported], 0, "import", CONTEXT))
    return recording_id


async def prepare(log: Log, recording_id: UUID, jobs: int, rows: int, concurrency: int) -> list[Append]:
    """Store jobs with all their rows; what is returned submits them."""
    drafts = [drafted(recording_id, rows, concurrency) for _ in range(jobs)]
    positions = await log.append_all([draft for draft, _ in drafts])
    return [
        Append(draft.stream, [submitted], position, "submit", CONTEXT)
        for (draft, submitted), position in zip(drafts, positions, strict=True)
    ]


def drafted(recording_id: UUID, rows: int, concurrency: int) -> tuple[Append, JobSubmitted]:
    """What creates a job with all its rows, and the event that submits it."""
    job_id = uuid4()
    created = JobCreated(
        job_id=job_id,
        user_id=USER,
        recording_id=recording_id,
        recording_name="nothing",
        revision=1,
        columns=["name"],
        field_mapping={},
        unmapped=["name"],
        secret_columns=[],
        total_rows=rows,
        concurrency=concurrency,
        stop_on_error=False,
        options=JobOptions(),
        priority=0,
    )
    added = JobRowsAdded(job_id=job_id, first_row=0, rows=[{"name": f"row {row}"} for row in range(rows)])
    return Append(subjects.job(job_id), [created, added], 0, "create", CONTEXT), JobSubmitted(job_id=job_id)


def ids_of(submissions: Sequence[Append]) -> set[UUID]:
    """The jobs that these submit."""
    return {UUID(each.stream.id) for each in submissions}


async def until_ended(log: Log, wanted: set[UUID], after: int) -> None:
    """Wait for the ends of jobs that are submitted behind a position."""
    missing = set(wanted)
    async with aclosing(log.follow((subjects.ALL_JOBS,), after, linger=0.0)) as batches:
        async for batch in batches:
            missing -= {item.event.job_id for item in batch.events if isinstance(item.event, JobEnded)}
            if not missing:
                return


async def lost_or_doubled(log: Log, wanted: set[UUID], rows: int) -> int:
    """Rows of these jobs without a result, or with more than one."""
    wrong = 0
    for job_id in wanted:
        ends = Counter(
            item.event.row
            for item in await log.read(subjects.rows_of(job_id))
            if isinstance(item.event, RowFinished) and item.event.final
        )
        wrong += sum(ends[row] != 1 for row in range(rows))
    return wrong
