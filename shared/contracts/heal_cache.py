"""The key of the heal cache, and the cache as the events tell it (rule 4 of the decisions)."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.contracts.healer import CachedHealDropped, HealRecorded
from shared.contracts.recording import LocatorBundle, Step
from shared.core.events import Event


def original_selector(step: Step) -> str:
    """The recorded locator that a heal replaces: the primary one, else the most telling of the bundle."""
    bundle = step.bundle
    if step.selector:
        return step.selector
    for prefix, value in (("#", bundle.id), ("aria/", bundle.aria), ("xpath/", bundle.xpath)):
        if value:
            return f"{prefix}{value}"
    return f'[name="{bundle.name}"]' if bundle.name else bundle.tag or step.label or "?"


def cache_key(recording_id: UUID, step_number: int, original_selector: str, origin: str, path: str) -> str:
    """SHA-256 over a JSON array, so that no two different inputs share a spelling."""
    parts = [str(recording_id), step_number, original_selector, origin, path]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class CachedHeal:
    """An element that was found instead of the recorded one, usable until `until`."""

    key: str
    step_number: int
    bundle: LocatorBundle
    until: datetime


def cached_heals(
    events: Iterable[Event], at: datetime, before: Mapping[str, CachedHeal] | None = None
) -> dict[str, CachedHeal]:
    """Cache key → heal, for the heals still usable at a time; `before` holds what earlier events came to."""
    cache = dict(before or {})
    for event in events:
        match event:
            case HealRecorded(success=True, healed_bundle=LocatorBundle() as bundle, cached_until=datetime() as until):
                cache[event.cache_key] = CachedHeal(event.cache_key, event.step_number, bundle, until)
            case CachedHealDropped():
                cache.pop(event.cache_key, None)
    return {key: heal for key, heal in cache.items() if heal.until > at}
