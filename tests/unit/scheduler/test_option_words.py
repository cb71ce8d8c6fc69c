"""The options of a job in everybody's spelling."""

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.scheduler.handlers import JobRequest
from shared.contracts.option_words import job_options, read_entries, read_options
from shared.contracts.scheduler import JobOptions, Viewport
from shared.core.errors import InvalidInput

PREFERENCES = {  # document A, 4.5, with other values than ours where there is a choice
    "recording": {"overlayPosition": "top", "autoMinimize": False, "captureScreenshots": True},
    "replay": {
        "highlightElements": True,
        "slowMotion": True,
        "slowMotionDelay": 250,
        "waitTimeout": 7000,
        "retryAttempts": 2,
        "retryBackoff": [10, 20],
    },
    "aiHealing": {
        "mode": "autonomous",
        "confidenceThreshold": 90,
        "cacheEnabled": True,
        "cacheTTL": 3600,
        "maxAttemptsPerStep": 1,
    },
    "notifications": {"email": True},
    "ui": {"theme": "dark"},
}
PLAYBACK = {  # document D, the options of a playback session
    "speed": 2,
    "skipInactivity": False,
    "maxInactivityTime": 900,
    "autoWait": False,
    "debugMode": True,
    "strictMode": True,
    "maxRetries": 2,
    "retryDelay": 50,
    "screenshotOnError": False,
    "videoRecording": True,
}
ENVIRONMENT = {
    "browser": "safari",
    "browserVersion": "18",
    "platform": "linux",
    "viewport": {"width": 1400, "height": 900},
    "userAgent": "ours",
    "locale": "fr-FR",
    "timezone": "Europe/Paris",
    "headless": True,
}


def test_the_preferences_of_document_a_are_read():
    assert job_options(PREFERENCES) == JobOptions(
        highlight=True,
        slow_motion=True,
        slow_motion_delay=250,
        wait_timeout=7000,
        retry_attempts=2,
        retry_backoff=(10, 20),
        healing="autonomous",
        confidence_threshold=90,
        heal_cache_seconds=3600,
        heal_attempts=1,
    )


def test_the_playback_options_and_the_environment_of_document_d_are_read():
    assert job_options({"environment": ENVIRONMENT, "options": PLAYBACK}) == JobOptions(
        speed=2,
        skip_inactivity=False,
        max_inactivity=900,
        auto_wait=False,
        debug_mode=True,
        strict_mode=True,
        max_retries=2,
        retry_delay=50,
        screenshot_on_error=False,
        video="on",
        browser="webkit-desktop",
        viewport=Viewport(width=1400, height=900),
        user_agent="ours",
        locale="fr-FR",
        time_zone="Europe/Paris",
    )


@pytest.mark.parametrize("spelled", ["slow_motion", "slowMotion", "SLOW-MOTION", "slow motion"])
def test_case_and_separators_do_not_matter(spelled: str):
    assert read_options({spelled: "yes"}) == {"slow_motion": "yes"}


@given(st.sampled_from(sorted(JobOptions.model_fields)))
def test_every_option_is_read_under_its_own_name_with_its_default(name: str):
    default = JobOptions().model_dump()[name]
    assert job_options({name: default}) == JobOptions()


@pytest.mark.parametrize(
    ("entry", "name", "value"),
    [
        ("viewport=390x844", "viewport", Viewport(width=390, height=844)),
        ("retry_backoff=5,6", "retry_backoff", (5, 6)),
        ("speed=1.5", "speed", 1.5),
        ("speed=none", "speed", None),
        ("trace=on-failure", "trace", "on_failure"),
        ("video=yes", "video", "on"),
        ("healing=off", "healing", "off"),
        ("healing=review", "healing", "review"),
        ("mode=Autonomous", "healing", "autonomous"),
        ("cacheEnabled=no", "heal_cache_seconds", 0),
        ("screenshots=before,error", "screenshot_before", True),
        ("screenshots=none", "screenshot_on_error", False),
        ('replay={"waitTimeout": 900}', "wait_timeout", 900),
        ("browser=Firefox", "browser", "firefox-desktop"),
    ],
)
def test_options_are_typed_as_they_are_on_a_command_line(entry: str, name: str, value: Any):
    assert getattr(job_options(read_entries([entry])), name) == value


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("slowMotoin=1", "did you mean slow_motion"),
        ("viewport=wide", "1280x720"),
        ("browser=netscape", "chromium-desktop"),
        ("trace=perhaps", "on_failure"),
        ("speed=0", "speed: "),
        ("wait_timeout=soon", "wait_timeout: "),
        ("retry_backoff=1,2,3,4,5,6,7,8,9,10,11", "up to 10 pauses"),
        ("screenshots=often", "before, after, error"),
        ("replay=fast", "a group"),
        ("slow_motion", "NAME=VALUE"),
        ("viewport={1", "looks like JSON"),
        ("stop_on_error=perhaps", "yes or no"),
    ],
)
def test_what_is_not_right_is_said_in_words(entry: str, told: str):
    with pytest.raises(InvalidInput, match=told):
        job_options(read_entries([entry]))


def test_what_is_not_given_is_as_it_was():
    before = JobOptions(speed=2, trace="on")
    assert job_options({"trace": "off"}, before) == JobOptions(speed=2)


def test_a_request_takes_options_in_any_spelling_and_lifts_what_stands_beside_them_here():
    request = JobRequest.model_validate({"recording_id": str(uuid4()), "options": {"stopOnError": True, "autoWait": 0}})
    assert (request.stop_on_error, request.options.auto_wait) == (True, False)


def test_a_request_with_an_option_that_nobody_knows_is_refused():
    with pytest.raises(InvalidInput, match="did you mean speed"):
        JobRequest.model_validate({"recording_id": str(uuid4()), "options": {"speeed": 1}})


def test_a_request_with_a_time_zone_that_there_is_not_is_refused():
    with pytest.raises(InvalidInput, match="Europe/Berlin"):
        JobRequest.model_validate({"recording_id": str(uuid4()), "options": {"timezone": "Mars/Crater"}})
