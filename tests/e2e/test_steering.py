"""A person pauses, resumes and hurries a job over HTTP."""

import asyncio
from uuid import uuid4

import pytest

from shared.testing.platform import Platform
from shared.testing.sites import Sites
from tests.e2e.recordings import people, register

JOBS = "/scheduler/v1/jobs"


async def job_at(platform: Platform, answer) -> dict:
    """The job once its read model has seen what was just asked for."""
    assert answer.status_code == 202, answer.text
    told = answer.json()
    return (await platform.client.get(f"{JOBS}/{told['id']}", params={"at_least": told["position"]})).json()


async def test_a_job_is_paused_hurried_and_resumed(platform: Platform, sites: Sites) -> None:
    recording = await platform.import_recording(register(sites.url))
    job = await platform.run_job(recording["id"], people(8), concurrency=1, priority=7)
    assert job["priority"] == 7
    client, url = platform.client, f"{JOBS}/{job['id']}"
    async for event in platform.events(job["id"]):
        if event["type"] == "RowFinished":
            break
    assert (await job_at(platform, await client.post(f"{url}/pause")))["status"] == "paused"
    await asyncio.sleep(3)  # the row that was handed out already runs to its end
    resting = (await client.get(url)).json()
    assert resting["completed_rows"] < 8
    await asyncio.sleep(2)
    assert (await client.get(url)).json()["completed_rows"] == resting["completed_rows"]
    assert (await job_at(platform, await client.patch(url, json={"priority": 95})))["priority"] == 95
    assert (await job_at(platform, await client.post(f"{url}/resume")))["status"] == "running"
    ended = await platform.ended(job["id"])
    assert (ended["status"], ended["successful_rows"]) == ("completed", 8)
    refused = await client.post(f"{url}/pause")
    assert refused.status_code == 409
    assert "has ended" in refused.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/pause", None, 404),
        ("POST", "/resume", None, 404),
        ("PATCH", "", {"priority": 5}, 404),
        ("PATCH", "", {"priority": 101}, 422),
        ("PATCH", "", {}, 422),
    ],
)
async def test_what_cannot_be_done_to_a_job_is_said(platform: Platform, method, path, body, status) -> None:
    answer = await platform.client.request(method, f"{JOBS}/{uuid4()}{path}", json=body)
    assert answer.status_code == status
    assert answer.json()["detail"]
