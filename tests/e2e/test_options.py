"""The options of a job, from the request to what a row leaves behind, with a real browser."""

import json
from typing import Any
from uuid import UUID
from zipfile import ZipFile

import pytest

from shared.bus import subjects
from shared.bus.connection import connect, disconnect
from shared.bus.jetstream import JetStreamLog
from shared.contracts.catalogue import catalogue
from shared.contracts.runner import ArtifactKept
from shared.testing.platform import Platform
from shared.testing.sites import Sites
from tests.e2e.recordings import people, register

STORED = {"wait_timeout": 4000, "locale": "de-DE", "time_zone": "Asia/Tokyo", "slow_motion": True}


async def ran(platform: Platform, sites: Sites, **options: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The job and its first row's result."""
    imported = await platform.import_recording(register(sites.url))
    job = await platform.run_job(imported["id"], people(1), options=options)
    (row,) = await platform.results(job["id"])
    return await platform.ended(job["id"]), row


async def file(platform: Platform, url: str) -> bytes:
    answer = await platform.client.get(platform.at(url))
    assert answer.status_code == 200, answer.text
    return answer.content


async def test_options_in_the_documents_spelling_are_stored_in_ours_and_honoured(platform: Platform, sites: Sites):
    given = {"replay": {"slowMotion": True, "slowMotionDelay": 60, "waitTimeout": 4000}, "locale": "de-DE"}
    job, row = await ran(platform, sites, **given, environment={"timezone": "Asia/Tokyo"})
    assert row["status"] == "success", row
    assert {name: job["options"][name] for name in STORED} == STORED
    assert row["duration"] >= 60 * len(row["step_results"])


async def test_pictures_are_taken_before_and_after_each_step(platform: Platform, sites: Sites):
    _, row = await ran(platform, sites, screenshots="before,after")
    assert row["status"] == "success", row
    last = row["step_results"][-1]["evidence"]
    for name in ("screenshotBefore", "screenshotAfter"):
        assert (await file(platform, last[name])).startswith(b"\xff\xd8")
    assert last["screenshotBefore"] != last["screenshotAfter"]


async def test_a_failure_leaves_a_picture_and_the_page(platform: Platform, sites: Sites):
    _, row = await ran(platform, sites, wait_timeout=500, healing=False, autoWait=True)
    assert row["status"] == "success", row
    sites.look = "2"
    _, row = await ran(platform, sites, wait_timeout=500, healing=False)
    assert row["status"] == "failed"
    evidence = row["step_results"][-1]["evidence"]
    assert evidence["pageUrl"] == f"{sites.url}/register/"
    assert (await file(platform, evidence["screenshotError"])).startswith(b"\xff\xd8")
    assert "<form" in (await file(platform, evidence["domSnapshot"])).decode()
    assert "clear-secret-0" not in (await file(platform, evidence["domSnapshot"])).decode()


@pytest.mark.parametrize(("look", "kept"), [("1", 0), ("2", 1)])
async def test_a_trace_is_kept_of_a_row_that_fails(platform: Platform, sites: Sites, look: str, kept: int, tmp_path):
    sites.look = look
    job, row = await ran(platform, sites, trace="on_failure", wait_timeout=500, healing=False)
    assert row["status"] == ("failed" if kept else "success"), row
    traces = [each for each in await kept_by(platform, job["id"]) if each.kind == "trace"]
    assert len(traces) == kept
    for trace in traces:
        (tmp_path / "trace.zip").write_bytes(await file(platform, f"/runner/v1/files/{trace.digest}"))
        assert any(name.endswith(".trace") for name in ZipFile(tmp_path / "trace.zip").namelist())


async def kept_by(platform: Platform, job_id: str) -> list[ArtifactKept]:
    """What the log tells of a row's files."""
    client = await connect(platform.stack.nats_url, "test")
    try:
        recorded = await JetStreamLog(client, catalogue()).load(subjects.row(UUID(job_id), 0))
        return [item.event for item in recorded if isinstance(item.event, ArtifactKept)]
    finally:
        await disconnect(client)


async def test_an_option_that_nobody_knows_is_refused_with_what_was_meant(platform: Platform, sites: Sites):
    imported = await platform.import_recording(register(sites.url))
    request = {"recording_id": imported["id"], "options": {"slowMotoin": True}}
    answer = await platform.client.post(
        platform.at("/scheduler/v1/jobs"),
        files={"file": ("t.csv", b"name\nx\n")},
        data={"request": json.dumps(request)},
    )
    assert answer.status_code == 422
    assert "did you mean slow_motion" in answer.json()["detail"]
    assert answer.json()["errors"][0]["pointer"] == "/options/slowMotoin"


async def test_some_options_can_be_changed_for_rows_that_are_run_again(platform: Platform, sites: Sites):
    job, _ = await ran(platform, sites, slow_motion_delay=20, wait_timeout=4000)
    answer = await platform.client.post(
        platform.at(f"/scheduler/v1/jobs/{job['id']}/rerun"), json={"which": "all", "options": {"waitTimeout": 900}}
    )
    again = await platform.ended(answer.json()["id"])
    assert (again["options"]["wait_timeout"], again["options"]["slow_motion_delay"]) == (900, 20)
