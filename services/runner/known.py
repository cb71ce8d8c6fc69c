"""What a worker remembers of jobs, recordings and heals, so that a row costs no second look at the log."""

import asyncio
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from shared.bus import subjects
from shared.bus.log import Log
from shared.contracts.heal_cache import CachedHeal, cached_heals
from shared.contracts.healer import CachedHealDropped, HealRecorded
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
from shared.core.events import Event, Recorded
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

    def __init__(self, log: Log, clock: Clock) -> None:
        self._log, self._clock = log, clock
        self._jobs: OrderedDict[UUID, JobView] = OrderedDict()
        self._rows_kept = 0
        self._reading: defaultdict[UUID, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._recordings: OrderedDict[tuple[UUID, int], RecordingSnapshot] = OrderedDict()
        self._heals: OrderedDict[UUID, tuple[int, dict[str, CachedHeal]]] = OrderedDict()
        self._stopped: set[UUID] = set()
        self._paused: set[UUID] = set()
        self._listening: defaultdict[UUID, list[Callable[[], None]]] = defaultdict(list)
        self._taught: set[tuple[UUID, int]] = set()
        self._positions: dict[str, int] = {}
        self._beginning = asyncio.Lock()

    async def follow(self, stopping: asyncio.Event) -> None:
        """Notice stopped and paused jobs and new heals until `stopping`; run again, it goes on where it was."""
        await self._begin()
        async with asyncio.TaskGroup() as both:
            both.create_task(self._follow(subjects.ALL_JOBS, STEERING, stopping))
            both.create_task(self._follow(subjects.ALL_HEALS, (HealRecorded, CachedHealDropped), stopping))

    async def _follow(self, subject: str, only: Sequence[type[Event]], stopping: asyncio.Event) -> None:
        follow = self._log.follow([subject], self._positions[subject], linger=0.0, only=only)
        async for batch in with_ticks(follow, TICK_SECONDS, stopping):
            if batch is not None:
                for recorded in batch.events:
                    self._see_recorded(recorded)
                self._positions[subject] = batch.position

    async def _begin(self) -> None:
        """Changes are followed from here on: nothing that is kept was read before."""
        async with self._beginning:
            if not self._positions:
                now = await self._log.last_position()
                self._positions = {subjects.ALL_JOBS: now, subjects.ALL_HEALS: now}

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

    async def heals(self, recording_id: UUID) -> Mapping[str, CachedHeal]:
        """Cache key → heal usable now."""
        if recording_id not in self._heals:
            await self._begin()
            recorded = await self._log.load(subjects.heals(recording_id))
            heals = cached_heals((item.event for item in recorded), self._clock())
            self._heals[recording_id] = (recorded.position, heals)
            _forget_oldest(self._heals, RECORDINGS_KEPT)
        self._heals.move_to_end(recording_id)
        _, heals = self._heals[recording_id]
        at = self._clock() if heals else None
        return {key: heal for key, heal in heals.items() if at is not None and heal.until > at}

    def _see_recorded(self, recorded: Recorded) -> None:
        match recorded.event:
            case HealRecorded(recording_id=recording_id) | CachedHealDropped(recording_id=recording_id):
                position, heals = self._heals.get(recording_id, (recorded.position, {}))
                if recorded.position > position:
                    heals = cached_heals([recorded.event], self._clock(), heals)
                    self._heals[recording_id] = (recorded.position, heals)
            case event:
                self.see(event)

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
