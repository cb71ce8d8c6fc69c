"""One organization's odd input stops nobody's work."""

import asyncio
import json

import asyncpg
import httpx2

from shared.testing.platform import Platform
from shared.testing.sites import Sites
from tests.e2e.recordings import people, register


async def test_values_that_a_table_cannot_hold_stop_no_read_model(platform: Platform, sites: Sites) -> None:
    odd = {
        "name": "Years apart",
        "starting_url": "HTTPS://example.org/",
        "steps": [
            {
                "stepNumber": 1,
                "event": "page_load",
                "timestamp": 1,
                "navigation": {"type": "navigation", "url": "https://example.org/"},
                "bundle": {},
            },
            {
                "stepNumber": 2,
                "event": "scroll",
                "timestamp": 1760000000000,
                "navigation": {"type": "same_page"},
                "bundle": {},
            },
        ],
    }
    first = await platform.client.post("/ingest/v1/recordings", content=json.dumps(odd), params={"name": "a\0b"})
    assert first.status_code == 201, first.text
    next_one = await platform.import_recording(register(sites.url))
    listed = await platform.client.get("/ingest/v1/recordings", params={"at_least": next_one["position"], "limit": 2})
    assert [recording["id"] for recording in listed.json()] == [next_one["id"], first.json()["id"]]
    assert listed.json()[1]["name"] == "a\ufffdb"


async def _listed(platform: Platform, position: int) -> httpx2.Response:
    """As clients do: a read model that is not there yet answers 503, and is asked again."""
    for _ in range(6):
        answer = await platform.client.get("/ingest/v1/recordings", params={"at_least": position})
        if answer.status_code != httpx2.codes.SERVICE_UNAVAILABLE:
            break
    assert answer.status_code == httpx2.codes.OK, answer.text
    return answer


async def test_an_event_that_its_table_refuses_is_put_aside_and_the_others_go_on(
    platform: Platform, sites: Sites
) -> None:
    owner = await asyncpg.connect(platform.stack.postgres_url("ingest"))
    await owner.execute("alter table recordings add constraint no_nines check (name <> 'refuse me')")
    refused = await platform.client.post(
        "/ingest/v1/recordings", content=json.dumps(register(sites.url)), params={"name": "refuse me"}
    )
    accepted = await platform.import_recording(register(sites.url))
    listed = await _listed(platform, accepted["position"])
    ids = [recording["id"] for recording in listed.json()]
    assert accepted["id"] in ids
    assert refused.json()["id"] not in ids
    dead = await owner.fetch("select * from dead_events where projection = 'recordings'")
    assert [row["position"] for row in dead] == [refused.json()["position"]]
    await owner.execute("alter table recordings drop constraint no_nines")
    await owner.execute("delete from dead_events")
    await owner.close()


async def test_a_deadline_in_a_million_years_stops_no_other_job(platform: Platform, sites: Sites) -> None:
    recording = await platform.import_recording(register(sites.url))
    endless = await platform.run_job(recording["id"], people(1), options={"deadline_seconds": 10**12})
    other = await platform.run_job(recording["id"], people(1))
    assert (await platform.ended(endless["id"]))["status"] == "completed"
    assert (await platform.ended(other["id"]))["status"] == "completed"


async def test_the_same_key_submits_a_job_once(platform: Platform, sites: Sites) -> None:
    recording = await platform.import_recording(register(sites.url))
    answers = [
        await platform.client.post(
            "/scheduler/v1/jobs",
            files={"file": ("t.csv", people(2).encode())},
            data={"request": json.dumps({"recording_id": recording["id"]})},
            headers={"Idempotency-Key": recording["id"]},
        )
        for _ in range(2)
    ]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    await platform.ended(answers[0].json()["id"])
    assert len(sites.entries()) == 2


async def test_a_recording_without_a_navigation_begins_at_its_starting_address(
    platform: Platform, sites: Sites
) -> None:
    recording = {
        "name": "Only a name",
        "starting_url": f"{sites.url}/register/",
        "steps": [
            {
                "stepNumber": 1,
                "event": "type",
                "label": "Name",
                "value": "Ann",
                "navigation": {"type": "same_page"},
                "bundle": {"id": "name", "tag": "input"},
                "selector": "#name",
            }
        ],
    }
    imported = await platform.import_recording(recording)
    job = await platform.run_job(imported["id"], 'name\n"http://elsewhere.example/"\n')
    (row,) = await platform.results(job["id"])
    assert row["status"] == "success", row


async def test_a_cancelled_job_ends_though_no_runner_took_its_rows(headless_platform: Platform, sites: Sites) -> None:
    platform = headless_platform
    recording = await platform.import_recording(register(sites.url))
    job = await platform.run_job(recording["id"], people(5), concurrency=2)
    await asyncio.sleep(0.5)
    await platform.client.post(f"/scheduler/v1/jobs/{job['id']}/cancel")
    async with asyncio.timeout(10):
        ended = await platform.ended(job["id"])
    assert (ended["status"], ended["skipped_rows"]) == ("cancelled", 5)


async def test_a_secret_that_the_page_shows_again_is_not_learned(platform: Platform, sites: Sites) -> None:
    recording = register(sites.url)
    recording["steps"].insert(7, {"type": "hover", "target": "main", "selectors": [["#echo"]]})
    imported = await platform.import_recording(recording)
    job = await platform.run_job(imported["id"], people(1), secret_columns=["name"], mapping={"name": "Name"})
    (row,) = await platform.results(job["id"])
    assert row["status"] == "success", row
    for _ in range(50):
        taught = await platform.client.get(f"/ingest/v1/recordings/{imported['id']}")
        if taught.json()["revision"] > 1:
            break
        await asyncio.sleep(0.05)
    assert taught.json()["revision"] == 2
    assert "Person 0" not in taught.text
