"""The dispatcher on a real NATS."""

import asyncio
import time
from datetime import timedelta

import pytest

from services.scheduler import loops
from services.scheduler.aggregates.job import PauseJob, ResumeJob
from services.scheduler.known import LEAST_CAP
from services.scheduler.loops import Dispatcher
from shared.bus import subjects
from shared.bus.presence import Presence, Present
from shared.contracts.runner import RowFinished, StepIntended
from shared.contracts.scheduler import JobEnded, JobOptions, RowDispatched, RowLost
from shared.core.errors import Refused
from tests.integration.scheduler.conftest import Bench, until


async def run_rows(bench: Bench, rows: int) -> None:
    """A worker takes so many rows and does them well."""
    for _ in range(rows):
        message, row = await bench.take()
        await bench.start(row)
        await bench.finish(row)
        await message.ack()


async def test_a_job_runs_to_its_end_within_its_window(bench):
    async with bench.dispatching():
        job = await bench.submit(rows=7, concurrency=2)
        await run_rows(bench, 7)
        (ended,) = await bench.until(1, job, JobEnded)
    assert (ended.event.status, ended.event.successful) == ("completed", 7)
    flying = 0
    for item in await bench.events(job, RowDispatched, RowFinished):
        flying += 1 if isinstance(item.event, RowDispatched) else -1
        assert flying <= 2


async def test_a_paused_job_hands_out_nothing_until_it_is_resumed(bench):
    async with bench.dispatching():
        job = await bench.submit(rows=3, concurrency=1)
        message, row = await bench.take()
        await bench.do(PauseJob(job), job)
        await bench.start(row)
        await bench.finish(row)
        await message.ack()
        await asyncio.sleep(1.5)
        assert len(await bench.events(job, RowDispatched)) == 1
        await bench.do(ResumeJob(job), job)
        await run_rows(bench, 2)
        await bench.until(1, job, JobEnded)


async def test_half_as_many_rows_again_as_the_workers_have_slots_are_handed_out(bench):
    presence = Presence(bench.resources.nats)
    async with presence.told("one", Present(slots=12)), presence.told("two", Present(slots=4)):
        await until(presence.all, lambda found: len(found) == 2)
        async with bench.dispatching():
            first, others = await bench.submit(rows=20), [await bench.submit(rows=20) for _ in range(3)]
            await asyncio.sleep(3)
            dispatched = [len(await bench.events(job, RowDispatched)) for job in (first, *others)]
    assert sum(dispatched) == 24


async def test_a_few_rows_are_handed_out_before_a_worker_has_told_that_it_is_there(bench):
    async with bench.dispatching():
        jobs = [await bench.submit(rows=LEAST_CAP) for _ in range(2)]
        await asyncio.sleep(2.5)
        assert sum([len(await bench.events(job, RowDispatched)) for job in jobs]) == LEAST_CAP


async def test_the_number_in_the_settings_is_kept_whatever_workers_there_are(bench):
    async with Presence(bench.resources.nats).told("one", Present(slots=30)), bench.dispatching(rows_in_flight=3):
        job = await bench.submit(rows=20)
        await asyncio.sleep(2.5)
        assert len(await bench.events(job, RowDispatched)) == 3


async def test_a_timer_wakes_the_dispatcher_for_a_row_that_is_to_be_tried_again(bench, monkeypatch):
    monkeypatch.setattr(loops, "TICK_SECONDS", 60.0)
    async with bench.dispatching():
        job = await bench.submit(rows=1, options=JobOptions(max_retries=1))
        message, row = await bench.take()
        await bench.start(row)
        await bench.finish(row, "failed", final=False)
        await message.ack()
        first, again = await bench.until(2, job, RowDispatched)
    (failed,) = await bench.events(job, RowFinished)
    assert (first.event.attempt, again.event.attempt) == (1, 2)
    assert timedelta(seconds=1) <= again.at - failed.at < timedelta(seconds=2)


async def test_a_timer_wakes_the_dispatcher_at_a_deadline(bench, monkeypatch):
    monkeypatch.setattr(loops, "TICK_SECONDS", 60.0)
    async with bench.dispatching():
        job = await bench.submit(rows=1, options=JobOptions(deadline_seconds=1))
        (ended,) = await bench.until(1, job, JobEnded)
    assert (ended.event.status, ended.event.skipped) == ("timeout", 1)


async def test_nothing_is_dispatched_over_a_message_that_cannot_be_read(bench):
    job = await bench.submit()
    await bench.resources.nats.jetstream().publish(subjects.row(job, 1).subject(), b"no event")
    with pytest.raises(Refused, match=r"message 4 cannot be read by this release"):
        await asyncio.wait_for(Dispatcher(bench.resources_with()).run(), 5)
    assert not await bench.log.load(subjects.row(job, 0))


async def test_a_job_that_was_submitted_long_after_its_creation_runs_after_a_restart_too(bench, monkeypatch):
    monkeypatch.setattr(loops, "LOOK_SECONDS", 0.05)
    submit, commands = bench.do, []
    monkeypatch.setattr(bench, "do", lambda command, job_id: _keep(commands, command))
    job = await bench.submit(rows=1)
    for command in commands[:2]:
        await submit(command, job)
    bench.late = timedelta(hours=2)
    async with bench.dispatching() as resources:
        await until(lambda: _floor(resources), lambda floor: floor >= 2)
    await submit(commands[2], job)
    async with bench.dispatching():
        await bench.until(1, job, RowDispatched)


async def _keep(commands, command):
    commands.append(command)


async def _floor(resources):
    floor = loops.Floor(resources.nats)
    await floor.read()
    return floor.position


async def test_a_dispatcher_stops_within_a_moment(bench):
    async with bench.dispatching() as resources:
        job = await bench.submit(rows=300)
        await bench.until(10, job, RowDispatched)
        began = time.monotonic()
        resources.stopping.set()
    assert time.monotonic() - began < 1.5


class TestRowsThatNobodyEnds:
    """The sweep: only what the queue will not give to another worker is lost."""

    @pytest.fixture(autouse=True)
    def looking_often(self, monkeypatch):
        monkeypatch.setattr(loops, "LOOK_SECONDS", 0.1)
        monkeypatch.setattr(loops, "TICK_SECONDS", 0.1)
        monkeypatch.setattr("services.scheduler.known.BREAK", timedelta(days=1))

    async def hours_later(self, bench: Bench) -> None:
        await asyncio.sleep(0.5)  # the dispatcher has seen that workers are there
        bench.late = timedelta(hours=1)
        await asyncio.sleep(1.0)

    async def test_a_row_whose_message_was_acknowledged_without_a_word_is_lost(self, bench):
        async with Presence(bench.resources.nats).told("w", Present(slots=1)), bench.dispatching():
            job = await bench.submit(rows=1)
            message, _ = await bench.take()
            await message.ack_sync()
            await self.hours_later(bench)
            (lost,) = await bench.until(1, job, RowLost)
            (ended,) = await bench.until(1, job, JobEnded)
        assert (lost.event.error_type, lost.event.final) == ("worker_lost", True)
        assert (ended.event.status, ended.event.failed) == ("failed", 1)

    async def test_a_row_whose_worker_acted_and_never_ended_it_has_an_unknown_outcome(self, bench):
        async with Presence(bench.resources.nats).told("w", Present(slots=1)), bench.dispatching():
            job = await bench.submit(rows=1, options=JobOptions(max_retries=3))
            message, row = await bench.take()
            await bench.start(row)
            await bench.tell(row, StepIntended(job_id=job, row=0, attempt=1, step_number=4, action="click"))
            await message.ack_sync()
            await self.hours_later(bench)
            (lost,) = await bench.until(1, job, RowLost)
        assert (lost.event.error_type, lost.event.final, lost.event.failed_step) == ("outcome_unknown", True, 4)

    async def test_a_row_that_an_idle_fleet_leaves_with_a_worker_that_does_not_end_it_is_lost(self, bench):
        async with Presence(bench.resources.nats).told("w", Present(slots=2)), bench.dispatching():
            job = await bench.submit(rows=1, options=JobOptions(max_retries=1))
            _, row = await bench.take()
            await bench.start(row)
            asking = asyncio.create_task(bench.take())
            await self.hours_later(bench)
            (lost,) = await bench.until(1, job, RowLost)
            assert (lost.event.error_type, lost.event.final) == ("worker_lost", False)
            _, again = await asking
            assert again.attempt == 2

    async def test_a_row_that_waits_in_the_queue_is_not_lost_however_long_it_waits(self, bench):
        async with Presence(bench.resources.nats).told("w", Present(slots=1)), bench.dispatching():
            job = await bench.submit(rows=2)
            await bench.take()  # taken, and kept without a word: another worker will be given it
            await bench.until(2, job, RowDispatched)
            await self.hours_later(bench)
            assert await bench.events(job, RowLost) == []

    async def test_no_row_is_lost_while_no_worker_is_there(self, bench):
        async with bench.dispatching():
            job = await bench.submit(rows=1)
            _, row = await bench.take()
            await bench.start(row)
            await self.hours_later(bench)
            assert await bench.events(job, RowLost) == []
