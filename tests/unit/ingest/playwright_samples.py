"""Small files as Playwright writes them, for the tests of its importers."""

import io
import json
import zipfile
from typing import Any

PYTEST = """import re
from playwright.sync_api import Page, expect


def test_example(page: Page) -> None:
    page.goto("https://shop.test/login")
    page.get_by_label("User name").fill("bob")
    page.get_by_label("Password").fill("hunter2")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("Welcome")).to_be_visible()
"""
SYNC = """import os
import re
from playwright.sync_api import Playwright, sync_playwright, expect


def run(playwright: Playwright) -> None:
    browser = playwright.chromium.launch(headless=False)
    context = browser.new_context(viewport={"width": 800, "height": 600})
    page = context.new_page()
    page.goto("https://shop.test/")
    page.locator("#frame").content_frame.get_by_placeholder("Code", exact=True).fill("x1")
    page.get_by_role("listitem").filter(has_text=re.compile(r"^Tea$")).get_by_role("button").nth(1).click()
    page.get_by_label("Size").select_option("L")
    page.get_by_test_id("terms").check()
    with page.expect_popup() as page1_info:
        page.get_by_role("link", name="More", exact=True).click(button="middle", modifiers=["Shift"])
    page1 = page1_info.value
    page1.get_by_title("Close").dblclick()
    page1.close()
    page.once("dialog", lambda dialog: dialog.accept("yes"))
    page.get_by_text("Ask").click()
    page.get_by_label("File").set_input_files("photos/cat.png")
    page.get_by_label("Search").press("ControlOrMeta+a")

    # ---------------------
    context.close()
    browser.close()


with sync_playwright() as playwright:
    run(playwright)
"""
ASYNC = """import asyncio
from playwright.async_api import Playwright, async_playwright, expect


async def run(playwright: Playwright) -> None:
    browser = await playwright.chromium.launch()
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto("https://shop.test/")
    async with page.expect_download() as download_info:
        await page.get_by_role("link", name="Invoice").click()
    download = await download_info.value
    await expect(page.get_by_test_id("sum")).to_contain_text("12")
    await context.close()


async def main() -> None:
    async with async_playwright() as playwright:
        await run(playwright)


asyncio.run(main())
"""
JSONL = "\n".join(
    json.dumps(one)
    for one in (
        {"browserName": "chromium", "launchOptions": {}, "contextOptions": {"viewport": {"width": 640, "height": 480}}},
        {"name": "openPage", "url": "about:blank", "pageAlias": "page", "framePath": [], "signals": []},
        {"name": "navigate", "url": "https://shop.test/", "pageAlias": "page", "framePath": [], "signals": []},
        {
            "name": "fill",
            "selector": 'internal:label="Password"i',
            "text": "hunter2",
            "pageAlias": "page",
            "framePath": ["#login"],
            "signals": [],
        },
        {
            "name": "click",
            "selector": 'internal:role=link[name="More"i]',
            "signals": [{"name": "popup", "popupAlias": "page1"}],
            "button": "left",
            "modifiers": 8,
            "clickCount": 2,
            "pageAlias": "page",
            "framePath": [],
        },
        {"name": "assertText", "selector": "h1", "text": "Hi", "substring": True, "pageAlias": "page1"},
        {"name": "closePage", "pageAlias": "page1", "signals": []},
    )
)


def calls_of_a_trace() -> list[tuple[str, str, dict[str, Any]]]:
    """(class, method, params) of a small session."""
    return [
        ("BrowserContext", "newPage", {}),
        ("Frame", "goto", {"url": "https://shop.test/"}),
        ("Frame", "fill", {"selector": 'internal:label="User"i', "value": "bob", "strict": True}),
        ("Frame", "click", {"selector": 'internal:role=button[name="Go"i]', "button": "left", "clickCount": 1}),
        ("Frame", "expect", {"selector": "h1", "expression": "to.have.text", "expectedText": [{"string": "Hi"}]}),
        ("Page", "close", {}),
    ]


def trace_lines(version: int) -> list[dict[str, Any]]:
    """The lines of `trace.trace` as that version writes them."""
    lines: list[dict[str, Any]] = [
        {"type": "context-options", "version": version, "browserName": "chromium", "title": "shop.spec.ts:3 › buys",
         "options": {"viewport": {"width": 1024, "height": 700}}},
    ]  # fmt: skip
    for at, (kind, method, params) in enumerate(calls_of_a_trace()):
        call, page = f"call@{at}", None if method == "newPage" else "page@1"
        if version == 3:
            metadata = {"id": call, "startTime": at, "endTime": at + 0.5, "type": kind, "method": method,
                        "params": params, "pageId": page, "snapshots": [], "log": []}  # fmt: skip
            lines.append({"type": "action", "metadata": metadata})
            continue
        named = {"title": method} if version > 7 else {"apiName": f"page.{method}"}
        lines.append({"type": "before", "callId": call, "startTime": at, "class": kind, "method": method,
                      "params": params, "pageId": page, **named})  # fmt: skip
        if method == "fill":
            field = ["INPUT", {"__playwright_target__": call, "id": "user", "type": "password", "name": "login"}]
            html = ["HTML", {}, ["HEAD", {}], ["BODY", {}, [[1, 2]], field]]
            lines.append({"type": "frame-snapshot", "snapshot": {"callId": call, "html": html}})
        error = {"error": {"message": "Timeout 30000ms\nmore"}} if method == "expect" else {}
        lines.append({"type": "after", "callId": call, "endTime": at + 0.5, **error})
    return lines


def zipped(files: dict[str, bytes]) -> bytes:
    """A ZIP with these files."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return held.getvalue()


def trace(version: int = 8, **more: bytes) -> bytes:
    """A trace of that version."""
    text = "\n".join(json.dumps(line, separators=(",", ":")) for line in trace_lines(version))
    return zipped({"trace.trace": text.encode(), "trace.network": b"", **more})
