"""SHELL: a worker's hold on a row, event by event."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import UUID

from services.runner.adapters.options import Artifact, HealReport, Hooks, LogLevel
from services.runner.adapters.row_files import safe_name
from services.runner.aggregates.row_run import Command, Hold, IntendStep, NoteOnTheWay, RowRun, row_runs
from services.runner.known import Known
from shared.bus import subjects
from shared.bus.log import Append, Context
from shared.contracts.runner import ArtifactKept, CachedHealMissed, ElementHealed, StepIntended, UrlRefused
from shared.contracts.scheduler import RowDispatched
from shared.core.errors import Conflict, Refused, RetoldError, TooLarge, Unavailable
from shared.core.events import Event, Recorded
from shared.core.time_and_ids import new_id, now
from shared.lines import Line, LineWriter
from shared.runtime import Resources
from shared.url_policy import Refusal

TRIES = 4
MOST_REFUSALS = 20  # of an attempt
MOST_FILES = 1000  # of an attempt: they are told in one message
LARGEST_FILE = 256 * 1024**2  # bytes


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
    _writing: asyncio.Lock = field(default_factory=asyncio.Lock)  # a refusal may be told while a step is performed

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
        async with self._writing:
            return await self._carry_out(command, command_id)

    async def _carry_out(self, command: Command, command_id: str) -> Sequence[Event]:
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
        self._refusals = 0
        self.kept: list[ArtifactKept] = []  # files of this attempt, told together with its end

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

    async def refused(self, refusal: Refusal, step_number: int | None = None) -> None:
        """Tell of what the URL policy refused; of a page that tries ever more, the first ones."""
        self._refusals += 1
        if self._refusals > MOST_REFUSALS:
            if self._refusals == MOST_REFUSALS + 1:
                more = f"the URL policy refused more than {MOST_REFUSALS} addresses; the others are not listed"
                await self.log("warn", more, step_number)
            return
        await self.log("warn", refusal.detail, step_number)
        event = self._event
        refused = UrlRefused(
            job_id=event.job_id,
            row=event.row,
            attempt=event.attempt,
            step_number=step_number,
            url=refusal.url,
            reason=refusal.reason,
            rule=refusal.rule,
        )
        await self._stream.carry_out(NoteOnTheWay(self._stream.hold, refused), f"refused-{self._refusals}")

    async def artifact(self, artifact: Artifact) -> str:
        """Store a file now and tell of it when the row ends. Its SHA-256; empty where it could not be stored.

        What a row did in the world is worth more than a file of it: the row goes on, with a line in its log.
        """
        self._noted()
        try:
            digest, size = await self._store(artifact.content)
        except (RetoldError, OSError) as failure:
            reason = failure.detail if isinstance(failure, RetoldError) else failure.strerror
            await self.log(
                "warn", f"{artifact.kind} “{artifact.name[:80]}” is not kept: {reason}", artifact.step_number
            )
            return ""
        event = self._event
        self.kept.append(
            ArtifactKept(
                job_id=event.job_id,
                row=event.row,
                attempt=event.attempt,
                kind=artifact.kind,
                name=safe_name(artifact.name),
                digest=digest,
                media_type=artifact.media_type,
                size=size,
                step_number=artifact.step_number,
            )
        )
        return digest

    async def _store(self, content: bytes | Path) -> tuple[str, int]:
        size = _size_of(content)
        if size > LARGEST_FILE:
            raise TooLarge(f"it has {size:,} bytes, and {LARGEST_FILE:,} are the most that is kept of a file")
        if len(self.kept) >= MOST_FILES:
            raise TooLarge(f"a row keeps {MOST_FILES} files at most")
        objects, org = self._stream.resources.objects, self._stream.dispatched.org
        # No name for what was read: a large file is let go of as soon as it is sealed.
        digest = await objects.put(
            org, content if isinstance(content, bytes) else await asyncio.to_thread(content.read_bytes)
        )
        return digest, size

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


def _size_of(content: bytes | Path) -> int:
    return len(content) if isinstance(content, bytes) else content.stat().st_size
