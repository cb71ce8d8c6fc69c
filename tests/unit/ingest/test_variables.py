"""Which columns fill a recording's variables, and the table that a person fills in."""

import csv
import io
from typing import Any

import pytest

from services.ingest.adapters.template import described, template
from services.ingest.aggregates.recording import ReviseVariables, recordings
from shared.contracts.ingest import VariablesRevised, snapshot_of
from shared.contracts.recording import Step, Variable
from shared.contracts.variable_revisions import Wishes
from shared.core.errors import InvalidInput, NotFound
from shared.testing.given import given
from tests.unit.ingest.test_recording import ID, imported

NAME, MAIL = Variable(step_number=1, required=True), Variable(step_number=2)
BEFORE = imported().model_copy(update={"variables": {"Name": NAME, "Mail": MAIL}})


def wish(columns: dict[str, str | None] | None = None, required: dict[str, bool] | None = None) -> ReviseVariables:
    return ReviseVariables(ID, Wishes(columns or {}, required or {}), "token:1")


def told(**variables: Variable) -> VariablesRevised:
    return VariablesRevised(recording_id=ID, variables=variables, by="token:1")


def test_a_variable_gets_its_column_and_whether_it_is_needed() -> None:
    after = told(Name=Variable(step_number=1, required=False, csv_column="Full name"))
    given(recordings, BEFORE).when(wish({"Name": "Full name"}, {"Name": False})).then(after)
    snapshot = snapshot_of([BEFORE, after])
    assert snapshot
    assert (snapshot.revision, snapshot.variables["Name"].csv_column) == (2, "Full name")
    assert snapshot.variables["Mail"] == MAIL


def test_a_column_can_be_taken_back() -> None:
    after = told(Name=NAME.model_copy(update={"csv_column": "Full name"}))
    back = told(Name=NAME.model_copy(update={"csv_column": None}))
    given(recordings, BEFORE, after).when(wish({"Name": ""})).then(back)


def test_what_is_as_wished_is_no_revision() -> None:
    given(recordings, BEFORE).when(wish({"Name": None}, {"Name": True})).then_nothing()


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"Nmae": "x"}, 'no variable "Nmae"; it has: "Name", "Mail"'),
        ({"Name": "x", "Mail": "x"}, "both"),
        ({"Name": "a\nb"}, "printed"),
        ({"Name": "x" * 300}, "255"),
    ],
)
def test_a_wish_that_cannot_be_is_refused(columns: dict[str, str | None], words: str) -> None:
    given(recordings, BEFORE).when(wish(columns)).then_refused(InvalidInput, words)


def test_there_are_no_variables_where_there_is_no_recording() -> None:
    given(recordings).when(wish({"Name": "x"})).then_refused(NotFound, "no recording")


def step(number: int, label: str, value: str | None, event: str = "type", **metadata: Any) -> Step:
    return Step.model_validate({
        "stepNumber": number, "event": event, "label": label, "value": value, "metadata": metadata,
        "navigation": {"type": "same_page"}, "bundle": {"id": label.lower()},
    })  # fmt: skip


STEPS = [
    step(1, "Name", "Ada"),
    step(2, "Password", "hunter2"),
    step(3, "Code", "retold:sealed:v1:AAAA"),
    step(4, "Again", "x"),
    step(5, "News", None, "check"),
    step(6, "Sum", "=1+1"),
]
VARIABLES = {
    "Sum": Variable(step_number=6),
    "Name": Variable(step_number=1, required=True, csv_column="Full name"),
    "Password": Variable(step_number=2),
    "Code": Variable(step_number=3),
    "Again": Variable(step_number=4, same_as="Password"),
    "News": Variable(step_number=5, type="checkbox"),
}


def test_the_template_has_a_column_for_each_variable_and_an_example_without_secrets() -> None:
    written = template(VARIABLES, STEPS)
    header, example = csv.reader(io.StringIO(written.removeprefix("\ufeff")))
    assert header == ["Full name", "Password", "Code", "News", "Sum"]
    assert example == ["Ada", "<Password>", "<Code>", "true", "<=1+1>"]
    assert "hunter2" not in written
    assert "sealed" not in written


def test_variables_are_described_in_the_order_of_their_steps() -> None:
    rows = described(VARIABLES, STEPS)
    assert [row["label"] for row in rows] == ["Name", "Password", "Code", "Again", "News", "Sum"]
    assert [row["secret"] for row in rows] == [False, True, False, False, False, False]
    assert rows[0]["column"] == "Full name"
