"""PURE: whenever this event, then this command."""

from datetime import datetime
from uuid import UUID

from services.healer.aggregates.heals import DropAllCached, DropCachedHeal, ProposeHeal, RecordHeal
from shared.contracts.heal_cache import cache_key
from shared.contracts.runner import CachedHealMissed, ElementHealed, HealProposed, HealWithdrawn


def whenever_an_element_is_healed(event: ElementHealed, event_id: UUID, at: datetime) -> RecordHeal:
    """A heal is kept, and usable for the next rows when it succeeded."""
    return RecordHeal(event_id, event, at)


def whenever_a_heal_is_proposed(event: HealProposed) -> ProposeHeal:
    """It is kept, for a person to decide about."""
    return ProposeHeal(event)


def whenever_a_cached_heal_misses(event: CachedHealMissed) -> DropCachedHeal:
    """Rule 4 of the decisions: it is dropped at once."""
    return DropCachedHeal(event.recording_id, event.step_number, event.cache_key, "missed")


def whenever_a_heal_is_withdrawn(event: HealWithdrawn) -> DropCachedHeal:
    """What did nothing for one row is not tried on the next."""
    return DropCachedHeal(event.recording_id, event.step_number, withdrawn_key(event), "withdrawn")


def withdrawn_key(event: HealWithdrawn) -> str:
    """The cache key of a heal that was withdrawn."""
    where = (event.original_selector, event.page_origin, event.page_path)
    return event.cache_key or cache_key(event.recording_id, event.step_number, *where)


def whenever_a_recording_is_revised(recording_id: UUID, at: datetime) -> DropAllCached:
    """Rule 4 of the decisions: its entries are dropped; those that came after it, before we looked, stay."""
    return DropAllCached(recording_id, at)
