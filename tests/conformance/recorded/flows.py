"""The flows: a page, what a person does on it, and the steps that must come of that."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.async_api import Page

Drive = Callable[[Page], Awaitable[None]]


@dataclass(frozen=True)
class Flow:
    """One flow; `name` is a sentence.

    `steps`: of each recorded step after the first, which opens the page: event and label, and its value where it has
    one. `given`: label → what a row must give, where the recording keeps no value. `judged`: of what the server gets,
    the kinds that must be the same again; None: all. `files`: name → content of what is uploaded.
    """

    name: str
    page: str
    drive: Drive
    steps: list[tuple[str, ...]]
    given: dict[str, str] = field(default_factory=dict)
    judged: tuple[str, ...] | None = None
    files: dict[str, str] = field(default_factory=dict)


def flow(name: str, page: str, steps: list[tuple[str, ...]], **more: Any) -> Callable[[Drive], Flow]:
    """Makes a flow of the function that drives it."""
    return lambda drive: Flow(name, page, drive, steps, **more)


@flow(
    "a form filled by hand",
    "form.html",
    [
        ("type", "Name", "Ada Lovelace"),
        ("type", "E-mail", "ada@example.org"),
        ("type", "Password"),
        ("type", "Age", "36"),
        ("select", "Country", "pl"),
        ("check", "News"),
        ("uncheck", "Terms"),
        ("check", "Large"),
        ("type", "Notes", "one\ntwo"),
        ("click", "Send"),
    ],
    given={"Password": "correct horse"},
)
async def form(page: Page) -> None:
    await page.click("[name=name]")
    await page.keyboard.type("Ada Lovelac")
    await page.keyboard.type("e")
    await page.keyboard.press("Tab")
    await page.keyboard.type("ada@example.org")
    await page.keyboard.press("Tab")
    await page.keyboard.type("correct horse")
    await page.click("[name=age]")
    await page.keyboard.type("36")
    await page.keyboard.press("Tab")
    await page.keyboard.type("Pol")
    await page.get_by_text("News").click()
    await page.click("[name=terms]")
    await page.get_by_text("Large").click()
    await page.click("[name=notes]")
    await page.keyboard.type("one")
    await page.keyboard.press("Enter")
    await page.keyboard.type("two")
    await page.click("#send")


@flow(
    "a form by keyboard alone, sent by Enter",
    "form.html",
    [
        ("type", "Name", "Ada"),
        ("check", "News"),
        ("check", "Large"),
        ("type", "E-mail", "a@b.c"),
        ("key_press", "E-mail"),
    ],
)
async def keyboard_only(page: Page) -> None:
    await page.focus("[name=name]")
    await page.keyboard.type("Ada")
    for _ in range(5):
        await page.keyboard.press("Tab")
    await page.keyboard.press("Space")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await page.keyboard.press("ArrowDown")
    for _ in range(7):
        await page.keyboard.press("Shift+Tab")
    await page.focus("[name=email]")
    await page.keyboard.type("a@b.c")
    await page.keyboard.press("Enter")


@flow(
    "clicks of every kind",
    "clicks.html",
    [("click", "One"), ("double_click", "Pad"), ("right_click", "Pad"), ("click", "Pad"), ("click", "Link")],
)
async def clicks(page: Page) -> None:
    await page.click("#one")
    await page.dblclick("#pad", position={"x": 30, "y": 40})
    await page.click("#pad", button="right")
    await page.click("#pad", modifiers=["Shift"])
    await page.click("#link")


@flow(
    "drags of both kinds",
    "dragging.html",
    [("drag", "Card"), ("drop", "Slot"), ("drag", "a"), ("drop", "c"), ("drag", "Knob"), ("drop", "Rail")],
)
async def drags(page: Page) -> None:
    await page.drag_and_drop("#card", "#slot")
    for source, target in (("#sorted li:nth-child(1)", "#sorted li:nth-child(3)"), ("#knob", "#rail")):
        await page.hover(source)
        await page.mouse.down()
        await page.hover(target, force=True)
        await page.hover(target, force=True)
        await page.mouse.up()


@flow(
    "an editor and a plain one",
    "editor.html",
    [("type", "Story", "Once upon\na time"), ("type", "Plain", "old new"), ("click", "Done")],
)
async def editor(page: Page) -> None:
    await page.click("#editor p")
    await page.keyboard.press("End")
    await page.keyboard.type(" upon")
    await page.keyboard.press("Enter")
    await page.keyboard.type("a time")
    await page.click("#plain")
    await page.keyboard.press("End")
    await page.keyboard.type(" new")
    await page.click("#done")


@flow(
    "menus that open under the pointer",
    "menus.html",
    [("hover", "File"), ("hover", "More"), ("click", "Export"), ("hover", "Script menu"), ("click", "Action")],
)
async def menus(page: Page) -> None:
    await page.hover("#file", position={"x": 10, "y": 5})
    await page.hover("#more", position={"x": 10, "y": 5})
    await page.click("#export")
    await page.hover("#script")
    await page.wait_for_timeout(300)
    await page.click("#action")


@flow(
    "fields in open shadow trees",
    "shadows.html",
    [("type", "Field", "deep"), ("select", "List", "two"), ("check", "Box"), ("click", "Press"), ("click", "Light")],
)
async def shadows(page: Page) -> None:
    await page.click("#outer #field")
    await page.keyboard.type("deep")
    await page.focus("#inner #list")
    await page.keyboard.press("ArrowDown")
    await page.get_by_text("Box").click()
    await page.locator("#inner button").click()
    await page.click("#light")


@flow(
    "suggestions that come while one types",
    "suggest.html",
    [("type", "Search", "ber"), ("click", "ber 2")],
)
async def suggestions(page: Page) -> None:
    await page.click("#search")
    await page.keyboard.type("ber", delay=40)
    await page.get_by_text("ber 2").click()


@flow(
    "toggles of all kinds",
    "toggles.html",
    [
        ("check", "Clipped"),
        ("check", "Undrawn"),
        ("click", "Dark"),
        ("check", "Bank"),
        ("click", "Stubborn"),
        ("click", "Send"),
    ],
)
async def toggles(page: Page) -> None:
    for text in ("Clipped", "Undrawn", "Dark", "Bank"):
        await page.get_by_text(text).click()
    await page.click("#stubborn")
    await page.click("#send")


@flow(
    "keys that mean something",
    "keys.html",
    [
        ("key_press", "First"),
        ("key_press", "First"),
        ("key_press", "First"),
        ("key_press", "Second"),
        ("type", "First", "x"),
        ("key_press", "First"),
    ],
)
async def keys(page: Page) -> None:
    await page.focus("#first")
    await page.keyboard.press("Control+s")
    await page.keyboard.press("Control+Shift+K")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Tab")
    await page.keyboard.press("F2")
    await page.focus("#first")
    await page.keyboard.type("x")
    await page.keyboard.press("Enter")


@flow(
    "frames in frames, of this origin and of another",
    "frames.html",
    [("type", "Room", "one"), ("click", "Done"), ("type", "Field", "two"), ("click", "Done")],
)
async def frames(page: Page) -> None:
    for selector, text in (("#other", "one"), ("#written", "two")):
        frame = page.frame_locator(selector)
        await frame.locator("#field").click()
        await page.keyboard.type(text)
        await frame.locator("#done").click()


@flow(
    "a form in a frame that leads on in the frame",
    "framedform.html",
    [("type", "Name", "Ada"), ("click", "Send")],
)
async def framed_form(page: Page) -> None:
    frame = page.frame_locator("#form")
    await frame.locator("[name=name]").click()
    await page.keyboard.type("Ada")
    await frame.locator("#send").click()


@flow(
    "routes and the way back",
    "routes.html",
    [("click", "People"), ("click", "Act on people"), ("go_back", ""), ("click", "Act on home")],
)
async def routes(page: Page) -> None:
    await page.click("text=People")
    await page.click("text=Act on people")
    await page.wait_for_timeout(1200)
    await page.go_back()
    await page.click("text=Act on home")


@flow(
    "a document, the way back and the way on, and a reload",
    "clicks.html",
    [("click", "Link"), ("go_back", ""), ("go_forward", ""), ("reload", ""), ("click", "Here")],
)
async def travel(page: Page) -> None:
    await page.click("#link")
    await page.wait_for_timeout(1300)
    await page.go_back()
    await page.wait_for_timeout(1300)
    await page.go_forward()
    await page.wait_for_timeout(1300)
    await page.reload()
    await page.click("#here")


@flow(
    "dates, colours and sliders by keyboard",
    "dates.html",
    [("type", "Date", "2026-12-24"), ("type", "Range", "7"), ("click", "Send")],
    judged=("sent",),  # typed by hand, a date is another one with each digit
)
async def dates(page: Page) -> None:
    await page.focus("#date")
    await page.keyboard.type("12242026")
    await page.focus("[name=range]")
    await page.keyboard.press("ArrowRight")
    await page.keyboard.press("ArrowRight")
    await page.click("#send")


@flow(
    "several of a list",
    "lists.html",
    [("select", "Several", "a\nc"), ("select", "Country", "at"), ("select", "City", "wien"), ("click", "Send")],
)
async def lists(page: Page) -> None:
    await page.click("option[value=a]")
    await page.click("option[value=c]", modifiers=["Control"])
    await page.focus("#country")
    await page.keyboard.type("Aus")
    await page.wait_for_timeout(500)
    await page.focus("#city")
    await page.keyboard.type("Wi")
    await page.click("#send")


@flow(
    "files in fields, and behind a button",
    "files.html",
    [("upload", "One"), ("upload", "Veiled"), ("click", "Send")],
    given={"One": "{{a.txt}}", "Veiled": "{{b.txt}}"},
    files={"a.txt": "first", "b.txt": "second"},
)
async def files(page: Page) -> None:
    devtools = await page.context.new_cdp_session(page)
    with TemporaryDirectory() as folder:
        for selector, field_id, name in (("#one", "one", "a.txt"), ("#choose", "veiled", "b.txt")):
            path = Path(folder, name)
            path.write_text({"a.txt": "first", "b.txt": "second"}[name], "utf-8")  # noqa: ASYNC240 - a few bytes
            async with page.expect_file_chooser():
                await page.click(selector)
            found = await devtools.send("Runtime.evaluate", {"expression": f"document.querySelector('#{field_id}')"})
            chosen = {"files": [str(path)], "objectId": found["result"]["objectId"]}
            await devtools.send("DOM.setFileInputFiles", chosen)
        await page.click("#send")


@flow(
    "a window that a click opens, and the way back to the first",
    "windows.html",
    [
        ("click", "Blank"),
        ("switch_tab", ""),
        ("type", "Field", "from the new one"),
        ("click", "Pick"),
        ("switch_tab", ""),
        ("click", "After"),
        ("click", "Alone"),
        ("switch_tab", ""),
        ("type", "Field (2)", "alone"),
        ("click", "Pick"),
    ],
)
async def windows(page: Page) -> None:
    async with page.expect_popup() as opening:
        await page.click("#blank")
    popup = await opening.value
    await popup.click("#field")
    await popup.keyboard.type("from the new one")
    await popup.click("#pick")
    await popup.wait_for_timeout(300)
    await page.bring_to_front()
    await page.click("#after")
    async with page.context.expect_page() as alone:
        await page.click("#alone")
    other = await alone.value
    await other.click("#field")
    await other.keyboard.type("alone")
    await other.click("#pick")


@flow(
    "a list scrolled until what is wanted is there",
    "endless.html",
    [("scroll", ""), ("click", "Row 60")],
)
async def scrolled(page: Page) -> None:
    await page.mouse.move(700, 500)
    for _ in range(20):
        await page.mouse.wheel(0, 600)
        await page.wait_for_timeout(60)
    await page.get_by_text("Row 60", exact=True).click()


@flow(
    "a form in a closed shadow tree",
    "shadows.html",
    [("type", "Secret"), ("click", "Press"), ("click", "Light")],
    given={"Secret": "deep down"},
)
async def closed_shadows(page: Page) -> None:
    await page.hover("#closed")
    await page.wait_for_timeout(100)
    box = await page.locator("#closed").bounding_box()
    assert box is not None
    await page.mouse.click(box["x"] + 20, box["y"] + box["height"] / 2)
    await page.keyboard.type("deep down")
    await page.mouse.click(box["x"] + box["width"] - 10, box["y"] + box["height"] / 2)
    await page.click("#light")


@flow(
    "a window that is made smaller half way",
    "form.html",
    [("type", "Name", "Ada"), ("resize", ""), ("click", "Send")],
)
async def resized(page: Page) -> None:
    await page.click("[name=name]")
    await page.keyboard.type("Ada")
    for width in (900, 800, 700):
        await page.set_viewport_size({"width": width, "height": 600})
    await page.wait_for_timeout(700)
    await page.click("#send")


@flow(
    "widgets that libraries make",
    "widgets.html",
    [
        ("uncheck", "Connect"),
        ("check", "3 stars"),
        ("key_press", "Volume"),
        ("click", "Like"),
        ("type", "Body", "one\ntwo"),
        ("focus", "Day"),
        ("click", "Pick"),
        ("hover", "More"),
        ("click", "Act"),
        ("click", "Begin"),
        ("click", "Yes"),
        ("click", "Paper plane"),
    ],
)
async def widgets(page: Page) -> None:
    await page.click("#connect")
    await page.click("label[for=s3]")
    await page.focus("#volume")
    await page.keyboard.press("ArrowRight")
    await page.click("#cardbutton", position={"x": 3, "y": 3})
    await page.click("#body p")
    await page.keyboard.type("one")
    await page.keyboard.press("Enter")
    await page.keyboard.type("two")
    await page.keyboard.press("Tab")
    await page.click("#pick")
    await page.hover("#more")
    await page.click("#act")
    await page.click("#begin")
    await page.mouse.move(5, 5)
    await page.click("#yes")
    await page.click("#send")


FLOWS = tuple(found for found in list(globals().values()) if isinstance(found, Flow))
