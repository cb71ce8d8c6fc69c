"""SHELL: taking a row and running it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from uuid import UUID

import structlog

from services.runner.adapters.faults import StepFailed
from services.runner.adapters.limits import standing_still
from services.runner.adapters.options import HealReport, StepOptions
from services.runner.adapters.port import Guarding, RowFleet, RowSession
from services.runner.adapters.row_files import RowFiles
from services.runner.aggregates.row_run import FinishRow, TakeRow
from services.runner.keeping import Keeping, learned, store_result
from services.runner.known import JobView, Known
from services.runner.known_heals import count_use
from services.runner.live import LiveRows, View
from services.runner.logins import Logins
from services.runner.pacing import is_paced, pause_after, pause_before
from services.runner.policies import steps_to_perform
from services.runner.reviewing import HeldForReview, Reviewing, WaitingRoom
from services.runner.row_options import session_options, step_options, steps_in_window
from services.runner.row_report import RowReport, line_of
from services.runner.row_stream import Fenced, RowStream, Stopped
from services.runner.row_told import RowTold
from services.runner.row_values import opened_values
from services.runner.stand_ins import StandIns
from services.runner.steering import HeldTooLong, Steering
from shared.contracts.healing_modes import healing_of
from shared.contracts.ingest import RecordingSnapshot
from shared.contracts.recording import Step
from shared.contracts.runner import NOT_REVIEWED, StepResult
from shared.contracts.scheduler import JobOptions
from shared.contracts.steps import event_of, is_disabled, takes_value
from shared.core.errors import NotFound, RetoldError, Unavailable
from shared.core.events import Event
from shared.pictures import Place
from shared.runtime import Resources
from shared.url_policy import Refusal, Rules

RulesOf = Callable[[UUID], Awaitable[Rules]]  # of an organization

LOOKS = 3  # deliveries before what the log does not have counts as missing: one of its copies may lag behind

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Means:
    """What a worker runs its rows with. `rules`: which addresses an organization's may open; without it, all."""

    fleet: RowFleet
    known: Known
    live: LiveRows
    room: WaitingRoom
    rules: RulesOf | None = None


class RowRunner:
    """Runs one row in a fresh browser context and tells the log what happened."""

    def __init__(self, means: Means, stream: RowStream, noted: Callable[[], None] = lambda: None) -> None:
        self._fleet, self._known, self._stream, self._noted = means.fleet, means.known, stream, noted
        self._resources: Resources = stream.resources
        self._event = stream.event
        self._org = stream.dispatched.org
        self._told = RowTold(stream, self._known, noted)
        self._steering = Steering(self._known, self._event.job_id, noted)
        self._reviewing = Reviewing(stream, self._told, means.known, means.room)
        self._live = means.live
        self._view = View(Place(self._org, self._event.job_id, self._event.row), self._event.attempt)
        self._options = JobOptions()
        self._usual = StepOptions()  # as every step is performed, unless it says otherwise
        self._keeping = Keeping(self._told, self._options)
        self._report = RowReport()
        self._rules = means.rules
        self._refused: list[Refusal] = []  # addresses, not told of yet
        self._performing: int | None = None  # the step that a stop may break off

    async def run(self) -> str | None:
        """Take the row, run it, store its result. Returns its status, or nothing when there was nothing to do.

        Raises `Fenced`, `Unavailable`.
        """
        event = self._event
        try:
            job = await self._known.job(event.job_id)
            recording = await self._known.recording(event.recording_id, event.revision)
        except NotFound as missing:
            return await self._end_without(missing)
        self._options = self._keeping.options = job.created.options
        if not await self._take(rerun_unknown=self._options.on_unknown == "rerun"):
            return None
        began = asyncio.get_running_loop().time()
        await self._told.log("info", f"row {event.row} started, attempt {event.attempt} of {event.attempts}")
        lessons = await self._run_steps_within_limits(job, recording)
        await self._tell_refusals()
        if self._options.on_unknown == "fail":
            self._report.doubt(self._stream.state.intended)
        return await self._finish(int((asyncio.get_running_loop().time() - began) * 1000), lessons)

    async def _take(self, *, rerun_unknown: bool) -> bool:
        event, hold = self._event, self._stream.hold
        await self._stream.begin()
        command = TakeRow(event.job_id, event.row, event.attempt, hold, rerun_unknown)
        return bool(await self._stream.carry_out(command, "take")) and self._stream.state.phase == "started"

    async def _end_without(self, missing: NotFound) -> str | None:
        """A row whose job or recording is nowhere ends, so that its job can end."""
        if self._stream.hold.delivery < LOOKS:
            raise Unavailable(f"{missing.detail} so far") from missing
        if not await self._take(rerun_unknown=False):
            return None
        self._report.fail("not_found", missing.detail)
        self._report.conclusive = True
        return await self._finish(0, [])

    async def _run_steps_within_limits(self, job: JobView, recording: RecordingSnapshot) -> list[Event]:
        limit = timedelta(milliseconds=self._options.row_timeout).total_seconds()
        scope = asyncio.timeout(limit)
        self._told.reviewer = partial(self._review, scope)
        try:
            async with scope:
                with self._steering.listening(lambda: self._break_off(scope)):
                    return await self._run_steps(job, recording, scope)
        except TimeoutError as late:
            if not scope.expired():  # somebody else's, that came through
                log.exception("row failed unexpectedly", job=str(self._event.job_id), row=self._event.row)
                self._report.fail("browser_crashed", f"the browser did not answer in time ({type(late).__name__})")
            elif self._report.error_type is None:
                self._report.fail("timeout", f"the row was not done after {limit:g} s, its time limit")
        except (Fenced, Unavailable):
            raise
        except StepFailed as failure:
            self._report.fail(failure.error_type, failure.detail)
        except Stopped as stopped:
            self._report.fail("cancelled", stopped.detail)
        except HeldForReview as held:
            until = None if self._stays_done else "once somebody has"
            self._report.give_up(NOT_REVIEWED, held.detail, held.step_number, until=until)
        except RetoldError as failure:
            self._report.fail("invalid_step", failure.detail)
        except Exception as failure:
            log.exception("row failed unexpectedly", job=str(self._event.job_id), row=self._event.row)
            self._report.fail("browser_crashed", f"the browser failed unexpectedly ({type(failure).__name__})")
        return []

    def _break_off(self, scope: asyncio.Timeout) -> None:
        """The job was stopped: a step that only waits ends now, one that may have committed something by itself."""
        step = self._performing
        stopped = self._steering.stopped and not self._told.committing
        if stopped and step is not None and not scope.expired():
            self._report.fail("cancelled", f"the job was cancelled during step {step}", step)
            scope.reschedule(asyncio.get_running_loop().time())

    async def _run_steps(self, job: JobView, recording: RecordingSnapshot, scope: asyncio.Timeout) -> list[Event]:
        row = job.rows[self._event.row]
        values = await opened_values(self._resources.sealer, self._org, job, recording, self._event.row)
        self._usual = step_options(self._options, healing_of(recording.healing))
        heals = await self._known.heals(self._org, recording.recording_id)
        self._stand_ins = StandIns(recording.recording_id, heals, self._options, self._resources.clock)
        self._told.stand_ins = self._stand_ins
        steps = steps_in_window(steps_to_perform(recording), self._options)
        self._report.total_steps = len(steps)
        wanted = session_options(self._options, recording.steps, self._event.attempt)
        guarding = Guarding(await self._rules(self._org), self._refused.append) if self._rules else None
        login = await Logins(self._stream, self._fleet, self._told, self._noted, guarding).storage(self._options)
        wanted = replace(wanted, storage=login, keep=self._keeping.recorded)
        async with self._fleet.session(wanted, guarding) as session, self._live.showing(self._view, session):
            self._report.browser = session.browser
            await self._perform_all(session, steps, values, scope)
            if self._report.error_type not in (None, "cancelled") and self._options.screenshot_on_error:
                seen = await self._keeping.failure(session, self._report.failed_step)
                self._report.show_failure(*seen)
            await session.finish(self._told)
            if session.extracted:
                self._report.extracted = await self._keeping.extracted(session.extracted)
            self._keeping.failed = self._report.error_type is not None
            return [] if self._keeping.failed else learned(session, self._known, recording, row.values())

    async def _perform_all(
        self,
        session: RowSession,
        steps: Sequence[Step],
        values: Mapping[int, tuple[str | None, bool]],
        scope: asyncio.Timeout,
    ) -> None:
        """The steps one after the other, until one fails or the row is not to go on."""
        files = RowFiles(self._resources.objects, self._org, session.folder)
        usual = replace(self._usual, files=files.find, extracted=session.extracted, **await self._told.vision())
        clock = asyncio.get_running_loop().time
        paced, began = is_paced(self._options), clock()
        for index, step in enumerate(steps):
            if paced:
                await self._steering.rest(began + pause_before(steps, index, self._options) / 1000 - clock())
            if not await self._may_go_on(step, scope):
                return
            if is_disabled(step):
                await self._pass_over(step)
                continue
            began = clock()
            given = values.get(step.step_number) if takes_value(step) else None
            result = await self._perform(session, step, given or (step.value, False), usual)
            if result.status == "failed":
                self._report.fail(result.error_type, result.error, step.step_number)
                self._report.conclusive = result.error_type in ("heal_rejected", "heal_without_effect")
                return
            if paced:
                await self._steering.rest(pause_after(self._options) / 1000)

    async def _pass_over(self, step: Step) -> None:
        result = StepResult(step_number=step.step_number, status="skipped", duration=0, message="it is disabled")
        self._report.steps.append(result)
        await self._tell(step, result)

    async def _may_go_on(self, step: Step, scope: asyncio.Timeout) -> bool:
        """Whether the step's turn has come; while the job is paused it has not, and the row's time stands still."""
        if self._steering.paused and not await self._hold(step, scope):
            return False
        if self._steering.stopped:
            self._report.fail("cancelled", f"the job was cancelled before step {step.step_number}", step.step_number)
            return False
        return True

    async def _hold(self, step: Step, scope: asyncio.Timeout) -> bool:
        """Wait with the browser at hand. A pause that is too long gives it up: see docs/decisions/0016."""
        number = step.step_number
        await self._told.log("info", f"paused before step {number}", number)
        try:
            with standing_still(scope):
                seconds = await self._steering.hold()
        except HeldTooLong:
            until = None if self._stays_done else "when the job goes on"
            self._report.give_up("paused", f"the job was paused for too long before step {number}", number, until=until)
            return False
        await self._told.log("info", f"goes on with step {number} after {seconds:.0f} s", number)
        return True

    @property
    def _stays_done(self) -> bool:
        """Whether the row may have committed something that nobody wants twice."""
        return self._stream.state.intended is not None and self._options.on_unknown == "fail"

    async def _review(self, scope: asyncio.Timeout, report: HealReport) -> bool:
        with standing_still(scope):
            return await self._reviewing.answer(report, self._steering, self._options.heal_review_seconds)

    async def _perform(
        self, session: RowSession, step: Step, given: tuple[str | None, bool], usual: StepOptions
    ) -> StepResult:
        value, secret = given
        self._noted()
        if self._options.debug_mode:
            await self._told.log("debug", f"step {step.step_number} {event_of(step)} begins", step.step_number)
        self._performing, self._told.committing = step.step_number, False
        self._view.begin(step.step_number, secret=secret)
        try:
            options = self._stand_ins.options_for(step, usual, secret=secret)
            result = await session.perform(step, value, options, self._told)
        finally:
            self._performing = None
            self._view.end()
        if result.error_type == "browser_hung":
            # What the row came to is not known here; who takes it next decides by its intents.
            raise Unavailable(result.error or "the browser hung")
        count_use(result.found_by, healing_attempted=result.healing_attempted)
        self._report.steps.append(result)
        await self._tell(step, result)
        return result

    async def _tell(self, step: Step, result: StepResult) -> None:
        """One line a step: what was done, and what found the element; and what was refused meanwhile."""
        level, message = line_of(step, result)
        told = {"strategy": result.strategy, "found_by": result.found_by, "duration": result.duration}
        if self._options.debug_mode:
            told |= result.model_dump(mode="json", exclude_defaults=True, exclude={"step_number", "message", "error"})
        metadata = {key: value for key, value in told.items() if value is not None}
        await self._told.log(level, message, step.step_number, **metadata)
        await self._tell_refusals(step.step_number)

    async def _tell_refusals(self, step_number: int | None = None) -> None:
        while self._refused:
            await self._told.refused(self._refused.pop(0), step_number)

    async def _finish(self, duration: int, lessons: Sequence[Event]) -> str:
        event, report = self._event, self._report
        finished = report.finished(event, self._stream.hold, duration)
        command = FinishRow(self._stream.hold, finished, [*self._told.kept, *lessons])
        await store_result(self._stream, command, self._told.kept, self._noted)
        if report.error_type is None:
            await self._told.log("info", f"row {event.row} succeeded in {duration} ms")
        else:
            await self._told.log("error", f"row {event.row} failed: {report.error_message}", report.failed_step)
        await self._told.close()
        return finished.status
