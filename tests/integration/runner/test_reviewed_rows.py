"""Rows whose stand-in a person is asked about: a real queue, a real log, the real bucket of decisions."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from services.runner.adapters.no_browser import EmptySession, NoBrowsers
from services.runner.adapters.options import HealReport, Hooks, StepOptions
from services.runner.loops import Worker
from services.runner.main import BLUEPRINT
from shared.bus.heal_shelf import HealShelf
from shared.contracts.heal_cache import Decided
from shared.contracts.healer import Decision
from shared.contracts.recording import LocatorBundle, Step
from shared.contracts.runner import NOT_REVIEWED, HealProposed, RowFinished, RowStarted, StepResult
from shared.contracts.scheduler import RowDispatched
from shared.runtime import Resources
from tests.conftest import opening_resources, stack_in_a_folder
from tests.integration.runner.test_steered_rows import pause, resume
from tests.integration.runner.test_worker import CONTEXT, LEASE_SECONDS, Job, new_job, until, working

STEPS: list[dict[str, Any]] = [
    {"event": "click", "bundle": {}, "navigation": {"type": "same_page"}, "stepNumber": number} for number in (1, 2)
]
MODES: list[dict[str, Any]] = [
    {"event": "navigate", "value": "http://crm.example/", "bundle": {}, "navigation": {"type": "navigation"}}
]


class Healing(EmptySession):
    """Its second step finds a stand-in and asks before it is used; where `commits` is set the first tells an intent."""

    asked: ClassVar[list[HealReport]]
    used: ClassVar[list[StepOptions]]
    commits = False

    async def perform(self, step: Step, value: str | None, options: StepOptions, hooks: Hooks) -> StepResult:
        self.used.append(options)
        if step.step_number == 1 and self.commits:
            await hooks.intend(1, "click")
        if step.step_number == 2 and not await self._may(hooks):
            failed = {"step_number": 2, "status": "failed", "duration": 0, "error_type": "heal_rejected"}
            return StepResult.model_validate({**failed, "error": "a person did not accept it"})
        return await super().perform(step, value, options, hooks)

    async def _may(self, hooks: Hooks) -> bool:
        report = HealReport(
            step_number=2,
            success=True,
            method="fuzzy_match",
            confidence=91,
            original_selector="#old",
            healed_selector="#new",
            healed_bundle=LocatorBundle(id="new"),
            rivals=[],
            page_origin="http://crm.example",
            page_path="/",
            candidates=3,
        )
        self.asked.append(report)
        return await hooks.review(report)


def healing(*, commits: bool = False) -> type[Healing]:
    """A kind of session of the test's own."""
    return type("Here", (Healing,), {"asked": [], "used": [], "commits": commits})


@pytest.fixture(scope="module")
async def resources() -> AsyncIterator[Resources]:
    async with stack_in_a_folder() as stack, opening_resources(stack) as open_one:
        opened = await open_one(BLUEPRINT)
        settings = opened.settings.model_copy(update={"lease_seconds": LEASE_SECONDS, "slots": 1})
        yield replace(opened, settings=settings)


async def new(resources: Resources, **options: Any) -> Job:
    opening = {**MODES[0], "stepNumber": 3}
    return await new_job(resources, [*STEPS, opening], **{"healing": "review", "row_timeout": 1500, **options})


async def proposal(job: Job, row: int = 0, attempt: int = 1, seconds: float = 5) -> HealProposed:
    """What a row has told of its stand-in."""
    async with asyncio.timeout(seconds):
        while True:
            for event in await job.events(row):
                if isinstance(event, HealProposed) and event.attempt == attempt:
                    return event
            await asyncio.sleep(0.02)


async def say(job: Job, decision: Decision) -> None:
    """What the healer does when a person decides."""
    told = (await proposal(job)).cache_key
    shelf = HealShelf(job.resources.nats, job.resources.keys)
    position = await job.resources.log.last_position()
    decided = Decided(told, "#new", decision)
    assert await shelf.put(CONTEXT.org, job.recording, decided, position, job.resources.clock())


async def test_an_accepted_row_goes_on_and_its_time_stood_still_meanwhile(resources):
    job, kind = await new(resources), healing()
    async with working(resources, NoBrowsers(kind)):
        await job.dispatch()
        told = await proposal(job)
        await asyncio.sleep(2)  # longer than the row's time limit
        await say(job, "accepted")
        finished = await job.finished(seconds=1)
    assert (told.step_number, told.confidence, told.healed_selector, told.candidates) == (2, 91, "#new", 3)
    assert (finished.status, len(kind.asked)) == ("success", 1)


async def test_a_rejected_row_fails_for_good(resources):
    job = await new(resources)
    async with working(resources, NoBrowsers(healing())):
        await job.dispatch(attempts=3)
        await proposal(job)
        await say(job, "rejected")
        finished = await job.finished(seconds=2)
    assert (finished.error_type, finished.failed_step, finished.final) == ("heal_rejected", 2, True)


async def test_rows_that_wait_lend_their_slots_and_one_answer_serves_all(resources):
    settings = resources.settings.model_copy(update={"slots": 2})
    resources = replace(resources, settings=settings)
    job, kind = await new(resources), healing()
    async with working(resources, NoBrowsers(kind)) as worker:
        for row in (0, 1):
            await job.dispatch(row)
            await proposal(job, row)
        await until(lambda: worker._room.is_full)
        await job.dispatch(2)
        assert (await job.finished(2, seconds=2)).error_type == NOT_REVIEWED
        await say(job, "accepted")
        assert [(await job.finished(row, seconds=2)).status for row in (0, 1)] == ["success"] * 2
    proposed = [(await proposal(job, row)).proposal_id for row in (0, 1)]
    assert len(set(proposed)) == 1


async def test_a_row_that_comes_after_the_answer_does_not_ask(resources):
    job = await new(resources)
    async with working(resources, NoBrowsers(healing())):
        await job.dispatch(0)
        await proposal(job)
        await say(job, "accepted")
        await job.finished(0)
        await job.dispatch(1)
        assert (await job.finished(1)).status == "success"
    assert not [event for event in await job.events(1) if isinstance(event, HealProposed)]


async def test_a_row_for_which_there_is_no_room_left_is_put_back_at_once(resources):
    job = await new(resources)
    async with working(resources, NoBrowsers(healing())):
        await job.dispatch(0)
        await proposal(job, 0)
        await job.dispatch(1)
        put_back = await job.finished(1, seconds=2)
        assert (put_back.error_type, put_back.final) == (NOT_REVIEWED, False)
        await say(job, "accepted")
        assert (await job.finished(0)).status == "success"


async def test_a_row_that_nobody_answered_is_put_back_where_it_has_done_nothing(resources):
    job = await new(resources, heal_review_seconds=0)
    async with working(resources, NoBrowsers(healing())):
        await job.dispatch()
        finished = await job.finished(seconds=2)
    assert (finished.error_type, finished.failed_step, finished.final) == (NOT_REVIEWED, 2, False)
    assert "the row starts anew once somebody has" in str(finished.error_message)


async def test_a_row_that_nobody_answered_fails_where_it_has_done_something(resources):
    job = await new(resources, heal_review_seconds=0)
    async with working(resources, NoBrowsers(healing(commits=True))):
        await job.dispatch(attempts=3)
        finished = await job.finished(seconds=2)
    assert (finished.error_type, finished.final) == (NOT_REVIEWED, True)
    assert "its steps before 2 were done: look" in str(finished.error_message)


async def test_stopping_the_job_ends_a_row_that_waits(resources):
    job = await new(resources)
    async with working(resources, NoBrowsers(healing())):
        await job.dispatch()
        await proposal(job)
        await job.stop()
        finished = await job.finished(seconds=1)
    assert (finished.error_type, finished.final) == ("cancelled", True)


async def test_an_answer_to_a_paused_job_is_used_when_it_goes_on(resources):
    job, kind = await new(resources), healing()
    async with working(resources, NoBrowsers(kind)) as worker:
        await job.dispatch()
        await proposal(job)
        await pause(job, worker)
        await say(job, "accepted")
        await asyncio.sleep(0.5)
        assert not [event for event in await job.events() if isinstance(event, RowFinished)]
        await resume(job)
        assert (await job.finished(seconds=2)).status == "success"


async def test_a_row_whose_worker_vanished_asks_again_and_goes_on_with_the_answer(resources):
    """The first worker is not heard of any more, as after a kill; its browser is gone."""
    job, kind = await new(resources), healing()
    async with working(resources, NoBrowsers(healing())) as first:
        await job.dispatch()
        await proposal(job)
        await until(lambda: first._room.is_full)
        for task in list(first._rows):
            task.cancel()
        first._resources.stopping.set()
        async with working(resources, NoBrowsers(kind)) as second:
            await until(lambda: second._room.is_full, LEASE_SECONDS * 2)
            await say(job, "accepted")
            finished = await job.finished(seconds=2)
    assert (finished.status, finished.worker_id) == ("success", second.worker_id)
    told = [type(event) for event in await job.events()]
    assert told == [RowDispatched, RowStarted, HealProposed, RowStarted, HealProposed, RowFinished]


@pytest.mark.parametrize(
    ("job_says", "step_says", "mode", "threshold"),
    [
        ("autonomous", None, "autonomous", 80),
        ("autonomous", "review", "review", 80),
        ("review", "autonomous", "review", 80),
        ("review", {"mode": "off"}, "off", 80),
        ("autonomous", {"threshold": 95}, "autonomous", 95),
        ("off", {"mode": "review", "threshold": 10}, "off", 80),
    ],
)
async def test_the_most_careful_of_job_and_step_counts(resources, job_says, step_says, mode, threshold):
    steps = [{**STEPS[0], "metadata": {"healing": step_says} if step_says else {}}]
    job, kind = await new_job(resources, steps, healing=job_says), healing()
    async with working(resources, NoBrowsers(kind)):
        await job.dispatch()
        await job.finished()
    used = kind.used[-1]
    assert (used.healing, used.threshold) == (mode, threshold)


def test_a_worker_has_as_many_places_to_wait_as_slots(resources):
    worker = Worker(replace(resources, stopping=asyncio.Event()), NoBrowsers())
    assert (worker._room._places, worker._room.is_full) == (1, False)
