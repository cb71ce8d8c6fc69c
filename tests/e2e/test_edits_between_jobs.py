"""A recording is edited between two jobs, and while one runs."""

from typing import Any

from shared.testing.platform import Platform
from shared.testing.sites import Sites
from tests.e2e.recordings import people, register
from tests.e2e.test_heals_and_people import eventually, get, revision_of


async def edit(platform: Platform, recording: str, method: str, path: str, body: Any = None) -> dict[str, Any]:
    url = f"/ingest/v1/recordings/{recording}"
    now = (await get(platform, f"{url}/steps"))["revision"]
    answer = await platform.client.request(method, f"{url}{path}", params={"revision": now}, json=body)
    assert answer.status_code in (200, 201), answer.text
    done: dict[str, Any] = answer.json()
    return done


def events_of(row: dict[str, Any]) -> list[tuple[int, str]]:
    return [(step["stepNumber"], step["status"]) for step in row["step_results"]]


async def test_the_next_job_performs_what_was_edited(platform: Platform, sites: Sites) -> None:
    recording = (await platform.import_recording(register(sites.url)))["id"]
    first = await platform.run_job(recording, people(1))
    (row,) = await platform.results(first["id"])
    assert (row["status"], len(row["step_results"])) == ("success", 8)
    # The newsletter is not wanted any more; a look at the button before it is pressed is.
    await edit(platform, recording, "PATCH", "/steps/6", {"disabled": True})
    looks = {"at": 8, "event": "assert", "selector": "#send", "metadata": {"assertion": {"what": "enabled"}}}
    await edit(platform, recording, "POST", "/steps", looks)
    await edit(platform, recording, "POST", "/steps/3/move", {"to": 4})
    await edit(platform, recording, "PATCH", "/steps/4", {"label": "Full name"})
    before = len(sites.entries())
    second = await platform.run_job(recording, people(2))
    rows = await platform.results(second["id"])
    assert [each["status"] for each in rows] == ["success"] * 2, [each["error_message"] for each in rows]
    assert events_of(rows[0]) == [(n, "skipped" if n == 6 else "completed") for n in range(1, 10)]
    (skipped,) = (step for step in rows[0]["step_results"] if step["status"] == "skipped")
    assert skipped["message"] == "it is disabled"
    entered = sites.entries()[before:]
    assert sorted(each["name"] for each in entered) == ["Person 0, Jr", "Person 1, Jr"], "the old column fills it"
    assert [each["newsletter"] for each in entered] == [""] * 2


async def test_a_job_keeps_the_revision_that_it_started_with(platform: Platform, sites: Sites) -> None:
    recording = (await platform.import_recording(register(sites.url)))["id"]
    before = len(sites.entries())
    started = await platform.run_job(recording, people(6), concurrency=1)
    await edit(platform, recording, "DELETE", "/steps/8")
    ended = await platform.ended(started["id"])
    assert ended["status"] == "completed"
    rows = await platform.results(started["id"])
    assert [len(row["step_results"]) for row in rows] == [8] * 6
    assert len(sites.entries()) == before + 6
    later = await platform.run_job(recording, people(1))
    (row,) = await platform.results(later["id"])
    assert len(row["step_results"]) == 7
    assert len(sites.entries()) == before + 6, "nobody presses the button any more"


async def test_heals_of_an_edited_recording_are_not_used_any_more(platform: Platform, sites: Sites) -> None:
    recording = (await platform.import_recording(register(sites.url)))["id"]
    await platform.results((await platform.run_job(recording, people(1)))["id"])
    await revision_of(platform, recording, 2)
    sites.look = "2"
    await platform.results((await platform.run_job(recording, people(1)))["id"])
    cache = f"/healer/v1/recordings/{recording}/cache"
    assert await eventually(lambda: get(platform, cache), bool)
    await edit(platform, recording, "POST", "/steps/4/move", {"to": 3})
    assert await eventually(lambda: get(platform, cache), lambda found: found == []) == []
    job = await platform.run_job(recording, people(1))
    assert [row["status"] for row in await platform.results(job["id"])] == ["success"]
    rerun = await platform.client.post(f"/scheduler/v1/jobs/{job['id']}/rerun", json={"which": "all"})
    assert rerun.status_code in (200, 201, 202), rerun.text
