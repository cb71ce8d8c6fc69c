"""Test cases of Selenium IDE for Firefox and of Katalon Recorder: their scripts and their tables."""

import contextlib
import html

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.adapters.imported import ImportedRecording
from services.ingest.adapters.importing import read_every_recording, read_recording
from shared.contracts.recording import Step
from shared.core.errors import InvalidInput

HEAD = """<html><head profile="http://selenium-ide.openqa.org/profiles/test-case">
<link rel="selenium.base" href="http://shop.example/" /><title>Buy</title></head><body>"""


def table(*rows: tuple[str, ...], name: str = "Buy") -> str:
    """A test case, its cells escaped."""
    cells = ["".join(f"<td>{html.escape(cell)}</td>" for cell in (*row, "", "")[:3]) for row in rows]
    body = "\n".join(f"<tr>{row}</tr>" for row in cells)
    return f'<table><thead>\n<tr><td rowspan="1" colspan="3">{name}</td></tr>\n</thead><tbody>{body}</tbody></table>'


def imported(*rows: tuple[str, ...]) -> ImportedRecording:
    """The recording of these commands, behind one that opens the page."""
    return read_recording((HEAD + table(("open", "/"), *rows)).encode(), "buy.html")


def last(*rows: tuple[str, ...]) -> Step:
    """Its last step."""
    return imported(*rows).steps[-1]


@pytest.mark.parametrize(
    ("expression", "typed"),
    [
        ("${n}+1", "3"),  # put in letter by letter
        ("storedVars['n'] + 1", "21"),  # a text
        ("storedVars['n'] * 2", None),  # the page reckons
        ("'row ' + storedVars.n", "row 2"),
        ('"a${n}"', "a2"),
        ("5", "5"),
    ],
)
def test_what_an_expression_comes_to_is_typed(expression: str, typed: str | None) -> None:
    step = last(("store", "2", "n"), ("storeEval", expression, "x"), ("type", "id=a", "${x}"))
    assert step.value == (typed or "${x}")
    assert step.metadata.get("interpolate", False) is (typed is None)


@pytest.mark.parametrize(
    ("expression", "script"),
    [
        ("'a' + Math.random()", "return 'a' + Math.random()"),
        ("var d = new Date(); d.getDay()", "var d = new Date();\nreturn d.getDay()"),
        ("var y = 1 + Math.random();", "var y = 1 + Math.random();\nreturn y"),
        ("selenium.browserbot.getCurrentWindow().total", "return window.total"),
        ("${took} * 2", "return Number(${took}) * 2"),
        ("storedVars['took'].trim() + \"x${took}\"", 'return ${took}.trim() + ("x" + ${took})'),
        ("'a\\n'", "return 'a\\n'"),
    ],
)
def test_an_expression_becomes_a_script_of_the_page(expression: str, script: str) -> None:
    recording = imported(("storeText", "id=a", "took"), ("storeEval", expression, "x"))
    assert recording.steps[-1].metadata["script"] == script
    assert "reckoned in the page" in recording.fidelity[-1].detail


@pytest.mark.parametrize(
    "expression", ["selenium.getText('a')", "prompt('Captcha?')", "storedVars['row'] + 1", "if (1) 2", "'a; 1", ""]
)
def test_an_expression_that_no_page_knows_is_left_out_and_its_variable_is_a_column(expression: str) -> None:
    recording = imported(("storeEval", expression, "x"), ("type", "id=a", "${x}"))
    assert [step.event for step in recording.steps] == ["navigate", "custom", "type"]
    assert recording.variables["x"].required


def test_texts_in_javascript_are_reckoned_where_they_stand() -> None:
    recording = imported(
        ("type", "id=a", "javascript{storedVars['email']}"),
        ("type", "id=b", "javascript{'a' + 1}"),
        ("type", "id=c", "javascript{new Date().getDate()}"),
        ("type", "id=d", "javascript{this.doNothing()}"),
    )
    assert [(step.event, step.value) for step in recording.steps[1:]] == [
        ("type", None),
        ("type", "a1"),
        ("run_script", None),
        ("type", "${v_javascript_4_value}"),
        ("custom", None),
        ("custom", None),
    ]
    assert "email" in recording.variables


def test_a_condition_may_name_its_variables_and_a_loop_that_counts_is_unrolled() -> None:
    recording = imported(
        ("store", "1", "i"),
        ("while", "i<3"),
        ("type", "id=a", "${i}"),
        ("storeEval", "${i}+1", "i"),
        ("endWhile",),
        ("if", "storedVars['i'] == 3"),
        ("click", "id=b"),
        ("else",),
        ("click", "id=c"),
        ("endIf",),
    )
    assert [step.value or step.selector for step in recording.steps[1:]] == ["1", "2", "#b"]


def test_a_loop_over_the_rows_of_a_file_is_what_a_job_does() -> None:
    recording = imported(
        ("loadTestData", "file:///C:/data.xml"),
        ("while", "!testdata.EOF()"),
        ("nextTestData",),
        ("type", "name=q", "${num}"),
        ("endWhile",),
    )
    assert [step.event for step in recording.steps] == ["navigate", "type"]
    assert recording.variables["num"].required
    assert any("each row of a job" in note.detail for note in recording.fidelity)


def test_a_function_of_the_file_is_done_where_it_is_called() -> None:
    recording = imported(
        ("call", "add"),
        ("function", "add"),
        ("click", "id=add"),
        ("endFunction",),
        ("click", "id=pay"),
        ("call", "gone"),
    )
    assert [step.selector for step in recording.steps[1:]] == ["#add", "#pay", None]
    assert recording.name == "Buy"


def test_variables_are_set_by_scripts_too() -> None:
    recording = imported(
        ("storeEval", "javascript{storedVars['i']=1}"),
        ("while", "storedVars.i <= 2"),
        ("type", "id=a", "${i}"),
        ("store", "javascript{storedVars.i++;}"),
        ("endWhile",),
        ("if", "javascript{storedVars['i']==3}"),
        ("click", "id=b"),
        ("endIf",),
    )
    assert [step.value or step.selector for step in recording.steps[1:]] == ["1", "2", "#b"]


def test_a_text_with_a_star_is_a_pattern() -> None:
    step = last(("verifyText", "id=a", "*found*"))
    assert (step.value, step.metadata["assertion"]["operator"]) == ("^.*found.*$", "matches")
    assert last(("verifyText", "id=a", "regex:a.*b")).metadata["assertion"]["operator"] == "matches"


def test_a_condition_of_the_page_is_waited_for() -> None:
    step = last(("waitForCondition", "selenium.browserbot.getCurrentWindow().jQuery.active == 0", "9000"))
    assert (step.event, step.metadata["expression"]) == ("wait_for_expression", "window.jQuery.active == 0")
    assert step.metadata["timeout"] == 9000


def test_windows_are_opened_by_name_and_left_for_the_first() -> None:
    recording = imported(
        ("selectWindow", "null"), ("openWindow", "/help", "help"), ("selectWindow", "help"), ("selectWindow", "null")
    )
    assert [(step.event, step.tab_id) for step in recording.steps[1:]] == [
        ("new_tab", 2),
        ("switch_tab", 1),
        ("switch_tab", 2),
        ("switch_tab", 1),
    ]
    assert recording.steps[1].value == "http://shop.example/help"


def test_rows_in_a_remark_are_not_performed() -> None:
    text = HEAD + table(("open", "/"), ("click", "id=a")).replace("<tr><td>click", "<!-- <tr><td>click")
    assert len(read_recording(text.replace("</tbody>", "--></tbody>").encode(), "a.html").steps) == 1


def test_every_table_of_a_katalon_file_is_a_test_with_its_other_locators() -> None:
    found = "id=a<datalist><option>id=a</option><option>//input[@name='b']</option></datalist>"
    other = "id=c<datalist><option>id=a</option><option>id=c</option></datalist>"
    first = table(("open", "http://shop.example/"), ("click", "FOUND"), ("click", "OTHER"), name="One")
    second = table(("open", "http://shop.example/two"), name="Two")
    text = f"<html><head><title>Shop</title></head><body>{first}{second}</body></html>"
    content = text.replace("FOUND", found).replace("OTHER", other).encode()
    read, refused = read_every_recording(content, "shop.html")
    assert [recording.name for recording in read] == ["Shop: One", "Shop: Two"]
    assert not refused
    assert read[0].steps[1].metadata["selectors"] == [["#a"], ["xpath///input[@name='b']"]]
    assert read[0].steps[2].metadata["selectors"] == [["#c"]]


PIECES = st.sampled_from(
    ["<table>", "<tr>", "</tr>", "<td>", "</td>", "<!--", "-->", "<option>", "</option", "<datalist>", "<thead>", "\n",
     "open", "click", "while", "endWhile", "storeEval", "if", "id=a", "/", "javascript{", "}", "storedVars['a']", "'",
     '"', ";", "${a}", "+1", "(", "&lt;", "&#0;", "a", "1", "\\"]
)  # fmt: skip
CELLS = st.lists(PIECES, max_size=6).map("".join)


@settings(max_examples=40, deadline=None)
@given(st.lists(PIECES, max_size=40).map("".join) | st.lists(st.tuples(CELLS, CELLS, CELLS), max_size=6))
def test_any_table_is_imported_or_refused(found: str | list[tuple[str, str, str]]) -> None:
    body = found if isinstance(found, str) else table(("open", "/"), *found)
    with contextlib.suppress(InvalidInput):
        assert read_recording((HEAD + body).encode(), "a.html").steps
