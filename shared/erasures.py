"""Whenever an organization was erased, each service rebuilds its read models: they hold personal values in clear."""

from collections.abc import Sequence
from contextlib import aclosing

import structlog

from shared.bus.log import Log
from shared.bus.subjects import ALL_ORGANIZATIONS
from shared.contracts.ingest import OrganizationErased
from shared.core.errors import Refused
from shared.db.migrations import Migration
from shared.db.pool import Database
from shared.keys import KeyRing
from shared.projections import Projector, checkpoint, move_checkpoint

CHECKPOINT = "erasures"

log = structlog.get_logger()


class Erasures:
    """Follows erased organizations. Its checkpoint says up to where the read models know nothing of them any more."""

    def __init__(
        self,
        database: Database,
        events: Log,
        keys: KeyRing,
        projectors: Sequence[Projector],
        migrations: list[Migration],
    ) -> None:
        self._database = database
        self._events = events
        self._keys = keys
        self._projectors = projectors
        self._migrations = migrations

    async def run(self) -> None:
        """Rebuild after every erasure, without end. On a failure run it again: it begins where it was."""
        async with self._database.connection() as connection:
            position = await checkpoint(connection, CHECKPOINT)
        async with aclosing(self._events.follow([ALL_ORGANIZATIONS], position, only=(OrganizationErased,))) as batches:
            async for batch in batches:
                erased = [item.event for item in batch.events if isinstance(item.event, OrganizationErased)]
                if erased:
                    await self._rebuild([str(event.organization_id) for event in erased])
                async with self._database.connection() as connection:
                    await move_checkpoint(connection, CHECKPOINT, position, batch.position)
                position = batch.position

    async def _rebuild(self, organizations: list[str]) -> None:
        self._keys.forget()
        for projector in self._projectors:
            try:
                await projector.rebuild(self._migrations, lambda _position, _pending: None)
            except Refused as refusal:  # another process of this service is at it: look again in a moment
                raise Refused(f"waiting for a rebuild after an erasure: {refusal.detail}") from refusal
        log.info("read models rebuilt after an erasure", schema=self._database.schema, organizations=organizations)
