"""A recording of Chrome's DevTools Recorder becomes a canonical one, and what is not the same is told by step."""

import json
from typing import Any

import pytest

from services.ingest.adapters.importing import ImportedRecording, read_recording
from shared.contracts.recording import Step
from shared.contracts.steps import canonical_event, is_password

START = {"type": "navigate", "url": "https://shop.example/login"}
EMAIL = [["aria/E-mail:"], ["#id_email"], ['xpath///*[@id="id_email"]'], ["pierce/#id_email"]]


def imported(*steps: dict[str, Any], **around: Any) -> ImportedRecording:
    flow = {"title": "Sign in", "steps": [START, *steps], **around}
    return read_recording(json.dumps(flow).encode(), "flow.json")


def only(*steps: dict[str, Any], **around: Any) -> Step:
    return imported(*steps, **around).steps[1]


def click(*selectors: Any, **more: Any) -> dict[str, Any]:
    return {"type": "click", "target": "main", "selectors": list(selectors), "offsetX": 4, "offsetY": 2.5, **more}


def change(value: str, selectors: list[list[str]] = EMAIL) -> dict[str, Any]:
    return {"type": "change", "value": value, "selectors": selectors, "target": "main"}


def key(kind: str, name: str) -> dict[str, Any]:
    return {"type": kind, "key": name, "target": "main"}


SOMEWHERE = {"selectors": [["#there"]]}
EVERY_TYPE: list[tuple[dict[str, Any], str, dict[str, Any]]] = [
    ({"type": "change", "value": "x", **SOMEWHERE}, "type", {}),
    ({"type": "click", "offsetX": 1, "offsetY": 2, "duration": 900, **SOMEWHERE}, "click",
     {"offsetX": 1, "offsetY": 2, "duration": 900}),
    ({"type": "click", "button": "secondary", **SOMEWHERE}, "right_click", {"button": "right"}),
    ({"type": "click", "button": "auxiliary", **SOMEWHERE}, "click", {"button": "middle"}),
    ({"type": "doubleClick", "offsetX": 1, "offsetY": 2, **SOMEWHERE}, "double_click", {"offsetX": 1, "offsetY": 2}),
    ({"type": "hover", **SOMEWHERE}, "hover", {}),
    ({"type": "keyDown", "key": "Enter"}, "key_down", {"key": "Enter"}),
    ({"type": "keyUp", "key": "Enter"}, "key_up", {"key": "Enter"}),
    ({"type": "navigate", "url": "https://shop.example/b"}, "navigate", {}),
    ({"type": "scroll", "y": 300}, "scroll", {"scroll": {"x": 0, "y": 300}}),
    ({"type": "scroll", "x": 5, "y": 6, **SOMEWHERE}, "scroll", {"scroll": {"x": 5, "y": 6}}),
    ({"type": "setViewport", "width": 800, "height": 600, "deviceScaleFactor": 2, "isMobile": True, "hasTouch": True,
      "isLandscape": False}, "resize",
     {"viewport": {"width": 800, "height": 600, "deviceScaleFactor": 2, "isMobile": True, "hasTouch": True,
                   "isLandscape": False}}),
    ({"type": "emulateNetworkConditions", "download": 1e5, "upload": 2, "latency": 40}, "emulate_network",
     {"network": {"download": 1e5, "upload": 2, "latency": 40}}),
    ({"type": "waitForElement", "operator": "<=", "count": 0, "visible": False, "attributes": {"class": "busy"},
      "properties": {"style": {"color": "red"}}, **SOMEWHERE}, "wait_for_element",
     {"condition": {"operator": "<=", "count": 0, "visible": False, "attributes": {"class": "busy"},
                    "properties": {"style": {"color": "red"}}}}),
    ({"type": "waitForElement", **SOMEWHERE}, "wait_for_element", {"condition": {}}),
    ({"type": "waitForExpression", "expression": "ready()"}, "wait_for_expression", {"expression": "ready()"}),
    ({"type": "close"}, "close", {}),
]  # fmt: skip


@pytest.mark.parametrize(("source", "event", "metadata"), EVERY_TYPE, ids=[row[0]["type"] for row in EVERY_TYPE])
def test_each_type_is_carried_with_everything_it_says(
    source: dict[str, Any], event: str, metadata: dict[str, Any]
) -> None:
    recording = imported(source)
    step = recording.steps[1]
    assert (step.event, canonical_event(step.event)) == (event, event)
    expected = {"recordedBy": "chrome_recorder", **metadata}
    if "selectors" in source:
        expected["selectors"] = source["selectors"]
        assert step.selector == "#there"
    assert step.metadata == expected
    assert recording.fidelity == []


def test_a_custom_step_is_kept_and_named_as_not_carried() -> None:
    recording = imported({"type": "customStep", "name": "lighthouse", "parameters": {"mode": "navigation"}})
    assert recording.steps[1].event == "custom"
    assert recording.steps[1].metadata["parameters"] == {"mode": "navigation"}
    (note,) = recording.fidelity
    assert (note.step_number, note.source_index, note.kind) == (2, 1, "not_carried")
    assert "lighthouse" in note.detail


def test_the_address_and_every_alternative_are_kept_as_recorded() -> None:
    recording = imported(change("a@b.c"))
    assert recording.starting_url == "https://shop.example/login"
    assert recording.steps[0].navigation.url == "https://shop.example/login"
    step = recording.steps[1]
    assert step.metadata["selectors"] == EMAIL
    assert step.selector == "#id_email"
    assert step.bundle.to_json() == {"aria": "E-mail:", "id": "id_email", "xpath": '//*[@id="id_email"]'}
    assert (step.value, step.page) == ("a@b.c", "https://shop.example/login")


@pytest.mark.parametrize(
    ("alternative", "bundle"),
    [
        (["aria/Save"], {"aria": "Save"}),
        (['aria/Save[role="button"]'], {"aria": "Save"}),
        (['aria/[role="generic"]'], {}),
        (["text/Add item"], {"visibleText": "Add item"}),
        (["xpath//html/body/a"], {"xpath": "/html/body/a"}),
        (["form > input.wide[name='user[mail]']"], {"tag": "input", "name": "user[mail]"}),
        (["[data-testid=\"send\"]"], {"dataAttrs": {"data-testid": "send"}}),
        (["pierce/#send"], {"id": "send"}),
        (["#\\31 st\\:send"], {"id": "1st:send"}),
        (["#menu a:nth-of-type(2)"], {"tag": "a"}),
        (["#menu, #send"], {}),
        (["li:not(#menu)"], {"tag": "li"}),
        (["my-app", "my-form", "#send"], {"id": "send", "shadowHosts": ["my-app", "my-form"]}),
        (["aria/Form", "aria/Send"], {"aria": "Send"}),
    ],
)  # fmt: skip
def test_a_locator_fills_what_it_says_for_certain_and_no_more(alternative: list[str], bundle: dict[str, Any]) -> None:
    assert only(click(alternative)).bundle.to_json() == bundle


def test_a_lone_text_is_an_alternative_of_one_part() -> None:
    assert only(click("#send")).metadata["selectors"] == [["#send"]]


def test_without_css_the_first_alternative_is_the_primary_locator_in_its_own_spelling() -> None:
    assert only(click(["aria/Send"], ["text/Send"])).selector == "aria/Send"


def test_the_locator_of_a_known_field_tells_what_typing_means() -> None:
    assert only(change("DE", [["select#country"]])).event == "select"
    assert only(change("on", [["input[type='checkbox']"]])).event == "check"
    password = only(change("x", [["input[type='password']"]]))
    assert (password.metadata["elementType"], is_password(password)) == ("password", True)


def test_frames_targets_and_timeouts_are_carried() -> None:
    step = only(click(["#send"], frame=[0, 2], target="https://pay.example/frame"), timeout=7000)
    assert step.bundle.iframe_chain == [0, 2]
    assert (step.metadata["target"], step.metadata["timeout"]) == ("https://pay.example/frame", 7000)
    assert only(click(["#send"], timeout=900), timeout=7000).metadata["timeout"] == 900


def test_a_timeout_beyond_the_limit_is_cut_and_told() -> None:
    recording = imported(click(["#send"], timeout=9_000_000))
    assert recording.steps[1].metadata["timeout"] == 300_000
    assert recording.fidelity[0].kind == "changed"


def test_a_step_knows_where_it_led_and_the_next_one_its_page() -> None:
    asserted = [{"type": "navigation", "url": "https://shop.example/home", "title": "Home"}]
    recording = imported(click(["#go"], assertedEvents=asserted), click(["#more"]))
    assert recording.steps[1].navigation.to_json() == {"type": "navigation", "url": "https://shop.example/home"}
    assert recording.steps[1].metadata["title"] == "Home"
    assert recording.steps[2].page == "https://shop.example/home"
    assert recording.steps[2].navigation.to_json() == {"type": "same_page"}


def test_a_redirect_after_an_address_is_kept_beside_the_address() -> None:
    redirect = {**START, "assertedEvents": [{"type": "navigation", "url": "https://id.example/"}]}
    (step,) = read_recording(json.dumps({"steps": [redirect]}).encode(), "f.json").steps
    assert (step.value, step.navigation.url) == ("https://shop.example/login", "https://id.example/")


@pytest.mark.parametrize(
    ("step", "kind", "words"),
    [
        (click(["#a"], deviceType="touch"), "changed", "touch, replayed with the mouse"),
        (click(["#a"], colour="red"), "not_carried", '"colour"'),
        (click(["#a"], assertedEvents=[{"type": "download"}]), "not_carried", '"download"'),
        (click(["#a"], assertedEvents=[{"type": "navigation", "url": "blob:x"}]), "not_carried", "not on the web"),
        (change("C:\\fakepath\\cv.pdf"), "carried", "only its name"),
    ],
)
def test_what_is_not_the_same_is_noted_at_its_step(step: dict[str, Any], kind: str, words: str) -> None:
    (note,) = imported(step).fidelity
    assert (note.step_number, note.source_index, note.kind) == (2, 1, kind)
    assert words in note.detail


def test_unknown_keys_of_the_file_are_noted_and_known_ones_are_not() -> None:
    notes = imported(selectorAttribute="data-testid", colour="red").fidelity
    assert [(note.step_number, note.source_index, '"colour"' in note.detail) for note in notes] == [(None, -1, True)]


def test_a_page_of_the_browser_itself_is_left_out_and_told() -> None:
    recording = imported({"type": "navigate", "url": "chrome://new-tab-page/"}, click(["#a"]))
    assert [step.event for step in recording.steps] == ["navigate", "click"]
    assert [(note.step_number, note.source_index, note.kind) for note in recording.fidelity] == [
        (None, 1, "not_carried")
    ]


def test_steps_are_called_as_a_person_would_call_them() -> None:
    cart = [["aria/Add to cart", 'aria/[role="generic"]'], ["#root > span"]]
    steps = imported(
        {"type": "setViewport", "width": 800, "height": 600},
        {"type": "waitForElement", "selectors": ["body"]},
        click(*cart),
        click(['[data-testid="save-deal"]']),
    ).steps
    assert [step.label for step in steps[1:]] == [
        "Resize the window",
        "Wait for body",
        "Add to cart",
        "Save deal",
    ]


def test_a_place_for_a_value_is_a_column() -> None:
    recording = imported(change("{{user_name}}"))
    assert recording.steps[1].value is None
    variable = recording.variables[recording.steps[1].label or ""]
    assert (variable.csv_column, variable.required) == ("user_name", True)
    assert recording.fidelity[0].kind == "changed"


def test_a_timeout_of_zero_is_the_longest_that_there_is() -> None:
    recording = imported({"type": "navigate", "url": "https://shop.example/", "timeout": 0})
    assert recording.steps[1].metadata["timeout"] == 300_000
    assert "without an end" in recording.fidelity[0].detail
