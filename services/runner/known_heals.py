"""What a worker knows of heals: those that may be used again, what people decided, and who looks for one right now.

The first row of a recording opens a view of its part of the bucket `heals`; from then on every look is local, and what
changes arrives by itself.
"""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from uuid import UUID

import structlog
from nats.aio.client import Client

from shared.bus.heal_shelf import HealShelf, Told
from shared.bus.lease import Lease
from shared.bus.topology import HEAL_TURNS_BUCKET
from shared.contracts.heal_cache import CachedHeal, Decided, Dropped
from shared.contracts.healer import Decision
from shared.core.errors import RetoldError, Unavailable
from shared.core.time_and_ids import Clock, new_id
from shared.keys import KeyRing
from shared.ops.metrics import HEAL_CACHE
from shared.tasks import end

RECORDINGS_KEPT = 50
OPEN_SECONDS = 2.0  # longer than this no row waits for the cache: without it, it heals by itself
AGAIN_SECONDS = 1.0
TURN_SECONDS = 2.0  # how long a worker that vanished in the middle of its turn holds up the others
LONGEST_TURN = 35.0  # a little more than a model takes at most
LOOK_SECONDS = 0.2

log = structlog.get_logger()


class RecordingHeals:
    """The heals of one recording, as they are now."""

    def __init__(self, clock: Clock, client: Client | None = None) -> None:
        self._clock, self._client = clock, client
        self._cached: dict[str, CachedHeal] = {}
        self._own: dict[str, CachedHeal] = {}  # found by this process, and not yet back from the healer
        self._decided: dict[str, dict[str, Decision]] = {}
        self._listening: list[Callable[[], None]] = []
        self._turns: dict[str, asyncio.Event] = {}  # key → set when who looks for a heal is done
        self.loaded = asyncio.Event()

    def cached(self, key: str) -> CachedHeal | None:
        """The heal that may be used for a step and page now."""
        heal = self._own.get(key) or self._cached.get(key)
        if heal is None or heal.until <= self._clock():
            return None
        decision = self.decided(key, heal.selector or "")
        return None if decision == "rejected" else replace(heal, accepted=heal.accepted or decision == "accepted")

    def rejected(self, key: str) -> frozenset[str]:
        """The healed selectors that a person rejected for a step and page."""
        return frozenset(selector for selector, said in self._decided.get(key, {}).items() if said == "rejected")

    def decided(self, key: str, healed_selector: str) -> Decision | None:
        """What a person decided about a stand-in; nothing so far."""
        return self._decided.get(key, {}).get(healed_selector)

    def note_own(self, heal: CachedHeal) -> None:
        """A heal of this process: usable at once, not only when the healer has told of it."""
        self._own[heal.key] = heal
        self._tell()

    def forget(self, key: str) -> None:
        """This heal did nothing, or found nothing: not used again here, before the healer says so to everybody."""
        self._own.pop(key, None)
        self._cached.pop(key, None)
        self._tell()

    def see(self, told: Told) -> None:
        """What the bucket says."""
        match told:
            case CachedHeal():
                self._cached[told.key] = told
                self._own.pop(told.key, None)
            case Decided():
                self._decided.setdefault(told.key, {})[told.selector] = told.decision
            case Dropped():
                self._cached.pop(told.key, None)
                self._own.pop(told.key, None)
        self._tell()

    def begin_anew(self) -> None:
        """What is in the bucket comes again from its beginning."""
        self._cached.clear()

    @property
    def is_listened_to(self) -> bool:
        """Whether somebody waits for a change."""
        return bool(self._listening)

    @contextmanager
    def telling(self, tell: Callable[[], None]) -> Iterator[None]:
        """Calls `tell` whenever something changes, within the context."""
        self._listening.append(tell)
        try:
            yield
        finally:
            self._listening.remove(tell)

    async def changed(self, seconds: float) -> None:
        """Wait until something changes, so long at most."""
        news = asyncio.Event()
        with self.telling(news.set), suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await news.wait()

    def _tell(self) -> None:
        for tell in list(self._listening):
            tell()

    @asynccontextmanager
    async def turn(self, key: str) -> AsyncIterator[CachedHeal | None]:
        """One row, on all workers, looks for what a step needs on a page; the others wait for what it finds.

        Gives the heal that somebody else found meanwhile, if so. Nobody waits twice: where the first finds nothing,
        its followers in this process look for themselves, all at once.
        """
        first = self._turns.get(key)
        if first is not None:
            await first.wait()
            yield self.cached(key)
            return
        over = self._turns[key] = asyncio.Event()
        try:
            async with self._lease_of(key):
                yield self.cached(key)
        finally:
            over.set()
            self._turns.pop(key, None)

    @asynccontextmanager
    async def _lease_of(self, key: str) -> AsyncIterator[None]:
        """Among the workers. Where a heal turns up first, or nobody can say whose turn it is, there is none."""
        if self._client is None:
            yield
            return
        lease = Lease(self._client, HEAL_TURNS_BUCKET, key, new_id().hex, TURN_SECONDS)
        with suppress(Unavailable, TimeoutError):
            async with asyncio.timeout(LONGEST_TURN):
                while self.cached(key) is None and not await lease.take():
                    await self.changed(LOOK_SECONDS)
        keeping = asyncio.create_task(_keep(lease))
        try:
            yield
        finally:
            await end([keeping])
            await lease.give_up()


async def _keep(lease: Lease) -> None:
    """Renew it as long as the turn lasts; a turn that is lost does no harm: two look for the same thing then."""
    with suppress(RetoldError):
        while lease.held:
            await asyncio.sleep(TURN_SECONDS / 4)
            await lease.renew()


class KnownHeals:
    """The heals of the recordings that this worker runs; of the fifty that it ran last."""

    def __init__(self, clock: Clock, client: Client | None = None, keys: KeyRing | None = None) -> None:
        self._clock, self._client = clock, client
        self._shelf = HealShelf(client, keys) if client is not None and keys is not None else None
        self._views: OrderedDict[UUID, tuple[RecordingHeals, asyncio.Task[None] | None]] = OrderedDict()

    async def of(self, org: UUID, recording_id: UUID) -> RecordingHeals:
        """The heals of a recording. Opened at its first row; later rows find them here."""
        if recording_id not in self._views:
            heals = RecordingHeals(self._clock, self._client)
            task = asyncio.create_task(self._view(org, recording_id, heals)) if self._shelf else None
            self._views[recording_id] = (heals, task)
            self._forget_oldest()
        self._views.move_to_end(recording_id)
        heals, task = self._views[recording_id]
        if task is not None and not heals.loaded.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(OPEN_SECONDS):
                    await heals.loaded.wait()
        return heals

    def opened(self, recording_id: UUID) -> RecordingHeals | None:
        """The heals of a recording that a row has opened before."""
        return self._views.get(recording_id, (None, None))[0]

    def _forget_oldest(self) -> None:
        """Somebody waits for news of those that are listened to."""
        idle = [each for each, (heals, _) in self._views.items() if not heals.is_listened_to]
        for recording_id in idle[: max(0, len(self._views) - RECORDINGS_KEPT)]:
            _, task = self._views.pop(recording_id)
            if task is not None:
                task.cancel()

    async def close(self) -> None:
        """End all views."""
        tasks = [task for _, task in self._views.values() if task is not None]
        self._views.clear()
        await end(tasks)

    async def _view(self, org: UUID, recording_id: UUID, heals: RecordingHeals) -> None:
        assert self._shelf is not None
        while True:
            try:
                heals.begin_anew()
                async with aclosing(self._shelf.follow(org, recording_id)) as follow:
                    async for told, complete in follow:
                        if told is not None:
                            heals.see(told)
                        if complete:
                            heals.loaded.set()
            except Exception as failure:
                reason = failure.detail if isinstance(failure, RetoldError) else repr(failure)
                log.warning("the heal cache is not readable, trying again", recording=str(recording_id), reason=reason)
            await asyncio.sleep(AGAIN_SECONDS)


def count_use(found_by: str | None, *, healing_attempted: bool) -> None:
    """Tell the metrics whether a step that needed a stand-in found it in the cache."""
    if found_by == "cached":
        HEAL_CACHE.labels("hit").inc()
    elif healing_attempted:
        HEAL_CACHE.labels("miss").inc()
