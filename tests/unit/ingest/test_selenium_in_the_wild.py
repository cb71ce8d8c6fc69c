"""Commands of older releases of Selenium IDE, as migrated projects still have them."""

from typing import Any

import pytest

from services.ingest.adapters.importing import read_recording
from tests.unit.ingest.selenium_files import imported, left_out, notes_of, only, project, steps_of


@pytest.mark.parametrize(
    ("line", "event", "value", "metadata"),
    [
        (("assertTextPresent", "Hello"), "assert", "Hello", {"what": "text", "operator": "contains"}),
        (("verifyTextNotPresent", "Hello"), "assert", "Hello", {"what": "text", "operator": "not_contains"}),
        (("waitForTextPresent", "Hello"), "assert", "Hello", {"what": "text", "operator": "contains"}),
        (("assertLocation", "https://a.example/"), "assert", "https://a.example/", {"what": "url"}),
        (("waitForLocation", "*/home*"), "assert", "^.*\\/home.*$", {"what": "url", "operator": "matches"}),
        (("assertNotTitle", "Hello"), "assert", "Hello", {"what": "title", "operator": "not_equals"}),
        (("assertVisible", "id=a"), "assert", None, {"what": "visible", "operator": "equals"}),
        (("waitForNotText", "id=a", "x"), "assert", "x", {"what": "text", "operator": "not_equals"}),
        (("assertAttribute", "id=a@href", "x"), "assert", "x", {"what": "attribute", "attribute": "href"}),
        (("assertXpathCount", "//a", "3"), "assert", "3", {"what": "count", "operator": "equals"}),
    ],
)
def test_older_assertions_ask_the_same(line: Any, event: str, value: str | None, metadata: dict[str, Any]) -> None:
    step = only(line)
    assert (step.event, step.value) == (event, value)
    assert metadata.items() <= step.metadata["assertion"].items()


@pytest.mark.parametrize(
    ("line", "event", "metadata"),
    [
        (("goBackAndWait",), "go_back", {}),
        (("refresh",), "reload", {}),
        (("focus", "id=a"), "focus", {}),
        (("contextMenu", "id=a"), "right_click", {}),
        (("keyPress", "id=a", "\\13"), "key_press", {"key": "Enter"}),
        (("keyDown", "id=a", "x"), "key_press", {"key": "x"}),
        (("typeKeys", "id=a", "x"), "type", {"mode": "keys"}),
        (("captureEntirePageScreenshot", "C:\\shots\\a.png"), "screenshot", {"name": "a.png", "wholePage": True}),
        (("waitForVisible", "id=a"), "wait_for_element", {}),
        (("fireEvent", "id=a", "blur"), "blur", {}),
        (("storeLocation", "here"), "extract", {"extract": {"name": "here", "what": "url"}}),
    ],
)
def test_older_commands_do_the_same(line: Any, event: str, metadata: dict[str, Any]) -> None:
    step = only(line)
    assert step.event == event
    assert metadata.items() <= step.metadata.items()


def test_a_pause_with_a_locator_before_the_time_takes_the_time() -> None:
    assert only(("pause", "name=email", "3000")).metadata["duration"] == 3000


def test_css_of_selenium_that_looks_for_a_text_is_said_as_a_path() -> None:
    step = only(("click", 'css=a:contains("enacted")'))
    assert (step.selector, step.label) == ("xpath///a[contains(., 'enacted')]", "enacted")


@pytest.mark.parametrize("made", ["id=apr-input-6tyPR3fy-s081fEOYC8jt", "id=u_0_b"])
def test_a_step_is_not_called_by_an_id_that_a_machine_made(made: str) -> None:
    assert only(("type", "name=email", "x", [made, "name=email"])).label == "Email"


def test_a_step_is_called_by_the_text_of_its_other_locators() -> None:
    found = ("click", "css=.btn > span", "", ["css=.btn > span", "xpath=//span[contains(.,'Log In')]"])
    assert only(found).label == "Log In"


@pytest.mark.parametrize("name", ["waitForPageToLoad", "windowMaximize", "waitForPopUp", "loadVars", "keyUp"])
def test_what_needs_no_step_here_is_only_told(name: str) -> None:
    assert not steps_of((name, "30000"))
    assert [kind for kind, _ in notes_of((name, "30000"))] == ["not_carried"]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (("gotoIf", "x", "y"), "no jumps"),
        (("keyPress", "id=a", "\\999"), "no key"),
        (("storeEval", "selenium.getText('id=a')", "x"), "speaks to Selenium itself"),
        (("assertTable", "id=t.1.2", "x"), "nothing here compares this"),
        (("storeVisible", "id=a", "x"), "cannot be stored"),
        (("controlKeyDown",), "a key that is held"),
    ],
)
def test_older_commands_without_a_counterpart_say_why(line: Any, why: str) -> None:
    assert why in left_out(line)


def test_dialogs_are_answered_by_the_names_of_early_2018_too() -> None:
    steps = steps_of(
        ("chooseCancelOnNextConfirmation",),
        ("click", "id=a"),
        ("assertConfirmation", "Sure?"),
        ("webdriverChooseCancelOnNextConfirmation",),
    )
    assert [step.event for step in steps] == ["click", "dialog"]
    assert steps[1].metadata["dialog"] == {"accept": False, "message": "Sure?"}


def test_blocks_of_plugins_end_as_they_began() -> None:
    steps = steps_of(("store", "1", "x"), ("if", "${x} == 1"), ("click", "id=a"), ("endIf",))
    assert [step.event for step in steps] == ["click"]


def test_a_value_of_the_page_is_compared_where_it_is_taken() -> None:
    steps = steps_of(
        ("storeText", "id=total", "total"), ("click", "id=a"), ("assert", "total", "12"), ("verify", "${total}", "13")
    )
    assert [step.event for step in steps] == ["extract", "assert", "assert", "click"]
    compared = {
        step.value: (step.selector, step.metadata["assertion"], step.metadata.get("soft")) for step in steps[1:3]
    }
    asked = {"what": "text", "operator": "equals"}
    assert compared == {"12": ("#total", asked, None), "13": ("#total", asked, True)}


def test_what_a_script_gives_is_compared_by_the_script() -> None:
    (step,) = steps_of(("executeScript", "return document.forms.length", "n"), ("assert", "n", "2"))
    assert 'String(found) !== "2"' in step.metadata["script"]
    assert step.metadata["extract"] == {"name": "n"}
    assert "only known when the test runs" in left_out(("executeScript", "return f()", "n"), ("verify", "n", "2"))


def test_a_script_may_use_a_text_of_the_page() -> None:
    step = steps_of(("storeText", "id=a", "name"), ("executeScript", "return ${name} != '' && `${other}`", "x"))[1]
    assert step.metadata["script"] == "return ${name} != '' && `${other}`"
    assert step.metadata["interpolate"] is True
    assert "no text of the page" in left_out(
        ("storeElementCount", "css=a", "n"), ("executeScript", "return ${n} + 1", "m")
    )


def test_a_loop_that_counts_by_a_script_is_unrolled() -> None:
    steps = steps_of(
        ("executeScript", "return 1", "i"),
        ("while", "${i} < 4"),
        ("click", "xpath=//li[${i}]"),
        ("executeScript", "return ${i} + 1;", "i"),
        ("end",),
    )
    assert [step.selector for step in steps] == [f"xpath///li[{number}]" for number in (1, 2, 3)]


@pytest.mark.parametrize(
    "script", ["return 010 + 1", "return 1 2 + 3", "return 2 ** 3", "return (1) + (", "return 9*9" + "*9" * 28]
)
def test_what_only_a_browser_should_reckon_is_left_to_it(script: str) -> None:
    (step,) = steps_of(("executeScript", script, "x"))
    assert step.event == "run_script"


def test_the_script_that_early_releases_put_beside_the_commands_is_no_loss() -> None:
    recording = imported(("click", "id=a"), version="1.0", code={"tests": []}, dependencies={})
    assert not recording.fidelity


def test_a_test_of_an_unknown_version_says_so() -> None:
    recording = read_recording(project({"t": [("open", "/"), ("click", "id=a")]}, version="4.0"), "a.side")
    assert any("4.0" in note.detail for note in recording.fidelity)


@pytest.mark.parametrize("urls", [True, 5, {"a": 1}, [None, "https://b.example/"]])
def test_a_project_without_its_address_takes_the_first_of_its_list(urls: Any) -> None:
    content = project({"t": [("open", "https://a.example/"), ("click", "id=a")]}, url=None, urls=urls)
    assert read_recording(content, "a.side").starting_url == "https://a.example/"
