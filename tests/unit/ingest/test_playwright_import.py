"""Scripts, jsonl and traces of Playwright become the recording that a person meant, with a report."""

import json
from typing import Any

import pytest

from services.ingest.adapters.imported import ImportedRecording
from services.ingest.adapters.importing import read_every_recording, read_recording
from shared.contracts.steps import is_password
from shared.core.errors import InvalidInput
from tests.unit.ingest.playwright_samples import ASYNC, JSONL, PYTEST, SYNC, trace, trace_lines, zipped


def imported(text: str, name: str = "script.py") -> ImportedRecording:
    return read_recording(text.encode(), name)


def events(recording: ImportedRecording) -> list[str]:
    return [step.event for step in recording.steps]


def script(*lines: str, before: str = "") -> ImportedRecording:
    body = "".join(f"    {line}\n" for line in ('page.goto("https://a.test/")', *lines))
    return imported(
        f"import os, re\nfrom playwright.sync_api import Page, expect\n{before}\ndef test_a(page: Page):\n{body}"
    )


def step(line: str) -> dict[str, Any]:
    return script(line).steps[-1].to_json()


def refusal(*lines: str, before: str = "") -> str:
    with pytest.raises(InvalidInput) as refused:
        script(*lines, before=before)
    return refused.value.detail


def test_a_test_of_pytest_becomes_its_steps() -> None:
    recording = imported(PYTEST)
    assert events(recording) == ["navigate", "type", "type", "click", "assert"]
    assert recording.starting_url == "https://shop.test/login"
    assert [step.label for step in recording.steps][1:4] == ["User name", "Password", "Sign in"]
    assert recording.steps[1].selector == "aria/User name"
    assert recording.source == "playwright_codegen"


def test_a_password_is_found_and_said_to_be_one() -> None:
    recording = imported(PYTEST)
    assert [is_password(step) for step in recording.steps[1:3]] == [False, True]
    assert any("password" in note.detail and note.step_number == 3 for note in recording.fidelity)
    assert not any("hunter2" in note.detail for note in recording.fidelity)


def test_what_codegen_writes_for_the_library_is_followed_into_run() -> None:
    recording = imported(SYNC)
    assert events(recording) == [
        "resize", "navigate", "type", "click", "select", "check", "click", "double_click", "close", "click", "dialog",
        "upload", "key_press",
    ]  # fmt: skip
    by_label = {step.label: step for step in recording.steps}
    assert by_label["Code"].bundle.iframe_chain == ["#frame"]
    assert by_label["More"].metadata["button"] == "middle"
    assert by_label["More"].metadata["modifiers"] == ["Shift"]
    assert [step.tab_id for step in recording.steps] == [1, 1, 1, 1, 1, 1, 1, 2, 2, 1, 1, 1, 1]
    assert by_label["File"].value is None
    assert recording.steps[-1].metadata["key"] == "Control+a"
    assert recording.steps[10].metadata["dialog"] == {"accept": True, "text": "yes"}


def test_the_async_script_says_the_same() -> None:
    recording = imported(ASYNC)
    assert events(recording) == ["navigate", "click", "assert"]
    assert recording.steps[1].metadata["download"] is True
    assert recording.steps[2].metadata["assertion"] == {"what": "text", "operator": "contains"}


def test_jsonl_says_the_same() -> None:
    recording = imported(JSONL, "actions.jsonl")
    assert events(recording) == ["resize", "navigate", "type", "double_click", "assert"]
    assert recording.steps[2].bundle.iframe_chain == ["#login"]
    assert recording.steps[3].metadata["modifiers"] == ["Shift"]
    assert recording.steps[4].tab_id == 2
    assert is_password(recording.steps[2])


@pytest.mark.parametrize("version", range(3, 10))
def test_a_trace_of_each_version_says_the_same(version: int) -> None:
    recording = read_recording(trace(version), "trace.zip")
    assert events(recording) == ["resize", "navigate", "type", "click", "assert"]
    assert recording.name == "shop.spec.ts:3 › buys"
    assert recording.steps[2].selector == "aria/User"
    assert recording.source == "playwright_trace"


def test_a_trace_tells_what_the_field_was_and_what_failed() -> None:
    recording = read_recording(trace(8), "trace.zip")
    field = recording.steps[2]
    assert (field.bundle.tag, field.bundle.id, field.metadata["elementType"]) == ("input", "user", "password")
    assert is_password(field)
    assert any("failed when it was traced: Timeout" in note.detail for note in recording.fidelity)


def test_pages_of_a_trace_are_told_apart_by_its_snapshots_where_calls_do_not_name_them() -> None:
    lines = trace_lines(9)
    second = {"type": "before", "callId": "call@x", "startTime": 4.5, "class": "Frame", "method": "click"}
    lines += [{**second, "params": {"selector": "#b"}}]
    lines += [{"type": "frame-snapshot", "snapshot": {"callId": "call@x", "phase": "before", "pageId": "page@2"}}]
    text = "\n".join(json.dumps(line, separators=(",", ":")) for line in lines)
    steps = read_recording(zipped({"trace.trace": text.encode()}), "trace.zip").steps
    assert [step.tab_id for step in steps if step.selector == "#b"] == [2]


@pytest.mark.parametrize(("version", "word"), [(2, "old"), (10, "newer"), (10_000, "newer")])
def test_other_versions_of_traces_are_refused_with_that_word(version: int, word: str) -> None:
    with pytest.raises(InvalidInput, match=word):
        read_recording(trace(version), "trace.zip")


@pytest.mark.parametrize(
    ("line", "selector", "alternatives"),
    [
        ('page.get_by_role("button", name="Save", exact=True).click()', 'aria/Save[role="button"]', 1),
        ('page.get_by_test_id("a b").click()', '[data-testid="a b"]', 2),
        ('page.get_by_alt_text("Logo").click()', '[alt*="Logo" i]', 2),
        ('page.get_by_placeholder("Mail", exact=True).fill("x")', '[placeholder="Mail"]', 2),
        ('page.get_by_text("Log in").click()', "text/Log in", 1),
        ('page.locator("#a >> .b").click()', ".b", 2),
        ('page.locator("//div[2]/a").click()', "xpath///div[2]/a", 1),
        ('page.click("text=Go")', "text/Go", 1),
        ('page.locator("li").nth(2).click()', "xpath/(//li)[3]", 1),
        ('page.locator("li").last.click()', "xpath/(//li)[last()]", 1),
    ],
)
def test_locators_become_what_the_replay_evaluates(line: str, selector: str, alternatives: int) -> None:
    found = step(line)
    assert found["selector"] == selector
    assert len(found["metadata"]["selectors"]) == alternatives


@pytest.mark.parametrize(
    ("line", "assertion", "value"),
    [
        ("to_be_visible()", {"what": "visible"}, None),
        ("to_be_hidden()", {"what": "visible", "operator": "not_equals"}, None),
        ("not_to_be_visible()", {"what": "visible", "operator": "not_equals"}, None),
        ("not_to_be_hidden()", {"what": "visible"}, None),
        ("to_be_checked(checked=False)", {"what": "checked", "operator": "not_equals"}, None),
        ('to_have_text("a b")', {"what": "text"}, "a b"),
        ('to_have_text(re.compile("a\\\\-b", re.I))', {"what": "text", "operator": "matches"}, "(?i:a-b)"),
        ('not_to_contain_text("x")', {"what": "text", "operator": "not_contains"}, "x"),
        ("to_have_count(3)", {"what": "count"}, "3"),
        ('to_have_attribute("href", "/x")', {"what": "attribute", "attribute": "href"}, "/x"),
        ("to_be_disabled()", {"what": "enabled", "operator": "not_equals"}, None),
    ],
)
def test_assertions_keep_their_meaning(line: str, assertion: dict[str, Any], value: str | None) -> None:
    found = step(f'expect(page.locator("#a")).{line}')
    assert found["metadata"]["assertion"] == assertion
    assert found.get("value") == value


def test_names_of_the_script_become_columns() -> None:
    recording = script(
        'page.get_by_label("User").fill(USER)',
        'page.get_by_label("Pass").fill(os.environ["SHOP_PASSWORD"])',
        'page.get_by_label("Again").fill(USER)',
        before='USER = "bob"',
    )
    user, secret, again = (recording.variables[label] for label in ("User", "Pass", "Again"))
    assert (user.csv_column, secret.csv_column, again.same_as) == ("USER", "SHOP_PASSWORD", "User")
    assert recording.steps[1].value == "bob"
    assert recording.steps[2].value is None


def test_functions_and_written_out_loops_are_followed() -> None:
    helper = "def enter(page, label, text='x'):\n    page.get_by_label(label).fill(text)\n"
    recording = script('for label in ["A", "B"]:', '    enter(page, label, text="1")', before=helper)
    assert [(step.label, step.value) for step in recording.steps[1:]] == [("A", "1"), ("B", "1")]


def test_what_a_page_showed_goes_into_a_later_step() -> None:
    recording = script('order = page.locator("#order").inner_text()', 'page.get_by_label("Ref").fill(f"No {order}")')
    assert recording.steps[1].metadata["extract"] == {"name": "order", "what": "text"}
    assert recording.steps[2].value == "No ${order}"
    assert recording.steps[2].metadata["interpolate"] is True


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["if x:", '    page.click("#a")', "else:", '    page.click("#b")'], "line 6: a condition"),
        (["while True:", '    page.click("#a")'], "line 6: what is done"),
        (["for one in rows():", '    page.click("#a")'], "line 6: how often"),
        (["page.goto(address())"], "line 6: the address"),
        (['page.goto("javascript:alert(1)")'], "line 6"),
        (["helper.open_page().click()"], "line 6"),
    ],
)
def test_what_depends_on_the_run_is_refused_with_its_line(lines: list[str], words: str) -> None:
    assert words in refusal(*lines)


@pytest.mark.parametrize(
    ("line", "left"),
    [
        ('page.route("**/*", lambda route: route.abort())', ["custom"]),
        ('expect(page.locator("#a")).to_match_aria_snapshot("- x")', []),
        ('page.locator("button:right-of(#a)").click()', ["custom"]),
        ('page.get_by_text(re.compile("a|b")).click()', ["custom"]),
        ('page.get_by_label("A").select_option(index=2)', ["custom"]),
    ],
)
def test_what_has_no_counterpart_is_told_with_its_line(line: str, left: list[str]) -> None:
    recording = script(line)
    assert events(recording) == ["navigate", *left]
    assert [note.kind for note in recording.fidelity] == ["not_carried"]
    assert recording.fidelity[0].detail.startswith("line ")


def test_an_assertion_that_something_is_not_there_is_left_out_rather_than_said_of_more() -> None:
    recording = script('expect(page.locator("li").filter(has_text=re.compile("a|b"))).to_be_hidden()')
    assert events(recording) == ["navigate"]


def test_secrets_around_the_steps_are_not_kept() -> None:
    text = SYNC.replace("new_context(", 'new_context(http_credentials={"username": "u", "password": "topsecret"}, ')
    recording = imported(text)
    assert "topsecret" not in str(recording.to_json())
    assert any("password for HTTP" in note.detail for note in recording.fidelity)


def test_of_several_tests_one_is_chosen() -> None:
    text = PYTEST + '\n\ndef test_other(page: Page) -> None:\n    page.goto("https://b.test/")\n'
    with pytest.raises(InvalidInput, match="test_example"):
        imported(text)
    assert read_recording(text.encode(), "a.py", "test_other").starting_url == "https://b.test/"
    assert [one.name for one in read_every_recording(text.encode(), "a.py")[0]] == ["test_example", "test_other"]


def test_a_script_in_another_language_is_refused_by_what_it_is() -> None:
    with pytest.raises(InvalidInput, match="Playwright script in JavaScript or TypeScript"):
        imported("import { test } from '@playwright/test';\ntest('x', async ({ page }) => {});\n", "a.spec.ts")
