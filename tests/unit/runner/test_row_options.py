"""What a job's options mean for a row's browser and its steps."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.runner.adapters.options import StepOptions
from services.runner.row_options import (
    is_kept,
    is_recorded,
    is_young_enough,
    session_options,
    step_options,
    steps_in_window,
)
from shared.contracts.heal_cache import CachedHeal
from shared.contracts.recording import LocatorBundle, Step
from shared.contracts.scheduler import JobOptions, Recording, Viewport


def step(event: str, number: int = 1, **metadata: Any) -> Step:
    given = {"stepNumber": number, "event": event, "bundle": {}, "navigation": {"type": "same_page"}}
    return Step.model_validate({**given, "metadata": metadata})


RESIZE = step("resize", viewport={"width": 800, "height": 600})
CLICK = step("click", 2)


def test_without_options_a_row_has_the_window_that_was_recorded():
    options = session_options(JobOptions(), [RESIZE, CLICK], 1)
    assert (options.width, options.height, options.engine, options.is_mobile) == (800, 600, "chromium", False)
    assert not options.recorded


def test_the_job_says_how_large_the_window_is_and_the_resize_at_the_beginning_is_left_out():
    options = JobOptions(viewport=Viewport(width=1024, height=700))
    found = session_options(options, [RESIZE, CLICK], 1)
    assert (found.width, found.height) == (1024, 700)
    assert list(steps_in_window([RESIZE, CLICK], options)) == [CLICK]
    assert list(steps_in_window([RESIZE, CLICK], JobOptions())) == [RESIZE, CLICK]


def test_a_resize_on_the_way_is_part_of_what_was_recorded():
    later = step("resize", 3, viewport={"width": 500, "height": 400})
    options = JobOptions(viewport=Viewport(width=1024, height=700))
    assert list(steps_in_window([CLICK, later], options)) == [CLICK, later]


def test_a_phone_has_a_phones_window_touch_and_user_agent():
    found = session_options(JobOptions(browser="chromium-mobile"), [RESIZE], 1)
    assert found.is_mobile
    assert found.has_touch
    assert found.width < 500
    assert "Mobile" in str(found.user_agent)


def test_a_user_agent_locale_and_time_zone_are_the_jobs():
    options = JobOptions(browser="firefox-desktop", user_agent="ours", locale="de-DE", time_zone="Europe/Berlin")
    found = session_options(options, [], 1)
    assert (found.engine, found.user_agent, found.locale, found.timezone) == (
        *("firefox", "ours"),
        *("de-DE", "Europe/Berlin"),
    )


@pytest.mark.parametrize(
    ("wish", "first", "second"),
    [("off", False, False), ("on", True, True), ("on_failure", True, True), ("on_retry", False, True)],
)
def test_a_trace_is_recorded_of_the_attempts_that_may_be_kept(wish: Recording, first: bool, second: bool):
    assert (is_recorded(wish, 1), is_recorded(wish, 2)) == (first, second)
    assert session_options(JobOptions(trace=wish), [], 1).recorded is first


@pytest.mark.parametrize(
    ("wish", "failed", "kept"),
    [("on", False, True), ("on_failure", False, False), ("on_failure", True, True), ("on_retry", False, True)],
)
def test_what_was_recorded_is_kept_as_wished(wish: Recording, failed: bool, kept: bool):
    assert is_kept(wish, failed=failed) is kept


def test_without_options_a_step_is_performed_as_ever():
    assert step_options(JobOptions()) == StepOptions()


def test_a_job_that_waits_for_nothing_tells_its_steps_so():
    options = step_options(JobOptions(auto_wait=False))
    assert (options.wait_timeout, options.heal_grace) == (0, 0)


def test_a_step_that_may_wait_long_has_time_to_act_afterwards():
    assert step_options(JobOptions(wait_timeout=120_000)).step_timeout == 150_000


def test_a_time_limit_of_a_step_holds_for_what_it_waits_for_too():
    options = step_options(JobOptions(step_timeout=2000))
    assert (options.step_timeout, options.wait_timeout, options.navigation_timeout) == (2000, 2000, 2000)


def test_heals_are_used_as_long_as_the_job_trusts_them():
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    heals = {hours: CachedHeal("key", 1, LocatorBundle(), at + timedelta(hours=24 - hours)) for hours in (0, 2, 23)}

    def used(**options: int) -> list[int]:
        return [hours for hours, heal in heals.items() if is_young_enough(heal, JobOptions(**options), at)]

    assert used() == [0, 2, 23]
    assert used(heal_cache_seconds=3 * 3600) == [0, 2]
    assert used(heal_cache_seconds=0) == []
