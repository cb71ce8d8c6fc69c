"""Read model: the rows that wait for a person's answer about a stand-in."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from shared.contracts.heal_cache import stand_in_id
from shared.contracts.healer import HealAccepted, HealRejected
from shared.contracts.runner import NOT_REVIEWED, HealProposed, RowFinished, RowStarted
from shared.contracts.scheduler import RowDispatched, RowLost, RowSkipped
from shared.core.events import Recorded
from shared.db.queries import as_rows, load_queries
from shared.projections import Connection

queries = load_queries(__file__)

Row = tuple[UUID, int]


@dataclass(slots=True)
class _Changes:
    """What a run of events comes to. `rows`: as they wait now, or nothing for those that do not any more."""

    rows: dict[Row, dict[str, Any] | None] = field(default_factory=dict)
    answered: set[UUID] = field(default_factory=set)
    gave_up: set[Row] = field(default_factory=set)

    def see(self, item: Recorded) -> None:
        """Take in an event."""
        match item.event:
            case HealProposed() as event:
                self.rows[event.job_id, event.row] = _waiting(item, event)
            case HealAccepted() | HealRejected() as event:
                self._answer(stand_in_id(event.cache_key, event.healed_selector))
            case RowFinished(final=False, error_type=error) as event if error == NOT_REVIEWED:
                self._give_up((event.job_id, event.row))
            case RowDispatched() | RowStarted() | RowFinished() | RowLost() | RowSkipped() as event:
                self.rows[event.job_id, event.row] = None

    def _answer(self, stand_in: UUID) -> None:
        self.answered.add(stand_in)
        for row, waiting in self.rows.items():
            if waiting is not None and waiting["stand_in"] == stand_in:
                self.rows[row] = None

    def _give_up(self, row: Row) -> None:
        waiting = self.rows.get(row)
        if waiting is not None:
            waiting["holds_browser"] = False
        elif row not in self.rows:
            self.gave_up.add(row)


def _waiting(item: Recorded, event: HealProposed) -> dict[str, Any]:
    return {
        "organization_id": item.org,
        "job_id": event.job_id,
        "row_index": event.row,
        "attempt": event.attempt,
        "recording_id": event.recording_id,
        "heal_id": event.proposal_id,
        "stand_in": stand_in_id(event.cache_key, event.healed_selector),
        "step_number": event.step_number,
        "original_selector": event.original_selector,
        "healed_selector": event.healed_selector,
        "confidence": event.confidence,
        "holds_browser": True,
        "at": item.at,
    }


async def project_waiting(connection: Connection, items: Sequence[Recorded]) -> None:
    """Write what events come to; a part of the projection of jobs."""
    changes = _Changes()
    for item in items:
        changes.see(item)
    # What waited before this batch goes first: who waits at its end is written behind it.
    if changes.rows:
        await queries.end_waiting(connection, rows=_as_rows(changes.rows))
    if changes.answered:
        await queries.end_answered(connection, answered=list(changes.answered))
    if changes.gave_up:
        await queries.give_browsers_up(connection, rows=_as_rows(changes.gave_up))
    if waiting := [row for row in changes.rows.values() if row is not None]:
        await queries.add_waiting(connection, rows=as_rows(waiting))


def _as_rows(rows: Iterable[Row]) -> str:
    return as_rows([{"job_id": job_id, "row_index": row} for job_id, row in rows])
