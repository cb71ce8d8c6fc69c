"""SHELL: what runs as long as the service: the worker that takes rows, the watch on stopped jobs, the samples."""

import asyncio
import os
import socket
import time
from contextlib import suppress
from datetime import timedelta

import nats.errors
import psutil
import structlog
from nats.aio.msg import Msg
from nats.js.client import JetStreamContext

from services.runner.adapters.browser import Fleet
from services.runner.aggregates.row_run import Hold
from services.runner.handlers import RowRunner
from services.runner.known import Known
from services.runner.row_stream import Fenced, RowStream
from services.runner.settings import RunnerSettings
from shared.bus import subjects
from shared.bus.codec import decode
from shared.bus.topology import RUNNERS, runners_consumer
from shared.contracts.catalogue import catalogue
from shared.contracts.scheduler import RowDispatched
from shared.core.errors import NotFound, Unavailable
from shared.core.time_and_ids import PLATFORM_ORG, new_id, now
from shared.lines import Line
from shared.runtime import Resources
from shared.ticks import with_ticks

FETCH_SECONDS = 2.0
FINISH_SECONDS = 15.0  # of the DRAIN_SECONDS that the process has
RETRY_SECONDS = 1.0

log = structlog.get_logger()


class Lease:
    """A worker's right to a row: renewed while it works; without renewal the queue gives the row to another."""

    def __init__(self, message: Msg, seconds: float) -> None:
        self._message, self._seconds = message, seconds
        self._renewed = time.monotonic()

    async def keep(self) -> None:
        """Renew without end; the row's own time limit ends this too, so a hung browser loses its row."""
        while True:
            await asyncio.sleep(self._seconds / 3)
            with suppress(nats.errors.Error, OSError):
                await self._message.in_progress()
                self._renewed = time.monotonic()

    async def hand_back(self, delay: float) -> None:
        """Let another worker have the row after `delay` s; not when it may already belong to one."""
        if time.monotonic() - self._renewed < self._seconds:
            with suppress(nats.errors.Error, OSError):
                await self._message.nak(delay=min(delay, 30.0) or None)


class Worker:
    """Takes dispatched rows, as many at once as it has slots."""

    def __init__(self, resources: Resources) -> None:
        settings: RunnerSettings = resources.settings
        # Never the same twice: a row knows who holds it by this.
        self.worker_id = f"{settings.worker_id or f'{socket.gethostname()}-{os.getpid()}'}-{new_id().hex[-6:]}"
        self._resources, self._settings = resources, settings
        self._known = Known(resources.log, resources.clock)
        self._fleet = Fleet(settings.chromium, headless=settings.headless)
        self._slots = asyncio.Semaphore(settings.slots)
        self._rows: set[asyncio.Task[None]] = set()
        self._processed = self._succeeded = self._failed = 0
        self._busy_ms = 0.0

    async def run(self) -> None:
        """Work until the process stops, then finish the rows in hand."""
        if self._settings.slots == 0:
            await self._resources.stopping.wait()
            return
        async with self._fleet:
            try:
                consumer = await self._resources.nats.jetstream().pull_subscribe_bind(
                    consumer=RUNNERS, stream=subjects.EVENTS_STREAM
                )
                async with self._fleet.session():
                    pass  # without a browser no row is taken: it would fail, or be lost, for nothing
                while await self._slot_is_free():
                    message = await self._next(consumer)
                    if message is None:
                        self._slots.release()
                        continue
                    task = asyncio.create_task(self._run_row(message))
                    self._rows.add(task)
                    task.add_done_callback(self._row_done)
            finally:
                await self._finish_rows()

    async def _slot_is_free(self) -> bool:
        """Wait for a free slot and take it; false when the process stops first."""
        stopping = self._resources.stopping
        free, stop = asyncio.create_task(self._slots.acquire()), asyncio.create_task(stopping.wait())
        await asyncio.wait({free, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if stopping.is_set():
            free.cancel()
            return False
        return True

    async def _next(self, consumer: JetStreamContext.PullSubscription) -> Msg | None:
        try:
            return (await consumer.fetch(1, timeout=FETCH_SECONDS))[0]
        except TimeoutError:
            return None
        except (nats.errors.Error, OSError) as failure:
            log.warning("no row to be had, trying again", reason=str(failure) or repr(failure))
            await asyncio.sleep(RETRY_SECONDS)
            with suppress(nats.errors.Error, TimeoutError):  # in case somebody removed the queue
                lease = timedelta(seconds=self._settings.lease_seconds)
                queue = runners_consumer(lease, self._settings.replicas)
                await self._resources.nats.jetstream().add_consumer(subjects.EVENTS_STREAM, queue)
            return None

    def _row_done(self, task: asyncio.Task[None]) -> None:
        self._rows.discard(task)
        self._slots.release()

    async def _finish_rows(self) -> None:
        """Rows in hand get a while to end by themselves, then they are handed back."""
        if not self._rows:
            return
        try:
            await asyncio.wait(self._rows, timeout=FINISH_SECONDS)
        finally:
            rows = set(self._rows)
            for row in rows:
                row.cancel()
            if rows:
                await asyncio.wait(rows, timeout=5)

    async def _run_row(self, message: Msg) -> None:
        lease = Lease(message, self._settings.lease_seconds)
        renewing = asyncio.create_task(lease.keep())
        began = asyncio.get_running_loop().time()
        try:
            await self._run_dispatched(message)
            await message.ack()
        except Fenced as fenced:
            # No ack: it would take the row from the queue of the worker that holds it now.
            log.info("row left to another worker", subject=message.subject, reason=fenced.detail)
        except asyncio.CancelledError:
            await lease.hand_back(0)
            raise
        except Exception as failure:
            log.warning("row handed back", subject=message.subject, reason=str(failure) or repr(failure))
            await lease.hand_back(RETRY_SECONDS * 2**message.metadata.num_delivered)
        finally:
            self._busy_ms += (asyncio.get_running_loop().time() - began) * 1000
            renewing.cancel()

    async def _run_dispatched(self, message: Msg) -> None:
        position = message.metadata.sequence.stream
        for recorded in decode(message.data, message.subject, position, catalogue()):
            if isinstance(recorded.event, RowDispatched):
                hold = Hold(self.worker_id, message.metadata.num_delivered)
                stream = RowStream(self._resources, recorded, hold)
                try:
                    status = await RowRunner(self._resources, self._fleet, self._known, stream).run()
                except NotFound as gone:
                    log.error("row cannot be run", subject=message.subject, reason=gone.detail)
                    continue
                self._processed += status is not None
                self._succeeded += status == "success"
                self._failed += status == "failed"

    async def watch_stopped_jobs(self) -> None:
        """Rows of a job that a person stops end within a step."""
        position = await self._resources.log.last_position()
        follow = self._resources.log.follow((subjects.ALL_JOBS,), position, linger=0.0)
        async for batch in with_ticks(follow, 5.0, self._resources.stopping):
            for recorded in batch.events if batch else ():
                self._known.see(recorded.event)

    async def send_samples(self) -> None:
        """A sample of this worker's load, every so often."""
        psutil.cpu_percent()
        while True:
            await asyncio.sleep(self._settings.metrics_seconds)
            with suppress(Unavailable):
                await self._resources.lines.publish(subjects.samples_of(self.worker_id), [self._sample()])

    def _sample(self) -> Line:
        own = psutil.Process()
        memory = 0
        for process in (own, *own.children(recursive=True)):
            with suppress(psutil.Error):
                memory += process.memory_info().rss
        metadata = {
            "worker_id": self.worker_id,
            "worker_region": self._settings.worker_region,
            "cpu_usage": round(min(100.0, psutil.cpu_percent()), 2),
            "memory_usage": round(memory / 1024**2, 2),
            "browser_count": self._fleet.browsers_running,
            "jobs_processed": self._processed,
            "jobs_succeeded": self._succeeded,
            "jobs_failed": self._failed,
            "avg_job_duration": int(self._busy_ms / self._processed) if self._processed else None,
        }
        return Line(org=PLATFORM_ORG, at=now().isoformat(), level="info", message="sample", metadata=metadata)
