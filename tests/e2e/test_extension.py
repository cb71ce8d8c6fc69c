"""A person records with the extension, saves the recording, and a job does it for every row."""

from pathlib import Path

import pytest

from services.ingest.adapters.extension import page_scripts, write
from shared.injected import assembling, recorder
from shared.testing.platform import Platform
from shared.testing.sites import Sites
from tests.conformance.server import Server
from tests.e2e.extension import chromium_with_extension, full_chromium
from tests.e2e.recordings import people

needs_chromium = pytest.mark.skipif(full_chromium() is None, reason="no Chromium here that loads extensions")


def test_the_extension_has_the_page_scripts_byte_for_byte(tmp_path: Path) -> None:
    write(tmp_path)
    for name, source in page_scripts().items():
        assert (tmp_path / name).read_text("utf-8") == source
    assert recorder() in page_scripts()["recorder.js"]
    assert assembling() in page_scripts()["assembling.js"]


@needs_chromium
async def test_what_was_recorded_with_the_extension_is_done_for_every_row(
    platform: Platform, sites: Sites, tmp_path: Path
) -> None:
    async with chromium_with_extension(tmp_path) as browser:
        page, panel = browser.page, browser.panel
        await page.goto(f"{sites.url}/register/")
        await browser.record("Register by extension")
        await page.click("#name")
        await page.keyboard.type("Ann")
        await page.keyboard.press("Tab")
        await page.keyboard.type("ann@example.org")
        await page.click("#password")
        await page.keyboard.type("recorded-Passw0rd")
        await page.click("#newsletter")
        await page.focus("#country")
        await page.keyboard.type("Ger")
        await page.click("#send")
        await page.wait_for_url("**/register/done*")
        await browser.stop()
        await panel.screenshot(path=tmp_path / "panel.png")
        assert len(await browser.steps()) == 8, await browser.steps()
        first = panel.get_by_label("Name of step 3")
        await first.fill("Full name")
        await first.press("Tab")
        await panel.fill("#server", platform.address)
        await panel.fill("#key", platform.token)
        await panel.click("#upload")
        await panel.wait_for_selector("#said:has-text('Saved with')")
        told = await panel.evaluate("chrome.storage.session.get(null).then(JSON.stringify)")
    assert "recorded-Passw0rd" not in told
    assert [entry["name"] for entry in sites.entries()] == ["Ann"]
    (found,) = (await platform.client.get("/ingest/v1/recordings/find", params={"q": "Register by extension"})).json()
    recording = (await platform.client.get(f"/ingest/v1/recordings/{found['id']}")).json()
    assert recording["recording_method"] == "extension"
    assert [(step["event"], step.get("label")) for step in recording["steps"]][2:5] == [
        ("type", "Full name"),
        ("type", "Email address"),
        ("type", "Password"),
    ]
    job = await platform.run_job(recording["id"], people(2).replace("name,", "Full name,", 1))
    assert [row["status"] for row in await platform.results(job["id"])] == ["success"] * 2
    assert sorted(entry["name"] for entry in sites.entries()) == ["Ann", "Person 0, Jr", "Person 1, Jr"]


@needs_chromium
async def test_a_file_goes_to_the_server_while_it_is_recorded_and_is_uploaded_again(
    platform: Platform, tmp_path: Path
) -> None:
    chosen = tmp_path / "letter.txt"
    chosen.write_text("Dear all", "utf-8")
    with Server() as pages:
        async with chromium_with_extension(tmp_path) as browser:
            page, panel = browser.page, browser.panel
            await panel.fill("#server", platform.address)
            await panel.fill("#key", platform.token)
            await panel.press("#key", "Tab")
            await page.goto(f"{pages.url}/run/files.html")
            await browser.record("A letter")
            devtools = await browser.context.new_cdp_session(page)
            found = await devtools.send("Runtime.evaluate", {"expression": "document.querySelector('#one')"})
            chosen_there = {"files": [str(chosen)], "objectId": found["result"]["objectId"]}
            await devtools.send("DOM.setFileInputFiles", chosen_there)
            await page.wait_for_timeout(1000)
            await page.click("#send")
            await page.wait_for_url("**/sent")
            await browser.stop()
            await panel.click("#upload")
            await panel.wait_for_selector("#said:has-text('Saved with')")
        (found,) = (await platform.client.get("/ingest/v1/recordings/find", params={"q": "A letter"})).json()
        recording = (await platform.client.get(f"/ingest/v1/recordings/{found['id']}")).json()
        (kept,) = (step["value"] for step in recording["steps"] if step["event"] == "upload")
        assert kept.startswith("retold-file:")
        job = await platform.run_job(found["id"], f"One\n{kept}\n")
        assert [row["status"] for row in await platform.results(job["id"])] == ["success"]
        first, again = [told["one"] for what, told in pages.told("run") if what == "sent"]
    assert first == again
    assert "letter.txt" in str(first)


@needs_chromium
async def test_the_extension_records_in_frames_closed_shadow_trees_and_other_tabs(tmp_path: Path) -> None:
    with Server() as pages:
        async with chromium_with_extension(tmp_path) as browser:
            page = browser.page
            await page.goto(f"{pages.url}/run/shadows.html")
            await browser.record("Everywhere")
            box = await page.locator("#closed").bounding_box()
            assert box is not None
            await page.mouse.click(box["x"] + 20, box["y"] + box["height"] / 2)
            await page.keyboard.type("shut")
            await page.keyboard.press("Tab")
            await page.keyboard.press("Enter")
            await page.goto(f"{pages.url}/run/frames.html")
            await page.frame_locator("#other").locator("#field").focus()
            await page.keyboard.type("abroad")
            await page.keyboard.press("Tab")
            await page.keyboard.press("Enter")
            other = await browser.context.new_page()
            await other.goto(f"{pages.url}/run/clicks.html")
            await other.click("#one")
            await browser.stop()
            steps = (await browser.overview())["steps"]
    assert [step["event"] for step in steps] == [
        "resize", "navigate", "type", "click", "navigate", "type", "click", "new_tab", "click",
    ]  # fmt: skip
    assert steps[0]["metadata"]["viewport"]["width"] == 1000
    assert steps[2]["bundle"]["isClosedShadow"] is True
    assert steps[2]["bundle"]["shadowHosts"] == ["#closed"]
    assert steps[2]["metadata"]["secret"] is True  # the field is called so
    assert "shut" not in str(steps)
    assert steps[3]["label"] == "Press"
    assert steps[5]["bundle"]["iframeChain"] == [1]
    assert steps[8]["tabId"] == 2
