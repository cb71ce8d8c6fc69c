"""Whatever is in a file: a recording, or one sentence that says what is wrong with it."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.ingest.adapters.importing import MAX_FILE_BYTES, MAX_RECORDING_BYTES, MAX_STEPS, read_recording
from shared.contracts.steps import EVENT_WORDS
from shared.core.errors import InvalidInput, TooLarge

START = {"type": "navigate", "url": "https://a.example/"}


def refused(content: bytes) -> InvalidInput:
    with pytest.raises(InvalidInput) as refusal:
        read_recording(content, "r.json")
    return refusal.value


def flow(*steps: Any) -> bytes:
    return json.dumps({"title": "T", "steps": [START, *steps]}).encode()


def with_parameters(parameters: str) -> bytes:
    step = f'{{"type": "customStep", "name": "n", "parameters": {parameters}}}'
    return f'{{"title": "T", "steps": [{json.dumps(START)}, {step}]}}'.encode()


def test_a_file_may_begin_with_a_byte_order_mark() -> None:
    assert read_recording(b"\xef\xbb\xbf" + flow(), "r.json").name == "T"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"PK\x03\x04\x00", "ZIP"),
        (b'{"title": "\xff"}', "byte 12 in line 1"),
        (b'{"title": "T"\n "steps": []}', "line 2, column 2"),
        (b"[]", "a list, not a JSON object"),
        (b"5", "a number, not a JSON object"),
        (b"null", "null, not a JSON object"),
        (b"{}", 'no "steps"'),
        (b'{"steps": {}}', "a list, not an object"),
        (b'{"steps": []}', "no steps"),
        (b'{"tests": [], "suites": []}', "no tests"),
        (b'{"suites": []}', "Selenium IDE"),
    ],
)
def test_a_file_that_is_no_recording_is_refused_by_what_it_is(content: bytes, words: str) -> None:
    assert words in refused(content).detail


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 5000, "-" + "9" * 30, str(2**63)])
def test_numbers_that_others_would_read_differently_are_refused(number: str) -> None:
    assert "number" in refused(with_parameters(number)).detail


def test_the_largest_whole_numbers_keep_their_value_and_sign() -> None:
    recording = read_recording(with_parameters(f"[{2**63 - 1}, {-(2**63) + 1}, -5, 0]"), "r.json")
    assert recording.steps[1].metadata["parameters"] == [2**63 - 1, -(2**63) + 1, -5, 0]


@pytest.mark.parametrize(
    ("parameters", "pointer", "words"),
    [
        ('{"a": {"b": 1, "b": 2}}', "/steps/1/parameters/a", '"b" is given twice'),
        ('"a\\u0000b"', "/steps/1/parameters", "NUL"),
        ('["\\ud800"]', "/steps/1/parameters/0", "surrogate"),
        ('{"\\udfff": 1}', "/steps/1/parameters/\N{REPLACEMENT CHARACTER}", "surrogate"),
        (f'"{"x" * (64 * 1024 + 1)}"', "/steps/1/parameters", "64 KiB"),
    ],
)
def test_values_that_cannot_be_stored_are_refused_with_their_place(parameters: str, pointer: str, words: str) -> None:
    refusal = refused(with_parameters(parameters))
    assert [fault.pointer for fault in refusal.faults] == [pointer]
    assert words in refusal.faults[0].detail


@pytest.mark.parametrize("depth", [65, 500, 200_000])
def test_deep_nesting_is_refused_in_words(depth: int) -> None:
    assert "nested more than 64 deep" in refused(with_parameters("[" * depth + "]" * depth)).detail


def test_nesting_within_the_limit_passes() -> None:
    # The file, its steps, the step and `parameters` are levels already.
    assert read_recording(with_parameters("[" * 61 + "]" * 61), "r.json")


@pytest.mark.parametrize(
    ("content", "limit"),
    [
        (b" " * (MAX_FILE_BYTES + 1), "5 MiB"),
        (flow(*[{"type": "close"}] * MAX_STEPS), "2000"),
        (
            flow(*[{"type": "customStep", "name": "n", "parameters": "x" * 60_000}] * 56),
            f"{MAX_RECORDING_BYTES // 1024}",
        ),
    ],
)
def test_a_file_over_a_limit_is_refused_with_the_limit(content: bytes, limit: str) -> None:
    with pytest.raises(TooLarge, match=limit):
        read_recording(content, "r.json")


def test_a_file_of_a_million_small_values_is_read_in_reasonable_time() -> None:
    content = with_parameters("[" + ",".join(["[]"] * 1_100_000) + "]")
    with pytest.raises(TooLarge):
        read_recording(content, "r.json")


def test_at_most_twenty_faults_are_told_and_the_others_counted() -> None:
    refusal = refused(flow(*[{"type": "keyDown"}] * 50))
    assert len(refusal.faults) == 20
    assert "(and 49 more)" in refusal.detail


def test_a_strange_file_name_is_printed_tamely() -> None:
    with pytest.raises(InvalidInput) as refusal:
        read_recording(b"", "/tmp/\x1b[31m" + "n" * 500)
    assert "\x1b" not in refusal.value.detail
    assert len(refusal.value.detail) < 200


def test_the_importers_never_evaluate_what_a_recording_holds() -> None:
    sources = (Path(__file__).resolve().parents[3] / "services" / "ingest" / "adapters").rglob("*.py")
    code = "".join(source.read_text() for source in sources)
    assert "read_recording" in code
    assert not any(call in code for call in (" eval(", " exec(", "__import__", "subprocess", "pickle"))


@example(b"\xef\xbb\xbf")
@example(b"")
@given(st.binary(max_size=300))
def test_random_bytes_are_a_recording_or_a_refusal(content: bytes) -> None:
    with pytest.raises(InvalidInput):
        read_recording(content, "r.json")


words = st.sampled_from(
    ["type", "event", "stepNumber", "selectors", "value", "url", "navigation", "bundle", "metadata", "key", "frame",
     "target", "timeout", "assertedEvents", "title", "label", "button", "xpath", "dataAttrs", "bounding", "iframeChain"]
)  # fmt: skip
meanings = st.sampled_from(
    ["click", "change", "navigate", "keyDown", "keyUp", "waitForElement", "scroll", "customStep", "setViewport",
     "type", "check", "goto", "https://a.example/?pin=1", "#a > b", "aria/Password[role=\"x\"]", "xpath//", "main", "[",
     *EVENT_WORDS]
)  # fmt: skip
scalars = st.none() | st.booleans() | st.integers(-3, 2**64) | st.floats() | st.text(max_size=8) | meanings
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words | st.text(max_size=4), inner, max_size=5),
    max_leaves=12,
)
steps = st.dictionaries(words, values, max_size=6)
chrome_steps = st.builds(lambda kind, more: {**more, "type": kind}, meanings, steps)
canonical_steps = st.builds(
    lambda event, more: {"stepNumber": 1, "navigation": {"type": "same_page"}, "bundle": {}, **more, "event": event},
    meanings,
    steps,
)
files = st.fixed_dictionaries(
    {"steps": st.lists(chrome_steps, max_size=4) | st.lists(canonical_steps, max_size=2) | values},
    optional={"title": values, "name": values, "starting_url": values, "variables": values, "timeout": values},
)


@given(values | files)
def test_random_json_is_a_recording_or_a_refusal(document: Any) -> None:
    try:
        recording = read_recording(json.dumps(document).encode(), "r.json")
    except InvalidInput as refusal:
        sentence = refusal.detail
    else:
        sentence = ""
        assert read_recording(json.dumps(recording.to_json()).encode(), "r.json").steps == recording.steps
    assert sentence.isprintable()
