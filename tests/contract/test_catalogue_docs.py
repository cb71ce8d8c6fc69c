"""The catalogue of events in docs/reference is that of the code, true of the log, and valid AsyncAPI."""

import json
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from faststream.specification.asyncapi.v3_0_0.schema import ApplicationSchema
from jsonschema import Draft7Validator
from pydantic import ValidationError

from services.__main__ import SERVICES, blueprint
from services.cli.catalogue import asyncapi_text, markdown
from services.cli.describing import channel_of, covers, describe_all, reactions_of
from shared.bus.codec import encode
from shared.bus.log import Append
from shared.testing.command_line import command
from tests.golden.story import story

REFERENCE = Path(__file__).parents[2] / "docs/reference"
ADVICE = "docs/reference/{0} is older than the code; run: ./dev retold catalogue --{1} > docs/reference/{0}"
DESCRIBED = {each.name: each for each in describe_all({name: partial(blueprint, name) for name in SERVICES})}
DOCUMENT: dict[str, Any] = json.loads(asyncapi_text(list(DESCRIBED.values())))
TOLD = story()


def test_the_page_of_events_is_up_to_date() -> None:
    page = (REFERENCE / "events.md").read_text("utf-8")
    assert page == markdown(list(DESCRIBED.values())), ADVICE.format("events.md", "markdown")


def test_the_asyncapi_document_is_up_to_date() -> None:
    document = json.loads((REFERENCE / "asyncapi.json").read_text("utf-8"))
    assert document == DOCUMENT, ADVICE.format("asyncapi.json", "asyncapi")


@pytest.mark.parametrize(("option", "name"), [("--markdown", "events.md"), ("--asyncapi", "asyncapi.json")])
async def test_the_command_that_the_advice_names_writes_the_file(option: str, name: str) -> None:
    printed = await command("catalogue", option)
    assert (printed.code, printed.err) == (0, "")
    assert printed.out == (REFERENCE / name).read_text("utf-8")


async def test_the_catalogue_is_a_table_for_people_and_json_for_machines() -> None:
    shown = await command("catalogue")
    assert "RowFinished" in shown.out
    assert {each["type"] for each in (await command("catalogue", "--json")).json} == DESCRIBED.keys()
    assert (await command("catalogue", "--json", "--markdown")).code == 2


def test_the_asyncapi_document_follows_the_specification() -> None:
    """As FastStream's model of AsyncAPI 3.0 has it."""
    known = ApplicationSchema.model_validate(DOCUMENT).model_dump_json(by_alias=True, exclude_none=True)
    assert json.loads(known) == DOCUMENT


def test_a_document_that_lacks_something_does_not_follow_the_specification() -> None:
    with pytest.raises(ValidationError, match="info"):
        ApplicationSchema.model_validate({key: value for key, value in DOCUMENT.items() if key != "info"})


@pytest.mark.parametrize("append", TOLD, ids=lambda append: "+".join(type(event).__name__ for event in append.events))
def test_every_message_of_the_log_is_as_the_catalogue_says(append: Append) -> None:
    stored = json.loads(encode(append, datetime(2026, 3, 14, tzinfo=UTC)))
    for event in append.events:
        described = DESCRIBED[type(event).__name__]
        assert covers(described.channel.pattern, append.stream.subject(append.kind))
        payload = DOCUMENT["components"]["messages"][described.name]["payload"]
        schema = Draft7Validator({**payload, "components": DOCUMENT["components"]})
        assert [error.message for error in schema.iter_errors(stored)] == []


def test_a_message_with_a_field_of_another_type_is_not_as_the_catalogue_says() -> None:
    name = type(TOLD[0].events[0]).__name__
    stored = json.loads(encode(TOLD[0], datetime(2026, 3, 14, tzinfo=UTC)))
    stored["events"][0]["data"]["owner_id"] = 7
    payload = DOCUMENT["components"]["messages"][name]["payload"]
    assert list(Draft7Validator({**payload, "components": DOCUMENT["components"]}).iter_errors(stored))


@pytest.mark.parametrize("name", DESCRIBED)
def test_what_is_personal_in_an_event_is_a_field_of_it(name: str) -> None:
    described = DESCRIBED[name]
    for path in described.personal:
        assert path.partition(".")[0] in described.schema["properties"]


@pytest.mark.parametrize("service", SERVICES)
def test_a_reaction_listens_where_its_event_is_published(service: str) -> None:
    for reaction in reactions_of(service):
        assert covers(reaction.subject, channel_of(reaction.event).pattern), reaction.durable


def test_every_upcaster_says_what_it_does() -> None:
    assert [(each.name, v) for each in DESCRIBED.values() for v, text in each.upcasters if not text] == []
