"""SHELL: a worker's hold on a row, event by event."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import UUID

from services.runner.adapters.options import HealReport, Hooks, LogLevel
from services.runner.aggregates.row_run import Command, Hold, IntendStep, NoteOnTheWay, RowRun, row_runs
from services.runner.known import Known
from shared.bus import subjects
from shared.bus.log import Append, Context
from shared.contracts.runner import CachedHealMissed, ElementHealed, StepIntended
from shared.contracts.scheduler import RowDispatched
from shared.core.errors import Conflict, Refused, RetoldError, Unavailable
from shared.core.events import Event, Recorded
from shared.core.time_and_ids import new_id, now
from shared.lines import Line, LineWriter
from shared.runtime import Resources

TRIES = 4


class Fenced(Refused):
    """The row was taken over by another worker, or moved on: drop it."""


class Stopped(RetoldError):
    """A person stopped the job while the row ran."""


@dataclass
class RowStream:
    """A worker's view of a row's stream: every append expects to be the next event after the last one seen."""

    resources: Resources
    dispatched: Recorded
    hold: Hold
    state: RowRun = field(default_factory=RowRun)
    position: int = 0
    # The ids of appends differ from those of any other hold: what this worker stored when it had the same row before
    # must not count as stored now.
    _holding: UUID = field(default_factory=new_id)

    @property
    def event(self) -> RowDispatched:
        """The dispatch that the worker was handed."""
        event = self.dispatched.event
        assert isinstance(event, RowDispatched)
        return event

    async def begin(self) -> None:
        """Know what has happened to the row so far.

        At a first delivery the dispatch is most likely the last event, and its attempt begins with it: nothing is
        read. Should it be wrong, the first append is refused, and then the stream is read.
        """
        if self.hold.delivery > 1:
            await self._load()
            return
        self.state, self.position = row_runs.fold([self.event]), self.dispatched.position

    async def carry_out(self, command: Command, command_id: str) -> Sequence[Event]:
        """Decide and store; where the stream has moved, look and decide again.

        Raises `Fenced` when the row is not this worker's any more, `Unavailable`.
        """
        for _ in range(TRIES):
            try:
                events = row_runs.decide(command, self.state)
            except Refused as refusal:
                raise Fenced(refusal.detail) from refusal
            if not events:
                return events
            append = Append(self._stream, events, self.position, f"{self._holding}-{command_id}", self._context)
            try:
                self.position = await self.resources.log.append(append)
            except Conflict:
                await self._load()
                continue
            self.state = row_runs.fold(events, self.state)
            return events
        raise Unavailable(f"{self._stream} kept changing while worker {self.hold.worker_id} wrote to it")

    async def _load(self) -> None:
        recorded = await self.resources.log.load(self._stream)
        if recorded.position < self.dispatched.position:
            raise Unavailable("the log answered from a copy that lags behind; the row is looked at again")
        self.state, self.position = row_runs.fold(item.event for item in recorded), recorded.position

    @cached_property
    def _context(self) -> Context:
        return Context.because_of(self.dispatched, f"runner:{self.hold.worker_id}")

    @cached_property
    def _stream(self) -> subjects.Stream:
        return subjects.row(self.event.job_id, self.event.row)


class RowTold(Hooks):
    """What a row tells while its steps are performed: to the log what others must know, to its watchers lines.

    `noted` is called with everything that shows progress.
    """

    def __init__(self, stream: RowStream, known: Known, noted: Callable[[], None]) -> None:
        self._stream, self._known, self._noted = stream, known, noted
        self._event = stream.event
        lines = stream.resources.lines
        self._writer = LineWriter(lines, subjects.lines_of(self._event.job_id, self._event.row))
        self.committing = False  # whether the step under way may have committed something already

    async def intend(self, step_number: int, action: str) -> None:
        """Store the intent before the action is done; a worker that lost the row stops here."""
        self._noted()
        event = self._event
        if self._known.is_stopped(event.job_id):
            raise Stopped("the job was cancelled")
        self.committing = True
        intended = StepIntended(
            job_id=event.job_id, row=event.row, attempt=event.attempt, step_number=step_number, action=action
        )
        await self._stream.carry_out(IntendStep(self._stream.hold, intended), f"intend-{step_number}")

    async def healed(self, report: HealReport) -> None:
        """Tell at once, so that the next row finds the heal in the cache."""
        self._noted()
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
        self._noted()
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
        self._noted()
        self._writer.write(
            Line(
                org=self._stream.dispatched.org,
                at=now().isoformat(),
                level=level,
                message=message,
                job_id=self._event.job_id,
                row=self._event.row,
                step_number=step_number,
                metadata=metadata,
            )
        )

    async def close(self) -> None:
        """Send the lines that are left."""
        await self._writer.close()
