"""Selenium IDE's commands become the steps that do the same, and what cannot be said is left out in plain sight."""

from typing import Any

import pytest

from services.ingest.adapters.importing import read_recording
from services.ingest.adapters.selenium.commands import COMMANDS, FLOW, known_name
from shared.contracts.steps import is_disabled
from tests.unit.ingest.selenium_files import BASE, imported, left_out, notes_of, only, project, steps_of

# What Selenium IDE 3 offers.
LIST = """
addSelection answerOnNextPrompt assert assertAlert assertChecked assertConfirmation assertEditable assertElementPresent
assertElementNotPresent assertNotChecked assertNotEditable assertNotSelectedValue assertNotText assertPrompt
assertSelectedValue assertSelectedLabel assertText assertTitle assertValue check chooseCancelOnNextConfirmation
chooseCancelOnNextPrompt chooseOkOnNextConfirmation click clickAt close debugger do doubleClick doubleClickAt
dragAndDropToObject echo editContent else elseIf end executeScript executeAsyncScript forEach if mouseDown mouseDownAt
mouseMoveAt mouseOut mouseOver mouseUp mouseUpAt open pause removeSelection repeatIf run runScript select selectFrame
selectWindow sendKeys setSpeed setWindowSize store storeAttribute storeElementCount storeJson storeText storeTitle
storeValue storeWindowHandle submit times type uncheck verify verifyChecked verifyEditable verifyElementPresent
verifyElementNotPresent verifyNotChecked verifyNotEditable verifyNotSelectedValue verifyNotText verifySelectedLabel
verifySelectedValue verifyText verifyTitle verifyValue waitForElementEditable waitForElementNotEditable
waitForElementNotPresent waitForElementNotVisible waitForElementPresent waitForElementVisible
webdriverAnswerOnVisiblePrompt webdriverChooseCancelOnVisibleConfirmation webdriverChooseCancelOnVisiblePrompt
webdriverChooseOkOnVisibleConfirmation while
"""
OFFERED = LIST.split()


def test_every_command_that_selenium_ide_offers_is_known_by_name() -> None:
    assert len(OFFERED) >= 93
    assert not [name for name in OFFERED if name not in COMMANDS and name not in FLOW]


@pytest.mark.parametrize(
    ("spelled", "name"), [("click at", "clickAt"), ("CLICK_AT", "clickAt"), ("clickAndWait", "click"), ("frob", None)]
)
def test_commands_are_known_in_other_spellings(spelled: str, name: str | None) -> None:
    assert known_name(spelled) == name


@pytest.mark.parametrize(
    ("line", "event", "metadata"),
    [
        (("click", "id=a"), "click", {}),
        (("clickAt", "id=a", "10,20"), "click", {"offsetX": 10, "offsetY": 20}),
        (("doubleClick", "id=a"), "double_click", {}),
        (("doubleClickAt", "id=a", "1,2"), "double_click", {"offsetX": 1, "offsetY": 2}),
        (("mouseOver", "id=a"), "hover", {}),
        (("mouseOut", "id=a"), "mouse_leave", {}),
        (("mouseMoveAt", "id=a", "1,2"), "mouse_move", {"offsetX": 1, "offsetY": 2}),
        (("check", "id=a"), "check", {}),
        (("uncheck", "id=a"), "uncheck", {}),
        (("submit", "id=a"), "submit", {}),
        (("close",), "close", {}),
        (("pause", "1500"), "wait", {"duration": 1500}),
        (("setWindowSize", "1280x720"), "resize", {"viewport": {"width": 1280, "height": 720}}),
        (("waitForElementPresent", "id=a", "3000"), "wait_for_element", {"timeout": 3000}),
        (("waitForElementNotVisible", "id=a", "9"), "wait_for_element", {"timeout": 9}),
        (("assertChecked", "id=a"), "assert", {"assertion": {"what": "checked", "operator": "equals"}}),
        (("verifyNotChecked", "id=a"), "assert", {"assertion": {"what": "checked", "operator": "not_equals"}}),
        (("assertElementNotPresent", "id=a"), "assert", {"assertion": {"what": "present", "operator": "not_equals"}}),
        (("waitForElementEditable", "id=a", "70"), "assert", {"timeout": 70}),
        (("storeText", "id=a", "t"), "extract", {"extract": {"name": "t", "what": "text"}}),
        (("storeElementCount", "css=li", "n"), "extract", {"extract": {"name": "n", "what": "count"}}),
        (
            ("storeAttribute", "id=a@title", "x"),
            "extract",
            {"extract": {"name": "x", "what": "attribute", "attribute": "title"}},
        ),
        (("storeTitle", "", "x"), "extract", {"extract": {"name": "x", "what": "title"}}),
        (("runScript", "go()"), "run_script", {"script": "go()"}),
        (("executeScript", "return a.b", "x"), "run_script", {"extract": {"name": "x"}}),
        (("executeAsyncScript", "fetch('/a')"), "run_script", {"script": "return fetch('/a')"}),
    ],
)
def test_a_command_becomes_the_step_that_does_the_same(line: Any, event: str, metadata: dict[str, Any]) -> None:
    step = only(line)
    assert step.event == event
    assert {key: step.metadata.get(key) for key in metadata} == metadata


@pytest.mark.parametrize(
    ("line", "event", "value"),
    [
        (("type", "id=a", "Zoë"), "type", "Zoë"),
        (("editContent", "id=a", "<b>x"), "type", "<b>x"),
        (("select", "id=a", "label=Two"), "select", "Two"),
        (("select", "id=a", "Two"), "select", "Two"),
        (("select", "id=a", "value=2"), "select", "2"),
        (("select", "id=a", "label=mostly-equals:Two"), "select", "Two"),
        (("assertText", "id=a", "exact:Hello"), "assert", "Hello"),
        (("assertTitle", "Shop"), "assert", "Shop"),
        (("type", "id=a", "one\\ntwo \\\\ three"), "type", "one\ntwo \\ three"),
        (("type", "id=a", "a${nbsp}b"), "type", "a\u00a0b"),
    ],
)
def test_a_value_is_carried_over(line: Any, event: str, value: str) -> None:
    step = only(line)
    assert (step.event, step.value) == (event, value)


@pytest.mark.parametrize(
    ("target", "selector", "bundle"),
    [
        ("id=mail", "#mail", {"id": "mail"}),
        ("id=a:b.c", "#a\\:b\\.c", {"id": "a:b.c"}),
        ("id=1 2", '[id="1 2"]', {"id": "1 2"}),
        ("name=q", '[name="q"]', {"name": "q"}),
        ("css=input.x", "input.x", {"tag": "input"}),
        ("//form/input", "xpath///form/input", {"xpath": "//form/input"}),
        ("xpath=(//a)[2]", "xpath/(//a)[2]", {"xpath": "(//a)[2]"}),
        ("linkText=It's", 'xpath///a[normalize-space(.)="It\'s"]', {"tag": "a", "visibleText": "It's"}),
        ("partialLinkText=ore", "xpath///a[contains(normalize-space(.), 'ore')]", {}),
        ("class=big red", ".big.red", {}),
        ("identifier=q", "#q", {"id": "q", "name": "q"}),
    ],
)
def test_a_locator_is_said_as_the_engine_reads_it(target: str, selector: str, bundle: dict[str, str]) -> None:
    step = only(("click", target))
    assert step.selector == selector
    assert bundle.items() <= step.bundle.to_json().items()


def test_the_targets_that_were_recorded_beside_become_alternatives() -> None:
    targets = ["linkText=Buy", "css=.buy", "xpath=//a[@id='buy']", "dom=document.links[0]", "css=a:eq(1)"]
    step = only(("click", "linkText=Buy", "", targets))
    link = "xpath///a[normalize-space(.)='Buy']"
    assert step.metadata["selectors"] == [[link], [".buy"], ["xpath///a[@id='buy']"]]
    assert (step.selector, step.bundle.id, step.bundle.tag) == (link, "buy", "a")


def test_what_expects_no_element_looks_for_the_recorded_locator_alone() -> None:
    step = only(("assertElementNotPresent", "id=a", "", ["id=a", "css=div"]))
    assert step.metadata["selectors"] == [["#a"]]
    assert not step.bundle.to_json()


@pytest.mark.parametrize("target", ["dom=document.forms[0]", "document.forms[0]", "ui=x", "css=a:eq(1)", ""])
def test_a_command_whose_locator_means_nothing_here_is_left_out_with_the_reason(target: str) -> None:
    assert "names no element here" in left_out(("click", target))


def test_another_recorded_target_stands_in_for_one_that_means_nothing_here() -> None:
    assert only(("click", "dom=document.forms[0]", "", ["id=go"])).selector == "#go"


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (("frobnicate", "id=a"), "no command of Selenium IDE"),
        (("open", "/item/${id}"), "${id}"),
        (("open", "javascript:alert(1)"), "never opened"),
        (("open", "file:///etc/passwd"), "never opened"),
        (("setWindowSize", "big"), "1280x720"),
        (("pause", "soon"), "milliseconds"),
        (("storeJson", "{oops", "x"), "JSON"),
        (("selectFrame", "xpath=//div/iframe"), "CSS selector"),
        (("mouseUp", "id=a"), "without having been pressed"),
        (("select", "id=a", "label=regexp:T.*"), "pattern"),
        (("select", "id=a", "index=two"), "whole number"),
        (("assertValue", "id=password", "hunter2"), "password"),
    ],
)
def test_what_cannot_be_said_here_is_left_out_with_the_reason(line: Any, why: str) -> None:
    assert why in left_out(line)


def test_what_is_switched_off_in_the_file_is_kept_as_a_disabled_step_and_changes_nothing_else() -> None:
    lines = (("//type", "id=a", "x"), ("//selectFrame", "index=0"), ("//click", "id=b"), ("click", "id=c"))
    first, second, third = steps_of(*lines)
    assert [step.selector for step in (first, second, third)] == ["#a", "#b", "#c"]
    assert [is_disabled(step) for step in (first, second, third)] == [True, True, False]
    assert third.bundle.iframe_chain == [], "the frame that would have been entered was not"


@pytest.mark.parametrize("line", [("echo", "x"), ("setSpeed", "5"), ("debugger",), ("//store", "a", "b"), ("", "", "")])
def test_what_does_nothing_to_the_page_comes_to_no_step(line: Any) -> None:
    assert steps_of(line, ("click", "id=b"))[0].selector == "#b"


def test_of_a_switched_off_command_is_told_what_became_of_it() -> None:
    kept = "click: it is switched off in the file; it is kept as a step that is disabled"
    assert ("carried", kept) in notes_of(("//click", "id=a"))
    left_out = 'store: "store" is switched off in the file; it is left out'
    assert ("carried", left_out) in notes_of(("//store", "a", "b"))


def test_keys_are_pressed_where_the_cursor_is() -> None:
    steps = steps_of(("sendKeys", "id=q", "ab${KEY_TAB}c${KEY_CONTROL}a"))
    told = [(step.event, step.value, step.metadata.get("key"), step.selector) for step in steps]
    assert told == [
        ("type", "ab", None, "#q"),
        ("key_press", None, "Tab", None),
        ("key_press", None, "c", None),
        ("key_press", None, "Control+a", None),
    ]
    assert steps[0].metadata["mode"] == "keys"


def test_a_key_alone_is_pressed_in_its_field() -> None:
    step = only(("sendKeys", "id=q", "${KEY_ENTER}"))
    assert (step.event, step.metadata["key"], step.selector) == ("key_press", "Enter", "#q")


def test_a_password_typed_behind_a_key_is_not_kept() -> None:
    recording = imported(("sendKeys", "id=password", "${KEY_HOME}hunter2"))
    assert "hunter2" not in str(recording.to_json())


def test_an_option_without_a_name_is_chosen_by_a_script_and_so_is_one_of_several() -> None:
    script = only(("select", "id=a", "index=2")).metadata["script"]
    assert '{"css": "#a", "by": "index", "option": "2", "chosen": true}' in script
    assert '"chosen": false' in only(("removeSelection", "id=a", "label=x")).metadata["script"]


def test_a_click_on_the_option_that_was_just_chosen_is_not_done_again() -> None:
    steps = steps_of(("select", "id=a", "label=x"), ("click", "css=#a > option:nth-child(2)"))
    assert [step.event for step in steps] == ["select"]


def test_dragging_is_two_steps() -> None:
    steps = steps_of(("dragAndDropToObject", "id=a", "id=b"))
    assert [(step.event, step.selector) for step in steps] == [("drag", "#a"), ("drop", "#b")]


def test_mouse_commands_are_a_drag_or_a_click_by_where_the_button_is_let_go() -> None:
    away = steps_of(("mouseDownAt", "id=a", "1,1"), ("mouseMoveAt", "id=a", "5,5"), ("mouseUpAt", "id=a", "50,9"))
    assert [step.event for step in away] == ["drag", "drop"]
    assert (away[1].metadata["offsetX"], away[1].metadata["offsetY"]) == (50, 9)
    assert [step.event for step in steps_of(("mouseDown", "id=a"), ("mouseUp", "id=a"))] == ["click"]
    assert "held" in left_out(("mouseDown", "id=a"), ("click", "id=b"))


def test_frames_are_entered_and_left_as_selenium_does() -> None:
    lines = [
        ("selectFrame", "index=0"),
        ("selectFrame", "id=inner"),
        ("click", "id=a"),
        ("selectFrame", "relative=parent"),
        ("click", "id=b"),
        ("selectFrame", "index=..\\2"),
    ]
    a, b, *_ = steps_of(*lines[:5])
    assert a.bundle.iframe_chain == [0, "#inner"]
    assert b.bundle.iframe_chain == [0]
    back = steps_of(("selectFrame", "index=3"), ("selectFrame", "relative=top"), ("click", "id=a"))
    assert back[0].bundle.iframe_chain == []
    anew = steps_of(("selectFrame", "index=3"), ("open", "/x"), ("click", "id=a"))
    assert anew[1].bundle.iframe_chain == []


def test_nothing_is_done_in_the_wrong_frame_when_one_is_not_known() -> None:
    steps = steps_of(
        ("selectFrame", "xpath=//div/iframe"), ("click", "id=a"), ("selectFrame", "relative=top"), ("click", "id=b")
    )
    assert [step.event for step in steps] == ["custom", "custom", "click"]


def test_windows_are_told_apart_by_the_order_in_which_they_open() -> None:
    opens = {"command": "click", "target": "id=a", "opensWindow": True, "windowHandleName": "w1", "windowTimeout": 2000}
    other = {**opens, "target": "id=b", "windowHandleName": "w2"}
    steps = steps_of(
        ("storeWindowHandle", "root"), opens, other, ("selectWindow", "handle=${w1}"), ("click", "id=c"),
        ("selectWindow", "handle=${root}"), ("click", "id=d"),
    )  # fmt: skip
    told = [(step.event, step.tab_id) for step in steps]
    assert told == [
        ("click", 1), ("switch_tab", 2), ("switch_tab", 1), ("click", 1), ("switch_tab", 3), ("switch_tab", 1),
        ("switch_tab", 2), ("click", 2), ("switch_tab", 1), ("click", 1),
    ]  # fmt: skip


def test_dialogs_follow_the_step_that_opens_them_in_order() -> None:
    steps = steps_of(
        ("chooseCancelOnNextConfirmation",), ("click", "id=a"), ("assertConfirmation", "Sure?"),
        ("webdriverChooseCancelOnVisibleConfirmation",), ("click", "id=b"), ("pause", "10"), ("assertPrompt", "Name?"),
        ("answerPrompt", "Ada"),
    )  # fmt: skip
    assert [step.event for step in steps] == ["click", "dialog", "click", "dialog", "wait"]
    assert steps[1].metadata["dialog"] == {"accept": False, "message": "Sure?"}
    assert steps[3].metadata["dialog"] == {"accept": True, "message": "Name?", "text": "Ada"}


def test_a_planned_answer_counts_for_the_next_action() -> None:
    steps = steps_of(("answerOnNextPrompt", "Ada"), ("click", "id=a"), ("click", "id=b"))
    assert [step.event for step in steps] == ["click", "dialog", "click"]
    assert steps[1].metadata["dialog"] == {"accept": True, "text": "Ada"}


def test_the_answer_to_a_question_for_a_secret_is_not_kept() -> None:
    recording = imported(("click", "id=a"), ("assertPrompt", "Your password?"), ("answerPrompt", "hunter2"))
    assert "hunter2" not in str(recording.to_json())


def test_a_verification_only_warns() -> None:
    assert only(("verifyText", "id=a", "x")).metadata["soft"] is True
    assert "soft" not in only(("assertText", "id=a", "x")).metadata


@pytest.mark.parametrize(
    ("pattern", "operator", "value"),
    [
        ("regexp:^a.c$", "matches", "^a.c$"),
        ("glob:a*(c)?", "matches", r"^a.*\(c\).$"),
        ("a*", "equals", "a*"),
    ],
)
def test_patterns_are_compared_as_such(pattern: str, operator: str, value: str) -> None:
    step = only(("assertText", "id=a", pattern))
    assert (step.metadata["assertion"]["operator"], step.value) == (operator, value)


@pytest.mark.parametrize(
    ("base", "target", "address"),
    [
        (BASE, "/a?b=1", f"{BASE}/a?b=1"),
        (BASE, "a/b", f"{BASE}/a/b"),
        (f"{BASE}/app/", "x", f"{BASE}/app/x"),
        (BASE, "https://other.example/x", "https://other.example/x"),
        (BASE, "/a b", f"{BASE}/a%20b"),
    ],
)
def test_addresses_are_relative_to_the_project_s_own(base: str, target: str, address: str) -> None:
    assert steps_of(("open", target), url=base)[0].value == address


def test_a_password_in_an_address_is_not_kept() -> None:
    recording = imported(("open", "/login?token=abc123"))
    assert "abc123" not in str(recording.to_json())


def test_the_type_that_a_locator_tells_makes_a_value_secret() -> None:
    step = only(("type", "xpath=//input[@type='password']", "hunter2"))
    assert step.metadata["elementType"] == "password"


def test_a_test_that_opens_nothing_starts_at_the_project_s_address() -> None:
    recording = read_recording(project({"t": [("click", "id=a")]}), "a.side")
    assert recording.starting_url == BASE
    assert any("opens a page" in note.detail for note in recording.fidelity)
