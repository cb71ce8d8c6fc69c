"""Read models of the healer: the history of heals, and the cache."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from shared.bus.subjects import ALL_EVENTS
from shared.contracts.healer import CachedHealDropped, HealRecorded
from shared.contracts.runner import RowFinished
from shared.core.events import Recorded
from shared.core.time_and_ids import derived_id
from shared.db.queries import as_rows, load_queries
from shared.projections import Connection, Projection

queries = load_queries(__file__)


@dataclass(frozen=True, slots=True)
class _OfCache:
    """What happens to the cache, and the statement that does it together with others of its kind."""

    statement: str
    row: dict[str, Any]


async def _project_heals(connection: Connection, items: Sequence[Recorded]) -> None:
    heals: list[dict[str, Any]] = []
    of_cache: list[_OfCache] = []
    for item in items:
        match item.event:
            case HealRecorded() as event:
                heals.append(_heal(item, event))
                if event.success and event.healed_bundle is not None:
                    bundle = {"healed_bundle": event.healed_bundle.to_json()}
                    of_cache.append(_OfCache("cache_heals", heals[-1] | bundle))
            case CachedHealDropped() as event:
                of_cache.append(_OfCache("drop_cached", {"cache_key": event.cache_key}))
            case RowFinished() as event:
                of_cache += [_OfCache("add_cache_uses", use) for use in _uses(item, event)]
    # A use is told with what the cache held then: only what follows on each other may be written at once.
    for statement, run in groupby(of_cache, key=lambda each: each.statement):
        rows = [each.row for each in run]
        if statement == "cache_heals":
            rows = list({row["cache_key"]: row for row in rows}.values())
        await getattr(queries, statement)(connection, rows=as_rows(rows))
    if heals:
        await queries.add_heals(connection, rows=as_rows(heals))


def _heal(item: Recorded, event: HealRecorded) -> dict[str, Any]:
    return {
        "id": event.heal_id,
        "organization_id": item.org,
        "job_id": event.job_id,
        "row_index": event.row,
        "recording_id": event.recording_id,
        "step_number": event.step_number,
        "original_selector": event.original_selector,
        "healed_selector": event.healed_selector,
        "method": event.method,
        "confidence": event.confidence,
        "rivals": event.rivals,
        "page_origin": event.page_origin,
        "page_path": event.page_path,
        "cache_key": event.cache_key,
        "cached_until": event.cached_until,
        "success": event.success,
        "error_message": event.error_message,
        "at": item.at,
    }


def _uses(item: Recorded, event: RowFinished) -> Iterator[dict[str, Any]]:
    for step in event.steps:
        if step.found_by == "cached" and step.cache_key is not None:
            yield {
                "id": derived_id("cache-use", item.id, step.step_number),
                "job_id": event.job_id,
                "row_index": event.row,
                "cache_key": step.cache_key,
                "at": item.at,
            }


HEALS = Projection(
    "healing_logs",
    (ALL_EVENTS,),
    ("healing_logs", "healing_cache"),
    _project_heals,
    events=(HealRecorded, CachedHealDropped, RowFinished),
)
PROJECTIONS = (HEALS,)
