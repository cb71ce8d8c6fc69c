"""A job in review mode on a page that has changed: rows wait for a person, others go on, nobody is registered twice."""

import asyncio
from typing import Any

import pytest

from shared.testing.command_line import command
from shared.testing.platform import Platform
from shared.testing.sites import Sites
from tests.e2e.recordings import people, register

ROWS = 6
OPTIONS = {"healing": "review", "heal_review_seconds": 60}


async def taught(platform: Platform, sites: Sites) -> str:
    """A recording that knows its page well, as it looks now."""
    recording = str((await platform.import_recording(register(sites.url)))["id"])
    first = await platform.run_job(recording, people(1))
    await platform.ended(first["id"])
    for _ in range(200):
        if (await platform.client.get(platform.at(f"/ingest/v1/recordings/{recording}"))).json()["revision"] == 2:
            break
        await asyncio.sleep(0.05)
    sites.clear()
    return recording


async def waiting(platform: Platform, job: str, count: int, *, holding: int | None = None) -> list[dict[str, Any]]:
    """The rows that wait, once there are so many, and so many of them with their browsers."""
    rows: list[dict[str, Any]] = []
    async with asyncio.timeout(60):
        while True:
            rows = (await platform.client.get(platform.at(f"/scheduler/v1/jobs/{job}/waiting"))).json()
            held = sum(row["holds_browser"] for row in rows)
            if len(rows) == count and (holding is None or held == holding):
                return rows
            await asyncio.sleep(0.1)


async def decide(platform: Platform, heal: str, decision: str) -> None:
    """A person accepts or rejects; the healer may just be about to hear of the proposal."""
    for _ in range(200):
        answer = await platform.client.post(platform.at(f"/healer/v1/heals/{heal}/{decision}"))
        if answer.status_code != 404:
            break
        await asyncio.sleep(0.05)
    assert answer.status_code == 200, answer.text


async def accept_all(platform: Platform, job: str) -> set[str]:
    """Accept whatever is proposed until the job has ended. The heals that were accepted."""
    accepted: set[str] = set()
    ended = asyncio.create_task(platform.ended(job))
    while not ended.done():
        rows = (await platform.client.get(platform.at(f"/scheduler/v1/jobs/{job}/waiting"))).json()
        for heal in {row["heal_id"] for row in rows} - accepted:
            await decide(platform, heal, "accept")
            accepted.add(heal)
        await asyncio.sleep(0.1)
    await ended
    return accepted


def entered(sites: Sites) -> list[str]:
    return sorted(entry["name"] for entry in sites.entries())


@pytest.mark.timeout(180)
async def test_a_row_waits_while_others_go_on_and_goes_on_itself_when_it_is_accepted(
    platform: Platform, sites: Sites
) -> None:
    recording = await taught(platform, sites)
    sites.look = "2"
    job = (await platform.run_job(recording, people(ROWS), concurrency=1, options=OPTIONS))["id"]
    (row, *_) = await waiting(platform, job, 1)
    sites.look = "1"
    for _ in range(300):
        now = (await platform.client.get(f"/scheduler/v1/jobs/{job}")).json()
        if now["successful_rows"] + now["waiting_rows"] == ROWS:
            break
        await asyncio.sleep(0.1)
    assert (now["status"], now["completed_rows"] + now["waiting_rows"]) == ("running", ROWS)
    assert 1 <= now["waiting_rows"] < ROWS
    assert (row["status"], row["holds_browser"]) == ("waiting_for_review", True)
    by = {"RETOLD_URL": platform.address, "RETOLD_TOKEN": platform.token}
    shown = (await command("heals", "show", row["heal_id"], environment=by)).out
    assert "input “Your full name:”" in shown
    assert "for it wait" in shown
    told = (await command("heals", "show", row["heal_id"], "--json", environment=by)).json
    assert row["row_index"] in told["waiting_rows"]
    await accept_all(platform, job)
    results = await platform.results(job)
    assert [each["status"] for each in results] == ["success"] * ROWS
    assert entered(sites) == [f"Person {n}, Jr" for n in range(ROWS)]


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_one_answer_serves_all_rows_also_those_that_gave_their_browsers_up(
    platform: Platform, sites: Sites
) -> None:
    recording = await taught(platform, sites)
    sites.look = "2"
    job = (await platform.run_job(recording, people(ROWS), concurrency=2, options=OPTIONS))["id"]
    rows = await waiting(platform, job, ROWS)
    assert len({row["heal_id"] for row in rows}) == 1
    lines = (await platform.client.get(f"/runner/v1/jobs/{job}/logs")).json()
    assert any(f"retold heals accept {rows[0]['heal_id']}" in line["message"] for line in lines)
    accepted = await accept_all(platform, job)
    assert rows[0]["heal_id"] in accepted
    assert [each["status"] for each in await platform.results(job)] == ["success"] * ROWS
    assert entered(sites) == [f"Person {n}, Jr" for n in range(ROWS)]
    assert (await platform.client.get(f"/scheduler/v1/jobs/{job}/waiting")).json() == []


@pytest.mark.timeout(180)
async def test_rows_whose_stand_in_is_rejected_fail_and_nothing_is_done(platform: Platform, sites: Sites) -> None:
    recording = await taught(platform, sites)
    sites.look = "2"
    job = (await platform.run_job(recording, people(ROWS), concurrency=2, options=OPTIONS))["id"]
    (row, *_) = await waiting(platform, job, ROWS)
    await decide(platform, row["heal_id"], "reject")
    results = await platform.results(job)
    assert {(each["status"], each["error_type"]) for each in results} == {("failed", "heal_rejected")}
    assert {each["failed_step"] for each in results} == {row["step_number"]}
    assert entered(sites) == []


@pytest.mark.timeout(300)
async def test_a_job_that_waits_survives_the_death_of_every_service(
    tmp_path_factory: pytest.TempPathFactory, sites: Sites
) -> None:
    async with Platform(tmp_path_factory.mktemp("platform of processes"), (), durable=True) as platform:
        services = {name: await platform.start_service(name) for name in ("ingest", "scheduler", "healer")}
        services["runner"] = await platform.start_runner()
        recording = await taught(platform, sites)
        sites.look = "2"
        job = (await platform.run_job(recording, people(ROWS), concurrency=2, options=OPTIONS))["id"]
        await waiting(platform, job, ROWS)
        for process in services.values():
            await platform.kill(process)
        await platform.start_runner()
        for name in ("healer", "scheduler", "ingest"):
            await platform.start_service(name)
        await waiting(platform, job, ROWS, holding=2)
        await accept_all(platform, job)
        results = await platform.results(job)
        assert [each["status"] for each in results] == ["success"] * ROWS
        assert entered(sites) == [f"Person {n}, Jr" for n in range(ROWS)]
