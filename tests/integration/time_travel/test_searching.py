"""The log searched by what an operator knows: a job, an organization, a request, a place."""

from typing import Any
from uuid import UUID

import pytest

from shared.core.personal import HIDDEN
from shared.core.time_and_ids import derived_id
from tests.integration.time_travel.telling import FIRST, JOB, Told

NOBODYS = UUID("5b43e56e-3e40-4328-a850-57cdbcc3afbf")  # the id of nothing


async def test_a_jobs_events_are_those_of_its_stream_and_its_rows(told: Told) -> None:
    found = (await told.retold("events", "--job", JOB, "--json")).json_lines
    streams = {f"{event['ctx']}.{event['agg']}" for event in found}
    assert streams == {f"scheduler.job.{JOB}", *(f"row.{JOB}.{row}" for row in range(3))}
    assert [event["position"] for event in found] == sorted(event["position"] for event in found)
    by_beginning = (await told.retold("events", "--job", str(JOB)[:13], "--json")).json_lines
    assert by_beginning == found
    of_row = (await told.retold("events", "--job", JOB, "--row", 1, "--json")).json_lines
    assert of_row == [event for event in found if event["agg"] == f"{JOB}.1"]
    assert len(of_row) == 6


async def test_events_are_filtered_by_organization_actor_and_correlation(told: Told) -> None:
    everything = (await told.retold("events", "--json")).json_lines
    own = (await told.retold("events", "--org", FIRST.context.org, "--json")).json_lines
    assert own == [event for event in everything if event["org"] == str(FIRST.context.org)]
    assert 0 < len(own) < len(everything)
    of_request = (await told.retold("events", "--correlation", "story-first", "--json")).json_lines
    assert of_request == [event for event in everything if event["corr"] == "story-first"]
    assert 0 < len(of_request) < len(everything)
    by_tokens = (await told.retold("events", "--actor", "token", "--json")).json_lines
    assert by_tokens == [event for event in everything if event["actor"].startswith("token:")] != []
    assert (await told.retold("events", "--actor", "tok", "--json")).json_lines == []


async def test_events_are_cut_out_between_two_positions(told: Told) -> None:
    positions = await told.positions("--after", 3, "--before", 7)
    assert sorted(set(positions)) == [4, 5, 6]
    assert sorted(set(await told.positions("--before", 10**9))) == sorted(set(await told.positions()))


async def test_an_event_is_told_by_the_id_that_causes_name(told: Told) -> None:
    event = (await told.retold("events", "--limit", 1, "--json")).json
    assert event["id"] == str(derived_id(event["message"], event["index"]))


async def test_personal_values_are_shown_to_who_has_the_key_and_asks(told: Told) -> None:
    (closed,) = (await told.retold("events", "--type", "OrganizationFounded", "--limit", 1, "--json")).json_lines
    assert closed["data"]["owner_email"] == HIDDEN
    assert closed["sealed"]
    (opened,) = (
        await told.retold("events", "--type", "OrganizationFounded", "--limit", 1, "--open", "--json")
    ).json_lines
    assert opened["data"]["owner_email"] == "ada@crm.example"
    assert "sealed" not in opened
    keyless = await told.retold("events", "--open", RETOLD_MASTER_KEY=None)
    assert keyless.code == 2
    assert "RETOLD_MASTER_KEY" in keyless.err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("events", "--row", 1), 2),
        (("events", "--job", JOB, "--stream", "row"), 2),
        (("events", "--job", "no job"), 2),
        (("events", "--job", "0000000"), 1),
        (("as-of", 1, "row", JOB), 2),
        (("as-of", 1, "job", JOB, 0), 2),
        (("as-of", 10**9, "job", JOB), 2),
        (("as-of", "2100-01-01", "job", JOB), 2),
        (("as-of", "yesterday", "job", JOB), 2),
        (("as-of", "now", "job", JOB, "--diff", "soon"), 2),
        (("as-of", "now", "job", NOBODYS), 1),
        (("as-of", "now", "recording", NOBODYS), 1),
        (("as-of", "now", "row", JOB, 17), 1),
        (("as-of", 1, "job", JOB), 1),
        (("trace", 10**9), 2),
        (("trace", 0), 2),
        (("trace", NOBODYS), 1),
        (("trace", "no such correlation"), 1),
    ],
    ids=str,
)
async def test_what_cannot_be_shown_is_refused_in_a_sentence(told: Told, arguments: tuple[Any, ...], code: int) -> None:
    ended = await told.retold(*arguments)
    assert (ended.code, ended.out) == (code, "")
    assert ended.err.startswith("retold: ")
    assert "unexpected" not in ended.err
