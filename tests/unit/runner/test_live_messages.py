"""What comes out of a page, and over a socket, is read with care; what goes to a slow client has an end."""

import asyncio
import json
from contextlib import suppress
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.runner.adapters.live import acts
from services.runner.adapters.live.limits import LONGEST_TOLD, MOST_TOLD_BYTES, within
from services.runner.adapters.live.on_screen import has_screen
from services.runner.adapters.live.screen import Screen
from services.runner.adapters.live.told import NotTold, read_told
from services.runner.adapters.live.wanted import as_url
from services.runner.aggregates.browser_session import StartSession
from services.runner.live_viewers import MOST_WAITING, Viewer
from services.runner.session_stream import SessionStream, ToldSoFar
from shared.bus.log import Context
from shared.bus.memory import MemoryLog
from shared.contracts.catalogue import catalogue
from shared.contracts.live_recording import RecordingTold
from shared.core.errors import InvalidInput, Refused
from tests.unit.runner.test_browser_session import SESSION, STARTED

AT = 1_773_500_966_535
STEP = {"kind": "step", "id": "a.1", "at": AT, "step": {"event": "click", "bundle": {}}}
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(st.text() | JSON.map(json.dumps))
def test_whatever_a_client_sends_is_an_act_or_refused(text: str) -> None:
    with suppress(InvalidInput):
        assert isinstance(acts.read_act(text), acts.Act)


@pytest.mark.parametrize(
    "message",
    [
        {"kind": "mouse", "type": "moved", "x": "1", "y": 1},
        {"kind": "mouse", "type": "moved", "x": 1e9, "y": 1},
        {"kind": "mouse", "type": "flung", "x": 1, "y": 1},
        {"kind": "key", "type": "down", "key": "a" * 100},
        {"kind": "text", "text": "a" * 200_000},
        {"kind": "resize", "width": -5, "height": 10},
        {"kind": "hello"},
        {"kind": "evaluate", "expression": "1"},
        {"type": "moved"},
        {"kind": "files", "chooser": "c", "files": "all"},
    ],
)
def test_a_message_that_is_not_as_it_should_be_is_refused(message: dict[str, object]) -> None:
    with pytest.raises(InvalidInput):
        acts.read_act(json.dumps(message))


@given(st.text() | JSON.map(json.dumps) | st.dictionaries(st.text(), JSON).map(lambda d: json.dumps({**STEP, **d})))
def test_whatever_a_page_tells_is_a_step_or_is_not_told(payload: str) -> None:
    try:
        told = read_told(payload)
    except NotTold:
        return
    json.dumps(told).encode()


def test_a_step_of_a_page_is_read_and_what_is_too_long_is_not() -> None:
    assert read_told(json.dumps(STEP)) == STEP
    assert read_told(json.dumps({**STEP, "step": {**STEP["step"], "value": "\ud800"}}))["step"]["value"] == "\ufffd"  # type: ignore[dict-item]
    for wrong in (
        {**STEP, "at": "now"},
        {**STEP, "at": 5},
        {**STEP, "id": ""},
        {**STEP, "step": "click"},
        {**STEP, "kind": "dialog"},
        {**STEP, "step": {"event": "type", "bundle": {}, "value": "x" * LONGEST_TOLD}},
    ):
        with pytest.raises(NotTold):
            read_told(json.dumps(wrong))


def test_an_address_bar_understands_what_people_type() -> None:
    assert as_url(" example.com/a ") == "https://example.com/a"
    assert as_url("http://example.com") == "http://example.com"
    assert as_url("javascript:alert(1)") == "javascript:alert(1)"  # which the policy then refuses
    assert within(10, 99_999) == (320, 1600)


def test_a_screen_is_seen_by_its_variables() -> None:
    assert has_screen({"DISPLAY": ":0"}, "linux")
    assert has_screen({"WAYLAND_DISPLAY": "wayland-0"}, "linux")
    assert has_screen({}, "darwin")
    assert not has_screen({"DISPLAY": ""}, "linux")


async def test_a_viewer_gets_the_newest_picture_once_it_has_drawn_the_one_before() -> None:
    viewer, screen = Viewer(frames=True), Screen(lambda: None)
    screen.number, screen.newest = 1, b"one"
    assert await viewer.next(screen) == b"one"
    screen.number, screen.newest = 2, b"two"
    screen.number, screen.newest = 3, b"three"
    waiting = asyncio.create_task(viewer.next(screen))
    await asyncio.sleep(0.01)
    assert not waiting.done()
    viewer.seen(1)
    assert await waiting == b"three"
    viewer.end()
    assert await viewer.next(screen) is None


async def test_a_viewer_that_takes_nothing_in_is_sent_away() -> None:
    viewer = Viewer(frames=False)
    for _ in range(MOST_WAITING + 1):
        viewer.say({"kind": "tabs"})
    with pytest.raises(Refused, match="load it again"):
        await viewer.next(Screen(lambda: None))


async def told_so_far() -> ToldSoFar:
    log = MemoryLog(catalogue())
    stream = SessionStream(log, SESSION, Context(UUID(int=9), "test"))
    await stream.carry_out(StartSession(STARTED))
    return ToldSoFar(stream, STARTED.worker_id)


async def test_what_was_told_is_kept_in_parts_that_fit_and_read_again_as_it_was_told_last() -> None:
    kept = await told_so_far()
    long = "x" * (MOST_TOLD_BYTES // 2)
    for number in range(5):
        kept.tell({"kind": "step", "id": f"a.{number}", "at": AT, "step": {"value": long}})
    await kept.keep()
    kept.tell({"kind": "step", "id": "a.1", "at": AT, "step": {"value": "short"}})
    kept.tell({"kind": "gone", "id": "a.2"})
    kept.edit("a.0", label="First")
    kept.edit("a.0", secret=True)
    kept.edit("", name="Mine")
    await kept.keep()
    await kept.keep()  # nothing is left to keep
    events = await kept.stream.load()
    told = [event for event in events if isinstance(event, RecordingTold)]
    assert [event.number for event in told] == list(range(1, len(told) + 1))
    assert all(sum(len(json.dumps(one)) for one in event.told) <= MOST_TOLD_BYTES * 1.1 for event in told)
    again = await told_so_far()
    again.take_in(events)
    assert again.told == kept.told
    assert list(again.told) == ["a.0", "a.1", "a.3", "a.4"]
    assert again.edits == {"a.0": {"id": "a.0", "label": "First", "secret": True}, "": {"id": "", "name": "Mine"}}


async def test_what_could_not_be_kept_is_kept_later_as_it_was_told_last() -> None:
    kept = await told_so_far()
    kept.tell(STEP)
    kept.worker_id = "another"
    with pytest.raises(Refused):
        await kept.keep()
    kept.tell({**STEP, "step": {"event": "double_click", "bundle": {}}})
    kept.worker_id = STARTED.worker_id
    await kept.keep()
    (told,) = [event for event in await kept.stream.load() if isinstance(event, RecordingTold)]
    assert [each["step"]["event"] for each in told.told] == ["double_click"]
