"""A project from anywhere: a recording that can be stored, or a sentence that says what is wrong with it."""

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.ingest.adapters.imported import ImportedRecording
from services.ingest.adapters.importing import MAX_STEPS, read_every_recording, read_recording
from services.ingest.adapters.selenium.commands import COMMANDS, FLOW
from shared.contracts.recording import Step
from shared.core.errors import InvalidInput, TooLarge
from tests.unit.ingest.selenium_files import command, project

NAMES = st.sampled_from([*COMMANDS, *FLOW, "//click", "", "frob", "IF", "click At"])
LOCATORS = st.sampled_from([
    "id=a", "name=x y", "css=a > b:nth-child(2)", "//a[@id='x']", "xpath=(//a)[2]", "link=exact:Go", "index=0",
    "relative=top", "handle=${w}", "dom=document.x", "id=password", "${v}", "css=", "=", "win_ser_3",
])  # fmt: skip
WORDS = st.sampled_from([
    "${v}", "${w}${v}", "a ${KEY_ENTER} b${KEY_SHIFT}c", "label=x", "index=1", "3", "-1", "1e400", "true", "v", "w",
    '["a", "b"]', "return [1]", "return ${v}", "${v} === 'a'", "10,20", "1x1", "\u202e<script>", "\\n\\\\",
])  # fmt: skip
TEXTS = st.one_of(LOCATORS, st.text(max_size=30), WORDS)
COMMAND = st.fixed_dictionaries(
    {"command": NAMES, "target": TEXTS, "value": TEXTS},
    optional={
        "targets": st.lists(st.tuples(LOCATORS, st.just("x")).map(list), max_size=3),
        "comment": st.text(max_size=10),
        "opensWindow": st.booleans(),
        "windowHandleName": st.just("w"),
        "skip": st.booleans(),
    },
)
JUNK = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just([]), st.just({}))
SAMPLE = json.loads(
    project(
        {
            "one": [
                ("open", "/"),
                ("type", "id=a", "${v}"),
                ("if", "1 < 2"),
                ("click", "id=b"),
                ("end",),
                ("run", "two"),
            ],
            "two": [("storeText", "id=a", "x"), ("times", "2"), ("sendKeys", "id=b", "${x}${KEY_TAB}"), ("end",)],
        }
    )
)


def read_all(content: bytes) -> None:
    """Whatever is read can be stored and read again; nothing but a refusal comes out otherwise."""
    try:
        read, _ = read_every_recording(content, "x.side")
    except InvalidInput as refusal:
        told = refusal.detail
    else:
        told = "imported"
        check(read)
    assert told.encode()


def check(read: list[ImportedRecording]) -> None:
    """The recordings can be stored, and say the same when they are read again."""
    for recording in read:
        text = json.dumps(recording.to_json(), allow_nan=False, ensure_ascii=False)
        text.encode()
        assert "\x00" not in text
        assert len(recording.steps) <= MAX_STEPS
        assert [step.step_number for step in recording.steps] == [*range(1, len(recording.steps) + 1)]
        for label, variable in recording.variables.items():
            assert recording.steps[variable.step_number - 1].label == label
            assert variable.same_as is None or variable.same_as in recording.variables
        for step in recording.steps:
            assert Step.model_validate(step.to_json()).to_json() == step.to_json()
            assert all(character.isprintable() for character in step.label or "")
        for note in recording.fidelity:
            assert note.step_number is None or note.step_number <= len(recording.steps)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(COMMAND, max_size=12), st.lists(COMMAND, max_size=5))
def test_any_sequence_of_commands_is_imported_or_refused(one: list[Any], two: list[Any]) -> None:
    whole = copy.deepcopy(SAMPLE)
    whole["tests"][0]["commands"] += [command(each) for each in one]
    whole["tests"][1]["commands"] = [command(each) for each in two]
    read_all(json.dumps(whole).encode())


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *[place for key, child in inner for place in places(child, (*path, key))]]


PLACES = [place for place in places(SAMPLE) if place]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PLACES), JUNK), min_size=1, max_size=4))
def test_a_project_with_anything_in_any_place_is_imported_or_refused(changes: list[tuple[Any, Any]]) -> None:
    whole = copy.deepcopy(SAMPLE)
    for place, junk in changes:
        holder = whole
        try:
            for key in place[:-1]:
                holder = holder[key]
            holder[place[-1]] = copy.deepcopy(junk)
        except (KeyError, IndexError, TypeError):
            continue
    read_all(json.dumps(whole).encode())


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 3000), st.binary(max_size=8), st.integers(0, 40))
def test_a_file_with_damaged_bytes_is_imported_or_refused(at: int, damage: bytes, lost: int) -> None:
    content = json.dumps(SAMPLE).encode()
    at %= len(content)
    read_all(content[:at] + damage + content[at + lost :])


def test_thousands_of_commands_are_read_and_too_many_refused() -> None:
    content = project({"t": [("open", "/"), *[("click", "id=a", "", ["css=a", "xpath=//a"])] * (MAX_STEPS - 1)]})
    assert len(read_recording(content, "x.side").steps) == MAX_STEPS
    with pytest.raises(TooLarge, match=str(MAX_STEPS)):
        read_recording(project({"t": [("open", "/"), *[("click", "id=a")] * MAX_STEPS]}), "x.side")


@pytest.mark.parametrize(
    "hostile",
    [
        ("click", "xpath=" + "/a[@b='c']" * 6000),
        ("click", "css=" + ":not(" * 9000),
        ("if", " " * 60_000 + "x"),
        ("if", "(" * 60_000),
        ("if", "a=" * 30_000),
        ("storeJson", "[" * 60_000, "x"),
        ("executeScript", "return " + "(" * 60_000, "x"),
        ("type", "id=a", "${" * 30_000),
        ("sendKeys", "id=a", "${KEY_TAB}" * 6000),
        ("selectFrame", "index=0" + "\\1" * 20_000),
        ("click", "id=" + "\\" * 60_000),
        ("click", "name=" + "a" * 60_000),
    ],
    ids=lambda line: line[0],
)
def test_texts_made_to_keep_a_program_busy_do_not(hostile: tuple[str, ...]) -> None:
    read_all(project({"t": [("open", "/"), hostile, *([("end",)] if hostile[0] == "if" else [])]}))


@pytest.mark.parametrize("label", ["<script>alert(1)</script>", "=cmd|' /C calc'!A0", "a\u202eb", "x" * 500])
def test_names_from_the_file_become_labels_of_one_printable_line(label: str) -> None:
    recording = read_recording(
        project({label: [("open", "/"), ("type", f"name={label}", "${" + label + "}")]}), "x.side"
    )
    for step in recording.steps:
        assert 1 <= len(step.label or "") <= 80
        assert (step.label or "").isprintable()
