"""The main job: a recording, a table and a web application become a finished job."""

import asyncio
import json

import asyncpg
import nats
import pytest

from shared.core.time_and_ids import PLATFORM_ORG
from shared.testing.platform import Platform
from shared.testing.sites import Sites
from tests.e2e.recordings import click, people, register


async def test_every_row_of_the_table_is_registered_once(platform: Platform, sites: Sites) -> None:
    recording = await platform.import_recording(register(sites.url))
    job = await platform.run_job(recording["id"], people(6), concurrency=3)
    results = await platform.results(job["id"])
    assert [row["status"] for row in results] == ["success"] * 6
    assert [row["row_index"] for row in results] == list(range(6))
    entries = sorted(entry["name"] for entry in sites.entries())
    assert entries == [f"Person {n}, Jr" for n in range(6)]
    assert {entry["country"] for entry in sites.entries()} == {"fr"}
    ended = await platform.ended(job["id"])
    assert (ended["status"], ended["successful_rows"], ended["failed_rows"]) == ("completed", 6, 0)
    assert ended["unmapped_columns"] == ["note"]
    steps = results[0]["step_results"]
    assert [step["stepNumber"] for step in steps] == list(range(1, 9))
    assert all(step["success"] for step in steps)


async def test_a_successful_run_teaches_thin_steps_their_full_bundles(platform: Platform, sites: Sites) -> None:
    recording = await platform.import_recording(register(sites.url))
    job = await platform.run_job(recording["id"], people(1))
    await platform.ended(job["id"])
    for _ in range(100):
        taught = (await platform.client.get(f"/ingest/v1/recordings/{recording['id']}")).json()
        if taught["revision"] == 2:
            break
        await asyncio.sleep(0.05)
    email = next(step for step in taught["steps"] if step["label"] == "Email address")
    assert taught["revision"] == 2
    assert email["bundle"]["tag"] == "input"
    assert email["bundle"]["dataAttrs"] == {"data-testid": "email-input"}
    assert email["metadata"]["elementType"] == "email"


async def test_a_page_that_changed_is_healed_and_the_heal_is_used_by_the_next_row(
    platform: Platform, sites: Sites
) -> None:
    recording = await platform.import_recording(register(sites.url))
    first = await platform.run_job(recording["id"], people(1))
    assert (await platform.results(first["id"]))[0]["status"] == "success"
    sites.look = "2"
    second = await platform.run_job(recording["id"], people(3), concurrency=1)
    results = await platform.results(second["id"])
    assert [row["status"] for row in results] == ["success"] * 3
    found = [{step["stepNumber"]: step.get("foundBy") for step in row["step_results"]} for row in results]
    healed = {number for number, by in found[0].items() if by == "healed"}
    assert healed
    assert all(found[2][number] == "cached" for number in healed)
    heals = (await platform.client.get("/healer/v1/heals", params={"job_id": second["id"]})).json()
    assert {heal["healing_method"] for heal in heals} == {"fuzzy_match", "cached"}
    assert len(sites.entries()) == 4


async def test_a_row_whose_element_is_gone_fails_with_a_screenshot_and_a_sentence(
    platform: Platform, sites: Sites
) -> None:
    wrong = register(sites.url)
    wrong["steps"][-1] = click("aria/No such button", "#gone")
    recording = await platform.import_recording(wrong)
    job = await platform.run_job(recording["id"], people(1), options={"wait_timeout": 500})
    (row,) = await platform.results(job["id"])
    assert (row["status"], row["failed_step"]) == ("failed", 8)
    assert "/register/" in row["error_message"]
    picture = await platform.client.get(row["screenshot_url"])
    assert picture.headers["content-type"] == "image/jpeg"
    assert (await platform.ended(job["id"]))["status"] == "failed"
    assert sites.entries() == []


async def test_stop_on_error_skips_the_rows_not_started(platform: Platform, sites: Sites) -> None:
    wrong = register(sites.url)
    wrong["steps"][-1] = click("aria/No such button", "#gone")
    recording = await platform.import_recording(wrong)
    options = {"wait_timeout": 300}
    job = await platform.run_job(recording["id"], people(6), concurrency=1, stop_on_error=True, options=options)
    results = await platform.results(job["id"])
    assert [row["status"] for row in results] == ["failed"] + ["skipped"] * 5
    assert {row["error_type"] for row in results[1:]} == {"stop_on_error"}
    ended = await platform.ended(job["id"])
    assert (ended["status"], ended["skipped_rows"]) == ("failed", 5)


async def test_a_cancelled_job_ends_with_every_row_counted_once(platform: Platform, sites: Sites) -> None:
    recording = await platform.import_recording(register(sites.url, "?delay=0.5"))
    job = await platform.run_job(recording["id"], people(20), concurrency=2)
    await asyncio.sleep(1.0)
    answer = await platform.client.post(f"/scheduler/v1/jobs/{job['id']}/cancel")
    assert answer.status_code == 202
    results = await platform.results(job["id"])
    ended = await platform.ended(job["id"])
    assert ended["status"] == "cancelled"
    assert len(results) == 20
    assert ended["completed_rows"] + ended["skipped_rows"] == 20
    assert ended["skipped_rows"] >= 10


async def test_rerun_runs_only_the_rows_that_failed(platform: Platform, sites: Sites) -> None:
    sites.refused = {"Person 1, Jr"}
    recording = await platform.import_recording(register(sites.url))
    job = await platform.run_job(recording["id"], people(3))
    assert [row["status"] for row in await platform.results(job["id"])] == ["success", "failed", "success"]
    sites.refused = set()
    answer = await platform.client.post(f"/scheduler/v1/jobs/{job['id']}/rerun", json={"which": "failed"})
    assert answer.json()["total_rows"] == 1
    again = await platform.ended(answer.json()["id"])
    assert (again["status"], again["rerun_of"]) == ("completed", job["id"])
    assert sorted(entry["name"] for entry in sites.entries()) == [f"Person {n}, Jr" for n in range(3)]
    assert sites.entries()[-1]["password"] == "clear-secret-1"


async def test_a_row_that_failed_is_tried_again_when_the_caller_allows_it(platform: Platform, sites: Sites) -> None:
    sites.refused = {"Person 0, Jr"}
    recording = await platform.import_recording(register(sites.url))
    job = await platform.run_job(recording["id"], people(1), options={"max_retries": 2})
    seen = []
    async for event in platform.events(job["id"]):
        seen.append((event["type"], event.get("attempt"), event.get("status"), event.get("final")))
        if event["type"] == "RowFinished" and event["attempt"] == 1:
            sites.refused = set()
    assert [each for each in seen if each[0] == "RowFinished"] == [
        ("RowFinished", 1, "failed", False),
        ("RowFinished", 2, "success", True),
    ]
    assert [each[1] for each in seen if each[0] == "RowStarted"] == [1, 2]
    (row,) = await platform.results(job["id"])
    assert (row["status"], row["attempt"]) == ("success", 2)
    assert len(sites.entries()) == 1


async def test_live_events_resume_behind_the_last_one_seen(platform: Platform, sites: Sites) -> None:
    recording = await platform.import_recording(register(sites.url))
    job = await platform.run_job(recording["id"], people(2))
    whole = [event async for event in platform.events(job["id"])]
    rest = [event async for event in platform.events(job["id"], last=whole[2]["id"])]
    assert whole[0]["type"] == "JobSubmitted"
    assert whole[-1]["type"] == "JobEnded"
    assert rest == whole[3:]


async def test_workers_send_samples_of_their_load(platform: Platform) -> None:
    connection = await asyncpg.connect(platform.stack.postgres_url("runner"))
    await connection.execute("select set_config('retold.org', $1, false)", str(PLATFORM_ORG))
    samples = []
    for _ in range(100):
        samples = await connection.fetch("select * from vdi_metrics order by recorded_at")
        if samples:
            break
        await asyncio.sleep(0.1)
    await connection.close()
    assert samples[0]["worker_id"]
    assert 0 <= samples[0]["cpu_usage"] <= 100
    assert samples[0]["memory_usage"] > 50


async def test_no_secret_stands_anywhere_in_clear(
    platform: Platform, sites: Sites, capfd: pytest.CaptureFixture[str]
) -> None:
    recording = await platform.import_recording(register(sites.url))
    table = people(2).replace("note 0", "note zero")
    job = await platform.run_job(recording["id"], table, secret_columns=["note"])
    assert {row["status"] for row in await platform.results(job["id"])} == {"success"}
    assert {entry["password"] for entry in sites.entries()} == {"clear-secret-0", "clear-secret-1"}
    secrets = [b"clear-secret-0", b"clear-secret-1", b"recorded-Passw0rd", b"note zero"]
    said = "".join(capfd.readouterr()).encode()
    everything = await _whole_log(platform) + await _all_rows(platform) + _all_files(platform) + said
    for secret in secrets:
        assert secret not in everything
    assert b"p0@example.org" in everything  # so we did look at the right places


async def _whole_log(platform: Platform) -> bytes:
    client = await nats.connect(platform.stack.nats_url)
    jetstream = client.jetstream()
    whole = b""
    for stream in ("EVT", "LOG", "DLQ"):
        last = (await jetstream.stream_info(stream)).state.last_seq
        for sequence in range(1, last + 1):
            message = await jetstream.get_msg(stream, sequence)
            whole += message.data or b""
    await client.close()
    return whole


async def _all_rows(platform: Platform) -> bytes:
    whole = []
    for service in ("ingest", "scheduler", "runner", "healer"):
        connection = await asyncpg.connect(platform.stack.postgres_url(service))
        await connection.execute("select set_config('retold.org', $1, false)", str(platform.org))
        tables = await connection.fetch("select tablename from pg_tables where schemaname = $1", service)
        for table in tables:
            whole += [row[0] for row in await connection.fetch(f'select t::text from "{table["tablename"]}" t')]
        await connection.close()
    return json.dumps(whole).encode()


def _all_files(platform: Platform) -> bytes:
    files = [path for path in platform.home.rglob("*") if path.is_file() and path.name != "secrets.json"]
    readable = [path for path in files if "postgres" not in path.parts]
    return b"".join(path.read_bytes() for path in readable)
