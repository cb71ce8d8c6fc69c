"""What a person typed while Chrome recorded: labels, variables, and no secret left in clear."""

import json
from typing import Any

import pytest

from services.ingest.adapters.importing import ImportedRecording, read_recording

START = {"type": "navigate", "url": "https://shop.example/login"}
EMAIL = [["aria/E-mail:"], ["#id_email"], ['xpath///*[@id="id_email"]'], ["pierce/#id_email"]]
SECRET = [["aria/Password"], ["input[name='pw']"]]


def imported(*steps: dict[str, Any], **around: Any) -> ImportedRecording:
    flow = {"title": "Sign in", "steps": [START, *steps], **around}
    return read_recording(json.dumps(flow).encode(), "flow.json")


def click(*selectors: Any, **more: Any) -> dict[str, Any]:
    return {"type": "click", "target": "main", "selectors": list(selectors), "offsetX": 4, "offsetY": 2.5, **more}


def change(value: str, selectors: list[list[str]] = EMAIL) -> dict[str, Any]:
    return {"type": "change", "value": value, "selectors": selectors, "target": "main"}


def key(kind: str, name: str) -> dict[str, Any]:
    return {"type": kind, "key": name, "target": "main"}


def test_labels_are_what_a_person_would_say() -> None:
    steps = imported(
        change("a", EMAIL), change("b", [["#id_first_name"]]), change("c", [["[name='user[lastName]']"]]),
        change("d", [["div:nth-of-type(2) > input"]]), click(["text/Save all"]), key("keyDown", "Enter"),
    ).steps  # fmt: skip
    assert [step.label for step in steps] == [
        "Open shop.example/login", "E-mail", "First name", "User last name", "Step 5", "Save all", "Press Enter",
    ]  # fmt: skip


def test_two_fields_of_one_name_get_two_labels() -> None:
    recording = imported(change("a", [["aria/Name"], ["#a"]]), change("b", [["aria/Name"], ["#b"]]))
    assert [step.label for step in recording.steps[1:]] == ["Name", "Name (2)"]
    assert {label: variable.step_number for label, variable in recording.variables.items()} == {
        "Name": 2,
        "Name (2)": 3,
    }


def test_every_value_is_a_variable_and_none_holds_what_was_typed() -> None:
    recording = imported(change("a@b.c"), change("hunter2", SECRET), click(["#go"]), change("", [["#note"]]))
    variables = {label: variable.to_json() for label, variable in recording.variables.items()}
    assert variables == {
        "E-mail": {"type": "input", "required": True, "stepNumber": 2},
        "Password": {"type": "input", "required": True, "stepNumber": 3},
        "Note": {"type": "input", "required": False, "stepNumber": 5},
    }


def test_of_several_values_typed_into_a_field_in_a_row_the_last_is_kept() -> None:
    recording = imported(
        change("a"), key("keyUp", "b"), change("ab"), click(*EMAIL), change("abc"), key("keyDown", "Enter")
    )
    assert [step.event for step in recording.steps] == ["navigate", "key_up", "click", "type", "key_down"]
    assert recording.steps[3].value == "abc"
    assert [(n.step_number, n.source_index, n.kind) for n in recording.fidelity] == [
        (None, 1, "changed"),
        (None, 3, "changed"),
    ]


def test_a_field_filled_again_after_something_else_is_kept_twice_and_told() -> None:
    recording = imported(change("1"), click(["#add"]), change("2"), key("keyDown", "Enter"), change("3"))
    assert [step.value for step in recording.steps if step.event == "type"] == ["1", "2", "3"]
    assert [(n.step_number, n.kind) for n in recording.fidelity] == [(4, "carried"), (6, "carried")]
    assert set(recording.variables) == {"E-mail", "E-mail (2)", "E-mail (3)"}


def test_characters_pressed_while_typing_a_password_are_not_kept() -> None:
    recording = imported(
        key("keyDown", "h"), change("h", SECRET), key("keyUp", "h"), change("hunter2", SECRET), key("keyUp", "2"),
        key("keyDown", "Tab"), click(["#go"]), key("keyDown", "h"),
    )  # fmt: skip
    assert [step.metadata["key"] for step in recording.steps if "key" in step.metadata] == ["Tab", "h"]
    assert [note.kind for note in recording.fidelity] == ["not_carried", "changed", "not_carried", "not_carried"]
    assert not any("hunter2" in note.detail or '"h"' in note.detail for note in recording.fidelity)


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://a.example/?user=ann&password=hunter2#top", "https://a.example/?user=ann&password=REDACTED#top"),
        ("https://a.example/#access_token=hunter2&x=1", "https://a.example/#access_token=REDACTED&x=1"),
        ("https://ann:hunter2@a.example/", "https://ann:REDACTED@a.example/"),
        ("https://a.example/x;jsessionid=hunter2/y?q=1;2", "https://a.example/x;jsessionid=REDACTED/y?q=1;2"),
        ("https://a.example/?pwd=hunter2;hunter2?hunter2&b=/c?d", "https://a.example/?pwd=REDACTED&b=/c?d"),
    ],
)
def test_secrets_in_addresses_are_not_kept(address: str, kept: str) -> None:
    asserted = [{"type": "navigation", "url": address}]
    recording = imported({"type": "navigate", "url": address, "assertedEvents": asserted}, click(["#a"]))
    assert recording.steps[1].value == recording.steps[1].navigation.url == recording.steps[2].page == kept
    assert {note.kind for note in recording.fidelity} == {"changed"}
    assert "hunter2" not in json.dumps(recording.to_json()) + str(recording.fidelity)
