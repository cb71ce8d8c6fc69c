"""Projectors: one at a time, nothing twice and nothing left out, whatever is killed meanwhile."""

import asyncio
from uuid import UUID

import asyncpg
import pytest

from shared.bus import subjects
from shared.contracts.runner import RowFinished, RowStarted
from shared.contracts.scheduler import (
    JobEnded,
    JobPaused,
    JobReprioritized,
    JobResumed,
    RowDispatched,
    RowLost,
)
from shared.core.events import Event
from shared.projections import Source
from tests.benchmarks.histories import write_history
from tests.integration.projections.read_models import OneByOne, ReadModels, submit_job

JOBS, RESULTS = "scheduler.execution_jobs", "runner.execution_results"


async def _counted(models: ReadModels, before: int) -> int:
    """The rows that ended in jobs created behind a position's jobs."""
    return sum(row["completed_rows"] for row in await models.table(JOBS)) - before


async def _write(models: ReadModels, events: int) -> int:
    await write_history(models.resources["scheduler"].nats, events, organizations=3)
    return int(await models.log.last_position())


async def _terminate_projectors(models: ReadModels) -> int:
    """Cut the connections of the projectors of jobs; how many there were."""
    admin = await asyncpg.connect(models.stack.admin_url.rpartition("/")[0] + "/retold")
    try:
        cut = await admin.fetch(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where application_name = 'retold-scheduler-projector'"
        )
        return len(cut)
    finally:
        await admin.close()


async def test_two_projectors_at_once_count_nothing_twice_though_their_connections_are_cut(
    read_models: ReadModels,
) -> None:
    await read_models.project_all(JOBS)
    before = await _counted(read_models, 0)
    cut = written = 0
    async with read_models.projecting(JOBS, times=2):
        while cut < 3:
            end = await _write(read_models, 3_000)
            written += 1_000
            cut += await _terminate_projectors(read_models)
        await read_models.reach(JOBS, end)
    assert await _counted(read_models, before) == written


async def test_a_projector_goes_on_where_it_was_when_the_log_was_killed(read_models: ReadModels) -> None:
    await read_models.project_all(JOBS)
    before = await _counted(read_models, 0)
    async with read_models.projecting(JOBS):
        for _ in range(2):
            end = await _write(read_models, 6_000)
            await read_models.stack.kill_nats()
            await read_models.stack.restart_nats()
        await read_models.reach(JOBS, end)
    assert await _counted(read_models, before) == 4_000


async def test_a_projector_goes_on_where_it_was_when_postgres_was_killed(read_models: ReadModels) -> None:
    await read_models.project_all(JOBS)
    before = await _counted(read_models, 0)
    async with read_models.projecting(JOBS):
        for _ in range(2):
            end = await _write(read_models, 6_000)
            await read_models.stack.kill_postgres()
            await read_models.stack.restart_postgres()
        await read_models.reach(JOBS, end)
    assert await _counted(read_models, before) == 4_000


async def _job_as(models: ReadModels, job_id: UUID, *events: tuple[Event, str], org: UUID) -> dict[str, object]:
    """The job's row after some more events."""
    for event, kind in events:
        row = getattr(event, "row", None)
        stream = subjects.job(job_id) if row is None else subjects.row(job_id, row)
        await models.tell(stream, event, org=org, kind=kind)
    await models.project_all(JOBS)
    (job,) = await models.table(JOBS, where=f"id = '{job_id}'")
    return job


def _dispatched(job_id: UUID, row: int) -> tuple[Event, str]:
    event = RowDispatched(job_id=job_id, row=row, attempt=1, attempts=1, recording_id=job_id, revision=1)
    return event, "cmd"


async def test_a_job_shows_its_pauses_and_its_priority(read_models: ReadModels) -> None:
    job_id, org = await submit_job(read_models, 3)
    paused, resumed = (JobPaused(job_id=job_id), "evt"), (JobResumed(job_id=job_id), "evt")
    job = await _job_as(read_models, job_id, org=org)
    assert (job["status"], job["priority"]) == ("pending", 40)
    assert (await _job_as(read_models, job_id, paused, org=org))["status"] == "paused"
    assert (await _job_as(read_models, job_id, resumed, org=org))["status"] == "pending"
    dispatched = _dispatched(job_id, 0)
    assert (await _job_as(read_models, job_id, dispatched, org=org))["status"] == "running"
    assert (await _job_as(read_models, job_id, paused, org=org))["status"] == "paused"
    started = RowStarted(job_id=job_id, row=0, attempt=1, worker_id="w", delivery=1)
    assert (await _job_as(read_models, job_id, (started, "evt"), org=org))["status"] == "paused"
    changed = JobReprioritized(job_id=job_id, priority=90)
    job = await _job_as(read_models, job_id, resumed, (changed, "evt"), org=org)
    assert (job["status"], job["priority"]) == ("running", 90)


async def test_a_lost_row_counts_as_failed_and_shows_why(read_models: ReadModels) -> None:
    job_id, org = await submit_job(read_models, 2)
    started = RowStarted(job_id=job_id, row=0, attempt=1, worker_id="w", delivery=1)
    lost = RowLost(
        job_id=job_id,
        row=0,
        attempt=1,
        final=True,
        error_type="outcome_unknown",
        error_message="the worker vanished while it pressed Save",
        failed_step=4,
    )
    again = lost.model_copy(update={"row": 1, "final": False, "error_type": "worker_lost"})
    events = (_dispatched(job_id, 0), (started, "evt"), (lost, "cmd"), _dispatched(job_id, 1), (again, "cmd"))
    job = await _job_as(read_models, job_id, *events, org=org)
    assert (job["completed_rows"], job["failed_rows"], job["unknown_rows"]) == (1, 1, 1)
    await read_models.project_all(RESULTS)
    (result,) = await read_models.table(RESULTS, where=f"execution_job_id = '{job_id}'")
    assert (result["status"], result["error_type"], result["failed_step"]) == ("failed", "outcome_unknown", 4)
    assert result["error_message"] == lost.error_message
    assert result["started_at"] is not None
    waiting = await read_models.table(RESULTS, "result_inputs", f"execution_job_id = '{job_id}'")
    assert [row["row_index"] for row in waiting] == [1]


@pytest.mark.parametrize("path", [JOBS, RESULTS])
async def test_where_a_batch_ends_makes_no_difference(read_models: ReadModels, path: str) -> None:
    begin = await read_models.log.last_position()
    job_id, org = await submit_job(read_models, 2)
    for row, status in ((0, "success"), (1, "failed")):
        await read_models.tell(subjects.row(job_id, row), _dispatched(job_id, row)[0], org=org, kind="cmd")
        started = RowStarted(job_id=job_id, row=row, attempt=1, worker_id=f"w{row}", delivery=1)
        finished = RowFinished(
            job_id=job_id, row=row, attempt=1, worker_id="w", status=status, final=True, duration=3, steps=[]
        )
        await read_models.tell(subjects.job(job_id), JobPaused(job_id=job_id), org=org)
        await read_models.tell(subjects.row(job_id, row), started, org=org)
        await read_models.tell(subjects.job(job_id), JobResumed(job_id=job_id), org=org)
        await read_models.tell(subjects.row(job_id, row), finished, org=org)
    await submit_job(read_models, 1, org)
    ended = JobEnded(job_id=job_id, status="completed", successful=1, failed=1, skipped=0)
    await read_models.tell(subjects.job(job_id), ended, org=org)
    tables = read_models.projection(path).tables

    async def rebuilt_from(source: Source) -> list[object]:
        await read_models.projector(path, source).rebuild(read_models.migrations(path), lambda *_: None)
        return [await read_models.table(path, table, f"organization_id = '{org}'") for table in tables]

    source = read_models.source(path)
    one_by_one = await rebuilt_from(OneByOne(source, begin))
    at_once = await rebuilt_from(source)
    assert any(at_once)
    assert one_by_one == at_once


async def test_a_projector_of_a_log_that_was_restored_from_an_older_copy_says_so(read_models: ReadModels) -> None:
    await read_models.project_all("ingest.users")
    seen = await read_models.checkpoint("ingest.users")
    await read_models.execute("ingest.users", "update checkpoints set position = 10 ^ 12 where projection = 'users'")
    try:
        with pytest.raises(Exception, match=r"restored from an older copy; run: retold rebuild ingest\.users"):
            await asyncio.wait_for(read_models.projector("ingest.users").run(), 20)
    finally:
        await read_models.execute(
            "ingest.users", f"update checkpoints set position = {seen} where projection = 'users'"
        )
