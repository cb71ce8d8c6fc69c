"""PURE: whenever this event, then this command."""

from datetime import datetime
from uuid import UUID

from services.healer.aggregates.heals import DropCachedHeal, RecordHeal
from shared.contracts.runner import CachedHealMissed, ElementHealed


def whenever_an_element_is_healed(event: ElementHealed, event_id: UUID, at: datetime) -> RecordHeal:
    """A heal is kept, and usable for the next rows when it succeeded."""
    return RecordHeal(event_id, event, at)


def whenever_a_cached_heal_misses(event: CachedHealMissed) -> DropCachedHeal:
    """Rule 4 of the decisions: it is dropped at once."""
    return DropCachedHeal(event.recording_id, event.step_number, event.cache_key, "missed")
