"""SHELL: what a row tells while it runs: to the log what others must know, to its watchers lines."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from services.runner.adapters.faults import StepFailed
from services.runner.adapters.options import Artifact, HealReport, Hooks, LogLevel, ModelAnswer, ModelQuestion
from services.runner.adapters.row_files import safe_name
from services.runner.aggregates.row_run import IntendStep, NoteOnTheWay
from services.runner.asking_model import AskingModel
from services.runner.known import Known
from services.runner.row_stream import RowStream, Stopped
from services.runner.stand_ins import StandIns
from shared.bus import subjects
from shared.contracts.runner import (
    ArtifactKept,
    CachedHealMissed,
    ElementHealed,
    HealWithdrawn,
    StepIntended,
    UrlRefused,
)
from shared.core.errors import RetoldError, TooLarge
from shared.core.time_and_ids import now
from shared.lines import Line, LineWriter
from shared.url_policy import Refusal

MOST_REFUSALS = 20  # of an attempt
MOST_FILES = 1000  # of an attempt: they are told in one message
LARGEST_FILE = 256 * 1024**2  # bytes
REJECTED_BEFORE = "a person rejected the stand-in that was found for its element; nothing was done to it"


class RowTold(Hooks):
    """What a row tells while its steps are performed: to the log what others must know, to its watchers lines.

    `noted` is called with everything that shows progress.
    """

    def __init__(self, stream: RowStream, known: Known, noted: Callable[[], None]) -> None:
        self._stream, self._known, self._noted = stream, known, noted
        self._event = stream.event
        lines = stream.resources.lines
        self._writer = LineWriter(lines, subjects.lines_of(self._event.job_id, self._event.row))
        self.stand_ins: StandIns | None = None
        self.reviewer: Callable[[HealReport], Awaitable[bool]] | None = None
        self._asking = AskingModel(stream, known, self) if stream.model else None
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
        """Tell at once, so that the next row finds the heal in the cache. Raises `StepFailed` for a rejected one."""
        self._noted()
        event = self._event
        rejected = report.success and self.stand_ins is not None and self.stand_ins.is_rejected(report)
        if rejected:
            report = replace(report, success=False, error_message=REJECTED_BEFORE)
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
            candidates=report.candidates,
            picture_before=report.picture_before,
            picture_after=report.picture_after,
            revision=event.revision,
        )
        await self._stream.carry_out(NoteOnTheWay(self._stream.hold, healed), f"healed-{report.step_number}")

        if rejected:
            raise StepFailed("heal_rejected", REJECTED_BEFORE)
        if self.stand_ins is not None:
            self.stand_ins.note(report)

    async def withdrawn(self, report: HealReport, cache_key: str | None, reason: str) -> None:
        """A heal did nothing: whoever else may use it is told at once."""
        self._noted()
        event = self._event
        if self.stand_ins is not None:
            self.stand_ins.forget(cache_key or self.stand_ins.key_of(report))
        withdrawn = HealWithdrawn(
            job_id=event.job_id,
            row=event.row,
            recording_id=event.recording_id,
            step_number=report.step_number,
            cache_key=cache_key,
            original_selector=report.original_selector,
            page_origin=report.page_origin,
            page_path=report.page_path,
            reason=reason,
        )
        await self._stream.carry_out(NoteOnTheWay(self._stream.hold, withdrawn), f"withdrawn-{report.step_number}")

    async def review(self, report: HealReport) -> bool:
        """Wait for a person; where nobody can be asked, the answer is no."""
        self._noted()
        return self.reviewer is not None and await self.reviewer(report)

    async def ask_model(self, question: ModelQuestion) -> ModelAnswer | None:
        """What a model says, where one may be asked."""
        self._noted()
        return await self._asking.ask(question) if self._asking else None

    async def vision(self) -> dict[str, Any]:
        """Whether the row's steps may ask a model, and why not: as options of its steps."""
        why_not = await self._asking.why_not() if self._asking else "no model is set up"
        return {"vision": why_not is None, "vision_off": why_not or ""}

    async def cached_missed(self, step_number: int, cache_key: str) -> None:
        """A cached heal found nothing: it is dropped for everybody."""
        self._noted()
        if self.stand_ins is not None:
            self.stand_ins.forget(cache_key)
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
