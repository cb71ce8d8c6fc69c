"""What a worker remembers of jobs, recordings and heals, so that a row costs no second look at the log."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from shared.bus import subjects
from shared.bus.log import Log
from shared.contracts.heal_cache import CachedHeal, cached_heals
from shared.contracts.ingest import RecordingSnapshot, snapshot_of
from shared.contracts.scheduler import JobCreated, JobEnded, JobRowsAdded, JobStopping
from shared.core.errors import NotFound
from shared.core.events import Event
from shared.core.time_and_ids import Clock

K = TypeVar("K")
V = TypeVar("V")
JOBS_KEPT = 20
RECORDINGS_KEPT = 50


@dataclass(frozen=True, slots=True)
class JobView:
    """A job and its table, secrets still sealed."""

    created: JobCreated
    rows: tuple[dict[str, str], ...]


class Known:
    """Reads streams once and keeps what cannot change; heals are read from where they were left."""

    def __init__(self, log: Log, clock: Clock) -> None:
        self._log, self._clock = log, clock
        self._jobs: OrderedDict[UUID, JobView] = OrderedDict()
        self._recordings: OrderedDict[tuple[UUID, int], RecordingSnapshot] = OrderedDict()
        self._heals: OrderedDict[UUID, tuple[int, dict[str, CachedHeal]]] = OrderedDict()
        self._stopped: set[UUID] = set()
        self._taught: set[tuple[UUID, int]] = set()

    async def job(self, job_id: UUID) -> JobView:
        """The job as it was submitted."""
        if job_id not in self._jobs:
            events = [item.event for item in await self._log.load(subjects.job(job_id))]
            created = next((event for event in events if isinstance(event, JobCreated)), None)
            if created is None:
                raise NotFound(f"no job {job_id} in the log")
            rows = tuple(row for event in events if isinstance(event, JobRowsAdded) for row in event.rows)
            self._jobs[job_id] = JobView(created, rows)
            for event in events:
                self.see(event)
            _forget_oldest(self._jobs, JOBS_KEPT)
        self._jobs.move_to_end(job_id)
        return self._jobs[job_id]

    async def recording(self, recording_id: UUID, revision: int) -> RecordingSnapshot:
        """The recording as of a revision."""
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
        position, heals = self._heals.get(recording_id, (0, {}))
        newer = await self._log.load(subjects.heals(recording_id), position)
        heals = cached_heals((item.event for item in newer), self._clock(), heals)
        self._heals[recording_id] = (newer[-1].position if newer else position, heals)
        self._heals.move_to_end(recording_id)
        _forget_oldest(self._heals, RECORDINGS_KEPT)
        return heals

    def see(self, event: Event) -> None:
        """Take note of jobs that a person, or their deadline, stops."""
        match event:
            case JobStopping(reason="cancelled" | "timeout"):
                self._stopped.add(event.job_id)
            case JobEnded():
                self._stopped.discard(event.job_id)

    def is_stopped(self, job_id: UUID) -> bool:
        """Whether rows under way should stop."""
        return job_id in self._stopped

    def may_teach(self, recording: RecordingSnapshot) -> bool:
        """Whether this worker has not yet told what it learned of this revision."""
        return (recording.recording_id, recording.revision) not in self._taught

    def has_taught(self, recording: RecordingSnapshot) -> None:
        """Do not tell again."""
        self._taught.add((recording.recording_id, recording.revision))


def _forget_oldest(kept: "OrderedDict[K, V]", limit: int) -> None:
    while len(kept) > limit:
        kept.popitem(last=False)
