"""What the recorder keeps to itself, what it survives, and how it spells what it saw."""

import json
from typing import Any
from uuid import uuid4

from playwright.async_api import Browser

from shared.injected import recorder
from tests.conformance.recorded.recording import recorded_again, recording_in
from tests.conformance.server import Server

FULL = {"xpath", "id", "name", "className", "aria", "placeholder", "dataAttrs", "tag", "visibleText", "bounding"}
FULL |= {"iframeChain", "shadowHosts", "isClosedShadow"}


def found(recording: dict[str, Any], label: str) -> dict[str, Any]:
    """The step of that label."""
    step: dict[str, Any] = next(one for one in recording["steps"] if one.get("label") == label)
    return step


async def test_secrets_never_leave_the_page_and_become_variables(chromium: Browser, pages: Server) -> None:
    secrets = {"[name=word]": "hunter2hunter2", "[name=number]": "4111111111111111", "[name=answer]": "my-first-pet"}
    run = uuid4().hex
    async with recording_in(chromium) as recorded:
        page = await recorded.new_page()
        await page.goto(f"{pages.url}/{run}/secretive.html")
        await page.click("[name=login]")
        await page.keyboard.type("ada")
        for selector, value in secrets.items():
            await page.click(selector)
            await page.keyboard.type(value)
        await page.click("#show")
        await page.click("#word")
        await page.keyboard.press("End")
        await page.keyboard.type("!")
        await page.click("#send")
        await page.wait_for_url("**/sent?*")
        recording = await recorded.recording()
        told = json.dumps(recorded.told)
    assert pages.told(run)[0][1]["word"] == "hunter2hunter2!"
    assert "ada" in told
    written = json.dumps(recording)
    assert not [value for value in secrets.values() if value in written]
    assert recording["steps"][-1]["navigation"]["url"].endswith("word=REDACTED&number=REDACTED&answer=REDACTED")
    assert set(recording["variables"]) == {"Password", "Card", "Answer", "Password (2)"}
    steps_told = json.dumps([one for one in recorded.told if one["kind"] == "step"])
    assert not [value for value in secrets.values() if value in steps_told]


async def test_a_page_that_lets_nobody_listen_is_recorded_all_the_same(chromium: Browser, pages: Server) -> None:
    async with recording_in(chromium) as recorded:
        page = await recorded.new_page()
        await page.goto(f"{pages.url}/{uuid4().hex}/grudging.html")
        await page.mouse.click(80, 20)
        await page.keyboard.type("Ada")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        await page.wait_for_url("**/sent")
        recording = await recorded.recording()
    assert [(step["event"], step.get("label")) for step in recording["steps"][2:]] == [
        ("type", "Name"),
        ("click", "Go"),
    ]
    go = found(recording, "Go")
    assert set(go["bundle"]) >= FULL
    assert go["bundle"]["className"] == "css-1x2y3z sc-bdVaJa"
    assert "ember1234" not in go["selector"]
    assert go["navigation"] == {
        "type": "navigation",
        "url": recording["starting_url"].replace("grudging.html", "sent"),
    }
    spelled = [one[0] for one in go["metadata"]["selectors"]]
    assert [one.partition("/")[0] for one in spelled] == ["aria", "button", "xpath", "pierce", "text"]


async def test_ids_and_classes_that_are_made_up_are_told_from_names(chromium: Browser) -> None:
    made_up = [
        "css-1x2y3z",
        "sc-bdVaJa",
        "_abc12_3",
        "Card_title__x7Q2b",
        "jss412",
        "ember1234",
        ":r1:",
        ":r7:-option-0",
        "«r1a»",
    ]
    names = ["css-grid", "sc", "btn-primary", "user_name", "nav__item", "Card_title", "go-back", "step_2", "col-12"]
    page = await chromium.new_page()
    found = await page.evaluate(f"(all) => all.filter(({recorder()}).isVolatile)", [*made_up, *names])
    await page.close()
    assert found == made_up


async def test_what_a_script_does_is_not_recorded(chromium: Browser, pages: Server) -> None:
    async with recording_in(chromium) as recorded:
        page = await recorded.new_page()
        await page.goto(f"{pages.url}/{uuid4().hex}/form.html")
        await page.evaluate("""() => {
          const field = document.querySelector('[name=name]');
          field.value = 'by script';
          field.dispatchEvent(new Event('input', { bubbles: true }));
          scrollTo(0, 100);
          document.querySelector('[name=news]').click();
        }""")
        recording = await recorded.recording()
    assert [step["event"] for step in recording["steps"]] == ["resize", "navigate"]


async def test_on_a_large_page_what_takes_long_is_told_when_the_page_has_time(chromium: Browser) -> None:
    rows = "".join(f"<li><a href='#{n}'>Row {n}</a><span>Text</span><button>Buy</button></li>" for n in range(1500))
    async with recording_in(chromium) as recorded:
        page = await recorded.new_page()
        await page.route("**/*", lambda route: route.fulfill(body=f"<ul>{rows}</ul>", content_type="text/html"))
        await page.goto("http://large.test/")
        await page.get_by_role("link", name="Row 7", exact=True).click()
        await page.get_by_role("button", name="Buy").nth(3).click()
        for _ in range(100):  # a machine that is busy has little time to spare
            await page.wait_for_timeout(200)
            told = {one["id"]: one["step"]["bundle"] for one in recorded.told if one["kind"] == "step"}
            if all("twins" in bundle for bundle in told.values()):
                break
        recording = await recorded.recording()
    *_, link, button = recording["steps"]
    assert link["metadata"]["selectors"][0] == ['aria/Row 7[role="link"]']
    assert (link["bundle"]["twins"], button["bundle"]["twins"]) == (0, 1499)
    assert [one[0].partition("/")[0] for one in button["metadata"]["selectors"]][1:] == ["xpath", "pierce"]


async def test_an_address_that_was_typed_is_opened_and_one_that_a_page_led_to_is_not(chromium: Browser) -> None:
    def document(at: int, url: str, **more: Any) -> dict[str, Any]:
        known = {"type": "navigate", "referrer": "", "opener": False, "top": True, "iframeChain": [], "tab": 1}
        return {"kind": "document", "id": str(at), "at": at, "began": at, "url": url, **known, **more}

    window = {"width": 1200, "height": 700}
    told = [
        document(0, "https://a.test/", viewport={"width": 1000, "height": 800}),
        {"kind": "step", "id": "r", "at": 500, "tab": 1, "step": {"event": "resize", "metadata": {"viewport": window}}},
        document(20_000, "https://a.test/led", referrer="https://a.test/"),
        document(40_000, "https://b.test/typed"),
        document(60_000, "https://b.test/bookmark", referrer="https://b.test/typed"),
        {"kind": "how", "at": 60_001, "tab": 1, "url": "https://b.test/bookmark", "how": "typed"},
        {"kind": "dialog", "at": 61_000, "tab": 1, "dialog": {"accept": False, "message": "Sure?"}},
        document(80_000, "https://b.test/typed", type="back_forward"),
    ]
    recording = await recorded_again(chromium, told)
    assert recording["steps"][0]["metadata"]["viewport"] == window  # before anything was done: so it began
    assert [(step["event"], step.get("value")) for step in recording["steps"]] == [
        ("resize", None),
        ("navigate", "https://a.test/"),
        ("navigate", "https://b.test/typed"),
        ("navigate", "https://b.test/bookmark"),
        ("dialog", None),
        ("go_back", None),
    ]
    assert [step["stepNumber"] for step in recording["steps"]] == [1, 2, 3, 4, 5, 6]
