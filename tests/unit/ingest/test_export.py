"""What is exported comes in again as the same steps, as far as the format can hold them; secrets stay."""

import ast
import json
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.adapters.exporting import Layout, exported
from services.ingest.adapters.importing import read_recording
from shared.contracts.ingest import RecordingSnapshot
from shared.contracts.recording import Step
from shared.contracts.sealed import SEALED_PREFIX

SUFFIX: dict[Layout, str] = {"playwright": "a.py", "chrome": "a.json", "json": "a.json"}
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=12)
SELECTORS = st.one_of(
    st.from_regex(r"#[a-z][a-z0-9]{0,8}", fullmatch=True),
    st.from_regex(r"\[data-testid=\"[a-z -]{1,9}\"\]", fullmatch=True),
    st.from_regex(r"aria/[A-Z][a-z]{2,9}\[role=\"(button|link|textbox)\"\]", fullmatch=True),
    st.from_regex(r"xpath///[a-z]{1,5}\[[1-9]\]", fullmatch=True),
)

SAYS = {"assertion": {"what": "text"}}


def with_element(event: str, selector: str, **more: Any) -> dict[str, Any]:
    metadata = {"selectors": [[selector]], **more.pop("metadata", {})}
    return {"event": event, "selector": selector, "bundle": {}, "metadata": metadata, **more}


def steps_that_each_can_hold() -> st.SearchStrategy[dict[str, Any]]:
    """Kinds of steps that Playwright and Chrome have too."""
    return st.one_of(
        st.builds(lambda s: with_element("click", s), SELECTORS),
        st.builds(lambda s: with_element("double_click", s), SELECTORS),
        st.builds(lambda s: with_element("right_click", s), SELECTORS),
        st.builds(lambda s: with_element("hover", s), SELECTORS),
        st.builds(lambda s, v: with_element("type", s, value=v), SELECTORS, WORDS),
        st.builds(
            lambda w, h: plain("resize", viewport={"width": w, "height": h}), st.integers(1, 999), st.integers(1, 9)
        ),
        st.builds(lambda k: plain("key_down", key=k), st.sampled_from(["Enter", "Tab", "a"])),
        st.builds(lambda: with_element("wait_for_element", "#a", metadata={"condition": {"visible": True}})),
    )


def steps_that_playwright_holds() -> st.SearchStrategy[dict[str, Any]]:
    """The kinds that only Playwright has."""
    return st.one_of(
        st.builds(lambda s, v: with_element("select", s, value=v, metadata={"elementTag": "select"}), SELECTORS, WORDS),
        st.builds(lambda s: with_element("check", s, value="yes"), SELECTORS),
        st.builds(lambda s: with_element("submit", s), SELECTORS),
        st.builds(lambda s: with_element("focus", s), SELECTORS),
        st.builds(lambda s: with_element("key_press", s, metadata={"key": "Enter"}), SELECTORS),
        st.builds(lambda s: with_element("upload", s, metadata={"elementType": "file"}), SELECTORS),
        st.builds(lambda s: with_element("extract", s, metadata={"extract": {"name": "n", "what": "text"}}), SELECTORS),
        st.builds(lambda s: with_element("assert", s, metadata={"assertion": {"what": "visible"}}), SELECTORS),
        st.builds(lambda s, v: with_element("assert", s, value=v, metadata=SAYS), SELECTORS, WORDS),
        st.builds(lambda ms: plain("wait", duration=ms), st.integers(0, 99999)),
        st.sampled_from([plain("go_back"), plain("go_forward"), plain("reload"), plain("screenshot")]),
        st.builds(lambda: plain("wait_for_url", pattern="**/done")),
        st.builds(lambda y: plain("scroll", scroll={"x": 0, "y": y}), st.integers(0, 9999)),
    )


def plain(event: str, **metadata: Any) -> dict[str, Any]:
    return {"event": event, "bundle": {}, "metadata": metadata}


def recording_of(steps: list[dict[str, Any]]) -> RecordingSnapshot:
    start = {"event": "navigate", "value": "https://a.test/", "bundle": {}, "metadata": {}}
    navigated = {"navigation": {"type": "navigation", "url": "https://a.test/"}}
    given = [{**start, **navigated}, *({"navigation": {"type": "same_page"}, **step} for step in steps)]
    numbered = [
        Step.model_validate({"stepNumber": number, "label": f"Label {number}", **step})
        for number, step in enumerate(given, 1)
    ]
    return RecordingSnapshot(UUID(int=1), "A recording", "https://a.test/", 1, tuple(numbered))


def round_trip(recording: RecordingSnapshot, layout: Layout) -> list[Step]:
    file = exported(recording, layout)
    return read_recording(file.content.encode(), SUFFIX[layout]).steps


def essence(step: Step) -> tuple[Any, ...]:
    return step.event, step.selector, step.value, step.bundle.iframe_chain


@settings(max_examples=150, deadline=None)
@given(st.lists(steps_that_each_can_hold() | steps_that_playwright_holds(), max_size=8))
def test_playwright_keeps_every_step(steps: list[dict[str, Any]]) -> None:
    recording = recording_of(steps)
    assert [essence(step) for step in round_trip(recording, "playwright")] == [essence(one) for one in recording.steps]


@settings(max_examples=150, deadline=None)
@given(st.lists(steps_that_each_can_hold(), max_size=8))
def test_chrome_keeps_every_step_that_it_has_a_word_for(steps: list[dict[str, Any]]) -> None:
    # Of several values typed into one field in a row its importer keeps the last; that is what its recorder means.
    fields = [step["selector"] for step in steps if step["event"] == "type"]
    if len(fields) > len(set(fields)):
        return
    recording = recording_of(steps)
    assert [essence(step) for step in round_trip(recording, "chrome")] == [essence(one) for one in recording.steps]


@settings(max_examples=40, deadline=None)
@given(st.lists(steps_that_playwright_holds(), max_size=4))
def test_what_chrome_has_no_word_for_comes_back_as_it_was(steps: list[dict[str, Any]]) -> None:
    recording = recording_of(steps)
    written = json.loads(exported(recording, "chrome").content)["steps"]
    kept = {step["parameters"]["label"] for step in written if step["type"] == "customStep"}
    back = {step.label: step.to_json() | {"stepNumber": 0, "page": None} for step in round_trip(recording, "chrome")}
    for step in recording.steps:
        if step.label in kept:
            assert back[step.label] == step.to_json() | {"stepNumber": 0, "page": None}


def test_what_only_calls_itself_kept_is_skipped() -> None:
    bad: list[Any] = [{"event": "navigate", "value": "javascript:alert(1)"}, {"event": "key_down"}, "x", None]
    for parameters in bad:
        if isinstance(parameters, dict):
            parameters |= {"navigation": {"type": "same_page"}, "bundle": {}}
        open_page = {"type": "navigate", "url": "https://a.test/"}
        steps = [open_page, {"type": "customStep", "name": "retold", "parameters": parameters}]
        recording = read_recording(json.dumps({"title": "t", "steps": steps}).encode(), "a.json")
        assert recording.steps[1].event == "custom"
        assert recording.fidelity[-1].kind == "not_carried"


def test_a_key_that_leads_on_leads_on_once() -> None:
    press = with_element("key_press", "#q", metadata={"key": "Enter"})
    press["navigation"] = {"type": "navigation", "url": "https://a.test/found"}
    down, up = json.loads(exported(recording_of([press]), "chrome").content)["steps"][1:]
    assert [down["type"], up["type"]] == ["keyDown", "keyUp"]
    assert "assertedEvents" in down
    assert "assertedEvents" not in up


def test_a_frame_that_was_recorded_by_selector_is_counted_where_its_place_is_known() -> None:
    click = with_element("click", "#a", metadata={"frame": [1, 0]})
    click["bundle"] = {"iframeChain": ["#outer", "iframe"]}
    file = exported(recording_of([click]), "chrome")
    assert json.loads(file.content)["steps"][1]["frame"] == [1, 0]
    assert not file.fidelity


@settings(max_examples=100, deadline=None)
@given(st.lists(steps_that_each_can_hold() | steps_that_playwright_holds(), max_size=8))
def test_canonical_json_keeps_all_of_every_step(steps: list[dict[str, Any]]) -> None:
    recording = recording_of(steps)
    assert [step.to_json() for step in round_trip(recording, "json")] == [step.to_json() for step in recording.steps]


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_no_text_of_a_recording_can_become_code(name: str, label: str, value: str) -> None:
    step = with_element("type", '#a", evil(), "', value=value, label=label)
    recording = recording_of([step])
    hostile = RecordingSnapshot(UUID(int=1), name, recording.starting_url, 1, recording.steps)
    tree = ast.parse(exported(hostile, "playwright").content)
    assert "evil" not in {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert [node.name for node in tree.body if isinstance(node, ast.FunctionDef)] == [
        "best_of", "named", "ticked", "replay_row", "rows_of", "values_of", "main",
    ]  # fmt: skip


@pytest.mark.parametrize("layout", ["playwright", "chrome", "json"])
def test_what_is_sealed_is_in_no_export(layout: Layout) -> None:
    sealed = f"{SEALED_PREFIX}v1:abcdef"
    recording = recording_of([with_element("type", "#card", value=sealed), plain("custom", name="x")])
    file = exported(recording, layout)
    assert sealed not in file.content
    assert "abcdef" not in file.content
    assert any("encrypted" in note.detail and note.step_number == 2 for note in file.fidelity)


def test_a_password_is_an_argument_without_a_default() -> None:
    secret = with_element("type", "#password", value="hunter2", metadata={"elementType": "password"})
    content = exported(recording_of([secret, with_element("type", "#city", value="Rome")]), "playwright").content
    assert "hunter2" not in content
    assert "label_2: str,\n" in content
    assert "label_3: str = 'Rome'," in content


def test_what_a_format_cannot_hold_is_told() -> None:
    drag = [with_element("drag", "#a"), with_element("drop", "#b")]
    told = exported(recording_of([*drag, plain("emulate_network", network={})]), "chrome").fidelity
    assert {note.step_number for note in told if note.kind == "not_carried"} == {2, 3}
    script = exported(recording_of([plain("emulate_network", network={"download": 1})]), "playwright")
    assert [note.kind for note in script.fidelity] == ["not_carried"]
    assert "# Note: emulate_network cannot be said" in script.content


def test_a_file_of_chrome_names_title_and_steps() -> None:
    document = json.loads(exported(recording_of([with_element("click", "#a")]), "chrome").content)
    assert document["title"] == "A recording"
    assert document["steps"][1] == {"type": "click", "selectors": [["#a"]], "offsetX": 1, "offsetY": 1}
