"""Recording in a live browser, as a person does it: pictures come, input goes, steps appear, a recording is kept."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from services.ingest.main import BLUEPRINT as INGEST
from services.runner.main import BLUEPRINT as RUNNER
from shared.local.server import free_port
from shared.testing.folders import open_folder
from shared.testing.platform import Platform
from tests.integration.runner.recording_person import Person, person_at, site

GIVEN = {"slots": 0, "recording_sessions_each": 4}
WITHIN = 130.0  # x of everything that stands at the left


@pytest.fixture(scope="module")
def pages() -> Iterator[str]:
    with site() as address:
        yield address


@pytest.fixture(scope="module")
async def platform() -> AsyncIterator[Platform]:
    with open_folder() as folder:
        async with Platform(folder / "home", [INGEST, RUNNER], overrides=GIVEN) as running:
            yield running


async def begun(platform: Platform, url: str, **asked: Any) -> dict[str, Any]:
    answer = await platform.client.post("/runner/v1/recording-sessions", json={"url": url, **asked})
    assert answer.status_code == 201, answer.text
    session: dict[str, Any] = answer.json()
    return session


@asynccontextmanager
async def recording(platform: Platform, url: str, **asked: Any) -> AsyncIterator[tuple[dict[str, Any], Person]]:
    """A session and a person at its page, which shows the address."""
    session = await begun(platform, url, **asked)
    try:
        async with person_at(platform.address, session["view"]) as person:
            await person.step("navigate")
            yield session, person
    finally:
        await platform.client.delete(f"/runner/v1/recording-sessions/{session['id']}")


async def stopped(platform: Platform, session: dict[str, Any], name: str | None = None) -> dict[str, Any]:
    """The recording, once the session has ended and ingest has it."""
    place = f"/runner/v1/recording-sessions/{session['id']}"
    ended = (await platform.client.post(f"{place}/stop", json={"name": name})).json()
    assert (ended["status"], ended["reason"]) == ("terminated", "stopped"), ended
    async with asyncio.timeout(10):
        while (found := await platform.client.get(f"/ingest/v1/recordings/{ended['recording_id']}")).status_code != 200:
            await asyncio.sleep(0.05)
    kept: dict[str, Any] = found.json()
    return kept


async def test_what_a_person_does_at_the_page_becomes_a_recording(platform: Platform, pages: str) -> None:
    async with recording(platform, f"{pages}/form", name="Register") as (session, person):
        await person.press(WITHIN, 32)
        await person.write("ada")
        await person.step("type", value="ada", label="Full name")
        await person.press(WITHIN, 72)
        await person.write("geheim")
        await person.press(30, 112)
        await person.step("check")
        await person.press(WITHIN, 152)
        control = await person.told("control")
        assert (control["type"], control["label"]) == ("select", "Country")
        assert control["box"]["y"] == 140
        germany = next(option for option in control["options"] if option["text"] == "Germany")
        await person.say("choose", control=control["control"], value=germany["value"])
        await person.step("select", value="de")
        await person.press(230, 192)
        control = await person.told("control")
        assert control["type"] == "date"
        await person.say("choose", control=control["control"], value="1815-12-10")
        await person.step("type", value="1815-12-10")
        await person.press(WITHIN, 352)
        await person.shows("Sent")
        assert person.frames > 2
        kept = await stopped(platform, session)
    assert (kept["name"], kept["status"], kept["recording_method"]) == ("Register", "ready", "cloud_browser")
    assert UUID(kept["id"]) == UUID(session["recording_id"])
    told = [(step["event"], step.get("value")) for step in kept["steps"]]
    assert told == [
        ("resize", None),
        ("navigate", f"{pages}/form"),
        ("type", "ada"),
        ("type", None),
        ("check", None),
        ("select", "de"),
        ("type", "1815-12-10"),
        ("click", None),
    ]
    assert kept["variables"]["Password"]["required"]
    assert "geheim" not in str(kept)


async def test_what_a_field_suggests_is_chosen_in_the_place_of_the_browsers_list(
    platform: Platform, pages: str
) -> None:
    async with recording(platform, f"{pages}/list") as (session, person):
        await person.press(WITHIN, 32)
        await person.write("b")
        await person.step("type", value="b")
        await person.key("ArrowDown", "ArrowDown")
        control = await person.told("control")
        assert [option["text"] for option in control["options"]] == ["Banana", "Blueberry"]
        await person.say("choose", control=control["control"], value="Blueberry")
        await person.step("type", label="Fruit", value="Blueberry")
        kept = await stopped(platform, session)
    assert [step["event"] for step in kept["steps"]] == ["resize", "navigate", "type"]


async def test_files_dialogs_and_new_tabs_are_for_the_person_and_in_the_recording(
    platform: Platform, pages: str
) -> None:
    async with recording(platform, f"{pages}/form") as (session, person):
        await person.press(60, 232)
        chooser = await person.told("chooser")
        place = f"/runner/v1/recording-sessions/{session['id']}/files"
        token = {"X-Session-Token": session["view"].partition("#")[2]}
        given = await platform.client.post(place, params={"name": "cv.txt"}, content=b"born 1815", headers=token)
        file = given.json()["file"]
        await person.say("files", chooser=chooser["chooser"], files=[file])
        await person.step("upload", value="cv.txt")

        await person.press(WITHIN, 272)
        dialog = await person.told("dialog")
        assert (dialog["type"], dialog["message"], dialog["default"]) == ("prompt", "How many?", "2")
        async with person_at(platform.address, session["view"]) as second:  # the page is loaded again meanwhile
            assert (await second.told("dialog"))["message"] == "How many?"
        await person.say("dialog", accept=True, text="7")
        await person.told("dialog_gone")

        await person.press(40, 312)
        await person.shows("Other")
        await person.press(35, 30)
        await person.step("click", label="Yes")
        await person.say("close_tab", tab=2)
        await person.shows("Form")
        kept = await stopped(platform, session, "Papers")
    assert kept["name"] == "Papers"
    upload = next(step for step in kept["steps"] if step["event"] == "upload")
    assert upload["value"] == file
    answers = [step["metadata"]["dialog"] for step in kept["steps"] if step["event"] == "dialog"]
    assert [(each["kind"], each["accept"], each["text"]) for each in answers] == [("prompt", True, "7")]
    assert {step["tabId"] for step in kept["steps"]} == {1, 2}


async def test_frames_of_other_sites_and_closed_trees_are_recorded(platform: Platform, pages: str) -> None:
    async with recording(platform, f"{pages}/framed") as (session, person):
        await asyncio.sleep(0.3)  # the frame's own document
        await person.press(180, 135)
        await person.write("rome")
        step = await person.step("type", value="rome")
        assert "in a frame" in step["where"]
        await person.say("navigate", url=f"{pages}/tree")
        await person.shows("Tree")
        await person.say("mouse", type="moved", x=45, y=34)
        await asyncio.sleep(0.3)  # a tree is opened once the mouse rests on it
        await person.press(40, 32)
        await person.step("click")
        kept = await stopped(platform, session)
    typed = next(step for step in kept["steps"] if step["event"] == "type")
    assert len(typed["bundle"]["iframeChain"]) == 1
    pressed = next(step for step in kept["steps"] if step["event"] == "click")
    assert pressed["bundle"]["isClosedShadow"]
    assert [step["value"] for step in kept["steps"] if step["event"] == "navigate"] == [
        f"{pages}/framed",
        f"{pages}/tree",
    ]


async def test_steps_are_renamed_removed_restored_and_made_secret(platform: Platform, pages: str) -> None:
    async with recording(platform, f"{pages}/form") as (session, person):
        await person.press(WITHIN, 32)
        await person.write("ada")
        typed = await person.step("type", value="ada")
        await person.press(30, 112)
        ticked = await person.step("check")
        await person.say("rename", step=typed["id"], label="Who")
        await person.step("type", label="Who")
        await person.say("rename", step=typed["id"], label="Whoever")
        await person.step("type", label="Whoever")
        await person.say("remove", step=ticked["id"])
        await person.until(lambda: not [step for step in person.steps if step["type"] == "check"])
        await person.say("restore", step=ticked["id"])
        await person.step("check")
        await person.say("remove", step=ticked["id"])
        await person.say("secret", step=typed["id"], secret=True)
        shown = await person.step("type", secret=True)
        assert shown["value"] is None
        await person.say("name", name="Mine")
        kept = await stopped(platform, session)
    assert kept["name"] == "Mine"
    assert [step["event"] for step in kept["steps"]] == ["resize", "navigate", "type"]
    assert kept["steps"][-1]["label"] == "Whoever"
    assert "ada" not in str(kept["steps"][-1].get("value"))


async def test_what_is_done_while_it_pauses_is_not_recorded(platform: Platform, pages: str) -> None:
    async with recording(platform, f"{pages}/form") as (session, person):
        await person.say("pause")
        await person.until(lambda: person.last["session"]["paused"])
        await person.press(30, 112)
        await person.say("navigate", url=f"{pages}/other")
        await person.shows("Other")
        await person.say("resume")
        await person.until(lambda: not person.last["session"]["paused"])
        await person.press(35, 30)
        await person.step("click", label="Yes")
        kept = await stopped(platform, session)
    told = [(step["event"], step.get("value")) for step in kept["steps"]]
    assert told == [
        ("resize", None),
        ("navigate", f"{pages}/form"),
        ("navigate", f"{pages}/other"),
        ("click", None),
    ]


async def test_what_is_done_around_a_pause_counts_as_when_it_was_done_not_as_when_the_page_tells(
    platform: Platform, pages: str
) -> None:
    async with recording(platform, f"{pages}/late") as (session, person):
        for top, then in ((32, "pause"), (72, "resume"), (112, "pause")):
            await person.press(WITHIN, top)
            await person.say(then)
        await person.say("resume")
        await person.press(WITHIN, 152)
        await person.step("click", label="Four")
        kept = await stopped(platform, session)
    assert [step["label"] for step in kept["steps"] if step["event"] == "click"] == ["One", "Three", "Four"]


async def test_two_people_see_the_same_and_both_may_act(platform: Platform, pages: str) -> None:
    async with recording(platform, f"{pages}/form") as (session, person):
        async with person_at(platform.address, session["view"], frames=False) as second:
            await second.press(WITHIN, 32)
            await second.write("ada")
            await person.step("type", value="ada")
            await second.step("type", value="ada")
            await second.say("stop")
            ended = await second.until(lambda: second.closed)
            assert second.frames == 0
        assert ended[0] == 1000
        assert person.last["session"]["recording_ready"]
        assert person.last["session"]["status"] == "terminated"


async def test_only_the_sessions_token_from_the_same_address_opens_it(platform: Platform, pages: str) -> None:
    async with recording(platform, f"{pages}/form") as (session, _):
        view = session["view"]
        for wrong in ({"token": "guess"}, {"origin": "https://evil.example"}, {"token": 7}):
            async with person_at(platform.address, view, **wrong) as person:
                closed = await person.until(lambda person=person: person.closed)
                assert closed[0] == 1008
                assert not person.heard
        answer = await platform.client.post(
            f"/runner/v1/recording-sessions/{session['id']}/files?name=a",
            headers={"X-Session-Token": "guess"},
        )
        assert answer.status_code == 401


async def test_nonsense_is_answered_and_a_flood_of_it_closes_the_socket(platform: Platform, pages: str) -> None:
    async with recording(platform, f"{pages}/form") as (_, person):
        for text in ("[]", "{", '{"kind":"mouse","type":"moved","x":"NaN","y":1}', '{"kind":"eval","code":"1"}'):
            await person.socket.send(text)
        await person.until(lambda: sum(told["kind"] == "error" for told in person.heard) == 4)
        await person.press(30, 112)
        await person.step("check")
        for _ in range(30):
            await person.socket.send(b"\x00")
        assert (await person.until(lambda: person.closed))[0] == 1008


async def test_what_the_url_policy_refuses_is_shown_and_not_opened(platform: Platform, pages: str) -> None:
    for url in ("file:///etc/passwd", "http://169.254.169.254/latest", "chrome://settings"):
        answer = await platform.client.post("/runner/v1/recording-sessions", json={"url": url})
        assert answer.status_code == 422, answer.text
    async with recording(platform, f"{pages}/form") as (_, person):
        await person.say("navigate", url="http://10.0.0.1/")
        refused = await person.told("refused")
        assert "10.0.0.1" in refused["message"]
        assert (await person.shows("Form"))["url"] == f"{pages}/form"


async def test_a_session_in_which_nothing_was_done_or_that_is_discarded_leaves_no_recording(
    platform: Platform, pages: str
) -> None:
    session = await begun(platform, f"{pages}/form")
    place = f"/runner/v1/recording-sessions/{session['id']}"
    ended = (await platform.client.post(f"{place}/stop")).json()
    assert not ended["has_recording"]
    assert "nothing was done" in ended["message"].lower()
    async with recording(platform, f"{pages}/form") as (session, person):
        await person.press(30, 112)
        await person.step("check")
        place = f"/runner/v1/recording-sessions/{session['id']}"
        ended = (await platform.client.delete(place)).json()
        assert (ended["reason"], ended["has_recording"]) == ("discarded", False)
    listed = (await platform.client.get("/runner/v1/recording-sessions")).json()
    assert {"terminated"} <= {each["status"] for each in listed}
    for view in ("browser_sessions", "aef_browser_sessions"):
        seen = await as_seen(platform, f"select id, status, user_id, session_data from {view}")
        mine = next(each for each in seen if each["id"] == session["id"])
        assert mine["status"] == "terminated"
        assert session["recording_id"] in mine["session_data"]


async def as_seen(platform: Platform, query: str) -> list[Any]:
    """What a query gives to the organization, once its read model has seen the end."""
    connection = await asyncpg.connect(platform.stack.postgres_url("runner"), server_settings={"search_path": "runner"})
    try:
        await connection.execute(f"set retold.org = '{platform.org}'")
        async with asyncio.timeout(10):
            while not (rows := await connection.fetch(query)) or any(row["status"] == "active" for row in rows):
                await asyncio.sleep(0.05)
        return list(rows)
    finally:
        await connection.close()


async def test_the_window_fits_the_page_that_shows_it_and_that_is_no_step(platform: Platform, pages: str) -> None:
    async with recording(platform, f"{pages}/form") as (session, person):
        await person.say("resize", width=900, height=640)
        await person.step("resize", value="900 × 640")
        await person.press(WITHIN, 32)
        await person.write("a")
        await person.step("type", value="a")
        await person.say("resize", width=1000, height=700)
        await asyncio.sleep(0.6)  # longer than a recorder waits until a window has come to rest
        await person.write("da")
        await person.step("type", value="ada")
        await person.say("new_tab")
        await person.until(lambda: len(person.last["tabs"]["tabs"]) == 2)
        await person.say("navigate", url=f"{pages}/other")
        await person.shows("Other")
        await person.until(lambda: person.size == (1000, 700))
        kept = await stopped(platform, session)
    assert [step["event"] for step in kept["steps"]] == ["resize", "navigate", "type"]
    viewport = kept["steps"][0]["metadata"]["viewport"]
    assert (viewport["width"], viewport["height"]) == (900, 640)


async def test_the_browsers_own_buttons_and_pasted_text_are_recorded_as_such(platform: Platform, pages: str) -> None:
    async with recording(platform, f"{pages}/form") as (session, person):
        await person.press(WITHIN, 32)
        await person.say("text", text="Ada Lovelace")
        await person.step("type", value="Ada Lovelace")
        await person.press(WITHIN, 32, clicks=2)
        await person.say("key", type="down", key="c", code="KeyC", modifiers=2)
        assert (await person.told("clipboard"))["text"].strip() in "Ada Lovelace"
        await person.say("navigate", url=f"{pages}/other")
        await person.shows("Other")
        await asyncio.sleep(1.1)  # what comes sooner may have been brought about by the step before
        await person.say("back")
        await person.shows("Form")
        await person.step("go_back")
        await asyncio.sleep(1.1)
        await person.say("forward")
        await person.shows("Other")
        await person.step("go_forward")
        await asyncio.sleep(1.1)
        await person.say("reload")
        await person.step("reload")
        kept = await stopped(platform, session)
    told = [step["event"] for step in kept["steps"] if step["event"] not in ("double_click", "click", "key_press")]
    assert told == ["resize", "navigate", "type", "navigate", "go_back", "go_forward", "reload"]


async def test_what_is_dragged_is_dropped_where_the_person_lets_go(platform: Platform, pages: str) -> None:
    async with recording(platform, f"{pages}/drag") as (session, person):
        await person.shows("Drag")
        await person.say("mouse", type="moved", x=60, y=32)
        await person.say("mouse", type="pressed", x=60, y=32, button="left", buttons=1, clicks=1)
        for y in range(40, 160, 10):
            await person.say("mouse", type="moved", x=70, y=y, buttons=1)
            await asyncio.sleep(0.03)
        await person.say("mouse", type="released", x=70, y=150, button="left", clicks=1)
        await person.shows("Dropped")
        await person.press(150, 32)  # the mouse is as it was before
        await person.step("click")
        kept = await stopped(platform, session)
    told = [step["event"] for step in kept["steps"]]
    assert told in (["resize", "navigate", "drag", "drop", "click"], ["resize", "navigate", "drag", "click"])


async def test_whatever_runner_is_asked_the_one_with_the_browser_answers(platform: Platform, pages: str) -> None:
    port = free_port(None)
    holder = await platform.start_service("runner", port=port, **GIVEN)
    sessions = f"http://127.0.0.1:{port}/runner/v1/recording-sessions"
    answer = await platform.client.post(sessions, json={"url": f"{pages}/form"})
    assert answer.status_code == 201, answer.text
    session = answer.json()
    place, _, token = session["view"].partition("/view#")
    async with person_at(platform.address, session["view"]) as person:
        await person.step("navigate")
        await person.press(WITHIN, 32)
        await person.write("ada")
        await person.step("type", value="ada")
        assert person.frames > 0
        given = await platform.client.post(
            f"{place}/files", params={"name": "a.txt"}, content=b"paper", headers={"X-Session-Token": token}
        )
        assert given.status_code == 201, given.text
        refused = await platform.client.post(f"{place}/files", params={"name": "a"}, headers={"X-Session-Token": "x"})
        assert refused.status_code == 401
        kept = await stopped(platform, session)
        await person.until(lambda: person.closed)
        assert person.closed is not None
        assert person.closed[0] == 1000
    assert [step["event"] for step in kept["steps"]] == ["resize", "navigate", "type"]
    async with person_at(platform.address, session["view"]) as late:
        await late.until(lambda: late.closed)
        assert late.closed is not None
        assert late.closed[0] == 1008
    await platform.stop(holder)
