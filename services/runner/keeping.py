"""SHELL: what is left of a row: pictures of a failure, what was extracted and recorded, and the result itself."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from services.runner.adapters.driver_terms import WindowRemains
from services.runner.adapters.options import Artifact
from services.runner.adapters.port import RowSession
from services.runner.aggregates.row_run import FinishRow
from services.runner.known import Known
from services.runner.row_options import is_kept
from services.runner.row_report import lighter
from services.runner.row_stream import RowStream
from services.runner.row_told import RowTold
from shared.contracts.ingest import RecordingSnapshot
from shared.contracts.runner import BundlesLearned
from shared.contracts.scheduler import JobOptions
from shared.contracts.steps import is_thin
from shared.core.errors import TooLarge, Unavailable
from shared.core.events import Event

RESULT_PATIENCE = timedelta(minutes=10)
PICTURE_SECONDS = 10.0
SOURCE_SECONDS = 2.0  # a page that is busy, or on its way to another, answers nobody
LARGEST_PAGE = 1_000_000  # characters of a page's HTML that are kept


class Keeping:
    """Keeps files of a row, as its job wishes. `failed`: whether the row did, as far as is known."""

    def __init__(self, told: RowTold, options: JobOptions) -> None:
        self._told = told
        self.options = options
        self.failed = True  # a row that breaks off says nothing more

    async def failure(self, session: RowSession, step_number: int | None) -> tuple[str | None, str | None]:
        """How the page looks, and its HTML: the SHA-256 of each, where it could be had."""
        page = await self._had("HTML of the page", session.page_source(), SOURCE_SECONDS)
        seconds = SOURCE_SECONDS if page is None else PICTURE_SECONDS
        picture = await self._had("screenshot", session.screenshot(), seconds) or b""
        files = (
            Artifact("screenshot", "error.jpg", picture, "image/jpeg", step_number),
            Artifact("data", "error.html", (page or "")[:LARGEST_PAGE].encode(), "text/html", step_number),
        )
        screenshot, source = [await self._told.artifact(file) if file.content else None for file in files]
        return screenshot or None, source or None

    async def _had(self, what: str, asked: Awaitable[Any], seconds: float) -> Any:
        """What the page gives, if it does so in time; a file is never worth a row's result."""
        try:
            async with asyncio.timeout(seconds):
                return await asked
        except Exception as failure:
            await self._told.log("warn", f"no {what}: {failure or type(failure).__name__}")
            return None

    async def extracted(self, values: Mapping[str, str]) -> dict[str, str]:
        """The values, which are kept as a file as well."""
        content = json.dumps(dict(values), ensure_ascii=False, indent=1).encode()
        await self._told.artifact(Artifact("data", "extracted.json", content, "application/json"))
        return dict(values)

    async def recorded(self, remains: WindowRemains) -> None:
        """Trace and videos."""
        if remains.trace is not None and is_kept(self.options.trace, failed=self.failed):
            await self._told.artifact(Artifact("trace", "trace.zip", remains.trace, "application/zip"))
        videos = remains.videos if is_kept(self.options.video, failed=self.failed) else ()
        for number, video in enumerate(videos, start=1):
            await self._told.artifact(Artifact("video", f"video-{number}.webm", video, "video/webm"))


def learned(session: RowSession, known: Known, recording: RecordingSnapshot, values: Iterable[str]) -> list[Event]:
    """A successful run of thinly recorded steps teaches the recording their full bundles; once for each worker."""
    if not known.may_teach(recording):
        return []
    thin = {s.step_number for s in recording.steps if is_thin(s) and not s.metadata.get("taught")}
    taught = [lesson for lesson in session.learned(values) if lesson.step_number in thin]
    if not taught:
        return []
    known.has_taught(recording)
    return [BundlesLearned(recording_id=recording.recording_id, revision=recording.revision, taught=taught)]


async def store_result(
    stream: RowStream, command: FinishRow, needed: Sequence[Event], noted: Callable[[], None]
) -> None:
    """The result of work done in the world is worth waiting for: longer than an append waits by itself.

    Where the log finds it too large, it is stored with less: what was learned, and what was seen on the way, are worth
    less. `needed`: what stays beside it.
    """
    deadline = asyncio.get_running_loop().time() + RESULT_PATIENCE.total_seconds()
    smaller = (replace(command, event=each, beside=needed) for each in lighter(command.event))
    while True:
        noted()
        try:
            await stream.carry_out(command, "finish")
            return
        except TooLarge:
            following = next(smaller, None)
            if following is None:
                raise
            command = following
        except Unavailable:
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(1)
