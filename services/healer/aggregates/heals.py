"""All heals of a recording: what was healed, and what may be used again from the cache.

Events: `HealRecorded`, `CachedHealDropped`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal, assert_never
from uuid import UUID

from shared.contracts.heal_cache import cache_key
from shared.contracts.healer import CachedHealDropped, HealRecorded
from shared.contracts.runner import ElementHealed
from shared.core.decider import Decider
from shared.core.events import Event

CACHE_TTL = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class RecordHeal:
    """A runner healed an element, or tried to."""

    heal_id: UUID
    healed: ElementHealed
    at: datetime


@dataclass(frozen=True, slots=True)
class DropCachedHeal:
    """A cached heal must not be used again."""

    recording_id: UUID
    step_number: int
    cache_key: str
    reason: Literal["missed", "revised"]


Command = RecordHeal | DropCachedHeal


@dataclass(frozen=True, slots=True)
class Heals:
    """Ids of heals recorded, and keys in the cache."""

    recorded: frozenset[UUID] = frozenset()
    cached: Mapping[str, int] = field(default_factory=dict)


def evolve(state: Heals, event: Event) -> Heals:
    """The heals after an event."""
    match event:
        case HealRecorded():
            cached = {**state.cached, event.cache_key: event.step_number} if event.success else state.cached
            return Heals(state.recorded | {event.heal_id}, cached)
        case CachedHealDropped():
            return replace(state, cached={k: v for k, v in state.cached.items() if k != event.cache_key})
        case _:
            return state


def decide(command: Command, state: Heals) -> Sequence[Event]:
    """New events for a command."""
    match command:
        case RecordHeal():
            return [] if command.heal_id in state.recorded else [_recorded(command)]
        case DropCachedHeal():
            if command.cache_key not in state.cached:
                return []
            return [
                CachedHealDropped(
                    recording_id=command.recording_id,
                    step_number=command.step_number,
                    cache_key=command.cache_key,
                    reason=command.reason,
                )
            ]
        case _:
            assert_never(command)


def _recorded(command: RecordHeal) -> HealRecorded:
    healed = command.healed
    key = cache_key(
        healed.recording_id, healed.step_number, healed.original_selector, healed.page_origin, healed.page_path
    )
    return HealRecorded(
        heal_id=command.heal_id,
        recording_id=healed.recording_id,
        step_number=healed.step_number,
        job_id=healed.job_id,
        row=healed.row,
        method=healed.method,
        original_selector=healed.original_selector,
        healed_selector=healed.healed_selector,
        healed_bundle=healed.healed_bundle,
        confidence=healed.confidence,
        rivals=healed.rivals,
        page_origin=healed.page_origin,
        page_path=healed.page_path,
        cache_key=key,
        cached_until=command.at + CACHE_TTL if healed.success else None,
        success=healed.success,
        error_message=healed.error_message,
    )


recording_heals: Decider[Command, Heals] = Decider(Heals(), evolve, decide)
