"""The browser that is recorded in, and the fleet that does it again."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, async_playwright

from services.runner.adapters.browser import Fleet
from shared.chromium import find_chromium


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    installed = find_chromium()
    assert installed is not None
    async with async_playwright() as playwright:
        options: Any = {"executable_path": str(installed.path), "args": installed.arguments()}
        browser = await playwright.chromium.launch(**options)
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
async def fleet() -> AsyncIterator[Fleet]:
    async with Fleet(driver="cdp") as running:
        yield running
