"""A row is watched while it runs: its lines, its picture, its end; over HTTP and on the command line."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from services.runner.adapters.browser import Fleet
from services.runner.adapters.session import Session
from shared.testing.command_line import command
from shared.testing.platform import Platform
from shared.testing.sites import Sites
from tests.e2e.recordings import people, register

SLOWLY = {"slow_motion": True, "slow_motion_delay": 400}


async def started(platform: Platform, sites: Sites, rows: int = 1, **options: Any) -> str:
    imported = await platform.import_recording(register(sites.url))
    job = await platform.run_job(imported["id"], people(rows), options=options)
    return str(job["id"])


async def live(platform: Platform, job_id: str, row: int = 0, last: str = "") -> AsyncIterator[tuple[str, str, Any]]:
    """Id, name and data of each event."""
    url, headers = platform.at(f"/runner/v1/jobs/{job_id}/rows/{row}/live"), {"Last-Event-ID": last} if last else {}
    async with platform.client.stream("GET", url, headers=headers, timeout=60) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        fields: dict[str, str] = {}
        async for line in answer.aiter_lines():
            name, _, value = line.partition(":")
            if line:
                fields[name] = value.strip()
            elif "data" in fields:
                yield fields.get("id", ""), fields["event"], json.loads(fields["data"])
                fields = {}


async def test_a_watcher_sees_the_lines_and_the_page_of_a_row_until_its_end(platform: Platform, sites: Sites) -> None:
    job_id = await started(platform, sites, **SLOWLY)
    told = [each async for each in live(platform, job_id)]
    assert told[-1][1] == "ended"
    assert (told[-1][2]["status"], told[-1][2]["row_index"]) == ("success", 0)
    pictures = [data for _, name, data in told if name == "picture"]
    assert len(pictures) >= 3
    assert all(base64.b64decode(each["jpeg"]).startswith(b"\xff\xd8") for each in pictures)
    assert len({each["jpeg"] for each in pictures}) >= 2
    assert len({each["step_number"] for each in pictures}) >= 2
    lines = [data["message"] for _, name, data in told if name == "line"]
    assert lines[0].startswith("row 0 started")
    assert lines[-1].startswith("row 0 succeeded")
    assert [data["status"] for _, name, data in told if name == "status"][-1] == "success"
    ids = [place for place, name, _ in told if name == "line"]
    again = [each async for each in live(platform, job_id, last=ids[3])]
    assert [place for place, name, _ in again if name == "line"] == ids[4:]


async def test_nothing_is_taken_of_a_row_that_nobody_watches(
    platform: Platform, sites: Sites, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[Session] = []
    take = Session.screenshot

    async def counted(session: Session, **how: bool) -> bytes:
        taken.append(session)
        return await take(session, **how)

    monkeypatch.setattr(Session, "screenshot", counted)
    job_id = await started(platform, sites, rows=2, slow_motion=True, slow_motion_delay=400)
    async for _, name, data in live(platform, job_id, row=1):
        if name == "picture":
            assert data["size"] > 0
    assert (await platform.ended(job_id))["successful_rows"] == 2
    assert len(set(taken)) == 1
    assert len(taken) >= 2


async def test_the_newest_picture_can_be_had_while_a_row_runs_and_where_pictures_are_after_it(
    platform: Platform, sites: Sites
) -> None:
    job_id = await started(platform, sites, screenshots="after", **SLOWLY)
    url = platform.at(f"/runner/v1/jobs/{job_id}/rows/0/picture")
    async for _, name, data in live(platform, job_id):
        if name == "status" and data["status"] == "running":
            answer = await platform.client.get(url)
            assert answer.status_code == 200, answer.text
            assert answer.headers["content-type"] == "image/jpeg"
            assert answer.content.startswith(b"\xff\xd8")
    late = await platform.client.get(url)
    assert late.status_code == 409
    assert "row 0 has ended: success" in late.json()["detail"]
    kept = late.json()["detail"].rpartition(" ")[2]
    assert (await platform.client.get(platform.at(kept))).content.startswith(b"\xff\xd8")


async def test_rows_that_are_not_there_are_nobodys(platform: Platform, sites: Sites) -> None:
    job_id = await started(platform, sites)
    for place in (f"{job_id}/rows/1", f"{uuid4()}/rows/0"):
        for what in ("live", "picture"):
            answer = await platform.client.get(platform.at(f"/runner/v1/jobs/{place}/{what}"))
            assert answer.status_code == 404, answer.text
    stranger = {"Authorization": "Bearer somebody"}
    answer = await platform.client.get(platform.at(f"/runner/v1/jobs/{job_id}/rows/0/live"), headers=stranger)
    assert answer.status_code == 401
    await platform.ended(job_id)


async def test_a_runner_shows_a_row_that_another_one_runs(headless_platform: Platform, sites: Sites) -> None:
    platform = headless_platform
    await platform.start_runner(1)
    job_id = await started(platform, sites, **SLOWLY)
    pictures = [data async for _, name, data in live(platform, job_id) if name == "picture"]
    assert len(pictures) >= 2


async def test_a_row_is_watched_on_the_command_line(platform: Platform, sites: Sites, tmp_path: Path) -> None:
    where = {"RETOLD_TOKEN": platform.token}
    job_id = await started(platform, sites, **SLOWLY)
    newest = tmp_path / "row.jpg"
    watching = ("watch", job_id, "--row", 0, "--url", platform.address)
    shown = await command(*watching, "--picture", newest, environment=where)
    assert shown.code == 0, shown.err
    assert "row 0 succeeded" in shown.out
    assert str(newest) in shown.err
    assert newest.read_bytes().startswith(b"\xff\xd8")
    told = (await command(*watching, "--json", environment=where)).json_lines
    assert told[-1]["status"] == "success"
    assert next(each["message"] for each in told[:-1]).startswith("row 0 started")
    wrong = await command("watch", job_id, "--picture", newest, "--url", platform.address, environment=where)
    assert wrong.code == 2
    assert "--row" in wrong.err


async def test_the_page_for_people_shows_the_row(platform: Platform, sites: Sites) -> None:
    job_id = await started(platform, sites, slow_motion=True, slow_motion_delay=800)
    answer = await platform.client.get(platform.at(f"/runner/v1/jobs/{job_id}/rows/0/live.html"))
    assert "script-src 'nonce-" in answer.headers["content-security-policy"]
    async with Fleet() as fleet, fleet.session() as session:
        tab = session.front
        await tab.goto(f"{platform.address}/runner/v1/jobs/{job_id}/rows/0/live.html", 10)
        fill = f"document.querySelector('#token').value = {platform.token!r}; document.querySelector('button').click()"
        await tab.evaluate(tab.main, fill)
        seen = "!document.querySelector('#picture').hidden && document.querySelector('#picture').naturalWidth > 100"
        async with asyncio.timeout(20):
            while not await tab.evaluate(tab.main, seen):
                await asyncio.sleep(0.1)
        assert "row 0 runs" in await tab.evaluate(tab.main, "document.querySelector('#status').textContent")
        assert await tab.evaluate(tab.main, "document.querySelectorAll('#lines li').length") > 0
