"""A page of our own writing, and the engine in it as drivers put it there: in a world that no script of a page sees."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, CDPSession, Page, async_playwright

from shared.chromium import find_chromium
from shared.injected import engine

REQUEST: dict[str, Any] = {
    "event": "click",
    "selector": None,
    "alternatives": [],
    "bundle": {},
    "known": {},
    "tag": None,
    "offset": None,
    "timeout": 600,
    "grace": 100,
    "quiet": 50,
    "heal": False,
    "threshold": 80,
    "learn": False,
    "strict": False,
    "value": None,
    "mode": "replace",
    "ticked": None,
    "act": True,
    "highlight": False,
}


class Inside:
    """The engine in one page."""

    def __init__(self, page: Page, devtools: CDPSession) -> None:
        self.page = page
        self._devtools = devtools
        self._world = 0

    async def show(self, html: str) -> None:
        """Shows a page, and puts a fresh engine into it."""
        await self.page.set_content(html)
        tree = await self._devtools.send("Page.getFrameTree")
        frame = tree["frameTree"]["frame"]["id"]
        made = await self._devtools.send("Page.createIsolatedWorld", {"frameId": frame, "worldName": "engine"})
        self._world = made["executionContextId"]
        await self._evaluate(f"void (globalThis.retold = {engine()})")

    async def ask(self, question: str, argument: Any = None) -> Any:
        """What a function of (engine, argument) answers."""
        return await self._evaluate(f"({question})(retold, {json.dumps(argument)})")

    async def locate(self, event: str = "click", selector: str | None = None, **more: Any) -> dict[str, Any]:
        """The engine's report; `element` is the id of what was located."""
        request = {**REQUEST, "event": event, "selector": selector, **more}
        if request["tag"] is None:
            request["tag"] = request["bundle"].get("tag")
        question = """async (engine, request) => {
          const report = await engine.locate(request);
          return { ...report, element: engine.element && engine.element.id };
        }"""
        report: dict[str, Any] = await self.ask(question, request)
        return report

    async def _evaluate(self, expression: str) -> Any:
        asked = {"expression": expression, "contextId": self._world, "awaitPromise": True, "returnByValue": True}
        answer = await self._devtools.send("Runtime.evaluate", asked)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    installed = find_chromium()
    assert installed is not None
    async with async_playwright() as playwright:
        options: Any = {"executable_path": str(installed.path), "args": installed.arguments()}
        browser = await playwright.chromium.launch(**options)
        yield browser
        await browser.close()


@pytest.fixture
async def inside(chromium: Browser) -> AsyncIterator[Inside]:
    context = await chromium.new_context(viewport={"width": 800, "height": 600})
    page = await context.new_page()
    yield Inside(page, await context.new_cdp_session(page))
    await context.close()
