"""A person records in a live browser, through the page or the command line, and a job does it for every row."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from playwright.async_api import Browser

from shared.testing.platform import Platform
from shared.testing.sites import Sites
from tests.e2e.live_page import chromium, opened
from tests.e2e.recordings import people

ROOT = Path(__file__).parents[2]
PLACE = "/runner/v1/recording-sessions"


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    """A person's own browser."""
    async with chromium() as browser:
        yield browser


async def begun(platform: Platform, url: str, name: str) -> tuple[dict[str, Any], str]:
    """A session, and the address of its page."""
    answer = await platform.client.post(platform.at(PLACE), json={"url": url, "name": name})
    assert answer.status_code == 201, answer.text
    session: dict[str, Any] = answer.json()
    return session, urljoin(platform.address, session["view"])


async def test_what_a_person_did_in_the_page_is_done_for_every_row(
    platform: Platform, sites: Sites, browser: Browser
) -> None:
    url = f"{sites.url}/register/"
    session, view = await begun(platform, url, "Register live")
    async with opened(browser, view, url) as live:
        page = live.page
        assert "#" not in page.url
        await live.click("#name")
        await live.type("Ann")
        await live.has_step("Type", "Name", "Ann")
        await page.keyboard.press("Tab")
        await live.type("ann@example.org")
        await live.has_step("Type", "Email address", "ann@example.org")
        await page.reload()
        await live.shown()
        await live.click("#password")
        await live.type("recorded-Passw0rd")
        await live.click("#newsletter")
        await live.click("#country")
        await page.click("#control option[value=de]")
        await live.has_step("Choose", "Country")
        named = page.get_by_label("Name of step 3")
        await named.fill("Full name")
        await named.press("Enter")
        await live.click("#send")
        await page.wait_for_function("() => document.querySelector('#address').value.includes('/register/done')")
        assert "recorded-Passw0rd" not in await page.content()
        await page.click("#stop")
        await page.wait_for_selector("#next:not([hidden])")
        recording_id = await page.text_content("#recording-id")
        assert f"retold template {recording_id}" in (await page.text_content("#template-command") or "")
        assert live.wrong == []
    assert recording_id == session["recording_id"]
    assert [(entry["name"], entry["country"]) for entry in sites.entries()] == [("Ann", "de")]
    recording = await kept(platform, session["recording_id"])
    assert recording["recording_method"] == "cloud_browser"
    assert [(step["event"], step.get("label", "")) for step in recording["steps"]][2:7] == [
        ("type", "Full name"),
        ("type", "Email address"),
        ("type", "Password"),
        ("check", "Send me the newsletter"),
        ("select", "Country"),
    ]
    job = await platform.run_job(recording["id"], people(2).replace("name,", "Full name,", 1))
    assert [row["status"] for row in await platform.results(job["id"])] == ["success"] * 2
    assert sorted(entry["name"] for entry in sites.entries()) == ["Ann", "Person 0, Jr", "Person 1, Jr"]


async def test_steps_can_be_paused_deleted_and_had_back_and_all_of_it_discarded(
    platform: Platform, sites: Sites, browser: Browser
) -> None:
    url = f"{sites.url}/register/"
    session, view = await begun(platform, url, "Thrown away")
    async with opened(browser, view, url) as live:
        page = live.page
        await live.click("#name")
        await live.type("Ann")
        await live.has_step("Type", "Name", "Ann")
        await page.get_by_label("Delete step 3").click()
        await page.wait_for_function("() => document.querySelectorAll('#steps li').length === 2")
        await page.click("#undo")
        await live.has_step("Type", "Name", "Ann")
        await page.get_by_label("Keep the value of step 3 secret").click()
        await page.wait_for_selector("#steps .value.secret")
        await page.click("#pause")
        await page.wait_for_selector("#state[data-state=paused]")
        await live.click("#newsletter")
        await page.click("#pause")
        await page.wait_for_selector("#state[data-state=active]")
        await page.keyboard.press("F6")
        assert await page.evaluate("document.activeElement.id") == "keys"
        await page.keyboard.press("F6")
        assert await page.evaluate("document.activeElement.id") != "keys"
        await live.click("#email")
        await live.type("ann@example.org")
        await live.has_step("Type", "Email address")
        assert await page.locator("#steps li").count() == 4
        await page.click("#discard")
        await page.click("#discarding .danger")
        await page.wait_for_selector("#end:not([hidden])")
        assert await page.text_content("#end-title") == "Discarded"
        assert live.wrong == []
    found = await platform.client.get(f"/ingest/v1/recordings/{session['recording_id']}")
    assert found.status_code == 404


async def test_what_the_page_asks_for_is_asked_of_the_person(
    platform: Platform, sites: Sites, browser: Browser
) -> None:
    url = f"{sites.url}/dialogs.html"
    session, view = await begun(platform, url, "Asked")
    async with opened(browser, view, url) as live:
        page = live.page
        await live.click("#sure")
        await page.wait_for_selector("#asked:has-text('Really?')")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#steps .kind:has-text('Dialog')")
        await live.click("#upload")
        picture = {"name": "a picture.png", "mimeType": "image/png", "buffer": b"\x89PNG invented"}
        await page.set_input_files("#asked input[type=file]", picture)
        await page.click("#asked .primary")
        await live.has_step("Upload", "Picture", "a picture.png")
        await live.click("#when", at_end=True)
        await page.fill("#control input", "2031-05-06")
        await page.click("#control .primary")
        await live.has_step("Type", "Date", "2031-05-06")
        await live.click("#new")
        await page.wait_for_selector("#tabs .tab:nth-child(2).front")
        await page.click("#tabs .tab:nth-child(2) .icon")
        await page.wait_for_function("() => document.querySelectorAll('#tabs .tab').length === 1")
        await page.click("#stop")
        await page.wait_for_selector("#next:not([hidden])")
        assert live.wrong == []
    steps = (await kept(platform, session["recording_id"]))["steps"]
    assert [(step["event"], step.get("label", "")) for step in steps][2:] == [
        ("click", "Ask me"),
        ("dialog", ""),
        ("upload", "Picture"),
        ("type", "Date"),
        ("click", "New window"),
        ("switch_tab", ""),
        ("close", ""),
    ]
    assert next(step["value"] for step in steps if step["event"] == "upload").startswith("retold-file:")
    job = await platform.run_job(session["recording_id"], "Date\n2032-01-02\n")
    assert [(row["status"], row["error_message"]) for row in await platform.results(job["id"])] == [("success", None)]


async def test_the_command_line_tells_the_steps_and_ctrl_c_keeps_them(
    platform: Platform, sites: Sites, browser: Browser
) -> None:
    url = f"{sites.url}/register/"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services", "record", url, "--name", "By command", "--no-open", "--no-screen"),
        *("--url", platform.address, "--json"),
        cwd=ROOT,
        env={**os.environ, "RETOLD_TOKEN": platform.token, "NO_COLOR": "1"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    async with asyncio.timeout(40):
        started = json.loads(await process.stdout.readline())
        async with opened(browser, started["view"], url) as live:
            await live.click("#name")
            await live.type("Bo")
            await live.has_step("Type", "Name", "Bo")
            process.send_signal(signal.SIGINT)
            await live.page.wait_for_selector("#next:not([hidden])")
        out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    told = [json.loads(line) for line in out.decode().splitlines()]
    assert any(one["kind"] == "step" and one["value"] == "Bo" for one in told)
    assert (told[-1]["kind"], told[-1]["reason"]) == ("ended", "stopped")
    recording = await kept(platform, told[-1]["recording_id"])
    assert (recording["name"], len(recording["steps"])) == ("By command", told[-1]["steps"])


async def kept(platform: Platform, recording_id: str) -> dict[str, Any]:
    """The recording, once it can be read."""
    async with asyncio.timeout(10):
        while True:
            answer = await platform.client.get(f"/ingest/v1/recordings/{recording_id}")
            if answer.status_code == 200:
                found: dict[str, Any] = answer.json()
                return found
            await asyncio.sleep(0.05)
