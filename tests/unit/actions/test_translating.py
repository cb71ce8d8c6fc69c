"""Actions of ad-hoc jobs, in the spellings that people and other tools use, made into canonical steps."""

from typing import Any

import pytest

from shared.actions import Translation, translate
from shared.contracts.sealed import MASK
from shared.contracts.steps import EVENT_WORDS
from shared.core.errors import InvalidInput, TooLarge

URL = "https://shop.example/start/"


def translated(*actions: Any) -> Translation:
    return translate(URL, actions)


def steps(*actions: Any) -> list[dict[str, Any]]:
    """The steps behind the one that opens the page."""
    return [step.to_json() for step in translated(*actions).steps[1:]]


def step(**action: Any) -> dict[str, Any]:
    (only,) = steps(action)
    return only


def test_the_page_is_opened_first_and_steps_are_numbered_from_one():
    made = translated({"type": "click", "selector": "#a"}, {"type": "click", "selector": "#b"}).steps
    assert [(each.step_number, each.event) for each in made] == [(1, "navigate"), (2, "click"), (3, "click")]
    assert made[0].value == URL


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ({"type": "goto", "url": "/cart"}, {"event": "navigate", "value": "https://shop.example/cart"}),
        ({"action": "open", "url": "http://b.example"}, {"event": "navigate", "value": "http://b.example"}),
        ({"type": "click", "selector": "#go"}, {"event": "click", "selector": "#go"}),
        ({"type": "click", "text": "Go on"}, {"event": "click", "selector": "text/Go on"}),
        ({"type": "dblclick", "locator": "#go"}, {"event": "double_click", "selector": "#go"}),
        ({"type": "fill", "selector": "#q", "value": 7}, {"event": "type", "selector": "#q", "value": "7"}),
        ({"action": "type", "selector": "#q", "text": "hi"}, {"event": "type", "value": "hi"}),
        ({"type": "clear", "selector": "#q"}, {"event": "type", "value": ""}),
        ({"type": "select", "selector": "#c", "values": ["a", "b"]}, {"event": "select", "value": "a\nb"}),
        ({"type": "select", "selector": "#c", "label": "France"}, {"event": "select", "value": "France"}),
        ({"type": "check", "selector": "#c"}, {"event": "check"}),
        ({"type": "check", "selector": "#c", "checked": False}, {"event": "uncheck"}),
        ({"type": "wait_for_text", "text": "Done"}, {"event": "wait_for_text", "value": "Done"}),
        ({"type": "goBack"}, {"event": "go_back"}),
        ({"type": "refresh"}, {"event": "reload"}),
        ({"command": "click", "target": "id=go"}, {"event": "click", "selector": '[id="go"]'}),
    ],
)
def test_the_usual_forms_become_steps(action: dict[str, Any], expected: dict[str, Any]):
    made = step(**action)
    assert {key: made[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("action", "event", "metadata"),
    [
        ({"type": "press", "key": "Control+A"}, "key_press", {"key": "Control+A"}),
        ({"type": "press_sequentially", "selector": "#q", "text": "x"}, "type", {"mode": "keys"}),
        ({"type": "wait", "ms": 250}, "wait", {"duration": 250}),
        ({"type": "wait", "seconds": 2}, "wait", {"duration": 2000}),
        ({"type": "sleep", "timeout": "1.5s"}, "wait", {"duration": 1500}),
        ({"type": "click", "selector": "#a", "timeout": 900}, "click", {"timeout": 900}),
        (
            {"type": "wait", "selector": "#a", "timeout": 900},
            "wait_for_element",
            {"timeout": 900, "condition": {"visible": True}},
        ),
        (
            {"type": "wait_for_selector", "selector": "#a", "state": "hidden"},
            "wait_for_element",
            {"condition": {"operator": "==", "count": 0, "visible": True}},
        ),
        ({"type": "wait_for_url", "url": "**/done"}, "wait_for_url", {"pattern": "**/done"}),
        (
            {"type": "screenshot", "path": "out/home.png", "fullPage": True},
            "screenshot",
            {"name": "home", "wholePage": True},
        ),
        ({"type": "pdf"}, "pdf", {}),
        (
            {"type": "extract", "selector": "h1", "name": "title"},
            "extract",
            {"extract": {"name": "title", "what": "text"}},
        ),
        (
            {"type": "get_attribute", "selector": "a", "attribute": "href"},
            "extract",
            {"extract": {"name": "action_0", "what": "attribute", "attribute": "href"}},
        ),
        ({"type": "scroll", "to": "top"}, "scroll", {"scroll": {"x": 0, "y": 0}}),
        ({"type": "scroll", "direction": "up", "amount": 50}, "scroll", {"delta": {"x": 0, "y": -50}}),
        ({"type": "scroll", "x": 5, "y": 9}, "scroll", {"scroll": {"x": 5, "y": 9}}),
        (
            {"type": "assert", "selector": "h1", "contains": "Done"},
            "assert",
            {"assertion": {"what": "text", "operator": "contains"}},
        ),
        ({"type": "assert", "selector": "h1"}, "assert", {"assertion": {"what": "visible", "operator": "equals"}}),
        ({"type": "assert", "title": "Done"}, "assert", {"assertion": {"what": "title", "operator": "equals"}}),
        (
            {"type": "assert_hidden", "selector": "p"},
            "assert",
            {"assertion": {"what": "visible", "operator": "equals"}},
        ),
        ({"type": "dialog", "accept": False, "text": "x"}, "dialog", {"dialog": {"accept": False, "text": "x"}}),
        ({"type": "set_viewport", "width": 800, "height": 600}, "resize", {"viewport": {"width": 800, "height": 600}}),
        ({"type": "download", "selector": "#file"}, "click", {"download": True}),
    ],
)
def test_what_an_action_says_beside_its_value_is_in_the_metadata(
    action: dict[str, Any], event: str, metadata: dict[str, Any]
):
    made = step(**action)
    assert (made["event"], made["metadata"]) == (event, metadata)


@pytest.mark.parametrize(
    ("script", "body"),
    [
        ("document.title", "return (document.title);"),
        ("document.title;", "return (document.title);"),
        ("() => 1 + 1", "return await (() => 1 + 1)();"),
        ("async function () { return 1 }", "return await (async function () { return 1 })();"),
        ("const a = 1; return a", "const a = 1; return a"),
        ("a(); b()", "a(); b()"),
    ],
)
def test_a_script_is_an_expression_a_function_or_statements(script: str, body: str):
    assert step(type="evaluate", script=script)["metadata"]["script"] == body


def test_an_element_may_have_several_locators_or_be_inside_another_or_in_a_frame():
    made = step(type="click", selector=["#a", "text=Save"], frame="#inner")
    assert (made["selector"], made["metadata"]["selectors"]) == ("#a", [["#a"], ["text/Save"]])
    assert made["bundle"] == {"iframeChain": ["#inner"]}
    assert step(type="click", selector="form >> text=Save")["metadata"]["selectors"] == [["form", "text/Save"]]


def test_one_action_may_be_two_steps():
    assert [each["event"] for each in steps({"type": "drag_and_drop", "source": "#a", "target": "#b"})] == [
        "drag",
        "drop",
    ]
    assert [each["metadata"]["key"] for each in steps({"type": "press", "keys": ["a", "b"]})] == ["a", "b"]


def test_a_canonical_step_is_accepted_as_it_is():
    canonical = {
        "stepNumber": 9,
        "event": "click",
        "selector": "#save",
        "navigation": {"type": "same_page"},
        "bundle": {"id": "save", "tag": "button"},
        "metadata": {"button": "right"},
    }
    assert step(**canonical) == {**canonical, "stepNumber": 2}


def test_every_event_that_there_is_can_be_asked_for():
    needs = {"selector": "#a", "value": "1", "url": "/x", "key": "a", "text": "t", "script": "1", "tab": "main"}
    for event in EVENT_WORDS:
        more = {"files": "retold-file:" + "0" * 64 + "/a.txt"} if event == "upload" else {}
        assert steps({"type": event, **needs, **more})


def test_what_is_secret_is_not_in_the_steps_and_not_shown():
    made = translated(
        {"type": "fill", "selector": "#password", "value": "hunter2"},
        {"type": "fill", "selector": "#answer", "text": "my dog", "secret": True},
        {"type": "fill", "selector": "#name", "value": "Ann"},
    )
    assert sorted(made.secrets.values()) == ["hunter2", "my dog"]
    assert [each.value for each in made.steps[1:]] == [None, None, "Ann"]
    assert [each.label for each in made.steps[1:3]] == list(made.secrets)
    assert [made.actions[0]["value"], made.actions[1]["text"], made.actions[2]["value"]] == [MASK, MASK, "Ann"]


def test_two_secrets_of_one_label_stay_apart():
    twice = {"type": "fill", "selector": "#password", "value": "a", "label": "Password"}
    assert sorted(translated(twice, {**twice, "value": "b"}).secrets.values()) == ["a", "b"]


def test_only_values_that_were_taken_before_are_put_into_a_value():
    take = {"type": "extract", "selector": "h1", "name": "title"}
    use = {"type": "fill", "selector": "#q", "value": "${title}"}
    assert steps(take, use)[1]["metadata"] == {"interpolate": True}
    assert steps(use, take)[0]["metadata"] == {}


def test_a_file_that_comes_with_an_action_is_put_aside():
    given = {
        "type": "upload",
        "selector": "#f",
        "files": [{"name": "a.txt", "content": "hey"}, {"name": "b", "base64": "AAE="}],
    }
    made = translated(given)
    assert sorted(made.files.values()) == [b"\x00\x01", b"hey"]
    assert made.steps[1].value == "\n".join(
        f"retold-file:{digest}/{name}" for digest, name in zip(made.files, ("a.txt", "b"), strict=True)
    )
    assert made.actions[0]["files"] == ["a.txt", "b"]


def test_what_nobody_asked_for_is_said():
    assert translated({"type": "click", "selector": "#a", "dely": 5}).notes == [
        'actions[0]: "dely" is not known, and was left out'
    ]
    assert translated({"type": "assert_visible", "selector": "#a"}).notes == []


@pytest.mark.parametrize(
    ("action", "where"),
    [
        (7, "/actions/1"),
        ({}, "/actions/1"),
        ({"type": "clik"}, "/actions/1"),
        ({"type": "click"}, "/actions/1/selector"),
        ({"type": "click", "selector": ""}, "/actions/1/selector"),
        ({"type": "click", "selector": "a:visible"}, "/actions/1/selector"),
        ({"type": "fill", "selector": "#a"}, "/actions/1/value"),
        ({"type": "fill", "selector": "#a", "value": {}}, "/actions/1/value"),
        ({"type": "goto"}, "/actions/1/url"),
        ({"type": "wait"}, "/actions/1/ms"),
        ({"type": "wait", "ms": "soon"}, "/actions/1/ms"),
        ({"type": "press"}, "/actions/1/key"),
        ({"type": "wait_for_selector", "selector": "#a", "state": "gone"}, "/actions/1/state"),
        ({"type": "extract", "selector": "#a", "name": "a b"}, "/actions/1/name"),
        ({"type": "extract", "selector": "#a", "what": "html"}, "/actions/1"),
        ({"type": "assert", "selector": "h1", "what": "text"}, "/actions/1/value"),
        ({"type": "assert", "selector": "h1", "value": "x", "operator": "about"}, "/actions/1/operator"),
        ({"type": "upload", "selector": "#f", "path": "/etc/passwd"}, "/actions/1/files"),
        ({"type": "upload", "selector": "#f", "file": {"name": "a", "base64": "?"}}, "/actions/1/files"),
        ({"type": "evaluate"}, "/actions/1/script"),
        ({"type": "scroll"}, "/actions/1/to"),
        ({"type": "click", "selector": "#a", "secret": True, "value": "x"}, "/actions/1/secret"),
        ({"event": "click", "navigation": 3}, "/actions/1/navigation"),
    ],
)
def test_an_error_names_the_action_and_its_key(action: Any, where: str):
    with pytest.raises(InvalidInput, match=r"actions\[1\]") as refused:
        translated({"type": "click", "selector": "#first"}, action)
    assert [each.pointer for each in refused.value.faults] == [where]


def test_all_actions_at_fault_are_named_at_once():
    with pytest.raises(InvalidInput) as refused:
        translated({"type": "clik"}, {"type": "click", "selector": "#a"}, {"type": "fill"})
    assert [each.pointer.split("/")[2] for each in refused.value.faults] == ["0", "2"]


@pytest.mark.parametrize("text", ["a\x00b", "\ud800"])
def test_a_text_that_no_table_holds_is_refused(text: str):
    with pytest.raises(InvalidInput, match="cannot be stored"):
        translated({"type": "fill", "selector": "#a", "value": text})


def test_there_are_limits():
    with pytest.raises(InvalidInput, match="at most 500"):
        translated(*[{"type": "reload"}] * 501)
    with pytest.raises(TooLarge, match="256 KiB"):
        translated({"type": "fill", "selector": "#a", "value": "x" * 300_000})
