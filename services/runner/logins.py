"""SHELL: a job that logs in once: its set-up recording runs before the first row, and every row starts from its login.

Whichever row comes first runs the set-up; those beside it wait, on all workers. What the browser holds then (cookies
and local storage) is kept as a file sealed with the organization's key; only the file's digest stands in the bucket
`logins`, for some hours. A set-up whose worker was lost in the middle is done again.
"""

# ruff: noqa: ARG002 - a set-up's hooks need little of what they are told

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any, Protocol, cast

import msgspec
import nats.errors
from nats.js.errors import KeyNotFoundError
from nats.js.kv import KeyValue

from services.runner.adapters.driver_windows import Window
from services.runner.adapters.faults import DriverFailure, StepFailed
from services.runner.adapters.options import Artifact, HealReport, LogLevel, ModelAnswer, ModelQuestion
from services.runner.adapters.port import Guarding, RowFleet, RowSession
from services.runner.policies import steps_to_perform, values_of_steps
from services.runner.row_options import as_careful, session_options, step_options, steps_in_window
from services.runner.row_stream import RowStream
from services.runner.row_told import RowTold
from shared.bus import subjects
from shared.bus.lease import Lease
from shared.bus.topology import LOGINS_BUCKET
from shared.contracts.healing_modes import healing_of
from shared.contracts.ingest import RecordingSnapshot, snapshot_of
from shared.contracts.scheduler import JobOptions
from shared.contracts.steps import is_disabled, takes_value
from shared.core.errors import Unavailable
from shared.secrets import is_sealed

LOOK_SECONDS = 0.3
LEASE_SECONDS = 8.0
RENEW_SECONDS = 2.0
NO_ANSWER = (nats.errors.Error, TimeoutError, OSError)


class Outcome(msgspec.Struct, frozen=True):
    """What became of a job's set-up, at a row's attempt of that number: the file of its login, or why there is none."""

    attempt: int
    digest: str | None = None
    reason: str | None = None


class _Windowed(Protocol):
    window: Window


@dataclass(frozen=True, slots=True)
class _SetupTold:
    """Hooks of a set-up: it has no row of its own, so its intents and heals are nobody's; what it says is told."""

    told: RowTold
    noted: Callable[[], None]

    async def intend(self, step_number: int, action: str) -> None:
        self.noted()

    async def healed(self, report: HealReport) -> None:
        self.noted()

    async def review(self, report: HealReport) -> bool:
        """All rows wait for the set-up: it does not wait for a person."""
        await self.log("warn", "a stand-in was found and not used: nobody is asked during a set-up")
        return False

    async def ask_model(self, question: ModelQuestion) -> ModelAnswer | None:
        return None

    async def withdrawn(self, report: HealReport, cache_key: str | None, reason: str) -> None:
        self.noted()

    async def cached_missed(self, step_number: int, cache_key: str) -> None:
        self.noted()

    async def artifact(self, artifact: Artifact) -> str:
        return ""

    async def log(self, level: LogLevel, message: str, step_number: int | None = None, **metadata: Any) -> None:
        await self.told.log(level, f"set-up: {message}", None, **metadata)


class Logins:
    """The login of one row's job."""

    def __init__(
        self,
        stream: RowStream,
        fleet: RowFleet,
        told: RowTold,
        noted: Callable[[], None] = lambda: None,
        guarding: Guarding | None = None,
    ) -> None:
        self._stream, self._fleet, self._guarding = stream, fleet, guarding
        self._resources, self._event, self._org = stream.resources, stream.event, stream.dispatched.org
        self._told, self._noted = told, noted

    async def storage(self, options: JobOptions) -> Mapping[str, Any] | None:
        """What the row's window starts with (`SessionOptions.storage`); nothing for a job without a set-up.

        Raises `StepFailed` (setup_failed) when the set-up failed, `Unavailable`.
        """
        if options.setup_recording is None:
            return None
        bucket = await self._bucket()
        outcome = await self._noted_outcome(bucket)
        if outcome is None:
            outcome = await self._set_up_or_wait(bucket, options)
        if outcome.digest is None:
            raise StepFailed("setup_failed", f"the job's set-up failed: {outcome.reason}")
        return cast(
            "Mapping[str, Any]", msgspec.json.decode(await self._resources.objects.get(self._org, outcome.digest))
        )

    async def _set_up_or_wait(self, bucket: KeyValue, options: JobOptions) -> Outcome:
        """One row does it, the others wait for what becomes of it."""
        holder = f"{self._stream.hold.worker_id}-{self._event.row}"
        lease = Lease(self._resources.nats, LOGINS_BUCKET, f"{self._event.job_id}.lock", holder, LEASE_SECONDS)
        while not await lease.take():
            await asyncio.sleep(LOOK_SECONDS)
            self._noted()
            if (outcome := await self._noted_outcome(bucket)) is not None:
                return outcome
        try:
            if (outcome := await self._noted_outcome(bucket)) is not None:
                return outcome
            async with _renewed(lease):
                outcome = await self._set_up(options)
            await self._note(bucket, outcome)
            return outcome
        finally:
            await lease.give_up()

    async def _set_up(self, options: JobOptions) -> Outcome:
        attempt = self._event.attempt
        recording = await self._recording(options)
        if recording is None:
            return Outcome(attempt, reason=f"there is no recording {options.setup_recording} in this organization")
        await self._told.log("info", f"set-up: {recording.name!r} runs once, for all rows")
        try:
            wanted = session_options(options, recording.steps, attempt)
            async with self._fleet.session(wanted, self._guarding) as session:
                reason = await self._perform(session, recording, options)
                if reason is not None:
                    return Outcome(attempt, reason=reason)
                storage = await cast("_Windowed", session).window.storage()
        except (StepFailed, DriverFailure) as failure:
            return Outcome(attempt, reason=str(failure) or type(failure).__name__)
        digest = await self._resources.objects.put(self._org, msgspec.json.encode(storage))
        await self._told.log("info", "set-up: done")
        return Outcome(attempt, digest)

    async def _perform(self, session: RowSession, recording: RecordingSnapshot, options: JobOptions) -> str | None:
        """Performs the recording with what was recorded; why it failed, or nothing."""
        hooks, usual = _SetupTold(self._told, self._noted), step_options(options, healing_of(recording.healing))
        values = {given.step_number: given for given in values_of_steps(recording, {}, {})}
        for step in steps_in_window(steps_to_perform(recording), options):
            self._noted()
            if is_disabled(step):
                continue
            given = values.get(step.step_number) if takes_value(step) else None
            value, secret = (given.value, given.secret) if given else (step.value, False)
            if is_sealed(value):
                value = await self._resources.sealer.open(self._org, recording.recording_id, value or "")
            own = as_careful(usual, healing_of(step.metadata.get("healing")))
            result = await session.perform(step, value, replace(own, secret=secret), hooks)
            if result.error_type == "browser_hung":
                raise Unavailable(result.error or "the browser hung")
            if result.status == "failed":
                return result.error or "a step failed"
        return None

    async def _recording(self, options: JobOptions) -> RecordingSnapshot | None:
        recorded = await self._resources.log.load(subjects.recording(cast("Any", options.setup_recording)))
        return snapshot_of(item.event for item in recorded if item.org == self._org)

    async def _noted_outcome(self, bucket: KeyValue) -> Outcome | None:
        """What became of it; a failure counts for the attempts of rows up to the one that it failed for."""
        try:
            noted = msgspec.json.decode((await bucket.get(str(self._event.job_id))).value or b"", type=Outcome)
        except KeyNotFoundError:
            return None
        except NO_ANSWER as failure:
            raise Unavailable(f"whether the job is logged in cannot be read: {failure!r}") from failure
        return noted if noted.digest is not None or noted.attempt >= self._event.attempt else None

    async def _note(self, bucket: KeyValue, outcome: Outcome) -> None:
        try:
            await bucket.put(str(self._event.job_id), msgspec.json.encode(outcome))
        except NO_ANSWER as failure:
            raise Unavailable(f"the job's login could not be noted: {failure!r}") from failure

    async def _bucket(self) -> KeyValue:
        try:
            return await self._resources.nats.jetstream(timeout=5).key_value(LOGINS_BUCKET)
        except NO_ANSWER as failure:
            raise Unavailable(f"whether the job is logged in cannot be read: {failure!r}") from failure


@asynccontextmanager
async def _renewed(lease: Lease) -> AsyncIterator[None]:
    """Keeps the lease within the context. The work goes on where it is lost: a second login does no harm."""

    async def renew() -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            await lease.renew()

    task = asyncio.create_task(renew())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await task
