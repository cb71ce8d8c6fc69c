"""A session: the browser context of one row, its pages, and the steps that are performed in it."""

import asyncio
import json
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from playwright.async_api import BrowserContext, ConsoleMessage, Dialog, Download, FileChooser, Frame, Page
from playwright.async_api import Error as PlaywrightError

from services.runner.adapters.faults import StepFailed, browser_gone, first_line, place, step_name
from services.runner.adapters.locating import Located
from services.runner.adapters.options import Hooks, LogLevel, StepOptions
from services.runner.adapters.performing import Performance
from services.runner.adapters.tab import TICK_SECONDS, Tab, until
from shared.contracts.recording import Step
from shared.contracts.runner import StepResult, Taught

HIDDEN = "•••"
FEWEST_TELLING = 4  # characters: shorter values stand in any page by chance
POPUP_SECONDS = 5.0
CLOSE_SECONDS = 5.0
LAST_MOMENT_SECONDS = 0.4
LAST_ANSWER_SECONDS = 10.0


class Session:
    """Performs the steps of one row, one after the other, in a browser context of its own."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.tabs: list[Tab] = []
        self.console_errors = 0
        self.page_errors = 0
        self.dragging = False
        self.key_before = False
        self.held: set[str] = set()
        self.hung = False  # the browser did not answer any more, and was ended
        self.seen_moves: dict[Tab, tuple[int, int]] = {}
        self._tab_of_id: dict[int, Tab] = {}
        self._opening: set[asyncio.Task[None]] = set()
        self._answering: set[asyncio.Task[None]] = set()
        self._learned: dict[int, Taught] = {}
        self._secrets: set[str] = set()
        self._set_off = False  # whether the last step did something that the page may still be busy with
        self._unsaid: list[tuple[LogLevel, str]] = []

    @classmethod
    async def open(cls, context: BrowserContext) -> "Session":
        """A session with one empty page."""
        session = cls(context)
        context.on("page", session._on_page)
        context.on("dialog", session._on_dialog)
        context.on("console", session._on_console)
        context.on("weberror", session._on_error)
        page = await context.new_page()
        await session.settled_pages()
        if not any(tab.page == page for tab in session.tabs):
            raise StepFailed("page_crashed", "the first page did not open")
        return session

    async def let_finish(self) -> None:
        """Lets the page save what the last step set off: it may do so a moment later, or over a socket nobody sees."""
        if not self._set_off:
            return
        await asyncio.sleep(LAST_MOMENT_SECONDS)
        await until(lambda: not any(tab.sending for tab in self.open_tabs), LAST_ANSWER_SECONDS)
        self._set_off = False

    async def close(self) -> None:
        """Ends the context; cookies, storage and downloads go with it."""
        await self.let_finish()
        for task in (*self._opening, *self._answering):
            task.cancel()
        with suppress(PlaywrightError, TimeoutError):
            await asyncio.wait_for(self.context.close(), CLOSE_SECONDS)

    def _on_page(self, page: Page) -> None:
        page.on("download", self._on_download)
        page.on("filechooser", self._on_chooser)
        task = asyncio.get_running_loop().create_task(self._watch(page))
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)

    async def _watch(self, page: Page) -> None:
        with suppress(PlaywrightError):  # a page that closed again at once
            tab = await Tab.watch(page)
            self.tabs.append(tab)

    def _on_dialog(self, dialog: Dialog) -> None:
        asked = self.scrub(dialog.message)[:300]
        self._unsaid.append(("info", f"The page asked ({dialog.type}): {asked!r}; accepted."))
        answer = dialog.default_value if dialog.type == "prompt" else None
        task = asyncio.get_running_loop().create_task(_accept(dialog, answer))
        self._answering.add(task)
        task.add_done_callback(self._answering.discard)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.console_errors += 1

    def _on_error(self, _: Any) -> None:
        self.page_errors += 1

    def _on_download(self, download: Download) -> None:
        self._unsaid.append(("info", f"The page started a download: {download.suggested_filename[:200]!r}."))

    def _on_chooser(self, _: FileChooser) -> None:
        self._unsaid.append(("warn", "The page asked for a file; choosing files is not possible yet."))

    async def settled_pages(self) -> None:
        """Waits for pages that are just being opened."""
        while self._opening:
            opened, _ = await asyncio.wait(set(self._opening))
            for task in opened:
                task.result()

    def conceal(self, value: str) -> None:
        """From here on the value stays out of every message and screenshot."""
        if value:
            self._secrets.add(value)

    def scrub(self, text: str) -> str:
        """The text without the secrets of this session."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, HIDDEN)
        return text

    def scrubbed(self, value: Any) -> Any:
        """A JSON value without the secrets of this session."""
        if isinstance(value, str):
            return self.scrub(value)
        if isinstance(value, dict):
            return {self.scrub(key): self.scrubbed(each) for key, each in value.items()}
        return [self.scrubbed(each) for each in value] if isinstance(value, list) else value

    async def say(self, hooks: Hooks) -> None:
        """Passes on what the pages did on their own."""
        unsaid, self._unsaid = self._unsaid, []
        for level, message in unsaid:
            await hooks.log(level, self.scrub(message))

    @property
    def address(self) -> tuple[str, str]:
        """Origin and path of the page that is worked on now."""
        return split_address(self.front.page.url) if self.open_tabs else ("", "")

    @property
    def open_tabs(self) -> list[Tab]:
        """The pages that are still there, oldest first."""
        return [tab for tab in self.tabs if not tab.page.is_closed()]

    @property
    def front(self) -> Tab:
        """The latest page that is still open."""
        tabs = self.open_tabs
        if not tabs:
            raise StepFailed("invalid_step", "every page of the session has been closed")
        return tabs[-1]

    async def page_for(self, step: Step, timeout: int) -> tuple[Tab, Frame]:
        """The page that the step was recorded in, and the frame in it where that has an address of its own."""
        await self.settled_pages()
        target = step.metadata.get("target")
        if isinstance(target, str) and target not in ("", "main"):
            return await self._addressed(target, timeout)
        tab = self.tabs[0] if target == "main" and self.tabs else None
        if tab is None and step.tab_id is not None:
            tab = self._tab_of_id.setdefault(step.tab_id, self.front)
        if tab is None or tab.page.is_closed():
            tab = self.front
        return tab, tab.page.main_frame

    async def _addressed(self, target: str, timeout: int) -> tuple[Tab, Frame]:
        found = self._frame_at(target)
        if found is None:
            deadline = time.monotonic() + timeout / 1000
            while found is None and time.monotonic() < deadline:
                await asyncio.sleep(TICK_SECONDS * 5)
                await self.settled_pages()
                found = self._frame_at(target)
        if found is None:
            raise StepFailed("not_found", f"no page or frame at {place(target)} has been opened")
        return found

    def _frame_at(self, target: str) -> tuple[Tab, Frame] | None:
        frames = [(tab, frame) for tab in reversed(self.open_tabs) for frame in tab.page.frames]
        exact = next(((tab, frame) for tab, frame in frames if frame.url == target), None)
        return exact or next(((tab, frame) for tab, frame in frames if place(frame.url) == place(target)), None)

    async def popups(self, tab: Tab, opened_before: int, announced_before: int) -> None:
        """Waits for the pages that the last action has opened."""
        expected = opened_before + tab.popups_announced - announced_before
        await until(lambda: len(self.tabs) + len(self._opening) >= expected, POPUP_SECONDS)
        await self.settled_pages()

    def learn(self, step: Step, located: Located) -> None:
        """Keeps the full bundle of an element that the recorded locators found."""
        if located.found_by in ("recorded", "bundle"):
            self._learned[step.step_number] = Taught(
                step_number=step.step_number,
                bundle=located.bundle,
                element_tag=located.tag,
                element_type=located.type or None,
            )

    def learned(self, values: Iterable[str] = ()) -> list[Taught]:
        """The full bundles of the elements that this session's steps were done to.

        Left out is what shows a secret or one of `values`: a text that is another one in every row teaches nothing,
        and a row's values have no place in a recording.
        """
        told = self._secrets | {value for value in values if len(value) >= FEWEST_TELLING}
        lessons = [self._learned[number] for number in sorted(self._learned)]
        return [lesson for lesson in lessons if not any(value in lesson.model_dump_json() for value in spelled(told))]

    async def perform(self, step: Step, value: str | None, options: StepOptions, hooks: Hooks) -> StepResult:
        """Does one step. Never raises for what the page does; what a hook raises passes through."""
        if options.secret and value:
            self.conceal(value)
        began = time.monotonic()
        performance = Performance(self, step, value, options, hooks)
        failure: StepFailed | None = None
        limit = asyncio.timeout(options.step_timeout / 1000)
        try:
            async with limit:
                await performance.run()
        except StepFailed as error:
            failure = error
        except PlaywrightError as error:
            failure = self._explain(error)
        except TimeoutError:
            if not limit.expired():
                raise
            failure = StepFailed("timeout", f"it did not end within {options.step_timeout / 1000:g} s")
        if self.hung and failure is not None:
            failure = StepFailed("browser_hung", "the browser did not answer any more and was ended")
        self._set_off = performance.dispatched and not performance.led_on
        await self.say(hooks)
        result = performance.result(round((time.monotonic() - began) * 1000))
        if failure is None:
            return result
        message = self.scrub(f"{step_name(step)}{self._where()}: {failure.detail}.")
        return result.model_copy(
            update={"status": "failed", "error_type": failure.error_type, "error": message, "message": None}
        )

    def _where(self) -> str:
        tabs = self.open_tabs
        return f" on {place(tabs[-1].page.url)}" if tabs else ""

    def _explain(self, error: PlaywrightError) -> StepFailed:
        browser = self.context.browser
        if browser is not None and not browser.is_connected():
            return StepFailed("browser_crashed", "the browser has crashed")
        if any(tab.crashed for tab in self.tabs):
            return StepFailed("page_crashed", "the page has crashed")
        if browser_gone(error):
            return StepFailed("page_crashed", "the page was closed while the step was being done")
        return StepFailed("script_error", f"the browser refused: {first_line(error)}")

    async def screenshot(self) -> bytes:
        """The front page as a JPEG, with what is secret blanked out."""
        page = self.front.page
        frames: Iterable[Frame] = page.frames
        if not await self._in_frames(frames, "(engine, secrets) => engine.blank(secrets)", sorted(self._secrets)):
            raise StepFailed("script_error", "what is secret on the page could not be blanked out")
        try:
            return await page.screenshot(type="jpeg", quality=50, timeout=10_000, animations="allow")
        finally:
            await self._in_frames(page.frames, "(engine) => engine.unblank()", None)

    async def _in_frames(self, frames: Iterable[Frame], question: str, argument: Any) -> bool:
        """Whether every frame answered; one that is gone counts as well, it shows nothing."""
        answered = True
        for frame in frames if self._secrets else ():
            try:
                await self.front.ask(frame, question, argument)
            except PlaywrightError:
                answered = answered and frame.is_detached()
        return answered


def spelled(values: Iterable[str]) -> list[str]:
    """Values as they stand in JSON."""
    return [json.dumps(value, ensure_ascii=False)[1:-1] for value in values if value]


async def _accept(dialog: Dialog, answer: str | None) -> None:
    with suppress(PlaywrightError):
        await (dialog.accept(answer) if answer is not None else dialog.accept())


def split_address(url: str) -> tuple[str, str]:
    """Origin and path of an address."""
    whole = place(url)
    origin, slash, path = whole.partition("://")[2].partition("/")
    return (f"{whole.partition('://')[0]}://{origin}", f"{slash}{path}") if "://" in whole else (whole, "")
