"""A job, a row, a recording as they were, and what has changed since."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg
import pytest

from services.__main__ import blueprint
from shared.projections import Projector, wait_until
from tests.integration.time_travel.telling import JOB, RECORDING, Told


async def shown_now(told: Told, service: str, projection: str, where: str) -> dict[str, Any]:
    """A row of a read model that was projected as in production, past row-level security."""
    own = next(each for each in blueprint(service).projections if each.name == projection)
    resources = told.resources[service]
    running = asyncio.create_task(Projector(resources.database, own, resources.log).run())
    try:
        await wait_until(resources.database, projection, await resources.log.last_position(own.subjects), timeout=20)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    async with looking_in(told) as admin:
        found = await admin.fetchval(f'select to_jsonb(t)::text from "{service}"."{projection}" t where {where}')
    row: dict[str, Any] = json.loads(found)
    return row


@asynccontextmanager
async def looking_in(told: Told) -> AsyncIterator["asyncpg.Connection[Any]"]:
    """As an administrator."""
    admin = await asyncpg.connect(told.stack.admin_url.rpartition("/")[0] + "/retold")
    try:
        yield admin
    finally:
        await admin.close()


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        (("job", JOB), ("scheduler", "execution_jobs", f"id = '{JOB}'")),
        (("row", JOB, 1), ("runner", "execution_results", f"execution_job_id = '{JOB}' and row_index = 1")),
        (("recording", RECORDING), ("ingest", "recordings", f"id = '{RECORDING}'")),
    ],
    ids=["job", "row", "recording"],
)
async def test_as_of_now_is_what_the_read_model_shows(
    told: Told, arguments: tuple[Any, ...], place: tuple[str, str, str]
) -> None:
    state = (await told.retold("as-of", "now", *arguments, "--json")).json["state"]
    state.pop("run", None)
    assert state == await shown_now(told, *place)


async def test_a_jobs_status_and_counts_are_those_of_each_moment(told: Told) -> None:
    positions = await told.positions("--job", JOB)
    seen = []
    for position in dict.fromkeys(positions):
        past = (await told.retold("as-of", position, "job", JOB, "--json")).json
        state = past["state"]
        assert past["position"] == position
        assert past["events"][-1]["position"] <= position
        seen.append((state["status"], state["successful_rows"] + state["failed_rows"]))
    assert [status for status, _ in seen] == sorted(
        (status for status, _ in seen), key=("pending", "running", "completed").index
    )
    assert [count for _, count in seen] == sorted(count for _, count in seen)
    assert (seen[0], seen[-1]) == (("pending", 0), ("completed", 3))


async def test_a_row_tells_its_phase_its_attempt_its_worker_and_its_time_line(told: Told) -> None:
    told_of = (await told.retold("events", "--job", JOB, "--row", 1, "--json")).json_lines
    phases = []
    for event in told_of:
        past = (await told.retold("as-of", event["position"], "row", JOB, 1, "--json")).json
        assert [each["id"] for each in past["events"]] == [
            each["id"] for each in told_of if each["position"] <= event["position"]
        ]
        run = past["state"]["run"]
        phases.append((run["phase"], run["attempt"], past["state"].get("status")))
        assert past["state"]["row_data"]["name"]
    assert phases == [
        ("dispatched", 1, None),
        ("started", 1, None),
        ("finished", 1, None),
        ("dispatched", 2, None),
        ("started", 2, None),
        ("finished", 2, "success"),
    ]
    plainly = await told.retold("as-of", told_of[1]["position"], "row", JOB, 1)
    assert plainly.code == 0
    for text in ("run.phase", "started", "RowDispatched", "worker_id"):
        assert text in plainly.out


async def test_a_moment_in_time_is_what_had_been_stored_by_then(told: Told) -> None:
    submitted = await told.retold("events", "--job", JOB, "--type", "JobSubmitted", "--json")
    ended = await told.retold("events", "--job", JOB, "--type", "JobEnded", "--json")
    between = await told.retold("as-of", ended.json["at"], "job", JOB, "--json")
    assert submitted.json["position"] <= between.json["position"] < ended.json["position"]
    assert between.json["state"]["status"] != "completed"
    assert (await told.retold("as-of", "9w", "job", JOB)).code == 1


async def test_a_difference_tells_field_by_field_what_came_changed_and_went(told: Told) -> None:
    positions = await told.positions("--job", JOB, "--row", 1)
    arguments = ("row", JOB, 1, "--diff", "now")
    found = (await told.retold("as-of", positions[1], *arguments, "--json")).json
    changes = {each["field"]: each for each in found["changes"]}
    assert (changes["run.phase"]["before"], changes["run.phase"]["after"]) == ("started", "finished")
    assert (changes["status"]["change"], changes["status"]["after"]) == ("added", "success")
    assert changes["started_at"]["change"] == "changed"
    assert not changes.keys() & {"row_data", "error_type"}
    assert [each["position"] for each in found["events"]] == positions[2:]
    assert found["from"]["position"] == positions[1]
    turned = (await told.retold("as-of", "now", "row", JOB, 1, "--diff", positions[1], "--json")).json
    assert turned["changes"] == found["changes"]
    plainly = await told.retold("as-of", positions[1], *arguments)
    for text in ("run.phase", "started", "finished", "changed", "added"):
        assert text in plainly.out
    same = await told.retold("as-of", positions[1], "row", JOB, 1, "--diff", positions[1])
    assert "nothing has changed" in same.out


async def test_a_recording_shows_what_it_was_before_it_was_taught(told: Told) -> None:
    imported, taught, *_ = await told.positions("--stream", f"ingest.recording.{RECORDING}")
    found = (await told.retold("as-of", imported, "recording", RECORDING, "--diff", taught, "--json")).json
    fields = {each["field"] for each in found["changes"]}
    assert {"revision", "updated_at"} < fields
    assert all(field.startswith(("revision", "updated_at", "steps.")) for field in fields)


async def test_looking_back_leaves_nothing_behind_and_touches_no_read_model(told: Told) -> None:
    async with looking_in(told) as admin:
        tables = "select schemaname, tablename from pg_tables where schemaname !~ '^(pg_catalog|information_schema)$'"

        async def everything() -> list[Any]:
            names = [tuple(row) for row in await admin.fetch(tables)]
            return [(*at, await admin.fetch('select t::text from "{}"."{}" t order by 1'.format(*at))) for at in names]

        before = await everything()
        for arguments in (("job", JOB), ("row", JOB, 1), ("recording", RECORDING)):
            assert (await told.retold("as-of", "now", *arguments)).code == 0
        async with asyncio.timeout(10):
            while await everything() != before:  # a connection's tables go a moment after it
                await asyncio.sleep(0.1)
