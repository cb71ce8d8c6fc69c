"""Read models of the healer: the history of heals, and the cache."""

from collections.abc import Sequence

from shared.bus.subjects import ALL_HEALS, ROW_EVENTS
from shared.contracts.healer import CachedHealDropped, HealRecorded
from shared.contracts.runner import RowFinished
from shared.core.events import Recorded
from shared.core.time_and_ids import derived_id
from shared.db.queries import load_queries
from shared.projections import Connection, Projection

queries = load_queries(__file__)


async def _project_heals(connection: Connection, items: Sequence[Recorded]) -> None:
    for item in items:
        match item.event:
            case HealRecorded() as event:
                await _add_heal(connection, item, event)
            case CachedHealDropped() as event:
                await queries.drop_cached(connection, cache_key=event.cache_key)
            case RowFinished() as event:
                await _count_cache_uses(connection, item, event)


async def _add_heal(connection: Connection, item: Recorded, event: HealRecorded) -> None:
    common = {
        "organization_id": item.org,
        "recording_id": event.recording_id,
        "step_number": event.step_number,
        "original_selector": event.original_selector,
        "healed_selector": event.healed_selector,
        "confidence": event.confidence,
        "page_origin": event.page_origin,
        "page_path": event.page_path,
        "cache_key": event.cache_key,
        "cached_until": event.cached_until,
        "at": item.at,
    }
    await queries.add_heal(
        connection,
        **common,
        id=event.heal_id,
        job_id=event.job_id,
        row_index=event.row,
        method=event.method,
        rivals=event.rivals,
        success=event.success,
        error_message=event.error_message,
    )
    if event.success and event.healed_bundle is not None:
        await queries.cache_heal(connection, **common, healed_bundle=event.healed_bundle.to_json())


async def _count_cache_uses(connection: Connection, item: Recorded, event: RowFinished) -> None:
    for step in event.steps:
        if step.found_by == "cached" and step.cache_key is not None:
            await queries.add_cache_use(
                connection,
                id=derived_id("cache-use", item.id, step.step_number),
                job_id=event.job_id,
                row_index=event.row,
                cache_key=step.cache_key,
                at=item.at,
            )
            await queries.count_hit(connection, cache_key=step.cache_key)


PROJECTIONS = (Projection("healing_logs", (ALL_HEALS, ROW_EVENTS), ("healing_logs", "healing_cache"), _project_heals),)
