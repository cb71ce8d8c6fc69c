"""The worker with a real queue and a real log: what becomes of a row when somebody stops, cancels, or hangs."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import psutil
import pytest

from services.runner.adapters.browser import Fleet
from services.runner.adapters.no_browser import EmptySession, NoBrowsers
from services.runner.adapters.options import Hooks, StepOptions
from services.runner.adapters.port import RowFleet
from services.runner.loops import Worker
from services.runner.main import BLUEPRINT
from shared.bus import subjects
from shared.bus.log import Append, Context
from shared.bus.presence import Presence, Present
from shared.bus.topology import RUNNERS
from shared.contracts.ingest import RecordingImported
from shared.contracts.recording import Step
from shared.contracts.runner import RowFinished, RowStarted, StepIntended, StepResult
from shared.contracts.scheduler import (
    JobCreated,
    JobOptions,
    JobRowsAdded,
    JobStopping,
    JobSubmitted,
    RowDispatched,
    RowLost,
)
from shared.core.events import Event
from shared.core.time_and_ids import new_id
from shared.runtime import Resources
from shared.testing.sites import Sites
from tests.conftest import opening_resources, stack_in_a_folder
from tests.golden.files import told

CONTEXT = Context(new_id(), "test")
LEASE_SECONDS = 3.0


class Slow(EmptySession):
    """Each step takes 120 seconds, and tells when it begins; where `commits` is set it tells an intent before."""

    begun: asyncio.Event
    end: asyncio.Event
    commits = False

    async def perform(self, step: Step, value: str | None, options: StepOptions, hooks: Hooks) -> StepResult:
        if self.commits:
            await hooks.intend(step.step_number, "click")
        self.begun.set()
        await asyncio.wait_for(self.end.wait(), 120)
        return await super().perform(step, value, options, hooks)


def slow(*, commits: bool = False) -> type[Slow]:
    """A kind of session of the test's own."""
    return type("SlowHere", (Slow,), {"begun": asyncio.Event(), "end": asyncio.Event(), "commits": commits})


@dataclass
class Job:
    """One job in the log, whose rows the test dispatches."""

    resources: Resources
    id: UUID
    recording: UUID
    position: int = 0

    async def stop(self) -> None:
        await self.resources.log.append(
            Append(
                subjects.job(self.id), [JobStopping(job_id=self.id, reason="cancelled")], self.position, "x", CONTEXT
            )
        )

    async def dispatch(self, row: int = 0, attempts: int = 1) -> int:
        dispatched = RowDispatched(
            job_id=self.id, row=row, attempt=1, attempts=attempts, recording_id=self.recording, revision=1
        )
        return await self.tell(row, dispatched, 0, "cmd")

    async def tell(self, row: int, event: Event, expected: int, kind: str = "evt") -> int:
        append = Append(subjects.row(self.id, row), [event], expected, str(new_id()), CONTEXT, kind)
        return await self.resources.log.append(append)

    async def events(self, row: int = 0) -> list[Event]:
        return [item.event for item in await self.resources.log.load(subjects.row(self.id, row))]

    async def finished(self, row: int = 0, seconds: float = 15) -> RowFinished:
        async with asyncio.timeout(seconds):
            while True:
                for event in await self.events(row):
                    if isinstance(event, RowFinished):
                        return event
                await asyncio.sleep(0.02)


@pytest.fixture(scope="module")
async def resources() -> AsyncIterator[Resources]:
    """What the workers of this file are built from; no other test's rows are in this log."""
    async with stack_in_a_folder() as stack, opening_resources(stack) as open_one:
        opened = await open_one(BLUEPRINT)
        settings = opened.settings.model_copy(update={"lease_seconds": LEASE_SECONDS, "slots": 2})
        yield replace(opened, settings=settings)


@asynccontextmanager
async def working(resources: Resources, fleet: RowFleet) -> AsyncIterator[Worker]:
    """A worker of its own, that stops with the context."""
    worker = Worker(replace(resources, stopping=asyncio.Event()), fleet)
    tasks = [asyncio.create_task(each()) for each in (worker.run, worker.watch_stopped_jobs)]
    try:
        yield worker
    finally:
        worker._resources.stopping.set()
        async with asyncio.timeout(25):
            await asyncio.gather(*tasks)


async def new_job(resources: Resources, steps: list[dict[str, Any]] | None = None, **options: Any) -> Job:
    """A recording of one step, or of `steps`, and a job of three rows over it."""
    job = Job(resources, new_id(), new_id())
    imported = next(event for event in told() if isinstance(event, RecordingImported))
    created = next(event for event in told() if isinstance(event, JobCreated))
    kept = [Step.model_validate(step) for step in steps] if steps else [imported.steps[0]]
    imported = imported.model_copy(update={"recording_id": job.recording, "steps": kept})
    created = created.model_copy(
        update={
            "job_id": job.id,
            "recording_id": job.recording,
            "revision": 1,
            "field_mapping": {},
            "options": JobOptions(max_retries=1).model_copy(update=options),
        }
    )
    rows = JobRowsAdded(job_id=job.id, first_row=0, rows=[{"name": "Ada"}] * 3)
    log = resources.log
    await log.append(Append(subjects.recording(job.recording), [imported], 0, "import", CONTEXT))
    events = [created, rows, JobSubmitted(job_id=job.id)]
    job.position = await log.append(Append(subjects.job(job.id), events, 0, "create", CONTEXT))
    return job


async def test_a_row_is_started_and_finished_and_its_worker_is_known_meanwhile(resources):
    job = await new_job(resources)
    presence = Presence(resources.nats)
    async with working(resources, NoBrowsers()) as worker:
        await job.dispatch()
        finished = await job.finished()
        assert await presence.all() == {worker.worker_id: Present(2)}
    assert (finished.status, finished.worker_id) == ("success", worker.worker_id)
    assert [type(event) for event in await job.events()] == [RowDispatched, RowStarted, RowFinished]
    assert await presence.all() == {}


async def test_a_row_that_moved_on_before_its_first_delivery_is_left_alone(resources):
    job = await new_job(resources)
    position = await job.dispatch()
    lost = RowLost(job_id=job.id, row=0, attempt=1, final=True, error_type="worker_lost", error_message="nobody")
    await job.tell(0, lost, position, "cmd")
    async with working(resources, NoBrowsers()):
        await job.dispatch(1)
        await job.finished(1)
        await until_queue_is_empty(resources)
    assert [type(event) for event in await job.events()] == [RowDispatched, RowLost]


async def test_a_row_whose_recording_is_nowhere_ends_as_failed(resources):
    job = await new_job(resources)
    job.recording = new_id()
    async with working(resources, NoBrowsers()):
        await job.dispatch()
        finished = await job.finished()
        await until_queue_is_empty(resources)
    assert (finished.status, finished.error_type, finished.final) == ("failed", "not_found", True)
    assert finished.error_message == f"no recording {job.recording} in the log"


async def test_a_cancelled_row_does_not_wait_for_its_step(resources):
    job, kind = await new_job(resources), slow()
    async with working(resources, NoBrowsers(kind)):
        await job.dispatch()
        await kind.begun.wait()
        await job.stop()
        finished = await job.finished(seconds=1)
    assert (finished.error_type, finished.final) == ("cancelled", True)
    assert "during step" in str(finished.error_message)


async def test_a_step_that_may_have_committed_ends_by_itself_when_its_job_is_cancelled(resources):
    job, kind = await new_job(resources), slow(commits=True)
    async with working(resources, NoBrowsers(kind)):
        await job.dispatch()
        await kind.begun.wait()
        await job.stop()
        await asyncio.sleep(0.5)
        assert [type(event) for event in await job.events()] == [RowDispatched, RowStarted, StepIntended]
        kind.end.set()
        finished = await job.finished(seconds=1)
    assert [step.status for step in finished.steps][:1] == ["completed"]


async def test_a_worker_whose_row_was_given_up_stores_no_result(resources):
    job, kind = await new_job(resources), slow()
    async with working(resources, NoBrowsers(kind)) as worker:
        await job.dispatch()
        await kind.begun.wait()
        started = (await resources.log.load(subjects.row(job.id, 0))).position
        lost = RowLost(job_id=job.id, row=0, attempt=1, final=True, error_type="worker_lost", error_message="nobody")
        await job.tell(0, lost, started, "cmd")
        kind.end.set()
        await until(lambda: not worker._rows)
    assert [type(event) for event in await job.events()] == [RowDispatched, RowStarted, RowLost]


async def test_what_a_worker_that_stops_cannot_finish_is_at_once_another_ones(resources, monkeypatch):
    monkeypatch.setattr("services.runner.loops.FINISH_SECONDS", 0.5)
    job, kind = await new_job(resources), slow()
    async with working(resources, NoBrowsers(kind)) as first:
        await job.dispatch(0)
        await kind.begun.wait()
        first._resources.stopping.set()
        await job.dispatch(1)
        async with working(resources, NoBrowsers()) as second:
            assert (await job.finished(1)).worker_id == second.worker_id
            taken_over = await job.finished(0, seconds=LEASE_SECONDS * 0.8)
    assert (taken_over.worker_id, taken_over.status) == (second.worker_id, "success")


async def test_a_row_in_hand_is_finished_by_the_worker_that_stops(resources):
    job, kind = await new_job(resources), slow()
    async with working(resources, NoBrowsers(kind)) as worker:
        await job.dispatch()
        await kind.begun.wait()
        worker._resources.stopping.set()
        await asyncio.sleep(0.2)
        kind.end.set()
        assert (await job.finished(seconds=2)).worker_id == worker.worker_id


async def test_the_lease_of_a_long_step_is_kept(resources):
    job, kind = await new_job(resources), slow()
    async with working(resources, NoBrowsers(kind)) as first:
        await job.dispatch()
        await kind.begun.wait()
        async with working(resources, NoBrowsers()):
            await asyncio.sleep(LEASE_SECONDS * 1.5)
            kind.end.set()
            assert (await job.finished()).worker_id == first.worker_id
    assert [type(event) for event in await job.events()] == [RowDispatched, RowStarted, RowFinished]


async def test_a_row_without_progress_loses_its_lease(resources, monkeypatch):
    monkeypatch.setattr("services.runner.loops.SILENT_SECONDS", 1.5)
    job, kind = await new_job(resources), slow()
    async with working(resources, NoBrowsers(kind)) as stuck:
        await job.dispatch()
        await kind.begun.wait()
        async with working(resources, NoBrowsers()) as other:
            stuck._resources.stopping.set()
            finished = await job.finished(seconds=LEASE_SECONDS)
    assert finished.worker_id == other.worker_id


@pytest.mark.parametrize("intended", [False, True])
async def test_a_row_whose_browser_hangs_is_decided_on_by_its_intent(resources, sites: Sites, intended: bool):
    button = {"selector": "#nowhere", "bundle": {}, "navigation": {"type": "same_page"}, "event": "click"}
    opening = {"value": f"{sites.url}/table.html", "bundle": {}, "navigation": {"type": "navigation"}}
    steps = [{**opening, "stepNumber": 1, "event": "navigate"}, {**button, "stepNumber": 2}]
    job = await new_job(resources, steps, wait_timeout=20_000, healing="off")
    before = set(chromiums())
    async with working(resources, Fleet(hung_seconds=1.0)) as hanging:
        position = await job.dispatch()
        await until(lambda: bool(hanging._rows))
        await asyncio.sleep(2)
        if intended:
            started = (await resources.log.load(subjects.row(job.id, 0))).position
            assert started > position
            event = StepIntended(job_id=job.id, row=0, attempt=1, step_number=1, action="click")
            await job.tell(0, event, started)
        for process in set(chromiums()) - before:
            os.kill(process.pid, signal.SIGSTOP)
        async with working(resources, NoBrowsers()) as other:
            hanging._resources.stopping.set()
            finished = await job.finished(seconds=12)  # sooner than a worker that stops gives up
    assert finished.worker_id == other.worker_id
    assert finished.error_type == ("outcome_unknown" if intended else None)
    assert not [process for process in set(chromiums()) - before if process.status() == psutil.STATUS_STOPPED]


def chromiums() -> list[psutil.Process]:
    """The browser processes below this one."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            if "chrom" in process.name():
                found.append(process)
        except psutil.NoSuchProcess:  # ended between being listed and being asked
            continue
    return found


async def until(held: Callable[[], bool], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not held():
            await asyncio.sleep(0.01)


async def until_queue_is_empty(resources: Resources) -> None:
    """Nothing waits, and nothing is in anybody's hand; no row had to wait until a lease was over."""
    async with asyncio.timeout(LEASE_SECONDS * 0.8):
        while True:
            queue = await resources.nats.jetstream().consumer_info(subjects.EVENTS_STREAM, RUNNERS)
            if not queue.num_pending and not queue.num_ack_pending:
                return
            await asyncio.sleep(0.05)


@pytest.mark.parametrize(("commits", "on_unknown"), [(True, "fail"), (True, "rerun"), (False, "fail")])
async def test_a_row_that_runs_out_of_time_after_an_intent_is_not_run_again_in_silence(resources, commits, on_unknown):
    job, kind = await new_job(resources, row_timeout=1000, on_unknown=on_unknown), slow(commits=commits)
    async with working(resources, NoBrowsers(kind)):
        await job.dispatch(attempts=3)
        finished = await job.finished(seconds=3)
    if commits and on_unknown == "fail":
        assert (finished.error_type, finished.final, finished.failed_step) == ("outcome_unknown", True, 1)
        assert "look there" in str(finished.error_message)
    else:
        assert (finished.error_type, finished.final) == ("timeout", False)
