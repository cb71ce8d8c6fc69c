"""What was healed, and what may be used again (rule 4 of the decisions)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.healer.aggregates.heals import (
    CACHE_TTL,
    IDS_REMEMBERED,
    AcceptHeal,
    DropAllCached,
    DropCachedHeal,
    ProposeHeal,
    RecordHeal,
    RejectHeal,
    recording_heals,
)
from services.healer.policies import (
    whenever_a_cached_heal_misses,
    whenever_a_heal_is_withdrawn,
    whenever_an_element_is_healed,
)
from shared.contracts.heal_cache import CachedHeal, Dropped, cache_key, stand_in_id, told_by
from shared.contracts.healer import CachedHealDropped, HealAccepted, HealRecorded, HealRejected
from shared.contracts.recording import LocatorBundle
from shared.contracts.runner import CachedHealMissed, ElementHealed, HealProposed, HealWithdrawn
from shared.testing.given import given

AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
RECORDING, JOB, HEAL = UUID(int=1), UUID(int=2), UUID(int=3)


def healed(**changes: Any) -> ElementHealed:
    usual: dict[str, Any] = {
        "job_id": JOB,
        "row": 0,
        "recording_id": RECORDING,
        "step_number": 4,
        "method": "fuzzy_match",
        "original_selector": "#save",
        "healed_selector": "button",
        "healed_bundle": LocatorBundle.model_validate({"tag": "button"}),
        "confidence": 91,
        "rivals": [],
        "page_origin": "https://crm.example",
        "page_path": "/add",
        "success": True,
    }
    return ElementHealed(**{**usual, **changes})


def recorded(heal: RecordHeal) -> HealRecorded:
    (event,) = recording_heals.decide(heal, recording_heals.initial)
    assert isinstance(event, HealRecorded)
    return event


BUNDLE = LocatorBundle.model_validate({"tag": "button"})
KEY = cache_key(RECORDING, 4, "#save", "https://crm.example", "/add")
SUCCESS = RecordHeal(HEAL, healed(), AT)
FAILURE = RecordHeal(HEAL, healed(success=False, healed_bundle=None, healed_selector=None, error_message="none"), AT)
DROP = DropCachedHeal(RECORDING, 4, KEY, "missed")


def test_a_heal_is_recorded_once_and_usable_for_a_day():
    assert timedelta(hours=24) == CACHE_TTL
    given(recording_heals).when(SUCCESS).then_only(
        HealRecorded, heal_id=HEAL, cache_key=KEY, cached_until=AT + CACHE_TTL, success=True
    )
    given(recording_heals, recorded(SUCCESS)).when(SUCCESS).then_nothing()


def test_a_heal_that_failed_is_recorded_and_never_cached():
    given(recording_heals).when(FAILURE).then_only(HealRecorded, cached_until=None, error_message="none")
    assert told_by(recorded(FAILURE)) == ()
    given(recording_heals, recorded(FAILURE)).when(DROP).then_nothing()


def test_a_cached_heal_is_dropped_once():
    dropped = CachedHealDropped(recording_id=RECORDING, step_number=4, cache_key=KEY, reason="missed")
    given(recording_heals, recorded(SUCCESS)).when(DROP).then(dropped)
    given(recording_heals, recorded(SUCCESS), dropped).when(DROP).then_nothing()


def test_dropping_what_was_never_cached_does_nothing():
    given(recording_heals).when(DROP).then_nothing()


def test_a_dropped_heal_can_be_healed_again():
    dropped = CachedHealDropped(recording_id=RECORDING, step_number=4, cache_key=KEY, reason="missed")
    again = RecordHeal(UUID(int=9), healed(), AT)
    given(recording_heals, recorded(SUCCESS), dropped).when(again).then(recorded(again))
    assert told_by(recorded(again)) == (CachedHeal(KEY, 4, BUNDLE, AT + CACHE_TTL, "button"),)
    assert told_by(dropped) == (Dropped(KEY),)


def test_every_part_of_the_cache_key_counts():
    base = (RECORDING, 4, "#save", "https://crm.example", "/add")
    others = [(JOB, *base[1:]), (RECORDING, 5, *base[2:]), (*base[:2], "#keep", *base[3:])]
    others += [
        (*base[:3], "https://crm.test", "/add"),
        (*base[:4], "/edit"),
        (*base[:3], "https://crm.example/", "add"),
    ]
    assert len({cache_key(*parts) for parts in (base, *others)}) == len(others) + 1
    assert len(cache_key(*base)) == 64


def test_whenever_an_element_is_healed_it_is_recorded_under_the_id_of_that_event():
    assert whenever_an_element_is_healed(healed(), HEAL, AT) == SUCCESS


def test_whenever_a_cached_heal_misses_it_is_dropped():
    missed = CachedHealMissed(job_id=JOB, row=0, recording_id=RECORDING, step_number=4, cache_key=KEY)
    assert whenever_a_cached_heal_misses(missed) == DROP


STAND_IN = {"recording_id": RECORDING, "step_number": 4, "cache_key": KEY, "heal_id": HEAL, "healed_selector": "button"}
ACCEPT = AcceptHeal(**STAND_IN, revision=1, healed_bundle=BUNDLE, by="token:1")
REJECT = RejectHeal(**STAND_IN, by="token:1")
ACCEPTED = HealAccepted(**STAND_IN, revision=1, healed_bundle=BUNDLE, by="token:1")
REJECTED = HealRejected(**STAND_IN, by="token:1")
PROPOSED = HealProposed(
    **healed().model_dump(exclude={"healed_bundle", "success", "error_message", "revision"}),
    healed_bundle=BUNDLE,
    attempt=1,
    revision=1,
    proposal_id=HEAL,
    cache_key=KEY,
)


def test_a_proposed_heal_is_kept_for_a_person_and_not_used_by_others():
    given(recording_heals).when(ProposeHeal(PROPOSED)).then_only(
        HealRecorded, heal_id=HEAL, state="proposed", cached_until=None, success=True, revision=1
    )
    (event,) = recording_heals.decide(ProposeHeal(PROPOSED), recording_heals.initial)
    assert told_by(event) == ()
    given(recording_heals, event).when(ProposeHeal(PROPOSED)).then_nothing()


def test_a_heal_is_accepted_once():
    given(recording_heals, recorded(SUCCESS)).when(ACCEPT).then(ACCEPTED)
    given(recording_heals, recorded(SUCCESS), ACCEPTED).when(ACCEPT).then_nothing()


def test_a_rejected_heal_leaves_the_cache_at_once():
    dropped = CachedHealDropped(recording_id=RECORDING, step_number=4, cache_key=KEY, reason="rejected")
    given(recording_heals, recorded(SUCCESS)).when(REJECT).then(REJECTED, dropped)
    given(recording_heals, recorded(SUCCESS), REJECTED, dropped).when(REJECT).then_nothing()


def test_rejecting_one_stand_in_leaves_another_in_the_cache():
    other = RecordHeal(UUID(int=9), healed(healed_selector="a.store"), AT)
    given(recording_heals, recorded(SUCCESS), recorded(other)).when(REJECT).then(REJECTED)


def test_a_rejected_stand_in_is_never_cached_again():
    again = RecordHeal(UUID(int=9), healed(), AT)
    given(recording_heals, REJECTED).when(again).then_only(HealRecorded, state="rejected", cached_until=None)


def test_what_was_accepted_once_is_known_to_be_accepted_when_it_is_healed_again():
    again = RecordHeal(UUID(int=9), healed(), AT)
    given(recording_heals, ACCEPTED).when(again).then_only(HealRecorded, state="accepted", cached_until=AT + CACHE_TTL)


def test_a_person_may_think_again():
    given(recording_heals, REJECTED).when(ACCEPT).then(ACCEPTED)
    given(recording_heals, REJECTED, ACCEPTED).when(REJECT).then(REJECTED)


def dropped_of(step: int, key: str) -> CachedHealDropped:
    return CachedHealDropped(recording_id=RECORDING, step_number=step, cache_key=key, reason="revised")


def test_revising_the_recording_drops_all_of_its_entries():
    other = RecordHeal(UUID(int=9), healed(step_number=5), AT)
    events = (recorded(SUCCESS), recorded(other))
    dropped = [
        CachedHealDropped(
            recording_id=RECORDING, step_number=each.step_number, cache_key=each.cache_key, reason="revised"
        )
        for each in events
    ]
    given(recording_heals, *events).when(DropAllCached(RECORDING, AT)).then(*dropped)
    given(recording_heals, *events, *dropped).when(DropAllCached(RECORDING, AT)).then_nothing()


def test_a_heal_that_came_after_the_revision_stays():
    given(recording_heals, recorded(SUCCESS)).when(DropAllCached(RECORDING, AT - timedelta(seconds=1))).then_nothing()


def test_a_heal_that_did_nothing_is_dropped_by_the_key_of_its_page():
    withdrawn = HealWithdrawn(
        job_id=JOB,
        row=0,
        recording_id=RECORDING,
        step_number=4,
        cache_key=None,
        original_selector="#save",
        page_origin="https://crm.example",
        page_path="/add",
        reason="nothing happened",
    )
    assert whenever_a_heal_is_withdrawn(withdrawn) == DropCachedHeal(RECORDING, 4, KEY, "withdrawn")


def test_the_state_stays_small_however_many_heals_there_were():
    state = recording_heals.initial
    for number in range(2000):
        at = AT + timedelta(hours=number)
        heal = RecordHeal(UUID(int=number), healed(page_path=f"/add/{number}"), at)
        state = recording_heals.fold(recording_heals.decide(heal, state), state)
    assert len(state.recorded) == IDS_REMEMBERED
    assert len(state.cached) == 24


def test_a_stand_in_is_one_element_for_one_step_on_one_page():
    assert len({stand_in_id(KEY, "button"), stand_in_id(KEY, "a"), stand_in_id("other", "button")}) == 3
