"""Scripts and traces as people have them: with helpers, page objects, fixtures and base addresses around the steps."""

import json

import pytest

from services.ingest.adapters.imported import ImportedRecording
from services.ingest.adapters.importing import read_recording
from shared.core.errors import InvalidInput
from tests.unit.ingest.playwright_samples import trace_lines, zipped

HEAD = "import time\nimport pytest\nfrom playwright.sync_api import Page, expect\n\n\n"


def imported(text: str) -> ImportedRecording:
    return read_recording((HEAD + text).encode(), "test_a.py")


def told(recording: ImportedRecording) -> list[tuple[str, str]]:
    return [(note.kind, note.detail) for note in recording.fidelity]


def test_what_stands_in_another_file_leaves_a_gap_and_is_told() -> None:
    recording = imported(
        """
from pages import Login
def test_a(page: Page, shop):
    page.goto("https://shop.example/")
    login = Login(page)
    login.sign_in("ann", "pw")
    accept_cookies(page)
    shop.reset()
    print(page.title(), len(page.locator("a").all()))
    page.click("#go")
"""
    )
    assert [step.event for step in recording.steps] == ["navigate", "custom", "custom", "custom", "click"]
    gaps = [detail for kind, detail in told(recording) if kind == "not_carried"]
    assert [detail.split(": ")[1].split(" is")[0] for detail in gaps] == [
        "login.sign_in(…)",
        "accept_cookies(…)",
        "shop.reset(…)",
    ]
    assert recording.steps[1].label == "Left out: login.sign_in(…)"


def test_page_objects_of_the_same_file_are_followed() -> None:
    recording = imported(
        """
class Base:
    def __init__(self, page: Page):
        self.page = page
    def open(self):
        self.page.goto("https://shop.example/login")

class Login(Base):
    def __init__(self, page: Page):
        super().__init__(page)
        self.page = page
        self.user = page.get_by_label("User")
    def sign_in(self, name):
        self.user.fill(name)
        self.page.get_by_role("button", name="Go").click()

def test_a(page: Page):
    login = Login(page)
    login.open()
    login.sign_in("ann")
"""
    )
    assert [step.event for step in recording.steps] == ["navigate", "type", "click"]
    assert recording.steps[1].value == "ann"
    assert not told(recording)


def test_fixtures_of_the_same_file_run_before_the_test_on_its_page() -> None:
    recording = imported(
        """
@pytest.fixture(autouse=True)
def opened(page: Page):
    page.goto("https://shop.example/")
    yield
    page.close()

@pytest.fixture
def signed_in(page: Page):
    page.fill("#user", "ann")
    return page

def test_a(signed_in, page: Page, database):
    signed_in.click("#go")
    page.click("#buy")
"""
    )
    assert [step.event for step in recording.steps] == ["navigate", "type", "click", "click"]
    assert {step.tab_id for step in recording.steps} == {None}
    assert told(recording) == [
        ("not_carried", "the fixture database stands in another file; what it does is left out"),
    ]


def test_what_is_only_done_sometimes_is_left_out_and_told() -> None:
    recording = imported("""
def test_a(page: Page):
    page.goto("https://a.example/")
    if page.get_by_text("Cookies").is_visible():
        page.click("#accept")
    try:
        page.click("#next")
    except Exception:
        page.screenshot(path="error.png")
    for letter in "ab":
        page.keyboard.press(letter)
""")
    assert [step.event for step in recording.steps] == ["navigate", "custom", "click", "key_press", "key_press"]
    told = [note.detail for note in recording.fidelity if note.kind == "not_carried"]
    assert "is_visible()" in told[0]
    assert "after an error" in told[1]


def test_a_page_of_a_browser_that_runs_and_one_with_a_saved_login_are_pages() -> None:
    recording = imported("""
def run(playwright: Playwright):
    if os.path.exists("auth.json"):
        browser = playwright.chromium.connect_over_cdp("http://localhost:9222")
    else:
        browser = playwright.chromium.launch()
    context = browser.contexts[0]
    page = context.pages[0] if context.pages else context.new_page()
    page.goto("https://a.example/")
""")
    assert [step.event for step in recording.steps] == ["navigate"]
    assert "os.path.exists" in recording.fidelity[0].detail


def test_the_only_function_that_is_given_a_page_is_followed() -> None:
    recording = imported('def configure(page: Page, rows):\n    page.goto("https://a.example/")\n')
    assert recording.starting_url == "https://a.example/"


def test_a_step_is_called_by_what_its_path_says() -> None:
    recording = imported(
        'def test_a(page: Page):\n    page.goto("https://a.example/")\n'
        "    page.fill(\"//input[@placeholder='Username']\", 'x')\n    page.click(\"//button[text()='Sign Up']\")\n"
    )
    assert [step.label for step in recording.steps[1:]] == ["Username", "Sign Up"]


def test_a_fixture_of_the_same_file_does_not_stand_in_another() -> None:
    recording = imported(
        "@pytest.fixture\ndef server():\n    yield start()\n\n"
        'def test_a(server, page: Page):\n    page.goto("https://a.example/")\n'
    )
    assert not recording.fidelity


def test_a_place_for_a_value_is_a_column() -> None:
    recording = imported(
        'def test_a(page: Page):\n    page.goto("https://a.example/")\n    page.fill("#text", "{{ query }}")\n'
    )
    assert recording.steps[1].value is None
    assert (recording.variables["Text"].csv_column, recording.variables["Text"].required) == ("query", True)


def test_a_sleep_is_a_wait() -> None:
    recording = imported('def test_a(page: Page):\n    page.goto("https://a.example/")\n    time.sleep(1.5)\n')
    assert recording.steps[1].event == "wait"
    assert recording.steps[1].metadata["duration"] == 1500


def test_options_that_only_the_script_knows_are_told() -> None:
    recording = imported(
        """
with sync_playwright() as p:
    context = p.chromium.launch().new_context(**p.devices["iPhone 13"])
    page = context.new_page()
    page.goto("https://a.example/")
"""
    )
    assert [detail for _, detail in told(recording)] == [
        "line 8: **p.devices['iPhone 13'] is left out; give the job its settings"
    ]


def test_an_address_without_its_base_is_refused_with_what_is_missing() -> None:
    with pytest.raises(InvalidInput, match="base address that stands elsewhere"):
        imported('def test_a(page: Page):\n    page.goto("/login")\n')


def trace_of(calls: list[tuple[str, str, dict[str, object]]], **options: object) -> ImportedRecording:
    head, *_ = trace_lines(8)
    head["options"] = {**head.get("options", {}), **options}
    lines = [head] + [
        {"type": "before", "callId": f"c{at}", "startTime": at, "class": kind, "method": method, "params": params}
        for at, (kind, method, params) in enumerate(calls)
    ]
    text = "\n".join(json.dumps(line, separators=(",", ":")) for line in lines)
    return read_recording(zipped({"trace.trace": text.encode()}), "trace.zip")


def test_addresses_of_a_trace_are_relative_to_its_base() -> None:
    calls = [("Frame", "goto", {"url": "/login?a=1"}), ("Frame", "click", {"selector": "#a"})]
    recording = trace_of(calls, baseURL="https://shop.example/app/")
    assert recording.starting_url == "https://shop.example/login?a=1"


def test_what_the_keyboard_types_in_a_trace_goes_into_the_field_of_the_step_before() -> None:
    recording = trace_of(
        [
            ("Frame", "goto", {"url": "https://a.example/"}),
            ("Page", "keyboardType", {"text": "lost"}),
            ("Frame", "click", {"selector": "#name"}),
            ("Page", "keyboardType", {"text": "ann"}),
        ]
    )
    typed = recording.steps[-1]
    assert (typed.event, typed.selector, typed.value, typed.metadata["mode"]) == ("type", "#name", "ann", "keys")
    assert any("no step before enters a field" in detail for _, detail in told(recording))
