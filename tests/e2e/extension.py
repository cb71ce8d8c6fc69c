"""A real Chromium with the extension in it, and its panel."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, Page, async_playwright

from services.ingest.adapters.extension import write
from shared.chromium import installed_browsers


def full_chromium() -> Any:
    """A Chromium that can load extensions, which a headless shell cannot; None where there is none."""
    return next((one for one in installed_browsers() if "headless" not in one.path.name), None)


@dataclass
class Extended:
    """The browser, the extension's panel, and a page to work in."""

    context: BrowserContext
    panel: Page
    page: Page

    async def record(self, name: str) -> None:
        """Presses Record."""
        await self.panel.fill("#name", name)
        await self.page.bring_to_front()
        await self.panel.evaluate("document.getElementById('record').click()")
        await self.panel.wait_for_selector("#record[aria-pressed=true]", state="attached")

    async def stop(self) -> None:
        """Presses Stop."""
        await self.panel.bring_to_front()
        await self.panel.click("#record")
        await self.panel.wait_for_selector("#record[aria-pressed=false]")

    async def overview(self) -> dict[str, Any]:
        """What the worker says about the recording."""
        told: dict[str, Any] = await self.panel.evaluate("chrome.runtime.sendMessage({ ask: 'overview' })")
        return told

    async def steps(self) -> list[tuple[str, str]]:
        """Event and label of every step, as the panel has them."""
        return [(step["event"], step.get("label", "")) for step in (await self.overview())["steps"]]


@asynccontextmanager
async def chromium_with_extension(folder: Path) -> AsyncIterator[Extended]:
    """The extension as it is delivered, loaded into a browser of its own."""
    installed = full_chromium()
    write(folder / "extension")
    loading = [f"--disable-extensions-except={folder / 'extension'}", f"--load-extension={folder / 'extension'}"]
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            folder / "profile",
            executable_path=installed.path,
            headless=True,
            args=[*installed.arguments(), *loading],
            viewport={"width": 1000, "height": 800},
        )
        worker = (
            context.service_workers[0] if context.service_workers else await context.wait_for_event("serviceworker")
        )
        origin = worker.url.removesuffix("/worker.js")
        page = context.pages[0]
        panel = await context.new_page()
        await panel.set_viewport_size({"width": 380, "height": 800})
        await panel.goto(f"{origin}/panel.html")
        assert json.loads((folder / "extension" / "manifest.json").read_text("utf-8"))["manifest_version"] == 3
        yield Extended(context, panel, page)
        await context.close()
