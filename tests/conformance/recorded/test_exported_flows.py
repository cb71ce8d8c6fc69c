"""What was recorded, exported as a script of Playwright, does the same without us."""

import asyncio
import json
import os
import sys
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from playwright.async_api import Browser

from services.ingest.adapters.exporting import exported
from services.ingest.adapters.importing import read_recording
from shared.chromium import find_chromium
from shared.contracts.ingest import RecordingSnapshot
from tests.conformance.recorded.flows import FLOWS, Flow
from tests.conformance.recorded.test_recorded_flows import recorded
from tests.conformance.server import Server

# What scripts trip over: a tab that a click opens, a document that comes in a frame.
EXPORTED = [flow for flow in FLOWS if flow.page in ("windows.html", "framedform.html")]
SECONDS = 60


@pytest.mark.parametrize("flow", EXPORTED, ids=lambda flow: flow.name.replace(" ", "-"))
async def test_a_recorded_flow_runs_as_a_script(flow: Flow, chromium: Browser, pages: Server, tmp_path: Path) -> None:
    recording, told, run = await recorded(flow, chromium, pages)
    again = uuid4().hex
    read = read_recording(json.dumps(recording).replace(f"/{run}/", f"/{again}/").encode(), "a.json")
    snapshot = RecordingSnapshot(UUID(int=1), read.name, read.starting_url, 1, tuple(read.steps), read.variables)
    script = tmp_path / "replay.py"
    script.write_text(exported(snapshot, "playwright").content, "utf-8")
    installed = find_chromium()
    assert installed is not None
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(script), "--executable", str(installed.path), cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await asyncio.wait_for(process.communicate(), SECONDS)
    assert process.returncode == 0, said.decode()
    assert pages.told(again) == told
