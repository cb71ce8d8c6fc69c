"""The key of the heal cache, and what of the healer's events concerns whoever uses heals (rule 4 of the decisions)."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.contracts.healer import CachedHealDropped, Decision, HealAccepted, HealRecorded, HealRejected
from shared.contracts.recording import LocatorBundle, Step
from shared.core.events import Event
from shared.core.time_and_ids import derived_id

# What whoever uses heals must know of.
TOLD: tuple[type[Event], ...] = (HealRecorded, CachedHealDropped, HealAccepted, HealRejected)


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


def stand_in_id(key: str, healed_selector: str) -> UUID:
    """What people decide about: one element in the place of one step's, on one page."""
    return derived_id("stand-in", key, healed_selector)


@dataclass(frozen=True, slots=True)
class CachedHeal:
    """An element that was found instead of the recorded one, usable until `until`.

    `accepted`: by a person, so that it may be used where a person is to be asked first.
    """

    key: str
    step_number: int
    bundle: LocatorBundle
    until: datetime
    selector: str | None = None
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class Decided:
    """What a person decided about a stand-in."""

    key: str
    selector: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class Dropped:
    """The heal of this key is not used any more."""

    key: str


def told_by(event: Event) -> tuple[CachedHeal | Decided | Dropped, ...]:
    """What an event means for whoever uses heals."""
    match event:
        case HealRecorded(success=True, healed_bundle=LocatorBundle() as bundle, cached_until=datetime() as until):
            accepted = event.state == "accepted"
            heal = CachedHeal(event.cache_key, event.step_number, bundle, until, event.healed_selector, accepted)
            return (heal,)
        case HealAccepted():
            return (Decided(event.cache_key, event.healed_selector, "accepted"),)
        case HealRejected():
            return (Decided(event.cache_key, event.healed_selector, "rejected"),)
        case CachedHealDropped():
            return (Dropped(event.cache_key),)
        case _:
            return ()
