"""kill -9, and servers that stop and start, while a job runs: every row is counted once, nobody registered twice."""

import asyncio
import random
from collections import Counter

import pytest

from shared.testing.platform import Platform
from shared.testing.sites import Sites
from tests.e2e.recordings import people, register

ROWS = 24


async def _rows_finished(platform: Platform, job_id: str, count: int) -> None:
    finished = 0
    async for event in platform.events(job_id):
        finished += event["type"] == "RowFinished"
        if finished >= count:
            return


def _check(results: list[dict[str, object]], sites: Sites, rows: int) -> Counter[str]:
    """Each row once; a success is in the application once, an unknown at most once, any other failure never."""
    assert [row["row_index"] for row in results] == list(range(rows))
    entries = Counter(entry["name"] for entry in sites.entries())
    assert all(count == 1 for count in entries.values())
    outcomes: Counter[str] = Counter()
    for row in results:
        name = row["row_data"]["name"]  # type: ignore[index]
        outcome = str(row["error_type"] or row["status"])
        outcomes[outcome] += 1
        if outcome == "success":
            assert entries[name] == 1
        else:
            assert outcome == "outcome_unknown", row
    return outcomes


@pytest.mark.timeout(180)
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
async def test_a_killed_runner_loses_no_row_and_doubles_none(
    headless_platform: Platform, sites: Sites, seed: int
) -> None:
    platform, chance = headless_platform, random.Random(seed)
    runners = [await platform.start_runner(), await platform.start_runner()]
    recording = await platform.import_recording(register(sites.url, "?answer=0.3"))
    job = await platform.run_job(recording["id"], people(ROWS), concurrency=4)
    for _ in range(2):
        await _rows_finished(platform, job["id"], 2)
        await asyncio.sleep(chance.uniform(0.1, 1.5))
        victim = runners.pop(chance.randrange(len(runners)))
        await platform.kill(victim)
        runners.append(await platform.start_runner())
    outcomes = _check(await platform.results(job["id"]), sites, ROWS)
    assert outcomes["success"] >= ROWS - 4
    ended = await platform.ended(job["id"])
    assert ended["unknown_rows"] == outcomes["outcome_unknown"]
    assert ended["completed_rows"] == ROWS


@pytest.mark.timeout(180)
async def test_two_schedulers_dispatch_no_row_twice_and_one_may_be_killed(
    headless_platform: Platform, sites: Sites
) -> None:
    platform = headless_platform
    await platform.start_runner(slots=3)
    second = await platform.start_service("scheduler")
    recording = await platform.import_recording(register(sites.url))
    job = await platform.run_job(recording["id"], people(12), concurrency=3)
    await _rows_finished(platform, job["id"], 4)
    await platform.kill(second)
    assert _check(await platform.results(job["id"]), sites, 12) == {"success": 12}
    events = [event async for event in platform.events(job["id"])]
    dispatched = [event["row"] for event in events if event["type"] == "RowDispatched"]
    assert sorted(dispatched) == list(range(12))
    assert sum(event["type"] == "JobEnded" for event in events) == 1


@pytest.mark.timeout(180)
async def test_nats_and_postgres_may_stop_and_start_while_a_job_runs(headless_platform: Platform, sites: Sites) -> None:
    platform = headless_platform
    await platform.start_runner(slots=3)
    recording = await platform.import_recording(register(sites.url, "?answer=0.2"))
    job = await platform.run_job(recording["id"], people(ROWS), concurrency=3)
    await _rows_finished(platform, job["id"], 3)
    await platform.stack.restart_nats()
    await asyncio.sleep(1)
    await platform.stack.restart_postgres()
    for _ in range(60):
        job_now = await platform.client.get(f"/scheduler/v1/jobs/{job['id']}")
        if job_now.status_code == 200 and job_now.json()["completed_at"]:
            break
        await asyncio.sleep(1)
    outcomes = _check(await platform.results(job["id"]), sites, ROWS)
    assert outcomes == {"success": ROWS}
