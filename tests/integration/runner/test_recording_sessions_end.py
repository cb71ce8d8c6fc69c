"""However a recording in a live browser ends, what was done until then is kept, and nothing else is left."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

from services.runner import live_session, live_steps, lost_sessions
from services.runner.adapters.driver_terms import Press
from services.runner.adapters.live import acts
from services.runner.live_session import LiveSession
from services.runner.live_viewers import Viewer
from services.runner.main import BLUEPRINT
from services.runner.recording_sessions import Asking, RecordingSessions
from shared.bus import subjects
from shared.chromium import installed_browsers
from shared.contracts.live_recording import (
    BrowserSessionEnded,
    BrowserSessionIdled,
    BrowserSessionResumed,
    RecordingTold,
)
from shared.core.errors import InvalidInput, NotFound, Refused
from shared.core.events import Event
from shared.core.time_and_ids import new_id, now
from shared.runtime import Resources
from shared.web.callers import Caller
from tests.conftest import OpenResources
from tests.integration.runner.recording_person import site


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.passed = timedelta()

    def __call__(self) -> datetime:
        return now() + self.passed


class Place:
    """A runner's recordings, and somebody who makes them."""

    def __init__(self, resources: Resources, **settings: Any) -> None:
        self.clock = Clock()
        given = resources.settings.model_copy(update={"recording_sessions": 8, **settings})
        self.resources = replace(resources, settings=given, clock=self.clock, stopping=asyncio.Event())
        self.sessions = RecordingSessions(self.resources)
        self.caller = Caller(new_id(), "token:test")
        self.viewer = Viewer(frames=False)

    async def begun(self, url: str, **asked: Any) -> LiveSession:
        session, _ = await self.sessions.start(self.caller, Asking(url, **asked))
        await until(lambda: any(step["type"] == "navigate" for step in session.steps.shown))
        return session

    async def ticks(self, session: LiveSession) -> None:
        """Presses the checkbox of the form."""
        for kind, button, buttons in (("moved", "none", 0), ("pressed", "left", 1), ("released", "left", 0)):
            act = acts.Mouse(type=kind, x=30, y=112, button=button, buttons=buttons, clicks=1)  # type: ignore[arg-type]
            await session.act(self.viewer, act)
        await until(lambda: any(step["type"] in ("check", "uncheck") for step in session.steps.shown))

    async def told(self, session: LiveSession) -> list[Event]:
        return [item.event for item in await self.resources.log.load(subjects.browser_session(session.id))]

    async def end(self, session: LiveSession) -> BrowserSessionEnded:
        """The end as the log has it."""
        async with asyncio.timeout(20):
            while not isinstance((await self.told(session))[-1], BrowserSessionEnded):
                await asyncio.sleep(0.05)
        ended = (await self.told(session))[-1]
        assert isinstance(ended, BrowserSessionEnded)
        return ended

    async def gone(self) -> None:
        """Every session is over and its browser closed."""
        running = set(self.sessions._running)
        for session in self.sessions._held.values():
            session.wish("discarded")
        if running:
            await asyncio.wait(running, timeout=20)


async def until(true: Callable[[], Any], seconds: float = 15) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.02)


def events_of(recording: dict[str, Any] | None) -> list[str]:
    return [step["event"] for step in recording["steps"]] if recording else []


@pytest.fixture(scope="module")
def form() -> Iterator[str]:
    with site() as address:
        yield f"{address}/form"


@pytest.fixture(scope="module")
async def places() -> AsyncIterator[list[Place]]:
    """Those of all tests: their browsers close while the next test begins."""
    made: list[Place] = []
    yield made
    await asyncio.gather(*(place.gone() for place in made))


@pytest.fixture
async def place_of(
    resources_of: OpenResources, places: list[Place], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Callable[..., Any]]:
    monkeypatch.setattr(live_session, "READY_SECONDS", 0.1)  # there is no ingest here
    resources = await resources_of(BLUEPRINT)

    def made(**settings: Any) -> Place:
        places.append(Place(resources, **settings))
        return places[-1]

    yield made
    for place in places:
        for session in place.sessions._held.values():
            session.wish("discarded")


@asynccontextmanager
async def watched(place: Place) -> AsyncIterator[None]:
    watching = asyncio.create_task(place.sessions.lost.watch())
    try:
        yield
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


async def test_it_idles_resumes_and_ends_when_nothing_is_done_or_the_time_is_over(
    place_of: Callable[..., Place], form: str
) -> None:
    place = place_of()
    session = await place.begun(form, minutes=30)
    await place.ticks(session)
    place.clock.passed = timedelta(seconds=70)
    await until(lambda: session.stream.state.phase == "idle")
    await session.act(place.viewer, acts.Wheel(x=5, y=5, dy=10))
    assert session.stream.state.phase == "active"
    place.clock.passed = timedelta(minutes=17)
    ended = await place.end(session)
    assert (ended.status, ended.reason) == ("terminated", "idle_limit")
    assert events_of(ended.recording) == ["resize", "navigate", "check"]
    kinds = [type(event) for event in await place.told(session)]
    assert kinds.count(BrowserSessionIdled) >= 1
    assert kinds.count(BrowserSessionResumed) == 1

    place = place_of(recording_idle_minutes=480.0)
    session = await place.begun(form, minutes=5)
    await place.ticks(session)
    place.clock.passed = timedelta(minutes=6)
    ended = await place.end(session)
    assert ended.reason == "time_limit"
    assert ended.recording


async def test_a_browser_that_crashes_ends_it_with_all_that_was_done(place_of: Callable[..., Place], form: str) -> None:
    place = place_of()
    session = await place.begun(form, name="Crashed")
    await place.ticks(session)
    session.browser.session.window.connection.browser.post("Browser.crash")  # type: ignore[attr-defined]
    ended = await place.end(session)
    assert (ended.status, ended.reason, ended.name) == ("error", "browser_gone", "Crashed")
    assert events_of(ended.recording) == ["resize", "navigate", "check"]


async def test_another_runner_ends_it_when_its_own_is_lost(
    place_of: Callable[..., Place], form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lost_sessions, "SWEEP_SECONDS", 0.2)
    first, second = place_of(), place_of()
    session = await first.begun(form)
    await first.ticks(session)
    await session.act(first.viewer, acts.Name("Lost and found"))
    async with asyncio.timeout(5):  # a second at most
        while not [each for each in await first.told(session) if isinstance(each, RecordingTold) and each.edits]:
            await asyncio.sleep(0.05)
    async with watched(second):
        await asyncio.sleep(1)
        assert not isinstance((await first.told(session))[-1], BrowserSessionEnded), "its runner answers for it"
        with pytest.raises(Refused, match=r"another runner: ask http://127\.0\.0\.1"):
            await second.sessions.of(first.caller, session.id)
        with pytest.raises(NotFound):
            await second.sessions.of(second.caller, session.id)
        for task in list(first.sessions._running):  # as when its process is killed: it says nothing any more
            task.cancel()
        ended = await second.end(session)
    assert (ended.status, ended.reason, ended.name) == ("error", "worker_lost", "Lost and found")
    assert events_of(ended.recording) == ["resize", "navigate", "check"]
    told = await second.sessions.told(first.caller, session.id)
    assert told["status"] == "error"


async def test_a_service_that_stops_keeps_what_was_recorded_and_leaves_no_process(
    place_of: Callable[..., Place], form: str
) -> None:
    place = place_of()
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    session = await place.begun(form)
    await place.ticks(session)
    folder = session.browser.folder
    assert folder.exists()
    place.resources.stopping.set()
    await place.sessions.run()
    ended = await place.end(session)
    assert (ended.status, ended.reason) == ("terminated", "shutdown")
    assert events_of(ended.recording) == ["resize", "navigate", "check"]
    assert not folder.exists()
    left = {child.pid for child in psutil.Process().children(recursive=True) if child.status() != "zombie"}
    assert left <= before


async def test_there_is_room_for_so_many_and_an_address_must_be_one(place_of: Callable[..., Place], form: str) -> None:
    place = place_of(recording_sessions_each=1)
    await place.begun(form)
    with pytest.raises(Refused, match="RETOLD_RECORDING_SESSIONS_EACH"):
        await place.begun(form)
    with pytest.raises(InvalidInput, match="http"):
        await place.begun("about:blank")


async def test_a_full_recording_says_so_and_keeps_what_it_has(
    place_of: Callable[..., Place], form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_steps, "MOST_STEPS", 3)
    place = place_of()
    session = await place.begun(form)
    await place.ticks(session)
    await until(lambda: session.steps.full)
    await session.act(place.viewer, acts.Navigate(url=form.replace("/form", "/other")))
    await asyncio.sleep(0.5)
    session.wish("stopped")
    ended = await place.end(session)
    assert events_of(ended.recording) == ["resize", "navigate", "check"]


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if shutil.which("Xvfb") is None or all(one.shell for one in installed_browsers()):
        pytest.skip("no Chromium here that opens windows, or no screen for it (Xvfb)")
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1300x900x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as told:
        number = told.readline().strip()
    monkeypatch.setenv("DISPLAY", f":{number}")
    yield
    server.terminate()
    server.wait()


@pytest.mark.usefixtures("screen")
async def test_a_window_on_the_screen_is_recorded_until_it_is_closed(
    place_of: Callable[..., Place], form: str, tmp_path: Path
) -> None:
    place = place_of()
    session = await place.begun(form, on_screen=True)
    tab: Any = session.browser.session.front
    for _ in range(5):  # a window is not drawn at once, and takes no press before
        await tab.press(Press(30, 112))
        with suppress(TimeoutError):
            await until(lambda: any(step["type"] == "check" for step in session.steps.shown), seconds=2)
            break
    paper = tmp_path / "cv.txt"
    paper.write_text("born 1815")
    document = (await tab.channel.send("DOM.getDocument"))["root"]["nodeId"]
    field = (await tab.channel.send("DOM.querySelector", {"nodeId": document, "selector": "#paper"}))["nodeId"]
    await tab.channel.send("DOM.setFileInputFiles", {"nodeId": field, "files": [str(paper)]})
    await until(lambda: any("retold-file:" in str(told) for told in session.steps.kept.told.values()))
    await tab.close()
    ended = await place.end(session)
    assert (ended.status, ended.reason) == ("terminated", "stopped")
    assert events_of(ended.recording)[:4] == ["resize", "navigate", "check", "upload"]
    assert ended.recording is not None
    _, digest, name = ended.recording["steps"][3]["value"].replace("/", ":").split(":")
    assert (await place.resources.objects.get(place.caller.org, digest), name) == (b"born 1815", "cv.txt")


async def test_without_a_screen_no_window_is_opened(
    place_of: Callable[..., Place], form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(Refused, match="no screen"):
        await place_of().begun(form, on_screen=True)
