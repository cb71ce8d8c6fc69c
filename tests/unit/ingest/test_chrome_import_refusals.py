"""A Chrome recording that cannot be carried is refused with its place and the remedy."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.adapters.importing import ImportedRecording, read_recording
from shared.contracts.ingest import FidelityNote
from shared.core.errors import InvalidInput

START = {"type": "navigate", "url": "https://shop.example/login"}


def imported(*steps: dict[str, Any], **around: Any) -> ImportedRecording:
    flow = {"title": "Sign in", "steps": [START, *steps], **around}
    return read_recording(json.dumps(flow).encode(), "flow.json")


def refused(*steps: Any, **around: Any) -> InvalidInput:
    with pytest.raises(InvalidInput) as refusal:
        imported(*steps, **around)
    return refusal.value


def click(*selectors: Any, **more: Any) -> dict[str, Any]:
    return {"type": "click", "target": "main", "selectors": list(selectors), "offsetX": 4, "offsetY": 2.5, **more}


def test_without_a_first_address_the_recording_starts_where_a_step_first_led() -> None:
    asserted = [{"type": "navigation", "url": "https://shop.example/home"}]
    flow = {"title": "T", "steps": [click(["#go"], assertedEvents=asserted)]}
    recording = read_recording(json.dumps(flow).encode(), "f.json")
    assert recording.starting_url == "https://shop.example/home"
    assert isinstance(recording.fidelity[0], FidelityNote)
    assert "starts at https://shop.example/home" in recording.fidelity[0].detail


def test_without_any_address_the_refusal_says_what_to_add() -> None:
    with pytest.raises(InvalidInput, match=r'add a first step \{"type": "navigate"'):
        read_recording(json.dumps({"title": "T", "steps": [click(["#go"])]}).encode(), "f.json")


def test_a_file_without_title_goes_by_its_own_name() -> None:
    assert read_recording(json.dumps({"steps": [START]}).encode(), "/tmp/My flow.JSON").name == "My flow"


@pytest.mark.parametrize(
    ("step", "pointer", "words"),
    [
        ("click", "/steps/1", "must be an object, not text"),
        ({"selectors": [["#a"]]}, "/steps/1", '"type" is missing'),
        ({"type": "teleport"}, "/steps/1/type", "waitForExpression"),
        ({"type": "click"}, "/steps/1", '"selectors" is missing'),
        (click(), "/steps/1/selectors", "record it again"),
        (click([""]), "/steps/1/selectors/0", "empty"),
        (click(["#a"], [1]), "/steps/1/selectors/1", "text or a list of texts"),
        (click(["#a"], button="left"), "/steps/1/button", "primary"),
        (click(["#a"], offsetX="4"), "/steps/1/offsetX", "a number, not text"),
        (click(["#a"], frame=[0, -1]), "/steps/1/frame", "whole number"),
        (click(["#a"], timeout=True), "/steps/1/timeout", "a number, not true or false"),
        (click(["#a"], assertedEvents=[1]), "/steps/1/assertedEvents/0", "an object, not a number"),
        ({"type": "change", "value": 5, "selectors": ["#a"]}, "/steps/1/value", "text, not a number"),
        ({"type": "keyDown"}, "/steps/1", '"key" is missing'),
        ({"type": "setViewport", "width": 0, "height": 1}, "/steps/1/width", "more than 0"),
        ({"type": "waitForElement", "selectors": ["#a"], "operator": "<"}, "/steps/1/operator", "<="),
        ({"type": "waitForElement", "selectors": ["#a"], "attributes": {"a/b": 1}}, "/steps/1/attributes/a~1b", "text"),
        (
            {"type": "navigate", "url": "javascript:alert(1)"},
            "/steps/1/url",
            '"javascript:" addresses are never opened',
        ),
        ({"type": "navigate", "url": "data:text/html,x"}, "/steps/1/url", "https://"),
        ({"type": "navigate", "url": "file:///etc/passwd"}, "/steps/1/url", "https://"),
        ({"type": "navigate", "url": "shop.example"}, "/steps/1/url", "no complete address"),
        ({"type": "navigate", "url": "https://"}, "/steps/1/url", "no valid host"),
        ({"type": "navigate", "url": "https://a.example:x/"}, "/steps/1/url", "no valid host"),
        ({"type": "navigate", "url": "https://a.example/\nb"}, "/steps/1/url", "control character"),
    ],
)
def test_a_malformed_step_is_refused_with_its_place_and_the_remedy(step: Any, pointer: str, words: str) -> None:
    refusal = refused(step)
    assert [fault.pointer for fault in refusal.faults] == [pointer]
    assert words in refusal.faults[0].detail
    assert pointer in refusal.detail
    assert "flow.json" in refusal.detail


def test_all_faults_are_told_at_once() -> None:
    refusal = refused({"type": "keyDown"}, {"type": "teleport"}, click(), timeout="soon", title=5)
    assert [fault.pointer for fault in refusal.faults] == [
        "/title",
        "/timeout",
        "/steps/1",
        "/steps/2/type",
        "/steps/3/selectors",
    ]
    assert "(and 4 more)" in refusal.detail


locators = st.sampled_from(
    [
        "#id_email",
        "aria/Password",
        "aria/Name",
        "text/Save",
        "xpath//html/body/a",
        "pierce/#a",
        "my-app",
        "select#a",
        "[x",
    ]
)
recorded_steps = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["click", "change", "keyDown", "keyUp", "hover", "scroll", "close", "navigate"]),
        "selectors": st.lists(st.lists(locators, min_size=1, max_size=2), min_size=1, max_size=2),
        "value": st.sampled_from(["", "a", "hunter2"]),
        "key": st.sampled_from(["h", "Tab", "Enter", "Shift"]),
        "url": st.just("https://a.example/?token=hunter2"),
    }
)


@given(st.lists(recorded_steps, max_size=6))
def test_what_was_imported_is_a_canonical_recording_and_every_source_step_is_accounted_for(
    steps: list[dict[str, Any]],
) -> None:
    recording = imported(*steps)
    again = read_recording(json.dumps(recording.to_json()).encode(), "again.json")
    assert (again.steps, again.variables, again.starting_url) == (
        recording.steps,
        recording.variables,
        recording.starting_url,
    )
    not_there = {note.source_index for note in recording.fidelity if note.step_number is None}
    assert len(recording.steps) + len(not_there - {-1}) == len(steps) + 1
    filled = [step.label for step in recording.steps if step.event in ("type", "select")]
    assert sorted(map(str, filled)) == sorted(recording.variables)
