"""Playwright for Python as its documentation tells to write it: the contestant that counts as 1."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Browser, FrameLocator, Page, async_playwright, expect

from tests.benchmarks.replay.contestants.protocol import Chosen, Clock, serve
from tests.benchmarks.replay.forms import Action


class HandWritten:
    """One warm browser, a fresh context a row."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser

    async def prepare(self, form: str, actions: Sequence[Action]) -> None:
        """A script is written, not taught."""

    @asynccontextmanager
    async def window(self) -> AsyncIterator["Script"]:
        """A fresh context."""
        context = await self._browser.new_context()
        try:
            yield Script(await context.new_page())
        finally:
            await context.close()


class Script:
    """The script of one row."""

    def __init__(self, page: Page) -> None:
        self._page = page

    async def perform(self, form: str, actions: Sequence[Action]) -> list[dict[str, Any]]:
        """Line by line."""
        clock, steps = Clock(), []
        for action in actions:
            await act(self._page, action)
            steps.append({"ms": clock.lap()})
        return steps


async def act(page: Page, action: Action) -> None:
    """One line of a script."""
    within: Page | FrameLocator = page
    for selector in action.frame:
        within = within.frame_locator(selector)
    match action.do:
        case "open":
            await page.goto(action.at)
        case "fill":
            await within.locator(action.at).fill(action.value)
        case "select":
            await within.locator(action.at).select_option(action.value)
        case "check":
            await within.locator(action.at).check()
        case "click":
            await within.locator(action.at).click()
        case "expect":
            await expect(within.locator(action.at)).to_have_text(action.value)


async def main() -> None:
    """Performs rows until standard input ends."""
    chosen = Chosen.told()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chosen.path, args=chosen.arguments)
        await serve(HandWritten(browser))
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
