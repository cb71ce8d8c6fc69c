"""Events that a read model goes on without: listed, applied again, or dropped.

They stand in the table `dead_events` of the service's schema, written by `shared.projections`:

| column | |
|---|---|
| `projection`, `position`, `index` | which read model, and which event: position in its log, place in the message |
| `whole_message` | this release could not read the message: none of its events was applied (`index` is 0) |
| `reason` | the kind of error, or what could not be read; quotes no value |
| `subject`, `organization_id` | where that was known |
| `noticed_at`, `tries` | since when, and how often it was applied in vain |

What came later may have built on what is missing: when much was put aside, a rebuild is the better cure.
"""

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from shared.core.errors import NotFound, Refused
from shared.db.pool import Database, act_for
from shared.projections import POISON, Projection, Source, queries


@dataclass(frozen=True, slots=True)
class DeadEvent:
    """One row of `dead_events`; see the module."""

    projection: str
    position: int
    index: int
    reason: str
    subject: str | None
    organization_id: UUID | None
    whole_message: bool
    noticed_at: datetime
    tries: int


async def dead_events(database: Database) -> list[DeadEvent]:
    """All of a service, in the order of its logs."""
    async with database.connection() as connection:
        return [DeadEvent(**row) async for row in queries.list_dead_events(connection)]


async def retry_dead_event(
    database: Database, projection: Projection, source: Source, position: int, index: int
) -> None:
    """Apply an event again and forget that it was put aside, in one transaction.

    Raises `NotFound` when it is not put aside (any more), and `Refused` when its table still does not take it.
    """
    which = {"projection": projection.name, "position": position, "index": index}
    async with database.connection() as connection, connection.transaction():
        # The projector waits meanwhile: the event comes between two batches, never within.
        await queries.hold_checkpoint(connection, projection=projection.name)
        dead = await queries.dead_event(connection, **which)
        if dead is None:
            raise NotFound(f"{projection.name} has put aside no event at position {position}, index {index}")
        items = await _items_at(source, projection.subjects, position)
        try:
            async with connection.transaction():
                for item in items:
                    if dead["whole_message"] or item.index == index:
                        await act_for(connection, item.org)
                        await projection.apply(connection, [item])
                await queries.forget_dead_event(connection, **which)
                return
        except POISON as error:
            reason = type(error).__name__
        await queries.note_try(connection, **which, reason=reason)
    raise Refused(f"{projection.name} still does not take the event at position {position}: {reason}")


async def drop_dead_event(database: Database, projection: str, position: int, index: int) -> bool:
    """Forget an event: the read model stays without it. Whether it was there."""
    async with database.connection() as connection:
        found = await queries.forget_dead_event(connection, projection=projection, position=position, index=index)
    return found is not None


async def _items_at(source: Source, subjects: Sequence[str], position: int) -> list[Any]:
    """What the message at a position holds. Raises `Refused` when this release cannot read it, or it is gone."""
    if position <= await source.last_position(subjects):
        async with aclosing(source.follow(subjects, position - 1, linger=0.0)) as batches:
            async for batch in batches:
                for unreadable in batch.unreadable:
                    if unreadable.position == position:
                        raise Refused(f"this release still cannot read position {position}: {unreadable.reason}")
                found = [item for item in batch.events if item.position == position]
                if found:
                    return found
                break
    raise Refused(f"the log holds no event at position {position} any more; drop it")
