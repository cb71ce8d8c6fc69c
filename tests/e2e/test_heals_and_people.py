"""What people decide about heals: the page changed, a row healed, somebody accepts, rejects, or takes it back."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from shared.testing.command_line import command
from shared.testing.platform import Platform
from shared.testing.sites import Sites
from tests.e2e.recordings import people, register

PATIENCE = 10.0


async def eventually(look: Callable[[], Awaitable[Any]], true: Callable[[Any], bool]) -> Any:
    found: Any = None
    async with asyncio.timeout(PATIENCE):
        while not true(found):
            found = await look()
            await asyncio.sleep(0.05)
    return found


async def look_up(platform: Platform, path: str) -> Any:
    answer = await platform.client.get(path)
    return answer.json() if answer.status_code == 200 else None


async def get(platform: Platform, path: str, **query: Any) -> Any:
    answer = await platform.client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def healed_on_a_changed_page(platform: Platform, sites: Sites) -> tuple[str, list[dict[str, Any]]]:
    """A recording that was taught on the page as it was, and the heals of a job on the page years later."""
    recording = (await platform.import_recording(register(sites.url)))["id"]
    first = await platform.run_job(recording, people(1))
    assert (await platform.results(first["id"]))[0]["status"] == "success"
    await revision_of(platform, recording, 2)
    sites.look = "2"
    second = await platform.run_job(recording, people(3), concurrency=1)
    assert [row["status"] for row in await platform.results(second["id"])] == ["success"] * 3
    heals = await eventually(
        lambda: get(platform, "/healer/v1/heals", job_id=second["id"]),
        lambda found: found and any(heal["cache_hit"] for heal in found),
    )
    return recording, [heal for heal in heals if not heal["cache_hit"]]


async def revision_of(platform: Platform, recording: str, number: int) -> dict[str, Any]:
    found: dict[str, Any] = await eventually(
        lambda: look_up(platform, f"/ingest/v1/recordings/{recording}"),
        lambda found: found and found["revision"] >= number,
    )
    return found


async def found_by(platform: Platform, recording: str) -> list[dict[int, str | None]]:
    job = await platform.run_job(recording, people(1))
    results = await platform.results(job["id"])
    return [{step["stepNumber"]: step.get("foundBy") for step in row["step_results"]} for row in results]


async def test_an_accepted_heal_becomes_a_revision_that_finds_its_element_by_itself(
    platform: Platform, sites: Sites
) -> None:
    recording, heals = await healed_on_a_changed_page(platform, sites)
    heal = next(each for each in heals if each["state"] == "recorded")
    step = heal["step_number"]
    assert heal["revision"] == 2
    answer = await platform.client.post(f"/healer/v1/heals/{heal['id']}/accept")
    assert (answer.status_code, answer.json()["state"]) == (200, "accepted")
    revised = await revision_of(platform, recording, 3)
    adopted = next(each for each in revised["steps"] if each["stepNumber"] == step)
    assert adopted["selector"] == heal["healed_selector"]
    again = await platform.client.post(f"/healer/v1/heals/{heal['id']}/accept")
    assert again.status_code == 200, "accepting twice changes nothing"
    empty = await eventually(
        lambda: get(platform, f"/healer/v1/recordings/{recording}/cache"), lambda found: found is not None and not found
    )
    assert empty == [], "revising the recording drops its entries"
    (found,) = await found_by(platform, recording)
    assert found[step] in ("recorded", "bundle")
    revisions = await get(platform, f"/ingest/v1/recordings/{recording}/revisions")
    assert [each["kind"] for each in revisions] == ["imported", "taught", "heal_adopted"]
    assert revisions[1]["row_index"] == 0
    assert revisions[2]["heal_id"] == heal["id"]
    other = next(each for each in heals if each["step_number"] == step)
    shown = await get(platform, f"/healer/v1/heals/{other['id']}")
    assert (shown["state"], shown["adopted_revision"]) == ("adopted", 3)
    by = {"RETOLD_URL": platform.address, "RETOLD_TOKEN": platform.token}
    rejected = await command("heals", "reject", heal["id"], environment=by)
    assert f"retold undo {recording} --revision 3" in rejected.err, "its locator is the recording's own by now"


async def test_a_heal_of_a_step_that_was_revised_since_cannot_be_accepted(platform: Platform, sites: Sites) -> None:
    recording, heals = await healed_on_a_changed_page(platform, sites)
    heal = heals[0]
    await platform.client.post(f"/healer/v1/heals/{heal['id']}/accept")
    await revision_of(platform, recording, 3)
    undone = await platform.client.post(f"/ingest/v1/recordings/{recording}/revisions/2/undo")
    if undone.status_code == 200:
        await revision_of(platform, recording, 4)
    late = next(each for each in heals if each["step_number"] != heal["step_number"])
    answer = await platform.client.post(f"/healer/v1/heals/{late['id']}/accept")
    expected = 409 if undone.status_code == 200 else 200
    assert answer.status_code == expected, answer.text
    if expected == 409:
        assert answer.headers["content-type"] == "application/problem+json"
        assert "has been revised since" in answer.json()["detail"]


async def test_a_rejected_stand_in_is_never_used_again(platform: Platform, sites: Sites) -> None:
    recording, heals = await healed_on_a_changed_page(platform, sites)
    heal = next(each for each in heals if each["success"])
    answer = await platform.client.post(f"/healer/v1/heals/{heal['id']}/reject")
    assert answer.status_code == 200
    before = len(sites.entries())
    job = await platform.run_job(recording, people(1))
    (row,) = await platform.results(job["id"])
    assert (row["status"], row["failed_step"], row["error_type"]) == ("failed", heal["step_number"], "heal_rejected")
    assert "a person rejected" in row["error_message"]
    assert len(sites.entries()) == before
    listed = await get(platform, "/healer/v1/heals", recording_id=recording, state="rejected")
    assert heal["id"] in [each["id"] for each in listed]


async def test_it_is_told_which_steps_are_fragile(platform: Platform, sites: Sites) -> None:
    recording, heals = await healed_on_a_changed_page(platform, sites)
    steps = await eventually(
        lambda: get(platform, f"/healer/v1/recordings/{recording}/fragility"),
        lambda found: found and found[0]["rows_seen"] == 4,
    )
    worst = steps[0]
    assert worst["step_number"] in {heal["step_number"] for heal in heals}
    assert (worst["heals"], worst["cache_hits"], worst["share"]) == (1, 2, 0.75)
    everything = await get(platform, f"/healer/v1/recordings/{recording}/fragility", healthy="true")
    assert len(everything) == 8


async def test_what_a_run_taught_can_be_taken_back_and_is_not_taught_again(platform: Platform, sites: Sites) -> None:
    recording = (await platform.import_recording(register(sites.url)))["id"]
    before = await revision_of(platform, recording, 1)
    await found_by(platform, recording)
    taught = await revision_of(platform, recording, 2)
    assert taught["steps"] != before["steps"]
    answer = await platform.client.post(f"/ingest/v1/recordings/{recording}/revisions/2/undo")
    assert answer.status_code == 200, answer.text
    undone = await revision_of(platform, recording, 3)
    assert [step["bundle"] for step in undone["steps"]] == [step["bundle"] for step in before["steps"]]
    await found_by(platform, recording)
    await asyncio.sleep(0.5)
    revisions = await get(platform, f"/ingest/v1/recordings/{recording}/revisions")
    assert [each["kind"] for each in revisions] == ["imported", "taught", "undone"]
    refused = await platform.client.post(f"/ingest/v1/recordings/{recording}/revisions/9/undo")
    assert (refused.status_code, "at revision 3" in refused.json()["detail"]) == (409, True)
