"""What people do with a job while one of its rows runs, and the pace it runs at: a real queue, a real log."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from services.runner.adapters.no_browser import EmptySession, NoBrowsers
from services.runner.adapters.options import Hooks, StepOptions
from services.runner.loops import Worker
from services.runner.main import BLUEPRINT
from shared.bus import subjects
from shared.bus.log import Append
from shared.contracts.recording import Step
from shared.contracts.runner import StepResult
from shared.contracts.scheduler import JobPaused, JobResumed
from shared.core.events import Event
from shared.runtime import Resources
from tests.conftest import opening_resources, stack_in_a_folder
from tests.integration.runner.test_worker import CONTEXT, LEASE_SECONDS, Job, new_job, until, working

OPEN = {"event": "navigate", "value": "http://crm.example/", "bundle": {}, "navigation": {"type": "navigation"}}
STEPS: list[dict[str, Any]] = [{**OPEN, "stepNumber": number, "timestamp": number * 1000} for number in (1, 2, 3)]


class Gated(EmptySession):
    """Each step tells when it begins and waits for leave to end; where `commits` is set it tells an intent before."""

    begun: "asyncio.Queue[int]"
    leave: asyncio.Semaphore
    commits = False

    async def perform(self, step: Step, value: str | None, options: StepOptions, hooks: Hooks) -> StepResult:
        if self.commits:
            await hooks.intend(step.step_number, "click")
        self.begun.put_nowait(step.step_number)
        await self.leave.acquire()
        return await super().perform(step, value, options, hooks)


def gated(*, commits: bool = False, leave: int = 0) -> type[Gated]:
    """A kind of session of the test's own; `leave` steps may end at once."""
    return type("Here", (Gated,), {"begun": asyncio.Queue(), "leave": asyncio.Semaphore(leave), "commits": commits})


@pytest.fixture(scope="module")
async def resources() -> AsyncIterator[Resources]:
    async with stack_in_a_folder() as stack, opening_resources(stack) as open_one:
        opened = await open_one(BLUEPRINT)
        settings = opened.settings.model_copy(update={"lease_seconds": LEASE_SECONDS, "slots": 2})
        yield replace(opened, settings=settings)


async def tell(job: Job, event: Event) -> None:
    append = Append(subjects.job(job.id), [event], job.position, type(event).__name__, CONTEXT)
    job.position = await job.resources.log.append(append)


async def pause(job: Job, worker: Worker | None = None) -> None:
    await tell(job, JobPaused(job_id=job.id))
    if worker is not None:
        await until(lambda: worker._known.is_paused(job.id))


async def resume(job: Job) -> None:
    await tell(job, JobResumed(job_id=job.id))


async def next_step(kind: type[Gated], seconds: float = 5) -> int:
    return await asyncio.wait_for(kind.begun.get(), seconds)


async def test_a_paused_row_stops_before_its_next_step_and_goes_on_where_it_was(resources):
    job, kind = await new_job(resources, STEPS), gated()
    async with working(resources, NoBrowsers(kind)) as worker:
        await job.dispatch()
        assert await next_step(kind) == 1
        await pause(job, worker)
        kind.leave.release()
        await asyncio.sleep(0.5)
        assert kind.begun.empty()
        await resume(job)
        assert await next_step(kind) == 2
        kind.leave.release()
        kind.leave.release()
        finished = await job.finished()
    assert (finished.status, len(finished.steps)) == ("success", 3)


async def test_a_row_of_a_job_that_was_paused_and_resumed_before_it_began_runs(resources):
    job, kind = await new_job(resources, STEPS), gated(leave=3)
    await pause(job)
    await resume(job)
    async with working(resources, NoBrowsers(kind)):
        await job.dispatch()
        assert (await job.finished()).status == "success"


async def test_stopping_a_paused_job_ends_its_rows_at_once(resources):
    job, kind = await new_job(resources, STEPS), gated()
    async with working(resources, NoBrowsers(kind)) as worker:
        await job.dispatch()
        await next_step(kind)
        await pause(job, worker)
        kind.leave.release()
        await asyncio.sleep(0.3)
        await job.stop()
        finished = await job.finished(seconds=1)
    assert (finished.error_type, finished.failed_step, finished.final) == ("cancelled", 2, True)


async def test_time_on_pause_does_not_count(resources):
    job, kind = await new_job(resources, STEPS, row_timeout=1500), gated()
    async with working(resources, NoBrowsers(kind)) as worker:
        await job.dispatch()
        await next_step(kind)
        await pause(job, worker)
        kind.leave.release()
        await asyncio.sleep(2)
        await resume(job)
        assert await next_step(kind) == 2
        kind.leave.release()
        kind.leave.release()
        assert (await job.finished()).status == "success"


async def test_the_time_limit_holds_again_after_a_pause(resources):
    job, kind = await new_job(resources, STEPS, row_timeout=1200), gated()
    async with working(resources, NoBrowsers(kind)) as worker:
        await job.dispatch()
        await next_step(kind)
        await pause(job, worker)
        kind.leave.release()
        await asyncio.sleep(0.5)
        await resume(job)
        await next_step(kind)
        assert (await job.finished(seconds=2)).error_type == "timeout"


@pytest.mark.parametrize(
    ("commits", "on_unknown", "final"), [(False, "fail", False), (True, "fail", True), (True, "rerun", False)]
)
async def test_a_pause_that_is_too_long_gives_the_browser_up(resources, monkeypatch, commits, on_unknown, final):
    monkeypatch.setattr("services.runner.steering.HOLD_SECONDS", 0.3)
    job, kind = await new_job(resources, STEPS, on_unknown=on_unknown), gated(commits=commits)
    async with working(resources, NoBrowsers(kind)) as worker:
        await job.dispatch()
        await next_step(kind)
        await pause(job, worker)
        kind.leave.release()
        finished = await job.finished(seconds=3)
    assert (finished.status, finished.error_type, finished.failed_step) == ("failed", "paused", 2)
    assert finished.final is final
    assert ("look at what they came to" in str(finished.error_message)) is final


async def test_a_held_row_keeps_its_lease(resources):
    job, kind = await new_job(resources, STEPS), gated()
    async with working(resources, NoBrowsers(kind)) as worker:
        await job.dispatch()
        await next_step(kind)
        await pause(job, worker)
        kind.leave.release()
        async with working(resources, NoBrowsers()):
            await asyncio.sleep(LEASE_SECONDS * 1.5)
            await resume(job)
            kind.leave.release()
            kind.leave.release()
            finished = await job.finished()
    assert (finished.worker_id, finished.status) == (worker.worker_id, "success")


async def timed(resources: Resources, **options: Any) -> float:
    """Seconds that a row of three steps takes."""
    job = await new_job(resources, STEPS, **options)
    async with working(resources, NoBrowsers()):
        await job.dispatch()
        finished = await job.finished()
    assert finished.status == "success"
    return finished.duration / 1000


async def test_a_row_is_as_slow_as_the_job_says(resources):
    assert await timed(resources) < 0.5
    assert await timed(resources, speed=4) >= 0.5  # two pauses of a second
    assert await timed(resources, slow_motion=True, slow_motion_delay=200) >= 0.6


async def test_cancelling_does_not_wait_for_a_pause_of_the_recording(resources):
    job, kind = await new_job(resources, STEPS, slow_motion=True, slow_motion_delay=60_000), gated(leave=3)
    async with working(resources, NoBrowsers(kind)):
        await job.dispatch()
        await next_step(kind)
        await job.stop()
        finished = await job.finished(seconds=1)
    assert (finished.error_type, finished.failed_step) == ("cancelled", 2)
