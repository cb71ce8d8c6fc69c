"""Opens the browser of a recording, and what makes a recording of what was told; nothing of either is left behind."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from services.runner.adapters.browser import Fleet
from services.runner.adapters.cdp.connection import JSON
from services.runner.adapters.faults import DriverFailure, StepFailed
from services.runner.adapters.live.assembler import Assembler
from services.runner.adapters.live.browser import LiveBrowser
from services.runner.adapters.live.wanted import Wanted
from services.runner.adapters.options import SessionOptions

FAILURES = (DriverFailure, StepFailed, TimeoutError)


@asynccontextmanager
async def opened(browser: LiveBrowser, wanted: Wanted) -> AsyncIterator[Assembler]:
    """The browser with one empty page that is recorded, within the context. Raises `Unavailable` when none starts."""
    options = SessionOptions(engine="chromium", width=wanted.width, height=wanted.height, attendant=browser.window)
    async with AsyncExitStack() as stack:
        fleet = await stack.enter_async_context(Fleet(**wanted.fleet, driver="cdp", headless=browser.streamed))
        browser.begin(await stack.enter_async_context(fleet.session(options, wanted.guarding)))
        if browser.streamed:
            assembler = Assembler(await stack.enter_async_context(fleet.session(SessionOptions(engine="chromium"))))
            await assembler.begin()
        else:  # in a browser that has a screen, its page would be seen
            assembler = await stack.enter_async_context(assembling(wanted.tools, ()))
        try:
            yield assembler
        finally:
            browser.ending = True
            await browser.window.closed()


@asynccontextmanager
async def assembling(fleet: dict[str, Any], told: Sequence[JSON]) -> AsyncIterator[Assembler]:
    """What makes a recording of what was told, in a browser of its own."""
    async with Fleet(**fleet, driver="cdp") as tools, tools.session(SessionOptions(engine="chromium")) as session:
        assembler = Assembler(session)
        await assembler.begin()
        await assembler.receive(told)
        yield assembler
