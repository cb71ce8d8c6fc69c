"""A browser with the recorder in every document, as the live recording has it: in a world that no page sees."""

import asyncio
import json
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

from playwright.async_api import Browser, BrowserContext, CDPSession, Page
from playwright.async_api import Error as PlaywrightError

from shared.injected import assembling, recorder

WORLD = "recorder"
TELL = "retoldTell"
RECORDING = "globalThis.retoldRecording"  # in that world
START = f"{RECORDING} = ({recorder()}).start({{ tell: (told) => {TELL}(JSON.stringify(told)), asks: true }})"
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
        self._do(self._attend(page))

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        attending = asyncio.create_task(work)
        self._attending.add(attending)
        attending.add_done_callback(self._attending.discard)

    async def _attend(self, page: Page) -> None:
        self._pages.append(page)
        number = len(self._pages)
        devtools = await self.context.new_cdp_session(page)
        devtools.on("Runtime.bindingCalled", lambda called: self._hear(devtools, called, number))
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

    def _hear(self, devtools: CDPSession, called: dict[str, Any], tab: int) -> None:
        told = json.loads(called["payload"])
        if told["kind"] == "host":
            self._do(_open_tree(devtools, called["executionContextId"], told["number"]))
        else:
            self.told.append({**told, "tab": tab})


async def _open_tree(devtools: CDPSession, world: int, number: int) -> None:
    """Shows the recorder a closed shadow tree, which its host stands for."""
    with suppress(PlaywrightError):  # the document is gone
        asked = {"expression": f"{RECORDING}.closed.host({number})", "contextId": world}
        host = (await devtools.send("Runtime.evaluate", asked))["result"]["objectId"]
        whole = {"objectId": host, "depth": 1, "pierce": True}
        described = (await devtools.send("DOM.describeNode", whole))["node"]
        for tree in described.get("shadowRoots", []):
            where = {"backendNodeId": tree["backendNodeId"], "executionContextId": world}
            root = (await devtools.send("DOM.resolveNode", where))["object"]["objectId"]
            opens = f"function () {{ {RECORDING}.closed.open({number}, this); }}"
            await devtools.send("Runtime.callFunctionOn", {"objectId": root, "functionDeclaration": opens})


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
