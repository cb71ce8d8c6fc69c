"""The page in which a person records, used as a person does: the mouse over its picture, the keyboard into it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from playwright.async_api import Browser, Page, async_playwright

from shared.chromium import find_chromium

SIZE: Any = {"width": 1280, "height": 800}
DRAWN = """() => {
  const canvas = document.querySelector("#picture");
  const size = document.querySelector("#steps .value");
  const fits = canvas.width === document.querySelector("#stage").clientWidth;
  return fits && size && size.textContent === `${canvas.width} × ${canvas.height}`;
}"""


class Recorded(NamedTuple):
    """A browser session's page: `page` shows it, `twin` is the recorded page once more, to know where things are."""

    page: Page
    twin: Page
    wrong: list[str]

    async def shown(self) -> None:
        """Wait until the picture is there, as large as its pane, and the recording begins with that size."""
        await self.page.wait_for_selector("#waiting", state="hidden")
        await self.page.wait_for_function(DRAWN)

    async def click(self, selector: str, *, at_end: bool = False) -> None:
        """Click in the picture where the recorded page has this element: on its middle, or at its end."""
        stage = await self.page.locator("#picture").bounding_box()
        box = await self.twin.locator(selector).bounding_box()
        assert stage is not None
        assert box is not None
        x = box["x"] + (box["width"] - 12 if at_end else box["width"] / 2)
        await self.page.mouse.click(stage["x"] + x, stage["y"] + box["y"] + box["height"] / 2)

    async def type(self, text: str) -> None:
        """Type, key by key."""
        await self.page.keyboard.type(text)

    async def has_step(self, kind: str, label: str, value: str = "") -> None:
        """Wait until such a step stands in the list."""
        step = self.page.locator("#steps li").filter(has=self.page.locator(".kind", has_text=kind))
        named = f"() => [...document.querySelectorAll('#steps .label')].some((one) => one.value === {label!r})"
        await self.page.wait_for_function(named)
        if value:
            await step.locator(".value", has_text=value).first.wait_for()


@asynccontextmanager
async def opened(browser: Browser, view: str, url: str) -> AsyncIterator[Recorded]:
    """The page at the address that a session was given, and what is recorded there at `url`."""
    context = await browser.new_context(viewport=SIZE)
    page, twin = await context.new_page(), await context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    await page.goto(view)
    recorded = Recorded(page, twin, wrong)
    await recorded.shown()
    size: Any = await page.evaluate("(({ width, height }) => ({ width, height }))(document.querySelector('#picture'))")
    await twin.set_viewport_size(size)
    await twin.goto(url)
    await page.bring_to_front()
    yield recorded
    await context.close()


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A person's own browser."""
    installed = find_chromium()
    assert installed is not None
    options: Any = {"executable_path": installed.path, "args": installed.arguments()}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**options)
        yield browser
        await browser.close()
