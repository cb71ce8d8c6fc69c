"""A script of Playwright is imported and replayed; its export runs by itself and does the same, in a real Chromium."""

import asyncio
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.ingest.adapters.exporting import exported
from services.ingest.adapters.importing import read_recording
from services.runner.adapters.options import StepOptions
from shared.chromium import find_chromium
from shared.contracts.ingest import RecordingSnapshot
from shared.testing.sites import Sites
from tests.integration.runner.conftest import Row

SCRIPT = """import re
from playwright.sync_api import Page, expect


def test_registers(page: Page) -> None:
    page.goto("{url}/register/")
    page.get_by_label("Name").fill("Ada")
    page.get_by_test_id("email-input").fill("ada@example.org")
    page.locator("#password").fill("s3cret-word")
    page.get_by_role("checkbox", name="newsletter").check()
    page.get_by_label("Country").select_option("France")
    expect(page.get_by_label("Country")).to_have_value("fr")
    expect(page.locator("p").filter(has_text="Welcome")).to_contain_text("Ada")
    expect(page.get_by_role("button", name=re.compile("account"))).to_be_enabled()
    expect(page.get_by_text("Nowhere to be seen")).not_to_be_visible()
    page.get_by_role("button").nth(0).click()
    expect(page).to_have_url(re.compile("/register/done"))
"""
ENTRY = {"name": "Ada", "email": "ada@example.org", "password": "s3cret-word", "newsletter": "yes", "country": "fr"}


def recording_at(sites: Sites) -> RecordingSnapshot:
    read = read_recording(SCRIPT.format(url=sites.url).encode(), "register.py")
    assert not [note for note in read.fidelity if note.kind == "not_carried"]
    return RecordingSnapshot(UUID(int=1), read.name, read.starting_url, 1, tuple(read.steps), read.variables)


def sent(sites: Sites) -> list[dict[str, Any]]:
    return [{key: value for key, value in entry.items() if key != "id"} for entry in sites.entries()]


async def test_an_imported_script_replays(row: Row) -> None:
    options = StepOptions(wait_timeout=3_000, navigation_timeout=8_000, healing="off")
    for step in recording_at(row.sites).steps:
        result = await row.session.perform(step, None, options, row.heard)
        assert result.error is None, f"step {step.step_number}: {result.error}"
    assert sent(row.sites) == [ENTRY]


async def run(script: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(script), *arguments, cwd=script.parent,
        env={"PATH": "/usr/bin:/bin", "HOME": str(script.parent), **environment},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    told, _ = await asyncio.wait_for(process.communicate(), 120)
    return process.returncode or 0, told.decode()


async def test_an_exported_script_runs_by_itself_and_does_the_same(sites: Sites, tmp_path: Path) -> None:
    chromium = find_chromium()
    if chromium is None:
        pytest.skip("no Chromium")
    sites.clear()
    script, table = tmp_path / "replay.py", tmp_path / "rows.csv"
    script.write_text(exported(recording_at(sites), "playwright").content, encoding="utf-8")
    table.write_text("Name,newsletter,Welcome: text\nAda,yes,Ada\nGrace,no,Grace\n", encoding="utf-8")
    browser = ("--executable", str(chromium.path))
    code, told = await run(script, *browser)
    assert code == 1
    assert "REPLAY_" in told
    assert sites.entries() == []
    code, told = await run(script, *browser, "--csv", str(table), REPLAY_PASSWORD="s3cret-word")
    assert code == 0, told
    assert sent(sites)[0] == ENTRY
    assert sent(sites)[1:] == [{**ENTRY, "name": "Grace", "newsletter": ""}]
