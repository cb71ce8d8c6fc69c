"""Flows on what libraries make of the plainest controls: things that go, grow or move while they are used."""

from playwright.async_api import Page

from tests.conformance.recorded.flows import Flow, flow


async def _drag(page: Page, source: str, x: float, y: float) -> None:
    """As a hand does it: on the way, and a moment where it lets go."""
    await page.hover(source)
    await page.mouse.down()
    await page.mouse.move(x, y, steps=12)
    for aside in (1, 0, 1, 0):
        await page.wait_for_timeout(70)
        await page.mouse.move(x + aside, y)
    await page.mouse.up()


@flow(
    "controls that are gone before the click, and parts of controls",
    "lively.html",
    [
        ("click", "Pick a drink"),
        ("click", "Coffee"),
        ("click", "▸ Documents"),
        ("click", "Notes"),
        ("click", "Day"),
        ("click", "Calendar"),
        ("type", "Code", "4"),
        ("type", "Code (2)", "2"),
        ("click", "Stars"),
        ("type", "Cell", "7"),
        ("key_press", "Cell"),
        ("click", "Sheet"),
        ("type", "Sheet", "one\ntwo"),
        ("click", "Send"),
    ],
)
async def lively(page: Page) -> None:
    await page.click("#open")
    await page.click("#options li:last-child")
    await page.click("#unfold")
    await page.click("#leaves li:last-child")
    await page.click("#day")
    await page.click("#calendar")
    await page.click(".code input")
    await page.keyboard.type("42")
    await page.click("#stars", position={"x": 70, "y": 10})
    await page.click("#cell")
    await page.keyboard.type("7")
    await page.keyboard.press("Tab")
    await page.click("#sheet", position={"x": 150, "y": 20})
    await page.keyboard.type("one")
    await page.keyboard.press("Enter")
    await page.keyboard.type("two")
    await page.click("#never", force=True)
    await page.click("#send")


@flow(
    "a list that is sorted while one drags, and a slider",
    "sorting.html",
    [("drag", "Ash"), ("drop", "Birch Cedar Ash Elm"), ("drag", "Handle"), ("drop", "Track"), ("click", "Send")],
)
async def sorting(page: Page) -> None:
    cedar = await page.locator("li >> text=Cedar").bounding_box()
    assert cedar is not None
    await _drag(page, "li >> text=Ash", cedar["x"] + 60, cedar["y"] + 20)
    track = await page.locator("#track").bounding_box()
    assert track is not None
    await _drag(page, "#handle", track["x"] + 280, track["y"] + 6)
    await page.click("#send")


LIVELY: tuple[Flow, ...] = (lively, sorting)
