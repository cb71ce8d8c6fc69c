"""SHELL: taking a row and running it."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

import structlog

from services.runner.adapters.faults import StepFailed
from services.runner.adapters.options import LogLevel, SessionOptions, StepOptions
from services.runner.adapters.port import RowFleet, RowSession
from services.runner.aggregates.row_run import FinishRow, TakeRow
from services.runner.known import JobView, Known
from services.runner.policies import steps_to_perform, values_of_steps
from services.runner.row_stream import Fenced, RowStream, RowTold, Stopped
from shared.contracts.heal_cache import CachedHeal, cache_key, original_selector
from shared.contracts.ingest import RecordingSnapshot
from shared.contracts.recording import Step
from shared.contracts.runner import BundlesLearned, RowFinished, StepResult
from shared.contracts.steps import event_of, is_thin, takes_value
from shared.core.errors import NotFound, RetoldError, TooLarge, Unavailable
from shared.core.events import Event
from shared.runtime import Resources
from shared.secrets import is_sealed

BROKEN_OFF = ("browser_crashed", "timeout")  # of the row as a whole; a step's own time-out tells what was waited for
RESULT_PATIENCE = timedelta(minutes=10)
LOOKS = 3  # deliveries before what the log does not have counts as missing: one of its copies may lag behind
STEP_MS = 60_000
ACTION_MS = 30_000  # beyond the wait for its element, a step may take this long

log = structlog.get_logger()


@dataclass(slots=True)
class RowReport:
    """What a run of the steps came to. `conclusive`: another attempt would come to the same."""

    steps: list[StepResult] = field(default_factory=list)
    error_type: str | None = None
    error_message: str | None = None
    failed_step: int | None = None
    screenshot: str | None = None
    conclusive: bool = False


class RowRunner:
    """Runs one row in a fresh browser context and tells the log what happened."""

    def __init__(
        self, fleet: RowFleet, known: Known, stream: RowStream, noted: Callable[[], None] = lambda: None
    ) -> None:
        self._fleet, self._known, self._stream, self._noted = fleet, known, stream, noted
        self._resources: Resources = stream.resources
        self._event = stream.event
        self._org = stream.dispatched.org
        self._told = RowTold(stream, known, noted)
        self._heals: Mapping[str, CachedHeal] = {}
        self._report = RowReport()
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
        if not await self._take(rerun_unknown=job.created.options.on_unknown == "rerun"):
            return None
        began = asyncio.get_running_loop().time()
        await self._told.log("info", f"row {event.row} started, attempt {event.attempt} of {event.attempts}")
        learned = await self._run_steps_within_limits(job, recording)
        if job.created.options.on_unknown == "fail":
            self._doubt()
        return await self._finish(int((asyncio.get_running_loop().time() - began) * 1000), learned)

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
        self._fail("not_found", missing.detail)
        self._report.conclusive = True
        return await self._finish(0, [])

    async def _run_steps_within_limits(self, job: JobView, recording: RecordingSnapshot) -> list[Event]:
        limit = timedelta(milliseconds=job.created.options.row_timeout).total_seconds()
        scope = asyncio.timeout(limit)
        try:
            async with scope:
                with self._known.telling_of_stop(self._event.job_id, lambda: self._break_off(scope)):
                    return await self._run_steps(job, recording)
        except TimeoutError as late:
            if not scope.expired():  # somebody else's, that came through
                log.exception("row failed unexpectedly", job=str(self._event.job_id), row=self._event.row)
                self._fail("browser_crashed", f"the browser did not answer in time ({type(late).__name__})")
            elif self._report.error_type is None:
                self._fail("timeout", f"the row was not done after {limit:g} s, its time limit")
        except (Fenced, Unavailable):
            raise
        except StepFailed as failure:
            self._fail(failure.error_type, failure.detail)
        except Stopped as stopped:
            self._fail("cancelled", stopped.detail)
        except RetoldError as failure:
            self._fail("invalid_step", failure.detail)
        except Exception as failure:
            log.exception("row failed unexpectedly", job=str(self._event.job_id), row=self._event.row)
            self._fail("browser_crashed", f"the browser failed unexpectedly ({type(failure).__name__})")
        return []

    def _doubt(self) -> None:
        """A row that broke off in the middle, after an intent: as with a lost worker, nobody knows what it came to."""
        report, intended = self._report, self._stream.state.intended
        if report.error_type in BROKEN_OFF and report.failed_step is None and intended is not None:
            doubt = f"{report.error_message}; step {intended} may have changed something in the application by then"
            self._fail("outcome_unknown", f"{doubt}: look there, then run the row again if it is missing", intended)
            report.conclusive = True

    def _break_off(self, scope: asyncio.Timeout) -> None:
        """The job was stopped: a step that only waits ends now, one that may have committed something by itself."""
        step = self._performing
        if step is not None and not self._told.committing and not scope.expired():
            self._fail("cancelled", f"the job was cancelled during step {step}", step)
            scope.reschedule(asyncio.get_running_loop().time())

    async def _run_steps(self, job: JobView, recording: RecordingSnapshot) -> list[Event]:
        row = job.rows[self._event.row]
        values = await self._values(job, recording)
        self._heals = await self._known.heals(recording.recording_id)
        async with self._fleet.session(SessionOptions.for_steps(recording.steps)) as session:
            for step in steps_to_perform(recording):
                if self._known.is_stopped(self._event.job_id):
                    self._fail("cancelled", f"the job was cancelled before step {step.step_number}", step.step_number)
                    break
                given = values.get(step.step_number) if takes_value(step) else None
                result = await self._perform(session, step, given or (step.value, False), job)
                if result.status == "failed":
                    self._fail(result.error_type, result.error, step.step_number)
                    break
            if self._report.error_type not in (None, "cancelled"):
                self._report.screenshot = await self._screenshot(session)
            return self._learned(session, recording, row.values())

    async def _perform(
        self, session: RowSession, step: Step, given: tuple[str | None, bool], job: JobView
    ) -> StepResult:
        value, secret = given
        self._noted()
        self._performing, self._told.committing = step.step_number, False
        try:
            result = await session.perform(step, value, self._options(job, step, secret=secret), self._told)
        finally:
            self._performing = None
        if result.error_type == "browser_hung":
            # What the row came to is not known here; who takes it next decides by its intents.
            raise Unavailable(result.error or "the browser hung")
        self._report.steps.append(result)
        await self._tell(step, result)
        return result

    def _options(self, job: JobView, step: Step, *, secret: bool) -> StepOptions:
        options = job.created.options

        def cached(origin: str, path: str) -> CachedHeal | None:
            key = cache_key(self._event.recording_id, step.step_number, original_selector(step), origin, path)
            return self._heals.get(key)

        return StepOptions(
            wait_timeout=options.wait_timeout,
            step_timeout=max(STEP_MS, options.wait_timeout + ACTION_MS),
            wait_until=options.wait_until,
            retry_backoff=options.retry_backoff,
            healing=options.healing,
            threshold=options.confidence_threshold,
            cached=cached if self._heals else None,
            secret=secret,
        )

    async def _values(self, job: JobView, recording: RecordingSnapshot) -> dict[int, tuple[str | None, bool]]:
        """Step number → value in clear and whether it is secret."""
        values: dict[int, tuple[str | None, bool]] = {}
        for given in values_of_steps(recording, job.created.field_mapping, job.rows[self._event.row]):
            value = given.value
            if is_sealed(value):
                record = self._event.job_id if given.from_row else recording.recording_id
                value = await self._resources.sealer.open(self._org, record, value or "")
            values[given.step_number] = (value, given.secret)
        return values

    async def _tell(self, step: Step, result: StepResult) -> None:
        """One line a step: what was done, and what found the element."""
        name = f"step {step.step_number} {event_of(step)}" + (f" “{step.label}”" if step.label else "")
        told = {"strategy": result.strategy, "found_by": result.found_by, "duration": result.duration}
        metadata = {key: value for key, value in told.items() if value is not None}
        if result.status == "failed":
            await self._told.log("error", result.error or f"{name} failed", step.step_number, **metadata)
            return
        found = f", found by {result.strategy}" if result.strategy else ""
        level: LogLevel = "warn" if result.found_by == "healed" else "info"
        note = f" ({result.message})" if result.message else ""
        await self._told.log(
            level, f"{name}: {result.status} in {result.duration} ms{found}{note}", step.step_number, **metadata
        )

    def _fail(self, error_type: str | None, message: str | None, step_number: int | None = None) -> None:
        report = self._report
        report.error_type, report.error_message, report.failed_step = error_type or "failed", message, step_number

    async def _screenshot(self, session: RowSession) -> str | None:
        try:
            picture = await asyncio.wait_for(session.screenshot(), timeout=10)
            return await self._resources.objects.put(self._org, picture)
        except Exception as failure:
            await self._told.log("warn", f"no screenshot: {failure or type(failure).__name__}")
            return None

    def _learned(self, session: RowSession, recording: RecordingSnapshot, values: Iterable[str]) -> list[Event]:
        """A successful run of thinly recorded steps teaches the recording their full bundles."""
        if self._report.error_type is not None or not self._known.may_teach(recording):
            return []
        thin = {s.step_number for s in recording.steps if is_thin(s) and not s.metadata.get("taught")}
        taught = [lesson for lesson in session.learned(values) if lesson.step_number in thin]
        if not taught:
            return []
        self._known.has_taught(recording)
        return [
            BundlesLearned(recording_id=recording.recording_id, revision=recording.revision, taught=taught),
        ]

    async def _finish(self, duration: int, learned: list[Event]) -> str:
        event, report = self._event, self._report
        finished = RowFinished(
            job_id=event.job_id,
            row=event.row,
            attempt=event.attempt,
            worker_id=self._stream.hold.worker_id,
            status="success" if report.error_type is None else "failed",
            final=report.conclusive or report.error_type in (None, "cancelled") or event.attempt >= event.attempts,
            duration=duration,
            steps=report.steps,
            error_type=report.error_type,
            error_message=report.error_message,
            failed_step=report.failed_step,
            screenshot=report.screenshot,
        )
        await self._store_result(FinishRow(self._stream.hold, finished, learned))
        if report.error_type is None:
            await self._told.log("info", f"row {event.row} succeeded in {duration} ms")
        else:
            await self._told.log("error", f"row {event.row} failed: {report.error_message}", report.failed_step)
        await self._told.close()
        return finished.status

    async def _store_result(self, command: FinishRow) -> None:
        """The result of work done in the world is worth waiting for: longer than an append waits by itself."""
        deadline = asyncio.get_running_loop().time() + RESULT_PATIENCE.total_seconds()
        while True:
            self._noted()
            try:
                await self._stream.carry_out(command, "finish")
                return
            except TooLarge:
                if not command.beside:
                    raise
                command = replace(command, beside=())  # what was learned is worth less than the result
            except Unavailable:
                if asyncio.get_running_loop().time() > deadline:
                    raise
                await asyncio.sleep(1)
