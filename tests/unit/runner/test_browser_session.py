"""The rules of a browser in which a person records: when it may be told of, when it idles, and that it ends once."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.runner.aggregates.browser_session import (
    Command,
    EndSession,
    LetIdle,
    ResumeSession,
    StartSession,
    TellRecording,
    browser_sessions,
    due,
)
from services.runner.ending_sessions import ended_event
from shared.contracts.live_recording import (
    BrowserSessionEnded,
    BrowserSessionIdled,
    BrowserSessionResumed,
    BrowserSessionStarted,
    RecordingTold,
)
from shared.core.errors import InvalidInput, NotFound, Refused
from shared.core.events import Event

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SESSION = UUID(int=1)
STARTED = BrowserSessionStarted(
    session_id=SESSION,
    recording_id=UUID(int=2),
    user_id=UUID(int=3),
    name=None,
    url="https://crm.example/people",
    width=1280,
    height=720,
    on_screen=False,
    worker_id="one",
    address="http://127.0.0.1:8080",
    started_at=NOW,
    expires_at=NOW + timedelta(minutes=60),
    idle_seconds=900,
)
ENDED = ended_event(STARTED, "stopped", None, None)


def told(number: int) -> RecordingTold:
    return RecordingTold(session_id=SESSION, number=number, told=[], edits=[])


def after(*events: Event, command: Command) -> list[Event]:
    return list(browser_sessions.decide(command, browser_sessions.fold(events)))


def test_it_starts_once_for_up_to_eight_hours() -> None:
    assert after(command=StartSession(STARTED)) == [STARTED]
    assert after(STARTED, command=StartSession(STARTED)) == []
    with pytest.raises(Refused):
        after(STARTED, command=StartSession(STARTED.model_copy(update={"worker_id": "two"})))
    for minutes in (0, -1, 8 * 60 + 1):
        with pytest.raises(InvalidInput, match="480 minutes"):
            after(command=StartSession(STARTED.model_copy(update={"expires_at": NOW + timedelta(minutes=minutes)})))


def test_what_is_told_is_counted_and_belongs_to_the_worker_that_holds_the_browser() -> None:
    assert after(STARTED, command=TellRecording("one", told(1))) == [told(1)]
    assert after(STARTED, told(1), command=TellRecording("one", told(1))) == []
    with pytest.raises(Refused, match="missing"):
        after(STARTED, command=TellRecording("one", told(2)))
    with pytest.raises(Refused, match="another worker"):
        after(STARTED, command=TellRecording("two", told(1)))
    with pytest.raises(NotFound):
        after(command=TellRecording("one", told(1)))


def test_it_idles_and_resumes_each_once() -> None:
    idled, resumed = BrowserSessionIdled(session_id=SESSION), BrowserSessionResumed(session_id=SESSION)
    assert after(STARTED, command=ResumeSession("one")) == []
    assert after(STARTED, command=LetIdle("one")) == [idled]
    assert after(STARTED, idled, command=LetIdle("one")) == []
    assert after(STARTED, idled, command=ResumeSession("one")) == [resumed]


def test_anybody_may_end_it_and_nothing_comes_after_the_end() -> None:
    assert after(STARTED, command=EndSession(ENDED)) == [ENDED]
    assert after(STARTED, ENDED, command=EndSession(ended_event(STARTED, "worker_lost", None, None))) == []
    for command in (TellRecording("one", told(1)), LetIdle("one"), ResumeSession("one")):
        with pytest.raises(Refused, match="ended"):
            after(STARTED, ENDED, command=command)
    with pytest.raises(NotFound):
        after(command=EndSession(ENDED))


def test_time_lets_it_idle_then_ends_it() -> None:
    active = browser_sessions.fold([STARTED])
    assert due(active, NOW, NOW + timedelta(seconds=59)) is None
    assert due(active, NOW, NOW + timedelta(seconds=60)) == "idle"
    idle = browser_sessions.fold([STARTED, BrowserSessionIdled(session_id=SESSION)])
    assert due(idle, NOW, NOW + timedelta(seconds=61)) is None
    assert due(idle, NOW, NOW + timedelta(minutes=15)) == "idle_limit"
    assert due(active, NOW + timedelta(minutes=59), NOW + timedelta(minutes=60)) == "time_limit"
    assert due(browser_sessions.fold([STARTED, ENDED]), NOW, NOW + timedelta(hours=9)) is None


def recording(*events: str, size: int = 0) -> dict[str, object]:
    steps = [{"stepNumber": number, "event": event, "value": "x" * size} for number, event in enumerate(events, 1)]
    return {"name": "", "starting_url": STARTED.url, "steps": steps}


def ended(*events: str, size: int = 0) -> BrowserSessionEnded:
    return ended_event(STARTED, "stopped", "Mine", recording(*events, size=size))


def test_the_end_holds_the_recording_and_none_where_nothing_was_done() -> None:
    event = ended("resize", "navigate", "click")
    assert event.recording is not None
    assert (event.recording["name"], event.recording["recording_method"]) == ("Mine", "cloud_browser")
    assert event.message == "The recording was stopped. Its recording has 3 steps."
    assert ended("resize", "navigate").recording is None
    assert "Nothing was done" in ended("resize", "navigate").message
    assert ended_event(STARTED, "discarded", None, recording("navigate", "click")).recording is None


def test_what_does_not_fit_into_the_end_is_said() -> None:
    event = ended(*["navigate"] * 10, size=500 * 1024)
    assert event.recording is not None
    assert len(event.recording["steps"]) == 4
    assert "The last 6 did not fit" in event.message
