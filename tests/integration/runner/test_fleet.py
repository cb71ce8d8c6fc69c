"""The fleet gives fresh sessions, replaces browsers, and reaches those elsewhere."""

import asyncio
import os
import shutil

import pytest

from services.runner.adapters.browser import Fleet
from services.runner.adapters.options import SessionOptions
from services.runner.adapters.port import Guarding
from services.runner.adapters.starting import Remote
from shared.browsers import find_firefox
from shared.chromium import find_chromium
from shared.contracts.recording import Step
from shared.core.errors import Unavailable
from shared.url_policy import Refusal, Rules
from tests.integration.runner.processes_left import (
    DRIVERS,
    children,
    evaluate,
    leaving_nothing,
    playwrights,
    runs,
    until,
)


async def test_sessions_share_nothing(fleet, sites):
    async with fleet.session() as first, fleet.session() as second:
        for session in (first, second):
            await session.front.goto(f"{sites.url}/table.html", 10)
        await evaluate(first, "document.cookie = 'a=1', localStorage.b = 2")
        assert await evaluate(second, "document.cookie + (localStorage.b || '')") == ""


async def test_the_window_is_the_recorded_one(fleet):
    resize = {"stepNumber": 1, "event": "setViewport", "navigation": {"type": "same_page"}, "bundle": {}}
    step = Step.model_validate({**resize, "metadata": {"viewport": {"width": 801, "height": 603}}})
    assert SessionOptions.for_steps([]) == SessionOptions(width=1280, height=720)
    async with fleet.session(SessionOptions.for_steps([step])) as session:
        assert await evaluate(session, "[innerWidth, innerHeight]") == [801, 603]


async def test_a_worn_browser_is_replaced_and_a_crashed_one_too(row):
    before = children()
    async with Fleet(rows_per_browser=2) as fleet:
        seen = []
        for _ in range(3):
            async with fleet.session():
                seen.append(children() - before)
        assert seen[0] & seen[1]
        await until(lambda: not any(runs(one) for one in seen[0]))
        async with fleet.session() as session:
            for process in children() - before:
                process.kill()
            result = await session.perform(row.step("click", "#x"), None, row.options, row.heard)
            assert result.error_type == "browser_crashed"
        async with fleet.session() as session:
            assert session.address[0] == "about:blank"


@pytest.mark.parametrize("limit", [{"age_seconds": 0.01}, {"memory_mb": 1.0}])
async def test_an_old_or_a_grown_browser_gets_no_further_row(monkeypatch, limit):
    monkeypatch.setattr("services.runner.adapters.browser.PROBE_SECONDS", 0.1)
    monkeypatch.setattr("services.runner.adapters.browser.WEIGH_EVERY", 1)
    before = children()
    async with Fleet(**limit) as fleet:
        async with fleet.session() as first:
            one = children() - before
            await asyncio.sleep(0.5)
            assert await evaluate(first, "1 + 1") == 2  # its row comes to an end
        async with fleet.session() as second:
            assert await evaluate(second, "1 + 1") == 2
        await until(lambda: not any(runs(each) for each in one))


async def test_a_browser_is_shared_by_a_few_rows_only():
    async with Fleet(contexts_per_browser=2) as fleet, fleet.session(), fleet.session():
        assert fleet.browsers_running == 1
        async with fleet.session():
            assert fleet.browsers_running == 2


async def test_the_next_browser_is_started_before_it_is_needed():
    async with Fleet(rows_per_browser=2) as fleet:
        for _ in range(3):  # again and again
            async with fleet.session():
                assert fleet.browsers_running == 1
            async with fleet.session():
                await until(lambda: fleet.browsers_running == 2)
            await until(lambda: fleet.browsers_running == 1)


async def test_a_crashed_page_is_told_apart(row):
    await row.open("/table.html")
    crash = asyncio.ensure_future(row.session.front.goto("chrome://crash", 3))
    await until(lambda: row.session.front.crashed)
    result = await row.do("click", "#x")
    assert result.error_type == "page_crashed"
    crash.cancel()
    await asyncio.wait({crash})


async def test_a_browser_that_is_not_there_is_a_sentence():
    async with Fleet("/nowhere/chromium") as fleet:
        with pytest.raises(Unavailable, match="/nowhere/chromium"):
            async with fleet.session():
                pass


async def test_a_row_that_is_traced_is_driven_by_playwright():
    before = len(playwrights())
    async with Fleet() as fleet:
        async with fleet.session():
            assert len(playwrights()) == before
        kept = []

        async def keep(remains):
            kept.append(remains.trace.stat().st_size)

        async with fleet.session(SessionOptions(trace=True, keep=keep)) as session:
            assert len(playwrights()) > before
            await session.front.goto("data:text/html,traced", 10)
        assert kept[0] > 1000


@pytest.mark.parametrize("driver", DRIVERS)
async def test_a_guarded_row_opens_only_what_the_policy_allows(sites, driver):
    refused: list[Refusal] = []
    async with Fleet(driver=driver) as fleet:
        async with fleet.session(None, Guarding(Rules(), refused.append)) as session:
            with pytest.raises(Exception, match=r"cannot be opened|refuse"):
                await session.front.goto(f"{sites.url}/table.html", 10)
        assert refused
        assert "127.0.0.1" in refused[0].url
        async with fleet.session() as session:  # another row, without a policy
            await session.front.goto(f"{sites.url}/table.html", 10)
            assert session.front.status == 200


@pytest.mark.skipif(find_firefox() is None, reason="Firefox is not installed: apt-get install firefox-esr")
async def test_firefox_runs_rows_as_well(sites, tmp_path, monkeypatch):
    async with leaving_nothing(tmp_path, monkeypatch), Fleet() as fleet:
        async with fleet.session(SessionOptions(engine="firefox", width=640, height=480)) as session:
            await session.front.goto(f"{sites.url}/table.html", 20)
            assert await evaluate(session, "[navigator.userAgent.includes('Firefox'), innerWidth]") == [True, 640]
            assert session.browser.startswith("firefox ")
        async with fleet.session() as session:
            assert session.browser.startswith("chromium ")


async def test_a_browser_elsewhere_is_reached_by_its_address(tmp_path):
    chromium = find_chromium()
    assert chromium is not None
    arguments = [*chromium.arguments(), "--headless", "--remote-debugging-port=0", f"--user-data-dir={tmp_path}"]
    quiet = asyncio.subprocess.DEVNULL
    elsewhere = await asyncio.create_subprocess_exec(
        chromium.path, *arguments, stdout=quiet, stderr=quiet, start_new_session=True
    )
    try:
        told = tmp_path / "DevToolsActivePort"
        await until(lambda: told.exists() and len(told.read_text().splitlines()) == 2, 20)
        port, path = told.read_text().split()
        for address in (f"http://127.0.0.1:{port}", f"cdp+ws://127.0.0.1:{port}{path}"):
            async with Fleet(remotes=[Remote.read(address)]) as fleet, fleet.session() as session:
                assert await evaluate(session, "1 + 1") == 2
            assert elsewhere.returncode is None  # it is somebody else's
    finally:
        os.killpg(elsewhere.pid, 9)
        await elsewhere.wait()
        shutil.rmtree(tmp_path, ignore_errors=True)
