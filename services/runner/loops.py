"""SHELL: what runs as long as the service: the worker that takes rows, the watch on the log, the samples."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any, cast

import msgspec
import psutil
import structlog
from nats.aio.msg import Msg

from services.runner.adapters.browser import Fleet
from services.runner.adapters.model_at_hand import ModelAtHand
from services.runner.adapters.no_browser import NoBrowsers
from services.runner.adapters.offers import offers
from services.runner.adapters.options import SessionOptions
from services.runner.adapters.port import RowFleet
from services.runner.adapters.starting import read_remotes
from services.runner.aggregates.row_run import Hold
from services.runner.handlers import Means, RowRunner
from services.runner.known import Known
from services.runner.known_heals import KnownHeals
from services.runner.known_rules import KnownRules
from services.runner.live import LiveRows
from services.runner.reviewing import WaitingRoom
from services.runner.row_stream import Fenced, RowStream
from services.runner.settings import RunnerSettings
from shared.bus import subjects
from shared.bus.codec import decode
from shared.bus.model_switch import ModelSwitch
from shared.bus.presence import InHand, Offered, Presence, Present, Telling
from shared.bus.topology import runners_consumer
from shared.bus.work_queue import Lease, WorkQueue
from shared.contracts.browsers import Engine, browser_type
from shared.contracts.catalogue import catalogue
from shared.contracts.scheduler import RowDispatched
from shared.core.errors import InvalidInput, NotFound, Unavailable
from shared.core.events import Recorded
from shared.core.time_and_ids import PLATFORM_ORG, new_id, now
from shared.lines import Line
from shared.pictures import Pictures
from shared.runtime import Resources
from shared.tasks import end

FINISH_SECONDS = 15.0  # of the DRAIN_SECONDS that the process has
RETRY_SECONDS = 1.0
LONGEST_RETRY = 30.0
ELSEWHERE_SECONDS = 2.0  # a row that this worker has no browser for: by then another one may have asked for it
SILENT_SECONDS = 240.0  # longer than any step may take; a row without progress for so long is stuck

log = structlog.get_logger()


class _Elsewhere(Exception):
    """The row needs a browser that this worker does not have."""


class Worker:
    """Takes dispatched rows, as many at once as it has slots. Without a `fleet` it opens browsers of its own."""

    def __init__(self, resources: Resources, fleet: RowFleet | None = None) -> None:
        settings: RunnerSettings = resources.settings
        # Never the same twice: a row knows who holds it by this.
        self.worker_id = f"{settings.worker_id or f'{socket.gethostname()}-{os.getpid()}'}-{new_id().hex[-6:]}"
        self._resources, self._settings = resources, settings
        self._catalogue = catalogue()
        self._heals = KnownHeals(resources.clock, resources.nats, resources.keys)
        self._known = Known(resources.log, resources.clock, self._heals)
        self._rules = KnownRules(resources.log, settings.allowances)
        self._model = ModelAtHand(ModelSwitch(resources.nats, settings.replicas))
        self._live = LiveRows(Pictures(resources.nats, resources.keys))
        self._slots = settings.rows_at_once
        self._remotes = read_remotes(settings.browser_address)
        self._fleet: RowFleet = fleet or Fleet(
            settings.chromium, headless=settings.headless, remotes=self._remotes, own_ports=[settings.port]
        )
        self._has_all = fleet is not None  # what is given performs whatever comes
        self._browsers: tuple[Offered, ...] = ()
        self._presence = Presence(resources.nats, settings.replicas)
        self._telling: Telling | None = None
        self._started_at = now()
        consumer = runners_consumer(timedelta(seconds=settings.lease_seconds), settings.replicas)
        self._queue = WorkQueue(resources.nats, subjects.EVENTS_STREAM, consumer, self._slots, self._take)
        self._room = WaitingRoom(self._slots, self._queue.free, self._queue.occupy)
        self._rows: dict[asyncio.Task[None], Lease] = {}
        self._in_hand: dict[asyncio.Task[None], InHand] = {}
        self._processed = self._succeeded = self._failed = 0
        self._busy_ms = 0.0

    async def run(self) -> None:
        """Work until the process stops, then finish the rows in hand."""
        if self._slots == 0:
            await self._resources.stopping.wait()
            return
        async with self._fleet, _beside(self._keep_leases()):
            await self._have_a_browser()
            try:
                async with self._presence.told(self.worker_id, self._present()) as self._telling:
                    await self._send_sample()
                    await self._queue.run(self._resources.stopping)
            finally:
                self._telling = None
                await self._finish_rows()
                await self._heals.close()
                await self._send_sample("offline")

    async def _have_a_browser(self) -> None:
        """Without one no row is taken: it would fail, or be lost, for nothing."""
        if self._has_all:
            async with self._fleet.session():
                return
        self._browsers = await asyncio.to_thread(offers, self._settings.chromium, self._remotes)
        for each in self._browsers:
            log.info("browser", engine=each.engine, version=each.version, at=each.executable, missing=each.reason)
        first = next((each.engine for each in self._browsers if each.available), None)
        if first is None:
            raise Unavailable("; ".join(each.reason or "" for each in self._browsers))
        async with self._fleet.session(SessionOptions(engine=cast("Engine", first))):
            return

    def _present(self) -> Present:
        rows = tuple(self._in_hand.values())
        return Present(self._slots, self._settings.worker_region, self._browsers, rows)

    def _tell(self) -> None:
        if self._telling is not None:
            self._telling.say(self._present())

    def _take(self, message: Msg) -> None:
        lease = Lease(message, self._settings.lease_seconds)
        task = asyncio.create_task(self._run_row(lease))
        self._rows[task] = lease
        task.add_done_callback(self._let_go)

    def _let_go(self, task: asyncio.Task[None]) -> None:
        self._rows.pop(task)
        if self._in_hand.pop(task, None):
            self._tell()

    async def _keep_leases(self) -> None:
        """Renew without end the leases of rows that make progress, independent of their pages."""
        while True:
            await asyncio.sleep(self._settings.lease_seconds / 3)
            for task, lease in list(self._rows.items()):
                if lease.silent_seconds < SILENT_SECONDS:
                    await lease.renew()
                else:
                    log.error("row is stuck and is handed back", subject=lease.message.subject)
                    task.cancel()

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

    async def _run_row(self, lease: Lease) -> None:
        message = lease.message
        began = asyncio.get_running_loop().time()
        try:
            await self._run_dispatched(lease)
            await message.ack()
        except Fenced as fenced:
            # No ack: it would take the row from the queue of the worker that holds it now.
            log.info("row left to another worker", subject=message.subject, reason=fenced.detail)
        except _Elsewhere as elsewhere:
            log.info("row left to a worker that has its browser", subject=message.subject, reason=str(elsewhere))
            await lease.hand_back(ELSEWHERE_SECONDS)
        except asyncio.CancelledError:
            await lease.hand_back(0)
            raise
        except Exception as failure:
            log.warning("row handed back", subject=message.subject, reason=str(failure) or repr(failure))
            await lease.hand_back(min(RETRY_SECONDS * 2**message.metadata.num_delivered, LONGEST_RETRY))
        finally:
            self._busy_ms += (asyncio.get_running_loop().time() - began) * 1000
            await self._queue.free()

    async def _run_dispatched(self, lease: Lease) -> None:
        message = lease.message
        position = message.metadata.sequence.stream
        for recorded in decode(message.data, message.subject, position, self._catalogue):
            if isinstance(recorded.event, RowDispatched):
                hold = Hold(self.worker_id, message.metadata.num_delivered)
                stream = RowStream(self._resources, recorded, hold, model=self._model)
                fleet = await self._fleet_for(recorded.event)
                means = Means(fleet, self._known, self._live, self._room, self._rules.rules)
                self._note_in_hand(recorded, recorded.event)
                status = await RowRunner(means, stream, lease.note_progress).run()
                self._processed += status is not None
                self._succeeded += status == "success"
                self._failed += status == "failed"

    async def _fleet_for(self, event: RowDispatched) -> RowFleet:
        """Where the row is run. Raises `_Elsewhere` when it needs a browser that is not here."""
        try:
            engine = browser_type((await self._known.job(event.job_id)).created.options.browser).type
        except (NotFound, InvalidInput):
            return self._fleet  # the row's own run says what is wrong
        if self._has_all or self._present().offers(engine):
            return self._fleet
        if self._known.is_stopped(event.job_id):
            return NoBrowsers()  # it ends before its first step: no browser is needed for that
        raise _Elsewhere(f"there is no {engine} here")

    def _note_in_hand(self, recorded: Recorded, event: RowDispatched) -> None:
        task = asyncio.current_task()
        if task in self._rows:
            self._in_hand[task] = InHand(str(recorded.org), str(event.job_id), event.row)
            self._tell()

    async def watch_stopped_jobs(self) -> None:
        """Rows of a job that a person stops end within a step; new heals are there for the rows that follow."""
        await self._known.follow(self._resources.stopping)

    async def watch_policies(self) -> None:
        """Which addresses an organization's rows may open, as it changes."""
        await self._rules.follow(self._resources.stopping)

    async def show_rows(self) -> None:
        """Pictures of the rows in hand, for those who watch."""
        await self._live.listen(self._resources.stopping)

    async def send_samples(self) -> None:
        """A sample of this worker's load, every so often."""
        psutil.cpu_percent()
        while True:
            await asyncio.sleep(self._settings.metrics_seconds)
            await self._send_sample()

    async def _send_sample(self, status: str | None = None) -> None:
        with suppress(Unavailable):
            sample = await asyncio.to_thread(self._sample, status or self._present().status)
            await self._resources.lines.publish(subjects.samples_of(self.worker_id), [sample])

    def _sample(self, status: str) -> Line:
        own = psutil.Process()
        memory = 0
        for process in (own, *own.children(recursive=True)):
            with suppress(psutil.Error):
                memory += process.memory_info().rss
        metadata = {
            "worker_id": self.worker_id,
            "worker_region": self._settings.worker_region,
            "status": status,
            "started_at": self._started_at.isoformat(),
            "slots": self._slots,
            "jobs": list(dict.fromkeys(each.job for each in self._in_hand.values())),
            "browsers": msgspec.to_builtins(self._browsers),
            "cpu_usage": round(min(100.0, psutil.cpu_percent()), 2),
            "memory_usage": round(memory / 1024**2, 2),
            "browser_count": self._fleet.browsers_running,
            "jobs_processed": self._processed,
            "jobs_succeeded": self._succeeded,
            "jobs_failed": self._failed,
            "avg_job_duration": int(self._busy_ms / self._processed) if self._processed else None,
        }
        return Line(org=PLATFORM_ORG, at=now().isoformat(), level="info", message="sample", metadata=metadata)


@asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Something goes on as long as the context."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        await end([task])
