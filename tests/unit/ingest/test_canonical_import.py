"""A canonical recording comes in as it is, and comes out as it came in."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from services.ingest.adapters.importing import ImportedRecording, read_recording
from services.ingest.adapters.schema import recording_schema
from shared.core.errors import InvalidInput

# The complete step example of document A, section 4.1.
DOCUMENTED_STEP: dict[str, Any] = {
    "stepNumber": 1,
    "timestamp": 1700145000000,
    "label": "Email Address",
    "event": "type",
    "selector": "input#email",
    "value": "test@example.com",
    "x": 150,
    "y": 250,
    "page": "https://example.com/login",
    "navigation": {"type": "same_page", "url": "https://example.com/login"},
    "tabId": 1,
    "metadata": {
        "elementTag": "input",
        "elementType": "email",
        "isInIframe": False,
        "iframeDepth": 0,
        "isInShadowDOM": False,
        "visibilityState": "visible",
        "scrollPosition": {"x": 0, "y": 100},
    },
    "bundle": {
        "xpath": "//input[@id='email']",
        "id": "email",
        "name": "email",
        "className": "form-control input-lg",
        "aria": "Email address input field",
        "placeholder": "Enter your email",
        "dataAttrs": {"data-testid": "email-input", "data-field": "email", "data-required": "true"},
        "tag": "input",
        "visibleText": "",
        "bounding": {"left": 100, "top": 200, "width": 300, "height": 40},
        "iframeChain": [],
        "shadowHosts": [],
        "isClosedShadow": False,
    },
}
DOCUMENTED_VARIABLE: dict[str, Any] = {
    "type": "input",
    "required": True,
    "description": "User email for login",
    "csvColumn": "email",
    "stepNumber": 1,
    "defaultValue": "",
}


def step(number: int = 1, **changed: Any) -> dict[str, Any]:
    plain = {"stepNumber": number, "event": "click", "navigation": {"type": "same_page"}, "bundle": {"id": "go"}}
    return {key: value for key, value in {**plain, **changed}.items() if value is not ...}


def typing(number: int = 1, **changed: Any) -> dict[str, Any]:
    return step(number, event="type", value="x", **changed)


def imported(*steps: Any, **around: Any) -> ImportedRecording:
    whole = {"name": "Sign in", "starting_url": "https://example.com/", "steps": list(steps), **around}
    return read_recording(json.dumps({k: v for k, v in whole.items() if v is not ...}).encode(), "r.json")


def refused(*steps: Any, **around: Any) -> InvalidInput:
    with pytest.raises(InvalidInput) as refusal:
        imported(*steps, **around)
    return refusal.value


def test_the_documented_step_round_trips_unchanged() -> None:
    recording = imported(DOCUMENTED_STEP, variables={"Email Address": DOCUMENTED_VARIABLE})
    (read,) = recording.steps
    assert json.dumps(read.to_json(), sort_keys=True) == json.dumps(DOCUMENTED_STEP, sort_keys=True)
    assert recording.variables["Email Address"].to_json() == DOCUMENTED_VARIABLE
    assert recording.fidelity == []


def test_the_documented_example_is_valid_by_the_published_schema() -> None:
    variables = {"Email Address": DOCUMENTED_VARIABLE}
    Draft202012Validator(recording_schema()).validate({"steps": [DOCUMENTED_STEP], "variables": variables})


def test_what_was_imported_imports_again_as_the_same() -> None:
    first = imported(DOCUMENTED_STEP, typing(2, label="Code"), description="both", recording_method="cloud_browser")
    again = read_recording(json.dumps(first.to_json()).encode(), "other.json")
    assert again == first


def test_keys_that_we_do_not_know_stay_with_their_step() -> None:
    strange = step(colour="red", bundle={"id": "go", "shade": {"deep": [1.5, None]}}, value=None)
    assert imported(strange).steps[0].to_json() == strange


def test_both_spellings_of_the_file_keys_are_read() -> None:
    recording = imported(step(), starting_url=..., startingUrl="https://other.example/", recordingMethod="extension")
    assert (recording.starting_url, recording.recording_method) == ("https://other.example/", "extension")
    assert refused(step(), startingUrl="https://other.example/").faults[0].pointer == "/startingUrl"


def test_the_start_is_the_first_address_opened_when_the_file_names_none() -> None:
    opening = step(event="navigate", navigation={"type": "navigation", "url": "https://a.example/"}, bundle={})
    assert imported(opening, starting_url=...).starting_url == "https://a.example/"
    assert imported(step(page="https://b.example/"), starting_url=...).starting_url == "https://b.example/"
    assert "/starting_url" in refused(step(), starting_url=...).detail


def test_unknown_keys_of_the_file_are_noted() -> None:
    (note,) = imported(step(), user_id="7").fidelity
    assert (note.kind, note.source_index, '"user_id"' in note.detail) == ("not_carried", -1, True)


def test_every_value_can_be_a_column_whatever_the_file_says_of_variables() -> None:
    recording = imported(
        typing(1, label="A"), typing(2, label="B"), variables={"A": {"stepNumber": 1, "csvColumn": "a"}}
    )
    assert recording.variables["A"].csv_column == "a"
    assert (recording.variables["B"].step_number, recording.variables["B"].required) == (2, True)


def test_a_value_without_a_label_of_its_own_gets_one_and_that_is_told() -> None:
    recording = imported(typing(1, label="Mail"), typing(2, label="Mail"), typing(3), step(4, label="Mail"))
    assert [item.label for item in recording.steps] == ["Mail", "Mail (2)", "Step 3", "Mail"]
    assert [(note.step_number, note.kind) for note in recording.fidelity] == [(2, "changed"), (3, "changed")]
    assert {label: v.step_number for label, v in recording.variables.items()} == {"Mail": 1, "Mail (2)": 2, "Step 3": 3}


def test_a_variable_names_a_step_that_has_no_label() -> None:
    recording = imported(
        typing(1, label="Mail"), typing(2), variables={"Mail": {"stepNumber": 1}, "Code": {"stepNumber": 2}}
    )
    assert [item.label for item in recording.steps] == ["Mail", "Code"]


def test_the_default_of_a_password_moves_into_the_step_where_it_is_sealed() -> None:
    field = step(event="type", label="Password")
    recording = imported(field, variables={"Password": {"stepNumber": 1, "defaultValue": "hunter2"}})
    assert recording.variables["Password"].default_value == ""
    assert recording.steps[0].value == "hunter2"
    assert recording.fidelity[0].kind == "changed"


def test_secrets_in_addresses_are_not_kept() -> None:
    address = "https://a.example/?token=hunter2"
    recording = imported(
        step(event="goto", value=address, page=address, navigation={"type": "navigation", "url": address}),
        starting_url=address,
    )
    assert "hunter2" not in json.dumps(recording.to_json())
    assert recording.starting_url == "https://a.example/?token=REDACTED"
    assert {note.kind for note in recording.fidelity} == {"changed"}


@pytest.mark.parametrize(
    ("wrong", "pointer", "words"),
    [
        (5, "/steps/0", "an object, not a number"),
        (step(2), "/steps/0/stepNumber", "number the steps 1, 2, 3"),
        (step(stepNumber="1"), "/steps/0/stepNumber", "a number, not text"),
        (step(bundle=...), "/steps/0/bundle", "missing"),
        (step(navigation={}), "/steps/0/navigation/type", "missing"),
        (step(bundle=[]), "/steps/0/bundle", "an object, not a list"),
        (step(label="a\x1b[2J"), "/steps/0/label", "control characters"),
        (step(event="fly"), "/steps/0/event", "use one of: navigate, click"),
        (step(event=""), "/steps/0/event", "at least 1 character"),
        (step(x="4"), "/steps/0/x", "a number, not text"),
        (step(bundle={"dataAttrs": {"data-a": 1}}), "/steps/0/bundle/dataAttrs/data-a", "text, not a number"),
        (step(bundle={"bounding": {"left": 1, "top": 1, "width": 1}}), "/steps/0/bundle/bounding/height", "missing"),
        (step(event="navigate"), "/steps/0/navigation/url", "needs an address"),
        (step(event="navigate", value="javascript:x"), "/steps/0/value", "never opened"),
        (step(event="open", navigation={"type": "navigation", "url": "/a"}), "/steps/0/navigation/url", "https://"),
    ],
)  # fmt: skip
def test_a_wrong_step_is_refused_with_its_place_and_the_remedy(wrong: Any, pointer: str, words: str) -> None:
    refusal = refused(wrong)
    assert [fault.pointer for fault in refusal.faults] == [pointer]
    assert words in refusal.faults[0].detail


@pytest.mark.parametrize(
    ("around", "pointer"),
    [
        ({"name": 5}, "/name"),
        ({"starting_url": "ftp://a.example/"}, "/starting_url"),
        ({"recording_method": "carrier pigeon"}, "/recording_method"),
        ({"variables": []}, "/variables"),
        ({"variables": {"A": 1}}, "/variables/A"),
        ({"variables": {"A": {}}}, "/variables/A/stepNumber"),
        ({"variables": {"A": {"stepNumber": 7}}}, "/variables/A/stepNumber"),
        ({"variables": {"A": {"stepNumber": 2}}}, "/variables/A/stepNumber"),
        ({"variables": {"B": {"stepNumber": 1}}}, "/variables/B"),
        ({"variables": {"A": {"stepNumber": 1}, "A2": {"stepNumber": 1}}}, "/variables/A2/stepNumber"),
    ],
)
def test_what_stands_around_the_steps_is_checked_too(around: dict[str, Any], pointer: str) -> None:
    assert [fault.pointer for fault in refused(typing(1, label="A"), step(2), **around).faults] == [pointer]


def test_a_name_is_at_most_255_characters() -> None:
    assert imported(step(), name="n" * 255).name == "n" * 255
    assert "1 to 255" in refused(step(), name="n" * 256).detail
    assert "one line" in refused(step(), name="a\x1b[2J").detail
    assert imported(step(), name=...).name == "r"
