"""Causes and effects: from any event to what led to it and what came of it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.bus import subjects
from shared.bus.log import Append, Context
from shared.core.time_and_ids import derived_id, new_id
from tests.golden.story import story
from tests.integration.time_travel.telling import Told


@dataclass(frozen=True)
class Lived:
    """A job whose every event names its cause, as the services tell it, and a person who stops it."""

    job: UUID
    ids: dict[str, str]
    positions: dict[str, int]


@pytest.fixture(scope="module")
async def lived(told: Told) -> Lived:
    log, org = told.resources["ingest"].log, uuid4()
    job, recording, correlation = new_id(), uuid4(), str(new_id())
    source = story("second")
    events = {type(event).__name__: event for append in source for event in append.events}
    ids: dict[str, str] = {}
    positions: dict[str, int] = {}

    async def tell(stream: subjects.Stream, cause: str | None, *names: str, kind: str = "evt", corr: str = "") -> None:
        context = Context(org, "test", corr or correlation, ids[cause] if cause else None)
        own = [
            events[name].model_copy(update={"job_id": job, "row": 0, "recording_id": recording, "total_rows": 1})
            for name in names
        ]
        append = Append(stream, own, -1, "-".join(names), context, kind)
        position = await log.append(append)
        for index, name in enumerate(names):
            ids[name], positions[name] = str(derived_id(append.message, index)), position

    of_job, of_row = subjects.job(job), subjects.row(job, 0)
    await tell(subjects.recording(recording), None, "RecordingImported", corr=str(new_id()))
    await tell(of_job, None, "JobCreated")
    await tell(of_job, "JobCreated", "JobSubmitted")
    await tell(of_row, "JobSubmitted", "RowDispatched", kind="cmd")
    await tell(of_row, "RowDispatched", "RowStarted")
    await tell(of_row, "RowDispatched", "ElementHealed")
    await tell(subjects.heals(recording), "ElementHealed", "HealRecorded")
    await tell(of_job, None, "JobStopping", corr=str(new_id()))
    await tell(of_row, "RowDispatched", "BundlesLearned", "RowFinished")
    await tell(subjects.recording(recording), "BundlesLearned", "RecordingTaught")
    await tell(of_job, "RowFinished", "JobEnded")
    return Lived(job, ids, positions)


def shape(nodes: list[dict[str, Any]]) -> dict[str, Any]:
    """A tree as types within types."""
    return {node["type"]: shape(node["effects"]) for node in nodes}


HEALED = {"ElementHealed": {"HealRecorded": {}}}
ENDED = {"BundlesLearned": {"RecordingTaught": {}}, "RowFinished": {"JobEnded": {}}}
WHOLE = {
    "JobCreated": {"JobSubmitted": {"RowDispatched": {"RowStarted": {}, **HEALED, **ENDED}}},
    "JobStopping": {},
}


async def test_a_job_is_one_tree_from_its_creation_to_its_end(told: Told, lived: Lived) -> None:
    for name in (lived.job, str(lived.job)[:30]):
        assert shape((await told.retold("trace", name, "--json")).json) == WHOLE
    plainly = await told.retold("trace", lived.job)
    assert "≈" not in plainly.out + plainly.err
    for name in lived.ids.keys() - {"RecordingImported"}:
        assert name in plainly.out


@pytest.mark.parametrize("by", ["id", "position"])
async def test_an_event_is_shown_with_what_led_to_it_and_what_came_of_it_alone(
    told: Told, lived: Lived, by: str
) -> None:
    name = {"id": lived.ids, "position": lived.positions}[by]["ElementHealed"]
    found = (await told.retold("trace", name, "--json")).json
    assert shape(found) == {"JobCreated": {"JobSubmitted": {"RowDispatched": HEALED}}}
    healed = found[0]["effects"][0]["effects"][0]["effects"][0]
    assert (healed["asked"], healed["link"]) == (True, "cause")
    assert "asked" not in found[0]


async def test_events_of_one_decision_are_shown_together(told: Told, lived: Lived) -> None:
    found = (await told.retold("trace", lived.positions["RowFinished"], "--json")).json
    assert shape(found) == {"JobCreated": {"JobSubmitted": {"RowDispatched": ENDED}}}


@pytest.mark.parametrize("effect", ["HealRecorded", "RecordingTaught", "JobEnded"])
async def test_an_effect_in_another_stream_leads_back_to_its_job(told: Told, lived: Lived, effect: str) -> None:
    (node,) = (await told.retold("trace", lived.positions[effect], "--json")).json
    assert node["type"] == "JobCreated"
    while node["effects"]:
        (node,) = node["effects"]
    assert (node["type"], node["asked"]) == (effect, True)


async def test_a_recording_shows_its_import_and_what_taught_it(told: Told, lived: Lived) -> None:
    (imported,) = (await told.retold("trace", lived.positions["RecordingImported"], "--json")).json
    assert imported["type"] == "RecordingImported"
    recording = imported["agg"].partition(".")[2]
    found = (await told.retold("trace", recording, "--json")).json
    taught = {"BundlesLearned": {"RecordingTaught": {}}}
    assert shape(found) == {
        "RecordingImported": {},
        "JobCreated": {"JobSubmitted": {"RowDispatched": taught}},
    }


async def test_a_correlation_shows_what_came_of_one_request(told: Told, lived: Lived) -> None:
    stopping = (await told.retold("events", "--job", lived.job, "--type", "JobStopping", "--json")).json
    found = (await told.retold("trace", stopping["corr"], "--json")).json
    assert shape(found) == {"JobStopping": {}}
    created = (await told.retold("events", "--job", lived.job, "--type", "JobCreated", "--json")).json
    found = (await told.retold("trace", created["corr"], "--json")).json
    assert shape(found) == {"JobCreated": WHOLE["JobCreated"]}


async def test_events_that_name_no_cause_hang_on_the_first_of_their_request(told: Told) -> None:
    found = (await told.retold("trace", "story-first", "--json")).json
    assert [node["type"] for node in found] == ["OrganizationFounded"]
    assert {effect["link"] for effect in found[0]["effects"]} == {"correlation"}
    everything = (await told.retold("events", "--correlation", "story-first", "--json")).json_lines
    assert len(found[0]["effects"]) == len(everything) - 1
    shown = await told.retold("trace", "story-first", "--limit", 3)
    assert "≈" in shown.out
    assert f"and {len(everything) - 4} more" in shown.out
