"""Which pauses of a recording are kept."""

from typing import Any

import pytest

from services.runner.pacing import is_paced, pause_after, pause_before, pauses_between_tries
from shared.contracts.recording import Step
from shared.contracts.scheduler import JobOptions


def steps(*timestamps: float | None) -> list[Step]:
    given: dict[str, Any] = {"event": "click", "bundle": {}, "navigation": {"type": "same_page"}}
    return [
        Step.model_validate({**given, "stepNumber": number, **({} if at is None else {"timestamp": at})})
        for number, at in enumerate(timestamps, start=1)
    ]


def pauses(options: JobOptions, *timestamps: float | None) -> list[float]:
    recorded = steps(*timestamps)
    return [pause_before(recorded, index, options) for index in range(len(recorded))]


def test_without_a_speed_nothing_waits():
    assert pauses(JobOptions(), 0, 1000, 90_000) == [0, 0, 0]
    assert not is_paced(JobOptions())


def test_at_speed_one_the_recorded_pauses_are_kept():
    assert pauses(JobOptions(speed=1), 0, 1000, 1250.5) == [0, 1000, 250.5]


def test_at_speed_two_they_are_half_as_long():
    assert pauses(JobOptions(speed=2), 0, 1000, 1500) == [0, 500, 250]


def test_a_long_pause_is_cut_before_it_is_sped_up():
    assert pauses(JobOptions(speed=2, max_inactivity=3000), 0, 60_000) == [0, 1500]


def test_a_long_pause_is_kept_where_inactivity_is_not_skipped():
    assert pauses(JobOptions(speed=1, skip_inactivity=False), 0, 60_000) == [0, 60_000]


def test_what_the_recording_does_not_say_is_no_pause():
    assert pauses(JobOptions(speed=1), 0, None, 500, 200) == [0, 0, 0, 0]


def test_slow_motion_waits_after_each_step():
    assert pause_after(JobOptions()) == 0
    assert pause_after(JobOptions(slow_motion=True)) == 500
    assert pause_after(JobOptions(slow_motion=True, slow_motion_delay=20)) == 20
    assert is_paced(JobOptions(slow_motion=True))


@pytest.mark.parametrize(
    ("attempts", "backoff", "expected"),
    [
        (3, (100, 200, 400), (100, 200, 400)),
        (1, (100, 200, 400), (100,)),
        (0, (100, 200, 400), ()),
        (5, (100, 200, 400), (100, 200, 400, 400, 400)),
        (2, (), (0, 0)),
    ],
)
def test_a_step_is_tried_again_as_often_as_asked_the_last_pause_again_where_there_are_too_few(
    attempts: int, backoff: tuple[int, ...], expected: tuple[int, ...]
):
    assert pauses_between_tries(JobOptions(retry_attempts=attempts, retry_backoff=backoff)) == expected
