"""What a worker remembers of jobs, recordings and heals, so that a row costs no second look at the log."""

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from services.runner.known_heals import KnownHeals, RecordingHeals
from shared.bus import subjects
from shared.bus.log import Log
from shared.contracts.healer import Decision
from shared.contracts.ingest import RecordingSnapshot, snapshot_of
from shared.contracts.scheduler import (
    OWN_STEPS,
    JobCreated,
    JobEnded,
    JobPaused,
    JobResumed,
    JobRowsAdded,
    JobStopping,
)
from shared.core.errors import NotFound
from shared.core.events import Event
from shared.core.time_and_ids import Clock
from shared.ticks import with_ticks

K = TypeVar("K")
V = TypeVar("V")
ROWS_KEPT = 200_000  # of all jobs together: with many jobs in turn, a job that is forgotten is read for every row
RECORDINGS_KEPT = 50
TICK_SECONDS = 5.0
STEERING = (JobPaused, JobResumed, JobStopping, JobEnded)


@dataclass(frozen=True, slots=True)
class JobView:
    """A job and its table, secrets still sealed."""

    created: JobCreated
    rows: tuple[dict[str, str], ...]


class Known:
    """Reads a stream once; what may change of it afterwards, it follows."""

    def __init__(self, log: Log, clock: Clock, heals: KnownHeals | None = None) -> None:
        self._log = log
        self._heals = heals or KnownHeals(clock)
        self._jobs: OrderedDict[UUID, JobView] = OrderedDict()
        self._rows_kept = 0
        self._reading: defaultdict[UUID, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._recordings: OrderedDict[tuple[UUID, int], RecordingSnapshot] = OrderedDict()
        self._stopped: set[UUID] = set()
        self._paused: set[UUID] = set()
        self._listening: defaultdict[UUID, list[Callable[[], None]]] = defaultdict(list)
        self._taught: set[tuple[UUID, int]] = set()
        self._position: int | None = None
        self._beginning = asyncio.Lock()

    async def follow(self, stopping: asyncio.Event) -> None:
        """Notice stopped and paused jobs until `stopping`; run again, it goes on where it was."""
        follow = self._log.follow([subjects.ALL_JOBS], await self._begin(), linger=0.0, only=STEERING)
        async for batch in with_ticks(follow, TICK_SECONDS, stopping):
            if batch is not None:
                for recorded in batch.events:
                    self.see(recorded.event)
                self._position = batch.position

    async def _begin(self) -> int:
        """Changes are followed from here on: nothing that is kept was read before."""
        async with self._beginning:
            if self._position is None:
                self._position = await self._log.last_position()
            return self._position

    async def job(self, job_id: UUID) -> JobView:
        """The job as it was submitted."""
        if job_id not in self._jobs:
            async with self._reading[job_id]:  # its first rows come all at once
                view = self._jobs.get(job_id) or await self._read_job(job_id)
            self._reading.pop(job_id, None)
            return view
        self._jobs.move_to_end(job_id)
        return self._jobs[job_id]

    async def _read_job(self, job_id: UUID) -> JobView:
        await self._begin()
        events = [item.event for item in await self._log.load(subjects.job(job_id))]
        created = next((event for event in events if isinstance(event, JobCreated)), None)
        if created is None:
            raise NotFound(f"no job {job_id} in the log")
        view = JobView(created, tuple(row for event in events if isinstance(event, JobRowsAdded) for row in event.rows))
        self._jobs[job_id] = view
        self._rows_kept += len(view.rows)
        for event in events:
            self.see(event)
        while self._rows_kept > ROWS_KEPT and len(self._jobs) > 1:
            self._forget_job(next(iter(self._jobs)))
        return view

    def _forget_job(self, job_id: UUID) -> None:
        view = self._jobs.pop(job_id, None)
        self._rows_kept -= len(view.rows) if view else 0

    async def recording(self, recording_id: UUID, revision: int) -> RecordingSnapshot:
        """The recording as of a revision, or the steps that a job of that id brings itself."""
        if revision == OWN_STEPS:
            return _own_steps((await self.job(recording_id)).created)
        key = (recording_id, revision)
        if key not in self._recordings:
            events = [item.event for item in await self._log.load(subjects.recording(recording_id))]
            snapshot = snapshot_of(events, revision)
            if snapshot is None:
                raise NotFound(f"no recording {recording_id} in the log")
            self._recordings[key] = snapshot
            _forget_oldest(self._recordings, RECORDINGS_KEPT)
        self._recordings.move_to_end(key)
        return self._recordings[key]

    async def heals(self, org: UUID, recording_id: UUID) -> RecordingHeals:
        """The heals of a recording, which change by themselves from then on."""
        return await self._heals.of(org, recording_id)

    def decided(self, recording_id: UUID, cache_key: str, healed_selector: str) -> Decision | None:
        """What a person decided about a stand-in of a recording that a row here has begun."""
        heals = self._heals.opened(recording_id)
        return heals.decided(cache_key, healed_selector) if heals else None

    def telling_of_heals(self, recording_id: UUID, tell: Callable[[], None]) -> AbstractContextManager[None]:
        """Calls `tell` at once when a heal of the recording is found, dropped or decided about within the context."""
        heals = self._heals.opened(recording_id)
        return heals.telling(tell) if heals else nullcontext()

    def see(self, event: Event) -> None:
        """Take note of jobs that a person pauses, resumes or stops, or their deadline stops."""
        match event:
            case JobPaused():
                self._paused.add(event.job_id)
            case JobResumed():
                self._paused.discard(event.job_id)
            case JobStopping():
                self._paused.discard(event.job_id)
                if event.reason in ("cancelled", "timeout"):
                    self._stopped.add(event.job_id)
            case JobEnded():
                self._stopped.discard(event.job_id)
                self._paused.discard(event.job_id)
                self._forget_job(event.job_id)
                return
            case _:
                return
        for tell in self._listening.get(event.job_id, ()):
            tell()

    def is_stopped(self, job_id: UUID) -> bool:
        """Whether rows under way should stop."""
        return job_id in self._stopped

    def is_paused(self, job_id: UUID) -> bool:
        """Whether rows under way should wait before their next step."""
        return job_id in self._paused

    @contextmanager
    def telling(self, job_id: UUID, tell: Callable[[], None]) -> Iterator[None]:
        """Calls `tell` at once when the job is stopped, paused or resumed within the context."""
        listening = self._listening[job_id]
        listening.append(tell)
        try:
            yield
        finally:
            listening.remove(tell)
            if not listening:
                self._listening.pop(job_id, None)

    def may_teach(self, recording: RecordingSnapshot) -> bool:
        """Whether this worker has not yet told what it learned of this revision."""
        return (recording.recording_id, recording.revision) not in self._taught

    def has_taught(self, recording: RecordingSnapshot) -> None:
        """Do not tell again."""
        self._taught.add((recording.recording_id, recording.revision))


def _own_steps(job: JobCreated) -> RecordingSnapshot:
    """As if they had been recorded; nothing is to be learned of their elements, for nobody would ever use it."""
    if job.automation is None:
        raise NotFound(f"job {job.job_id} has no steps of its own")
    steps = tuple(
        step.model_copy(update={"metadata": {**step.metadata, "taught": True}}) for step in job.automation.steps
    )
    return RecordingSnapshot(job.job_id, job.recording_name, job.automation.target_url, OWN_STEPS, steps)


def _forget_oldest(kept: "OrderedDict[K, V]", limit: int) -> None:
    while len(kept) > limit:
        kept.popitem(last=False)
