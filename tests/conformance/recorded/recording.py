"""A browser with the recorder in every document, as the live recording has it: in a world that no page sees."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Browser, BrowserContext, Page

from shared.injected import assembling, recorder

WORLD = "recorder"
TELL = "retoldTell"
START = f"({recorder()}).start({{ tell: (told) => {TELL}(JSON.stringify(told)) }})"
ASSEMBLE = f"""(list) => {{
  const {{ received, assembled }} = {assembling()};
  return assembled(list.reduce(received, []));
}}"""
SETTLED_SECONDS = 0.5  # what is told soon has been told by then


class Recorder:
    """Keeps what all pages of a browser context tell."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.told: list[dict[str, Any]] = []
        self._pages: list[Page] = []
        context.on("page", self._attend_soon)
        self._attending: set[asyncio.Task[None]] = set()

    async def new_page(self) -> Page:
        """A page that is recorded from its first document on."""
        page = await self.context.new_page()
        await asyncio.gather(*self._attending)
        return page

    def _attend_soon(self, page: Page) -> None:
        attending = asyncio.create_task(self._attend(page))
        self._attending.add(attending)
        attending.add_done_callback(self._attending.discard)

    async def _attend(self, page: Page) -> None:
        self._pages.append(page)
        number = len(self._pages)
        devtools = await self.context.new_cdp_session(page)
        devtools.on("Runtime.bindingCalled", lambda called: self._keep(called["payload"], number))
        await devtools.send("Runtime.enable")
        await devtools.send("Runtime.addBinding", {"name": TELL, "executionContextName": WORLD})
        await devtools.send("Page.enable")
        script = {"source": START, "worldName": WORLD, "runImmediately": True}
        await devtools.send("Page.addScriptToEvaluateOnNewDocument", script)

    async def recording(self) -> dict[str, Any]:
        """The canonical recording of all that was told."""
        await asyncio.sleep(SETTLED_SECONDS)
        faults = [told for told in self.told if told["kind"] == "fault"]
        assert not faults, faults
        browser = self.context.browser
        assert browser is not None
        return await recorded_again(browser, self.told)

    def _keep(self, payload: str, tab: int) -> None:
        self.told.append({**json.loads(payload), "tab": tab})


@asynccontextmanager
async def recording_in(browser: Browser) -> AsyncIterator[Recorder]:
    """A window of its own that is recorded, new tabs too."""
    context = await browser.new_context(viewport={"width": 1000, "height": 800})
    recorder_ = Recorder(context)
    yield recorder_
    await context.close()


async def recorded_again(browser: Browser, told: list[dict[str, Any]]) -> dict[str, Any]:
    """The recording of what recorders told, assembled where no recorded page can touch it."""
    page = await browser.new_page()
    assembled: dict[str, Any] = await page.evaluate(ASSEMBLE, told)
    await page.close()
    recording: dict[str, Any] = assembled["recording"]
    return recording
