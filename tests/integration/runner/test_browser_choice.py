"""A job chooses its browser, and logs in once: with all four services, a real log, real browsers."""

import asyncio
import json
import threading
import time
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import asyncpg
import psutil
import pytest

from services.healer.main import BLUEPRINT as HEALER
from services.ingest.main import BLUEPRINT as INGEST
from services.runner.adapters.no_browser import NoBrowsers
from services.runner.adapters.starting import PACKAGES
from services.runner.loops import Worker
from services.runner.main import BLUEPRINT as RUNNER
from services.scheduler.main import BLUEPRINT as SCHEDULER
from shared.browsers import find_firefox
from shared.contracts.browsers import BROWSER_TYPES
from shared.runtime import open_resources
from shared.testing.command_line import command
from shared.testing.folders import open_folder
from shared.testing.platform import Platform

FIREFOX = pytest.mark.skipif(find_firefox() is None, reason="Firefox is not installed: apt-get install firefox-esr")
LOGIN = "<form method=post><input id=user name=user><input id=word name=word><button id=in>Log in</button></form>"
FORM = "<form method=post><input id=name name=name><button id=send>Send</button></form>"
STUCK = "<button id=stuck onclick='while(true){}'>go on for ever</button>"


class Members:
    """A site that only members may use. `logins` counts who came in, `sent` what was sent, and from which browser."""

    def __init__(self) -> None:
        self.logins = 0
        self.opens_for = "Ann"
        self.sent: list[tuple[str, str]] = []
        self.lock = threading.Lock()
        handler = type("Handler", (_Handler,), {"members": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    members: Members

    def log_message(self, *_: object) -> None:
        pass

    def answer(self, body: str, status: int = 200, **headers: str) -> None:
        content = f"<!doctype html><title>members</title>{body}".encode()
        self.send_response(status)
        for name, value in {"Content-Type": "text/html", "Content-Length": str(len(content)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(content)

    @property
    def is_member(self) -> bool:
        return "member=yes" in self.headers.get("Cookie", "")

    def do_GET(self) -> None:
        pages = {"/login": LOGIN, "/stuck": STUCK, "/open": FORM}
        if self.path == "/members":
            self.answer(FORM if self.is_member else "<p id=no>members only", 200 if self.is_member else 403)
        else:
            self.answer(pages.get(self.path, "<p>nothing"))

    def do_POST(self) -> None:
        given = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        members = self.members
        if self.path == "/login":
            time.sleep(0.3)
            if given.get("user") != [members.opens_for]:
                self.answer("<p id=wrong>no such member", 403)
                return
            with members.lock:
                members.logins += 1
            self.answer("<p id=welcome>welcome", Set_Cookie="member=yes; Path=/")
            return
        with members.lock:
            members.sent.append((given["name"][0], self.headers["User-Agent"]))
        self.answer("<p id=thanks>thanks")


@pytest.fixture
def members() -> Iterator[Members]:
    site = Members()
    thread = threading.Thread(target=site.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield site
    site.server.shutdown()
    site.server.server_close()
    thread.join()


@pytest.fixture(scope="module")
async def platform() -> AsyncIterator[Platform]:
    overrides = {"metrics_seconds": 1, "slots": 2}
    with pytest.MonkeyPatch.context() as patch, open_folder() as folder:
        patch.setitem(PACKAGES, "webdriver", "services.runner.adapters.nowhere")  # one engine is missing, wherever
        async with Platform(folder / "home", (INGEST, SCHEDULER, RUNNER, HEALER), overrides=overrides) as platform:
            async with asyncio.timeout(30):
                while not (await platform.client.get("/runner/v1/browser-types")).json()[0]["slots"]:
                    await asyncio.sleep(0.1)
            yield platform


def recording(title: str, url: str, *steps: dict[str, Any]) -> dict[str, Any]:
    opening = {"type": "navigate", "url": url, "assertedEvents": [{"type": "navigation", "url": url, "title": ""}]}
    return {"title": title, "steps": [opening, *steps]}


def typed(selector: str, value: str) -> dict[str, Any]:
    return {"type": "change", "target": "main", "selectors": [[selector]], "value": value}


def pressed(selector: str) -> dict[str, Any]:
    return {"type": "click", "target": "main", "selectors": [[selector]], "offsetX": 4, "offsetY": 4}


async def sending(platform: Platform, url: str) -> str:
    recorded = recording("Send a name", url, typed("#name", "Nobody"), pressed("#send"))
    return str((await platform.import_recording(recorded))["id"])


async def submitted(platform: Platform, recording_id: str, csv: str, **options: Any) -> dict[str, Any]:
    return await platform.run_job(recording_id, csv, options=options)


async def test_the_browsers_and_workers_that_are_there_are_told(platform: Platform) -> None:
    types = (await platform.client.get("/runner/v1/browser-types")).json()
    assert [(each["name"], each["type"], each["device_type"]) for each in types] == [
        (kind.name, kind.type, kind.device_type) for kind in BROWSER_TYPES
    ]
    assert [(each["user_agent"], each["viewport_width"], each["viewport_height"]) for each in types] == [
        (kind.user_agent, kind.viewport_width, kind.viewport_height) for kind in BROWSER_TYPES
    ]
    chromium, webkit = types[0], types[2]
    assert (chromium["available"], chromium["slots"], chromium["installed"][0]["driver"]) == (True, 2, "cdp")
    assert chromium["installed"][0]["version"]
    assert (webkit["available"], bool(webkit["reason"])) == (False, True)
    workers = (await platform.client.get("/runner/v1/workers")).json()
    assert [(each["status"], each["slots"], each["unhealthy"]) for each in workers] == [("idle", 2, False)]
    environment = {"RETOLD_URL": platform.address, "RETOLD_TOKEN": platform.token}
    shown = await command("browsers", environment=environment)
    assert "chromium-desktop" in shown.out
    assert (await command("workers", "--json", environment=environment)).json[0]["slots"] == 2


async def test_a_worker_leaves_samples_of_what_it_does(platform: Platform) -> None:
    query = "select status, browser_type_id, metadata, last_heartbeat >= started_at from browser_workers"
    async with asyncio.timeout(10):
        while not (found := await asked(platform, query)):
            await asyncio.sleep(0.2)
    assert (found[0]["status"], found[0]["browser_type_id"]) == ("idle", 1)
    assert '"slots": 2' in found[0]["metadata"]


async def asked(platform: Platform, query: str) -> list[Any]:
    admin = await asyncpg.connect(
        platform.stack.admin_url.rpartition("/")[0] + "/retold", server_settings={"search_path": "runner"}
    )
    try:
        found: list[Any] = await admin.fetch(query)
        return found
    finally:
        await admin.close()


async def test_a_job_for_a_browser_that_nobody_has_is_refused_or_waits(platform: Platform, members: Members) -> None:
    recorded = await sending(platform, f"{members.url}/open")
    body = {"recording_id": recorded, "options": {"browser": "webkit"}}
    answer = await platform.client.post(
        "/scheduler/v1/jobs",
        files={"file": ("t.csv", b"name\nAnn\n")},
        data={"request": json.dumps(body)},
    )
    assert answer.status_code == 409
    assert "no runner has webkit" in answer.json()["detail"]
    jobs = [
        await submitted(platform, recorded, "name\nAnn\n", browser="webkit-desktop", wait_for_browser=True)
        for _ in range(2)
    ]
    await asyncio.sleep(1.0)
    for job in jobs:
        state = (await platform.client.get(f"/scheduler/v1/jobs/{job['id']}")).json()
        assert (state["status"] in ("pending", "running"), state["completed_rows"]) == (True, 0)
    assert (await platform.client.post(f"/scheduler/v1/jobs/{jobs[0]['id']}/cancel")).status_code == 202
    async with asyncio.timeout(20):
        assert (await platform.ended(jobs[0]["id"]))["status"] == "cancelled"
    stopping = asyncio.Event()
    async with open_resources(RUNNER, RUNNER.settings(**platform.settings("runner")), stopping) as resources:
        has_all = asyncio.create_task(Worker(resources, NoBrowsers()).run())
        async with asyncio.timeout(30):
            assert (await platform.ended(jobs[1]["id"]))["status"] == "completed"
        stopping.set()
        await has_all
    assert members.sent == []


@FIREFOX
async def test_each_job_gets_the_browser_that_it_chose(platform: Platform, members: Members) -> None:
    recorded = await sending(platform, f"{members.url}/open")
    chosen = ("firefox-desktop", "chromium-mobile", "chromium-desktop")
    jobs = [await submitted(platform, recorded, f"name\n{name}\n", browser=name) for name in chosen]
    for job, name in zip(jobs, chosen, strict=True):
        results = await platform.results(job["id"])
        assert [each["status"] for each in results] == ["success"], results
        assert results[0]["browser"].startswith(name.partition("-")[0])
    agents = dict(members.sent)
    assert "Firefox/" in agents["firefox-desktop"]
    assert "Android" in agents["chromium-mobile"]
    assert "Android" not in agents["chromium-desktop"]
    sessions: list[tuple[str, str]] = []
    async with asyncio.timeout(20):  # another read model, which may see the end a moment later than that of results
        while sessions != [("terminated", "firefox-desktop")]:
            await asyncio.sleep(0.1)
            found = await platform.client.get("/runner/v1/browser-sessions", params={"job_id": jobs[0]["id"]})
            sessions = [(each["status"], each["session_data"]["browser_type"]) for each in found.json()]
    of_c = await asked(platform, f"select * from aef_browser_sessions where id like '{jobs[0]['id']}%'")
    assert [set(each.keys()) for each in of_c] == [
        {"id", "user_id", "status", "created_at", "last_active", "session_data"}
    ]


async def test_a_job_logs_in_once_for_all_its_rows(platform: Platform, members: Members) -> None:
    login = recording("Log in", f"{members.url}/login", typed("#user", "Ann"), typed("#word", "secret"), pressed("#in"))
    setup = (await platform.import_recording(login))["id"]
    recorded = await sending(platform, f"{members.url}/members")
    rows = [f"Person {number}" for number in range(6)]
    job = await submitted(platform, recorded, "name\n" + "\n".join(rows) + "\n", setup_recording=setup)
    results = await platform.results(job["id"])
    assert [each["status"] for each in results] == ["success"] * 6, results
    assert sorted(name for name, _ in members.sent) == rows
    assert members.logins == 1


async def test_a_set_up_that_fails_fails_the_rows_and_says_why(platform: Platform, members: Members) -> None:
    members.opens_for = "somebody else"
    check = {"type": "waitForElement", "target": "main", "selectors": [["#welcome"]], "timeout": 500}
    login = recording("Log in", f"{members.url}/login", typed("#user", "Ann"), pressed("#in"), check)
    setup = (await platform.import_recording(login))["id"]
    recorded = await sending(platform, f"{members.url}/members")
    job = await submitted(platform, recorded, "name\nA\nB\nC\n", setup_recording=setup, wait_timeout=500)
    results = await platform.results(job["id"])
    assert {(each["status"], each["error_type"]) for each in results} == {("failed", "setup_failed")}
    assert "the job's set-up failed" in results[0]["error_message"]
    assert members.sent == []


async def test_a_script_that_never_ends_costs_its_row_and_no_other(platform: Platform, members: Members) -> None:
    recorded = recording("Press it", f"{members.url}/stuck", pressed("#stuck"), pressed("#stuck"))
    stuck = (await platform.import_recording(recorded))["id"]
    options = {"step_timeout": 1500, "row_timeout": 4000, "wait_timeout": 1000}
    job = await platform.run_job(stuck, "note\n1\n", options=options)
    began = time.monotonic()
    results = await platform.results(job["id"])
    assert results[0]["status"] == "failed"
    assert results[0]["error_type"] in ("timeout", "outcome_unknown"), results
    assert time.monotonic() - began < 30
    after = await submitted(platform, await sending(platform, f"{members.url}/open"), "name\nAnn\n")
    assert [each["status"] for each in await platform.results(after["id"])] == ["success"]
    burning = [one for one in psutil.Process().children(recursive=True) if _burns(one)]
    assert burning == []


def _burns(process: psutil.Process) -> bool:
    try:
        return "chrom" in process.name() and process.cpu_percent(0.3) > 70
    except psutil.NoSuchProcess:
        return False
