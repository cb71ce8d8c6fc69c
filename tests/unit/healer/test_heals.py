"""What was healed, and what may be used again (rule 4 of the decisions)."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.healer.aggregates.heals import CACHE_TTL, DropCachedHeal, RecordHeal, recording_heals
from services.healer.policies import whenever_a_cached_heal_misses, whenever_an_element_is_healed
from shared.contracts.heal_cache import cache_key, cached_heals
from shared.contracts.healer import CachedHealDropped, HealRecorded
from shared.contracts.recording import LocatorBundle
from shared.contracts.runner import CachedHealMissed, ElementHealed
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
    assert cached_heals([recorded(FAILURE)], AT) == {}
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
    assert set(cached_heals([recorded(SUCCESS), dropped, recorded(again)], AT)) == {KEY}


def test_a_cached_heal_is_used_until_its_day_is_over():
    assert cached_heals([recorded(SUCCESS)], AT + CACHE_TTL - timedelta(seconds=1))[KEY].step_number == 4
    assert cached_heals([recorded(SUCCESS)], AT + CACHE_TTL) == {}


def test_a_dropped_heal_is_not_used():
    dropped = CachedHealDropped(recording_id=RECORDING, step_number=4, cache_key=KEY, reason="missed")
    assert cached_heals([recorded(SUCCESS), dropped], AT) == {}


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
