"""SHELL: what runs as long as the service: the heal cache, written from the log."""

from uuid import UUID

import structlog

from shared.bus import subjects
from shared.bus.heal_shelf import HealShelf
from shared.contracts.heal_cache import TOLD, told_by
from shared.runtime import Resources
from shared.ticks import with_ticks

TICK_SECONDS = 5.0

log = structlog.get_logger()


class Shelving:
    """Follows the healer's own events into the bucket that runners read; a bucket that is new is filled from the log.

    Several healers may do it at once: an older event never overwrites a newer one.
    """

    def __init__(self, resources: Resources) -> None:
        self._log, self._clock, self._stopping = resources.log, resources.clock, resources.stopping
        self._shelf = HealShelf(resources.nats, resources.keys)

    async def run(self) -> None:
        """Shelve without end. On a failure run it again: it begins where it was."""
        position = await self._begin()
        follow = self._log.follow([subjects.ALL_HEALS], position, linger=0.0, only=TOLD)
        async for batch in with_ticks(follow, TICK_SECONDS, self._stopping):
            if batch is None:
                continue
            for recorded in batch.events:
                recording_id = UUID(subjects.stream_of(recorded.subject).id)
                for told in told_by(recorded.event):
                    await self._shelf.put(recorded.org, recording_id, told, recorded.position, self._clock())
            await self._shelf.reached(batch.position)

    async def _begin(self) -> int:
        position = await self._shelf.position()
        if position > await self._log.last_position():
            log.warning("the heal cache is of a longer log; it is filled anew", position=position)
            await self._shelf.clear()
            return 0
        return position
