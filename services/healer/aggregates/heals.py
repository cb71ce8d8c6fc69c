"""All heals of a recording: what was healed, what may be used again, and what people decided.

Events: `HealRecorded`, `CachedHealDropped`, `HealAccepted`, `HealRejected`. The state stays small however many heals
there were: the newest ids, what the cache holds now, and what people decided.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

from shared.contracts.heal_cache import cache_key, stand_in_id
from shared.contracts.healer import (
    CachedHealDropped,
    Decision,
    DropReason,
    HealAccepted,
    HealRecorded,
    HealRejected,
    HealState,
)
from shared.contracts.recording import LocatorBundle
from shared.contracts.runner import ElementHealed, HealProposed
from shared.core.decider import Decider
from shared.core.events import Event

CACHE_TTL = timedelta(hours=24)
# An event that comes a second time comes within moments; should one come later, all read models know it by its id.
IDS_REMEMBERED = 500


@dataclass(frozen=True, slots=True)
class RecordHeal:
    """A runner healed an element, or tried to."""

    heal_id: UUID
    healed: ElementHealed
    at: datetime


@dataclass(frozen=True, slots=True)
class ProposeHeal:
    """A runner found a stand-in, and its row waits for a person."""

    proposed: HealProposed


@dataclass(frozen=True, slots=True)
class DropCachedHeal:
    """A cached heal must not be used again."""

    recording_id: UUID
    step_number: int
    cache_key: str
    reason: DropReason


@dataclass(frozen=True, slots=True)
class DropAllCached:
    """The recording was revised `at` a time: what was healed before is of another one."""

    recording_id: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class AcceptHeal:
    """A person accepts a heal, whose facts stand as they were recorded."""

    recording_id: UUID
    step_number: int
    cache_key: str
    heal_id: UUID
    revision: int | None
    healed_selector: str
    healed_bundle: LocatorBundle
    by: str


@dataclass(frozen=True, slots=True)
class RejectHeal:
    """A person rejects a heal."""

    recording_id: UUID
    step_number: int
    cache_key: str
    heal_id: UUID
    healed_selector: str
    by: str


Command = RecordHeal | ProposeHeal | DropCachedHeal | DropAllCached | AcceptHeal | RejectHeal


@dataclass(frozen=True, slots=True)
class Cached:
    """A heal in the cache."""

    step_number: int
    selector: str | None
    until: datetime


@dataclass(frozen=True, slots=True)
class Heals:
    """The ids recorded last, cache key → heal in the cache, stand-in → what a person decided."""

    recorded: tuple[UUID, ...] = ()
    cached: Mapping[str, Cached] = field(default_factory=dict)
    decided: Mapping[UUID, Decision] = field(default_factory=dict)


def evolve(state: Heals, event: Event) -> Heals:
    """The heals after an event."""
    match event:
        case HealRecorded():
            ids = (*state.recorded, event.heal_id)[-IDS_REMEMBERED:]
            if event.cached_until is None:
                return replace(state, recorded=ids)
            begun = event.cached_until - CACHE_TTL
            cached = {key: heal for key, heal in state.cached.items() if heal.until > begun}
            cached[event.cache_key] = Cached(event.step_number, event.healed_selector, event.cached_until)
            return replace(state, recorded=ids, cached=cached)
        case CachedHealDropped():
            return replace(state, cached={k: v for k, v in state.cached.items() if k != event.cache_key})
        case HealAccepted():
            return _decided(state, event, "accepted")
        case HealRejected():
            return _decided(state, event, "rejected")
        case _:
            return state


def _decided(state: Heals, event: HealAccepted | HealRejected, decision: Decision) -> Heals:
    stand_in = stand_in_id(event.cache_key, event.healed_selector)
    return replace(state, decided={**state.decided, stand_in: decision})


def decide(command: Command, state: Heals) -> Sequence[Event]:
    """New events for a command."""
    match command:
        case RecordHeal():
            return [] if command.heal_id in state.recorded else [_recorded(command, state)]
        case ProposeHeal():
            return [] if command.proposed.proposal_id in state.recorded else [_proposed(command.proposed, state)]
        case DropCachedHeal():
            return _drop(state, [command.cache_key], command.recording_id, command.reason)
        case DropAllCached():
            before = [key for key, heal in state.cached.items() if heal.until - CACHE_TTL <= command.at]
            return _drop(state, before, command.recording_id, "revised")
        case AcceptHeal():
            return _accept(command, state)
        case RejectHeal():
            return _reject(command, state)
        case _:
            assert_never(command)


def _drop(state: Heals, keys: Sequence[str], recording_id: UUID, reason: DropReason) -> list[CachedHealDropped]:
    return [
        CachedHealDropped(
            recording_id=recording_id, step_number=state.cached[key].step_number, cache_key=key, reason=reason
        )
        for key in keys
        if key in state.cached
    ]


def _accept(command: AcceptHeal, state: Heals) -> Sequence[Event]:
    if state.decided.get(stand_in_id(command.cache_key, command.healed_selector)) == "accepted":
        return []
    return [
        HealAccepted(
            recording_id=command.recording_id,
            step_number=command.step_number,
            cache_key=command.cache_key,
            heal_id=command.heal_id,
            revision=command.revision,
            healed_selector=command.healed_selector,
            healed_bundle=command.healed_bundle,
            by=command.by,
        )
    ]


def _reject(command: RejectHeal, state: Heals) -> Sequence[Event]:
    if state.decided.get(stand_in_id(command.cache_key, command.healed_selector)) == "rejected":
        return []
    cached = state.cached.get(command.cache_key)
    is_this = cached is not None and cached.selector == command.healed_selector
    rejected = HealRejected(
        recording_id=command.recording_id,
        step_number=command.step_number,
        cache_key=command.cache_key,
        heal_id=command.heal_id,
        healed_selector=command.healed_selector,
        by=command.by,
    )
    keys = [command.cache_key] if is_this else []
    return [rejected, *_drop(state, keys, command.recording_id, "rejected")]


def key_of(healed: ElementHealed) -> str:
    """The cache key of a heal."""
    where = (healed.original_selector, healed.page_origin, healed.page_path)
    return cache_key(healed.recording_id, healed.step_number, *where)


def _recorded(command: RecordHeal, state: Heals) -> HealRecorded:
    healed, key = command.healed, key_of(command.healed)
    decision = state.decided.get(stand_in_id(key, healed.healed_selector or ""))
    usable = healed.success and decision != "rejected"
    told = healed.model_dump(exclude={"healed_bundle"})
    return HealRecorded(
        **told,
        healed_bundle=healed.healed_bundle,
        heal_id=command.heal_id,
        cache_key=key,
        cached_until=command.at + CACHE_TTL if usable else None,
        state=decision or "recorded",
    )


def _proposed(proposed: HealProposed, state: Heals) -> HealRecorded:
    """Nothing was done to the element yet: it is not cached, so that no other row uses it unseen."""
    decision = state.decided.get(stand_in_id(proposed.cache_key, proposed.healed_selector))
    known: HealState = decision or "proposed"
    told = proposed.model_dump(exclude={"healed_bundle", "proposal_id", "attempt"})
    return HealRecorded(
        **told,
        healed_bundle=proposed.healed_bundle,
        heal_id=proposed.proposal_id,
        cached_until=None,
        success=True,
        state=known,
    )


recording_heals: Decider[Command, Heals] = Decider(Heals(), evolve, decide)
