"""SHELL: taking a row and running it."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import structlog

from services.runner.adapters.browser import Fleet
from services.runner.adapters.faults import StepFailed
from services.runner.adapters.options import HealReport, Hooks, LogLevel, SessionOptions, StepOptions
from services.runner.adapters.session import Session
from services.runner.aggregates.row_run import FinishRow, IntendStep, NoteOnTheWay, TakeRow
from services.runner.known import JobView, Known
from services.runner.policies import steps_to_perform, values_of_steps
from services.runner.row_stream import Fenced, RowStream, Stopped
from shared.bus import subjects
from shared.contracts.heal_cache import CachedHeal, cache_key, original_selector
from shared.contracts.ingest import RecordingSnapshot
from shared.contracts.recording import Step
from shared.contracts.runner import (
    BundlesLearned,
    CachedHealMissed,
    ElementHealed,
    RowFinished,
    StepIntended,
    StepResult,
)
from shared.contracts.scheduler import RowDispatched
from shared.contracts.steps import event_of, is_thin, takes_value
from shared.core.errors import RetoldError, TooLarge, Unavailable
from shared.core.events import Event
from shared.core.time_and_ids import now
from shared.lines import Line, LineWriter
from shared.runtime import Resources
from shared.secrets import is_sealed

RESULT_PATIENCE = timedelta(minutes=10)

log = structlog.get_logger()


@dataclass(slots=True)
class RowReport:
    """What a run of the steps came to."""

    steps: list[StepResult] = field(default_factory=list)
    error_type: str | None = None
    error_message: str | None = None
    failed_step: int | None = None
    screenshot: str | None = None


class RowRunner(Hooks):
    """Runs one row in a fresh browser context and tells the log what happened."""

    def __init__(self, resources: Resources, fleet: Fleet, known: Known, stream: RowStream) -> None:
        event = stream.dispatched.event
        assert isinstance(event, RowDispatched)
        self._resources, self._fleet, self._known, self._stream = resources, fleet, known, stream
        self._event = event
        self._org = stream.dispatched.org
        self._writer = LineWriter(resources.lines, subjects.lines_of(event.job_id, event.row))
        self._heals: Mapping[str, CachedHeal] = {}
        self._report = RowReport()

    async def run(self) -> str | None:
        """Take the row, run it, store its result. Returns its status, or nothing when there was nothing to do.

        Raises `Fenced`, `Unavailable`.
        """
        event, hold = self._event, self._stream.hold
        job = await self._known.job(event.job_id)
        await self._stream.load()
        rerun = job.created.options.on_unknown == "rerun"
        taken = await self._stream.carry_out(TakeRow(event.job_id, event.row, event.attempt, hold, rerun), "take")
        if self._stream.state.phase != "started" or not taken:
            return None
        began = asyncio.get_running_loop().time()
        await self.log("info", f"row {event.row} started, attempt {event.attempt} of {event.attempts}")
        learned = await self._run_steps_within_limits(job)
        duration = int((asyncio.get_running_loop().time() - began) * 1000)
        status = await self._finish(duration, learned)
        await self._writer.flush()
        return status

    async def _run_steps_within_limits(self, job: JobView) -> list[Event]:
        limit = timedelta(milliseconds=job.created.options.row_timeout).total_seconds()
        try:
            async with asyncio.timeout(limit):
                return await self._run_steps(job)
        except TimeoutError:
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

    async def _run_steps(self, job: JobView) -> list[Event]:
        event = self._event
        recording = await self._known.recording(event.recording_id, event.revision)
        values = await self._values(job, recording)
        self._heals = await self._known.heals(event.recording_id)
        async with self._fleet.session(SessionOptions.for_steps(recording.steps)) as session:
            for step in steps_to_perform(recording):
                if self._known.is_stopped(event.job_id):
                    self._fail("cancelled", f"the job was cancelled before step {step.step_number}", step.step_number)
                    break
                given = values.get(step.step_number) if takes_value(step) else None
                value, secret = given or (step.value, False)
                options = self._options(job, recording, step, secret=secret)
                result = await session.perform(step, value, options, self)
                self._report.steps.append(result)
                await self._tell(step, result)
                if result.status == "failed":
                    self._fail(result.error_type, result.error, step.step_number)
                    break
            if self._report.error_type not in (None, "cancelled"):
                self._report.screenshot = await self._screenshot(session)
            return self._learned(session, recording, job.rows[event.row].values())

    def _options(self, job: JobView, recording: RecordingSnapshot, step: Step, *, secret: bool) -> StepOptions:
        options = job.created.options

        def cached(origin: str, path: str) -> CachedHeal | None:
            key = cache_key(recording.recording_id, step.step_number, original_selector(step), origin, path)
            return self._heals.get(key)

        return StepOptions(
            wait_timeout=options.wait_timeout,
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
            await self.log("error", result.error or f"{name} failed", step.step_number, **metadata)
            return
        found = f", found by {result.strategy}" if result.strategy else ""
        level: LogLevel = "warn" if result.found_by == "healed" else "info"
        note = f" ({result.message})" if result.message else ""
        await self.log(
            level, f"{name}: {result.status} in {result.duration} ms{found}{note}", step.step_number, **metadata
        )

    def _fail(self, error_type: str | None, message: str | None, step_number: int | None = None) -> None:
        report = self._report
        report.error_type, report.error_message, report.failed_step = error_type or "failed", message, step_number

    async def _screenshot(self, session: Session) -> str | None:
        try:
            picture = await asyncio.wait_for(session.screenshot(), timeout=10)
            return await self._resources.objects.put(self._org, picture)
        except Exception as failure:
            await self.log("warn", f"no screenshot: {failure or type(failure).__name__}")
            return None

    def _learned(self, session: Session, recording: RecordingSnapshot, values: Iterable[str]) -> list[Event]:
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
            final=report.error_type in (None, "cancelled") or event.attempt >= event.attempts,
            duration=duration,
            steps=report.steps,
            error_type=report.error_type,
            error_message=report.error_message,
            failed_step=report.failed_step,
            screenshot=report.screenshot,
        )
        await self._store_result(FinishRow(self._stream.hold, finished, learned))
        if report.error_type is None:
            await self.log("info", f"row {event.row} succeeded in {duration} ms")
        else:
            await self.log("error", f"row {event.row} failed: {report.error_message}", report.failed_step)
        return finished.status

    async def _store_result(self, command: FinishRow) -> None:
        """The result of work done in the world is worth waiting for: longer than an append waits by itself."""
        deadline = asyncio.get_running_loop().time() + RESULT_PATIENCE.total_seconds()
        while True:
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

    # What a session tells while it performs a step (`Hooks`).

    async def intend(self, step_number: int, action: str) -> None:
        """Store the intent before the action is done; a worker that lost the row stops here."""
        event = self._event
        if self._known.is_stopped(event.job_id):
            raise Stopped("the job was cancelled")
        intended = StepIntended(
            job_id=event.job_id, row=event.row, attempt=event.attempt, step_number=step_number, action=action
        )
        await self._stream.carry_out(IntendStep(self._stream.hold, intended), f"intend-{step_number}")

    async def healed(self, report: HealReport) -> None:
        """Tell at once, so that the next row finds the heal in the cache."""
        event = self._event
        healed = ElementHealed(
            job_id=event.job_id,
            row=event.row,
            recording_id=event.recording_id,
            step_number=report.step_number,
            method=report.method,
            original_selector=report.original_selector,
            healed_selector=report.healed_selector,
            healed_bundle=report.healed_bundle,
            confidence=report.confidence,
            rivals=report.rivals,
            page_origin=report.page_origin,
            page_path=report.page_path,
            success=report.success,
            error_message=report.error_message,
        )
        await self._stream.carry_out(NoteOnTheWay(self._stream.hold, healed), f"healed-{report.step_number}")

    async def cached_missed(self, step_number: int, cache_key: str) -> None:
        """A cached heal found nothing: it is dropped for everybody."""
        event = CachedHealMissed(
            job_id=self._event.job_id,
            row=self._event.row,
            recording_id=self._event.recording_id,
            step_number=step_number,
            cache_key=cache_key,
        )
        await self._stream.carry_out(NoteOnTheWay(self._stream.hold, event), f"missed-{step_number}")

    async def log(self, level: LogLevel, message: str, step_number: int | None = None, **metadata: Any) -> None:
        """A line for whoever watches the row."""
        self._writer.write(
            Line(
                org=self._org,
                at=now().isoformat(),
                level=level,
                message=message,
                job_id=self._event.job_id,
                row=self._event.row,
                step_number=step_number,
                metadata=dict(metadata),
            )
        )
