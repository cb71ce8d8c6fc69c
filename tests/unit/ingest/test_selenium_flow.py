"""Variables and control flow: settled when they are imported where that is certain, and never guessed otherwise."""

import pytest

from services.ingest.adapters.importing import read_every_recording, read_recording
from services.ingest.adapters.selenium.values import Unknown, holds, returned
from shared.core.errors import InvalidInput, TooLarge
from tests.unit.ingest.selenium_files import Line, imported, left_out, notes_of, only, project, steps_of


def values(*lines: Line) -> list[str | None]:
    return [step.value for step in steps_of(*lines)]


def test_a_stored_text_is_put_in_wherever_it_is_used() -> None:
    steps = steps_of(("store", "x", "who"), ("type", "id=${who}", "Hello ${who}!"), ("open", "/u/${who}"))
    assert (steps[0].selector, steps[0].value, steps[1].value) == ("#x", "Hello x!", "https://shop.example/u/x")


def test_what_is_taken_from_the_page_is_put_in_when_it_runs() -> None:
    _, typed, opened = steps_of(("storeText", "id=a", "nr"), ("type", "id=b", "No ${nr}"), ("open", "/o/${nr}"))
    assert (typed.value, typed.metadata["interpolate"]) == ("No ${nr}", True)
    assert (opened.value, opened.metadata["interpolate"]) == ("https://shop.example/o/${nr}", True)


def test_a_locator_cannot_wait_for_what_is_taken_from_the_page() -> None:
    assert "only known when the test runs" in left_out(("storeText", "id=a", "nr"), ("click", "id=${nr}"))


def test_a_variable_that_nothing_sets_is_a_column_that_every_row_needs() -> None:
    recording = imported(("type", "id=a", "${mail}"), ("type", "id=b", "${mail}"), ("verifyText", "id=c", "${mail}"))
    told = {label: (v.required, v.same_as) for label, v in recording.variables.items()}
    assert told == {"mail": (True, None), "mail (2)": (False, "mail"), "Expected mail": (False, "mail")}
    assert [step.value for step in recording.steps[1:]] == [None, None, ""]


def test_a_variable_among_other_text_makes_the_whole_text_a_column() -> None:
    recording = imported(("type", "id=a", "Dear ${name}"))
    assert list(recording.variables) == ["name"]
    assert any("among other text" in note.detail for note in recording.fidelity)


def test_a_field_filled_from_a_secret_variable_is_called_by_it_and_so_kept_secret() -> None:
    assert only(("store", "hunter2", "userPassword"), ("type", "id=f7", "${userPassword}")).label == "userPassword"


def test_a_variable_that_is_set_anew_is_another_value() -> None:
    lines = [("store", "1", "n"), ("type", "id=a", "${n}"), ("store", "2", "n"), ("type", "id=b", "${n}")]
    recording = imported(*lines)
    assert [v.same_as for v in recording.variables.values()] == [None, None]


@pytest.mark.parametrize(
    ("condition", "value"),
    [
        ('"a" === "a"', True), ('"a" !== "a"', False), ("3 < 4", True), ('"3" == 3', True), ('"3" === 3', False),
        ("'x' == 'y'", False), ("true", True), ("0", False), ('""', False), ('("a") === "a"', True),
        ("1.0 === 1", True),
    ],
)  # fmt: skip
def test_a_condition_between_literals_is_decided_as_in_javascript(condition: str, value: bool) -> None:
    assert holds(condition) is value


@pytest.mark.parametrize(
    "condition", ["x", "${a}", 'document.title == "x"', '"a" < "b"', "[] == []", "true == 1", "(" * 5000]
)
def test_any_other_condition_is_not_decided(condition: str) -> None:
    with pytest.raises(Unknown):
        holds(condition)


@pytest.mark.parametrize(
    "script", ["return x", "let a", 'return "\\ud800"', "return NaN", "return 1e999", "return " + "[" * 99]
)
def test_a_script_that_returns_no_plain_value_must_run(script: str) -> None:
    with pytest.raises(Unknown):
        returned(script)


def test_the_branch_that_holds_is_taken() -> None:
    lines = [
        ("executeScript", 'return "b"', "v"), ("if", '${v} === "a"'), ("click", "id=a"), ("elseIf", '${v} === "b"'),
        ("click", "id=b"), ("else",), ("click", "id=c"), ("end",), ("assert", "v", "b"),
    ]  # fmt: skip
    assert [step.selector for step in steps_of(*lines)] == ["#b"]


def test_a_loop_over_a_known_list_is_unrolled() -> None:
    lines = [("storeJson", '["x", "y"]', "all"), ("forEach", "all", "one"), ("type", "id=a", "${one}"), ("end",)]
    assert values(*lines) == ["x", "y"]


def test_a_known_number_of_turns_is_unrolled_and_none_is_none() -> None:
    assert values(("times", "3"), ("type", "id=a", "x"), ("end",)) == ["x"] * 3
    assert values(("times", "0"), ("type", "id=a", "x"), ("end",), ("click", "id=b")) == [None]


def test_do_is_done_once_and_while_not_at_all_where_their_conditions_never_hold() -> None:
    assert values(("do",), ("type", "id=a", "x"), ("repeatIf", "false")) == ["x"]
    assert values(("while", "1 > 2"), ("type", "id=a", "x"), ("end",), ("click", "id=b")) == [None]


@pytest.mark.parametrize(
    "head",
    [
        ("if", "document.title"),
        ("while", "${x} < 3"),
        ("times", "${x}"),
        ("forEach", "x", "y"),
        ("while", "true"),
        ("times", "1001"),
    ],
)
def test_a_block_that_only_a_browser_could_decide_is_left_out_as_a_whole(head: Line) -> None:
    why = left_out(head, ("click", "id=a"), ("store", "1", "z"), ("end",))
    assert "the block is left out (it and 3 more commands up to its end)" in why


def test_what_a_left_out_block_may_have_set_is_not_taken_for_granted() -> None:
    lines = [("store", "old", "z"), ("if", "x()"), ("store", "new", "z"), ("end",), ("type", "id=a", "${z}")]
    recording = imported(*lines)
    assert recording.variables["z"].required
    assert any("set by something that is not carried over" in note.detail for note in recording.fidelity)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([("if", "true")], '"if" has no "end"'),
        ([("end",)], "ends nothing"),
        ([("else",)], "outside"),
        ([("do",), ("end",)], "ends nothing"),
        ([("if", "true")] * 40, "nested more than"),
    ],
)
def test_blocks_that_are_not_whole_are_refused_with_their_place(lines: list[Line], words: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        imported(*lines)
    assert words in refusal.value.faults[0].detail
    assert refusal.value.faults[0].pointer.startswith("/tests/0/commands/")


def test_another_test_that_is_run_stands_in_its_place() -> None:
    content = project(
        {"login": [("type", "id=u", "${who}")], "t": [("store", "ada", "who"), ("run", "login"), ("click", "id=a")]}
    )
    recording = read_recording(content, "p.side", "t")
    assert [step.value for step in recording.steps] == ["ada", None]
    assert [note.source_index for note in recording.fidelity if "stand here" in note.detail] == [1]


def test_tests_that_run_each_other_for_ever_are_cut_with_a_word() -> None:
    content = project({"a": [("click", "id=a"), ("run", "b")], "b": [("run", "a")]})
    notes = read_recording(content, "p.side", "a").fidelity
    assert any("runs itself" in note.detail for note in notes)


def test_a_test_that_is_not_there_is_told() -> None:
    assert "has no test" in left_out(("run", "nowhere"))


def test_a_project_of_several_tests_asks_which_and_imports_one_or_all() -> None:
    content = project({"login": [("click", "id=a")], "empty": [], "buy it": [("click", "id=b")], "flow": [("if", "1")]})
    with pytest.raises(InvalidInput, match='holds 3 tests: "login", "buy it", "flow"; choose one with --test'):
        read_recording(content, "p.side")
    assert read_recording(content, "p.side", "Buy  it").name == "shop: buy it"
    with pytest.raises(InvalidInput, match='no test "x"'):
        read_recording(content, "p.side", "x")
    read, refused = read_every_recording(content, "p.side")
    assert [recording.name for recording in read] == ["shop: login", "shop: buy it"]
    assert [(refusal.name, "has no" in refusal.reason) for refusal in refused] == [("flow", True)]


def test_a_test_of_which_nothing_is_left_is_refused() -> None:
    content = project({"t": [("store", "a", "v"), ("assert", "v", "a")]})
    with pytest.raises(InvalidInput, match="nothing of the test"):
        read_recording(content, "p.side")


def test_variables_that_make_a_text_grow_without_end_are_refused() -> None:
    lines = [("store", "x" * 1000, "a"), *[("store", "${a}${a}", "a")] * 30]
    with pytest.raises(TooLarge, match="64 KiB"):
        imported(*lines)


def test_loops_within_loops_have_an_end() -> None:
    lines = [*[("times", "1000")] * 5, ("echo", "x"), *[("end",)] * 5]
    with pytest.raises(TooLarge, match="too large"):
        imported(*lines)


def test_the_report_counts_what_is_exact_changed_and_lost() -> None:
    report = imported(("click", "id=a"), ("select", "id=b", "index=1"), ("frob", "x"), ("echo", "x")).report()
    assert report == {"exact": 2, "changed": 1, "not_carried": 2}


def test_no_note_tells_a_typed_value() -> None:
    lines = [
        ("type", "id=password", "hunter2"),
        ("sendKeys", "id=password", "hunter2${KEY_ENTER}"),
        ("assert", "x", "hunter2"),
    ]
    assert "hunter2" not in str(notes_of(*lines))
