"""The log for other programs."""

import json
from dataclasses import replace
from typing import Any
from uuid import uuid4

from shared.bus import subjects
from shared.bus.log import Context
from shared.core.personal import HIDDEN
from tests.golden.story import story
from tests.integration.time_travel.telling import FIRST, JOB, Told


async def exported(told: Told, *arguments: object) -> list[dict[str, Any]]:
    return (await told.retold("export", *arguments)).json_lines


async def test_an_export_holds_every_event_as_a_cloudevent_that_the_official_library_takes(told: Told) -> None:
    from cloudevents.core.formats.json import JSONFormat
    from cloudevents.core.v1.event import CloudEvent

    written = await exported(told)
    listed = (await told.retold("events", "--json")).json_lines
    assert [(event["id"], event["position"]) for event in written] == [(e["id"], e["position"]) for e in listed]
    assert len({(event["source"], event["id"]) for event in written}) == len(written)
    for event, other in zip(written, listed, strict=True):
        read = JSONFormat().read(CloudEvent, json.dumps(event))
        assert read.get_type() == f"retold.{other['type']}.v{other['v']}"
        assert read.get_subject() == f"{other['ctx']}.{other['agg']}"
        assert read.get_data() == other["data"]
        assert read.get_extension("correlationid") == other["corr"]
        assert read.get_extension("causationid") == other["cause"]
        assert all(name.isalnum() and name == name.lower() and len(name) <= 20 for name in event)
        assert all(isinstance(value, str | int) and value != "" for name, value in event.items() if name != "data")


async def test_an_export_is_filtered_as_the_events_are(told: Told) -> None:
    filters = ("--job", JOB, "--type", "RowFinished")
    assert [event["position"] for event in await exported(told, *filters)] == await told.positions(*filters)
    assert len(await exported(told, "--limit", 2)) == 2


async def test_an_export_keeps_personal_values_sealed_unless_they_are_asked_for(told: Told) -> None:
    assert "ada@crm.example" not in json.dumps(await exported(told))
    (closed,) = await exported(told, "--type", "OrganizationFounded", "--org", FIRST.context.org)
    assert closed["data"]["owner_email"] == HIDDEN
    (opened,) = await exported(told, "--type", "OrganizationFounded", "--org", FIRST.context.org, "--open")
    assert opened["data"]["owner_email"] == "ada@crm.example"
    assert closed["sealed"]
    assert "sealed" not in opened


async def test_an_export_carries_the_trace_of_a_request(told: Told) -> None:
    traced, last = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", story("second")[0]
    context = Context(uuid4(), "test", trace=traced)
    stream = subjects.organization(context.org)
    await told.resources["ingest"].log.append(replace(last, stream=stream, context=context))
    (event,) = await exported(told, "--org", context.org)
    assert event["traceparent"] == traced
    assert "causationid" not in event
