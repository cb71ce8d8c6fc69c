"""The browser context of one row, in Playwright."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

from playwright.async_api import BrowserContext, ConsoleMessage, Dialog, Page, WebError
from playwright.async_api import Download as PlaywrightDownload
from playwright.async_api import Error as PlaywrightError

from services.runner.adapters.driver_terms import DialogAnswer, DialogKind, DialogShown, Listener, WindowRemains
from services.runner.adapters.driver_windows import Window
from services.runner.adapters.faults import DriverFailure, StepFailed
from services.runner.adapters.options import SessionOptions
from services.runner.adapters.playwright_driver.errors import translated
from services.runner.adapters.playwright_driver.firefox_tab import FirefoxTab
from services.runner.adapters.playwright_driver.tab import PlaywrightTab

CLOSE_SECONDS = 5.0
RECORDED_CLOSE_SECONDS = 60.0  # a trace is written, a video is finished


class GivenFile:
    """A download that Playwright saves."""

    def __init__(self, download: PlaywrightDownload) -> None:
        self._download = download

    @property
    def name(self) -> str:
        """What the page calls it."""
        return self._download.suggested_filename

    @property
    def url(self) -> str:
        """Where it came from."""
        return self._download.url

    async def saved(self, seconds: float) -> Path:
        """The whole file."""
        try:
            return Path(await asyncio.wait_for(self._download.path(), seconds))
        except TimeoutError:
            raise StepFailed("timeout", f"the download did not end within {seconds:g} s") from None
        except PlaywrightError as error:
            raise StepFailed("navigation_failed", "the download broke off") from error


class PlaywrightWindow(Window):
    """A context, its pages, and what is recorded of it."""

    def __init__(self, context: BrowserContext, options: SessionOptions, listener: Listener) -> None:
        super().__init__()
        self.context, self._options, self._listener = context, options, listener
        self._is_firefox = context.browser is not None and context.browser.browser_type.name == "firefox"
        self._opening: set[asyncio.Task[None]] = set()
        self._answering: set[asyncio.Task[None]] = set()
        context.on("page", self._on_page)
        context.on("dialog", self._on_dialog)
        context.on("console", self._on_console)
        context.on("weberror", self._on_error)

    async def start_recording(self) -> None:
        """Begins the trace, where one is wanted."""
        if self._options.trace:
            with translated():
                await self.context.tracing.start(screenshots=True, snapshots=True)

    @property
    def opening(self) -> int:
        """How many pages are just being opened."""
        return len(self._opening)

    async def open_tab(self) -> PlaywrightTab:
        """One more empty page."""
        with translated():
            page = await self.context.new_page()
        await self.settled()
        for tab in self.tabs:
            if cast("PlaywrightTab", tab).page == page:
                return cast("PlaywrightTab", tab)
        raise StepFailed("page_crashed", "the page did not open")

    async def settled(self) -> None:
        """Waits for pages that are just being opened."""
        while self._opening:
            opened, _ = await asyncio.wait(set(self._opening))
            for task in opened:
                task.result()

    async def group(self, name: str) -> None:
        """What follows is shown under this name in the trace."""
        if self._options.trace:
            with suppress(PlaywrightError):
                await self.context.tracing.group(name)

    async def ungroup(self) -> None:
        """The named part is over."""
        if self._options.trace:
            with suppress(PlaywrightError):
                await self.context.tracing.group_end()

    async def storage(self) -> Mapping[str, Any]:
        """Cookies and local storage."""
        with translated():
            return cast("Mapping[str, Any]", await self.context.storage_state())

    async def close(self) -> WindowRemains:
        """Ends the context."""
        for task in (*self._opening, *self._answering):
            task.cancel()
        limit = RECORDED_CLOSE_SECONDS if self._options.recorded else CLOSE_SECONDS
        trace: Path | None = None
        videos: list[Path] = []
        with suppress(PlaywrightError, TimeoutError):
            async with asyncio.timeout(limit):
                if self._options.trace and self._options.folder:
                    trace = self._options.folder / "trace.zip"
                    await self.context.tracing.stop(path=trace)
                recorded = [page.video for page in self.context.pages if page.video] if self._options.video else []
                await self.context.close()
                videos = [Path(await video.path()) for video in recorded]
        return WindowRemains(trace, tuple(videos))

    def _on_page(self, page: Page) -> None:
        page.on("download", lambda download: self._listener.download(GivenFile(download)))
        _background(self._opening, lambda: self._watch(page))

    async def _watch(self, page: Page) -> None:
        kind = FirefoxTab if self._is_firefox else PlaywrightTab
        tab = kind(page, self._listener, network_log=self._options.network_log)
        with suppress(PlaywrightError, DriverFailure):  # a page that closed again at once
            await tab.watch()
            self.tabs.append(tab)
            self._listener.opened(tab)

    def _on_dialog(self, dialog: Dialog) -> None:
        answer = self._listener.dialog(
            DialogShown(cast("DialogKind", dialog.type), dialog.message, dialog.default_value)
        )
        if dialog.type == "beforeunload" and not answer.accept:
            for tab in self.tabs:
                cast("PlaywrightTab", tab).stays(dialog.page)
        _background(self._answering, lambda: _answer(dialog, answer))

    def _on_console(self, message: ConsoleMessage) -> None:
        self._listener.console(message.type, message.text)

    def _on_error(self, error: WebError) -> None:
        self._listener.page_error(str(error.error))


async def _answer(dialog: Dialog, answer: DialogAnswer) -> None:
    with suppress(PlaywrightError):
        if not answer.accept:
            await dialog.dismiss()
        elif answer.text is not None:
            await dialog.accept(answer.text)
        else:
            await dialog.accept()


def _background(kept: set[asyncio.Task[None]], work: Callable[[], Any]) -> None:
    task = asyncio.get_running_loop().create_task(work())
    kept.add(task)
    task.add_done_callback(kept.discard)
