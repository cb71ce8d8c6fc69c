"""A session: the window of one row, its pages, and the steps that are performed in it."""

import asyncio
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from services.runner.adapters import pages
from services.runner.adapters.driver import Tab, until
from services.runner.adapters.driver_terms import Frame, WindowRemains
from services.runner.adapters.driver_windows import Window
from services.runner.adapters.events import Happenings
from services.runner.adapters.faults import DriverError, DriverFailure, StepFailed, TargetGone, place, step_name
from services.runner.adapters.locating import Located
from services.runner.adapters.options import Artifact, Hooks, StepOptions
from services.runner.adapters.performing import Performance
from services.runner.adapters.pictures import without_secrets
from services.runner.adapters.places import Places
from services.runner.adapters.secrets import spelled
from shared.contracts.recording import LocatorBundle, Step
from shared.contracts.runner import StepResult, Taught
from shared.contracts.steps import is_dialog

FEWEST_TELLING = 4  # characters: shorter values stand in any page by chance
POPUP_SECONDS = 5.0
CLOSE_SECONDS = 5.0
DOWNLOAD_SECONDS = 120.0
LONGEST_SNAPSHOT = 300_000  # characters


class Session:
    """Performs the steps of one row, one after the other, in a window of its own."""

    def __init__(self, window: Window, happenings: Happenings) -> None:
        self.window = window
        self.happenings = happenings
        self.remains = WindowRemains()
        self.browser: str | None = None  # what performs the steps, as it names itself
        self.folder: Path | None = None  # the row's own, gone when the row is
        self.extracted: dict[str, str] = {}
        self.dragging = False
        self.key_before = False
        self.held: set[str] = set()
        self.hung = False  # the browser did not answer any more, and was ended
        self.refusal: str | None = None  # what the URL policy stopped last, and why
        self.seen_moves: dict[Tab, tuple[int, int]] = {}
        self.secrets = happenings.secrets
        self._places = Places(self)
        self._front: Tab | None = None
        self._learned: dict[int, Taught] = {}
        self._picturing = asyncio.Lock()  # what one picture blanks out, the end of another would show again
        self._acted: bool | None = None  # none: no step has since the page led on; else whether it was the last one

    @classmethod
    async def open(cls, window: Window, happenings: Happenings) -> "Session":
        """A session with one empty page; `happenings` is the listener that the window was opened with."""
        session = cls(window, happenings)
        await window.open_tab()
        return session

    # --- its end ---

    async def let_finish(self) -> None:
        """Lets the page save what the last step set off: it may do so a moment later, or over a socket nobody sees."""
        if self._acted is not None:
            await pages.let_finish(lambda: self.open_tabs, just_acted=self._acted)
        self._acted = None

    async def finish(self, hooks: Hooks) -> None:
        """To be called after the last step: what the page still does is awaited, and what it gave is kept."""
        await self.let_finish()
        for download in self.happenings.take_downloads():
            try:
                await self.keep_download(download, hooks, None)
            except StepFailed as failure:
                await hooks.log(
                    "warn", self.scrub(f"The download {download.name[:100]!r} is not kept: {failure.detail}.")
                )
        await self.say(hooks)

    async def keep_download(self, download: Any, hooks: Hooks, step_number: int | None) -> str:
        """Keeps a download as an artifact; gives its SHA-256. Raises `StepFailed` when it does not arrive."""
        path = await download.saved(DOWNLOAD_SECONDS)
        name = self.scrub(file_name(download.name))
        return await hooks.artifact(Artifact("data", name, path, "application/octet-stream", step_number))

    async def close(self) -> None:
        """Ends the window; cookies, storage and downloads go with it. What was recorded stands in `remains`."""
        await self.let_finish()
        self.remains = await self.window.close()

    # --- its pages ---

    @property
    def tabs(self) -> list[Tab]:
        """All pages in order of their opening, closed ones too."""
        return self.window.tabs

    @property
    def open_tabs(self) -> list[Tab]:
        """The pages that are still there, oldest first."""
        return [tab for tab in self.tabs if not tab.closed]

    @property
    def front(self) -> Tab:
        """The page that was switched to, else the latest page that is still open."""
        tabs = self.open_tabs
        if not tabs:
            raise StepFailed("invalid_step", "every page of the session has been closed")
        return self._front if self._front in tabs else tabs[-1]

    def switch_to(self, tab: Tab | None) -> None:
        """Steps that name no page are done on this one; on the latest again, with none."""
        self._front = tab

    @property
    def address(self) -> tuple[str, str]:
        """Origin and path of the page that is worked on now."""
        return split_address(self.front.url) if self.open_tabs else ("", "")

    async def page_for(self, step: Step, timeout: int) -> tuple[Tab, Frame]:
        """The page that the step was recorded in, and the frame in it where that has an address of its own."""
        return await self._places.of(step, timeout)

    async def popups(self, tab: Tab, opened_before: int, announced_before: int) -> None:
        """Waits for the pages that the last action has opened."""
        expected = opened_before + tab.popups_announced - announced_before
        if len(self.tabs) + self.window.opening < expected:
            await until(lambda: len(self.tabs) + self.window.opening >= expected, POPUP_SECONDS)
        await self.window.settled()

    # --- what it learns, and what it keeps to itself ---

    def conceal(self, value: str) -> None:
        """From here on the value stays out of every message and screenshot."""
        self.secrets.add(value)

    def scrub(self, text: str) -> str:
        """The text without the secrets of this session."""
        return self.secrets.scrub(text)

    def scrubbed(self, value: Any) -> Any:
        """A JSON value without the secrets of this session."""
        return self.secrets.scrubbed(value)

    def learn(self, step: Step, located: Located) -> None:
        """Keeps the full bundle of an element that the recorded locators found."""
        if located.bundle is not None and located.found_by in ("recorded", "bundle"):
            self._learned[step.step_number] = Taught(
                step_number=step.step_number,
                bundle=LocatorBundle.model_validate(located.bundle),
                element_tag=located.tag,
                element_type=located.type or None,
            )

    def saw_effects(self, step: Step, kinds: Iterable[str]) -> None:
        """Keeps beside the learned bundle what the step's action brought about."""
        if taught := self._learned.get(step.step_number):
            self._learned[step.step_number] = taught.model_copy(update={"effects": sorted(kinds)})

    def learned(self, values: Iterable[str] = ()) -> list[Taught]:
        """The full bundles of the elements that this session's steps were done to.

        Left out is what shows a secret or one of `values`: a text that is another one in every row teaches nothing,
        and a row's values have no place in a recording.
        """
        told = self.secrets.values | {value for value in values if len(value) >= FEWEST_TELLING}
        lessons = [self._learned[number] for number in sorted(self._learned)]
        return [lesson for lesson in lessons if not any(value in lesson.model_dump_json() for value in spelled(told))]

    async def say(self, hooks: Hooks) -> None:
        """Passes on what the pages did on their own."""
        for level, message in self.happenings.take_unsaid():
            await hooks.log(level, self.scrub(message))

    # --- steps ---

    async def perform(self, step: Step, value: str | None, options: StepOptions, hooks: Hooks) -> StepResult:
        """Does one step. Never raises for what the page does; what a hook raises passes through."""
        if options.secret and value:
            self.conceal(value)
        began = time.monotonic()
        self.happenings.begin_step(step.metadata.get("dialog"), goes_on=is_dialog(step))
        await self.window.group(self.scrub(step_name(step)))
        performance = Performance(self, step, value, options, hooks)
        failure: StepFailed | None = None
        limit = performance.limit
        try:
            async with limit:
                await performance.run()
        except StepFailed as error:
            failure = error
        except DriverFailure as error:
            failure = self._explain(error)
        except TimeoutError:
            if not limit.expired():
                raise
            failure = StepFailed("timeout", f"it did not end within {options.step_timeout / 1000:g} s")
        if self.hung and failure is not None:
            failure = StepFailed("browser_hung", "the browser did not answer any more and was ended")
        if performance.led_on:
            self._acted = None
        elif performance.dispatched or self._acted:
            self._acted = performance.dispatched
        await self.window.ungroup()
        await self.say(hooks)
        return performance.result(round((time.monotonic() - began) * 1000), failure)

    def where(self) -> str:
        """For messages: which page it is on."""
        tabs = self.open_tabs
        return f" on {place(self.front.url)}" if tabs else ""

    def refused_or(self, failure: StepFailed) -> StepFailed:
        """The failure, or that the URL policy stopped what it would have taken."""
        if self.refusal is None:
            return failure
        refusal, self.refusal = self.refusal, None
        return StepFailed("url_denied", refusal)

    def _explain(self, error: DriverFailure) -> StepFailed:
        tabs = self.tabs
        if tabs and not tabs[-1].connected:
            return StepFailed("browser_crashed", "the browser has crashed")
        if any(tab.crashed for tab in tabs):
            return StepFailed("page_crashed", "the page has crashed")
        if isinstance(error, TargetGone):
            return StepFailed("page_crashed", "the page was closed while the step was being done")
        if isinstance(error, DriverError):
            return StepFailed("script_error", f"the browser refused: {error}")
        return StepFailed("not_found", "the page kept changing while the step was being done")

    # --- pictures ---

    async def screenshot(self, *, whole_page: bool = False, to_mark: Tab | None = None) -> bytes:
        """The front page as a JPEG, with what is secret blanked out; of the page `to_mark`, password fields as well."""
        async with self._picturing:
            tab, marks = to_mark or self.front, to_mark is not None
            secrets = self.secrets.values
            return await without_secrets(
                tab, secrets, lambda it: it.screenshot(whole_page=whole_page), at_all_costs=marks
            )

    async def pdf(self) -> bytes:
        """The front page as it would be printed, with what is secret blanked out."""
        async with self._picturing:
            return await without_secrets(self.front, self.secrets.values, lambda tab: tab.pdf())

    async def page_source(self) -> str:
        """The front page's HTML as it is now, without what is secret, and cut where it is very long."""
        if not self.open_tabs:
            return ""
        tab = self.front
        html = await tab.ask(tab.main, "() => document.documentElement.outerHTML")
        return self.scrub(str(html))[:LONGEST_SNAPSHOT]

    async def storage(self) -> Mapping[str, Any]:
        """Cookies and local storage: what a login left behind."""
        return await self.window.storage()


def file_name(given: str) -> str:
    """A name that is safe as a file's: no path, no control characters, never empty."""
    last = given.replace("\\", "/").rpartition("/")[2]
    clean = "".join(c for c in last if c.isprintable()).strip(" .")
    return clean[:200] or "download"


def split_address(url: str) -> tuple[str, str]:
    """Origin and path of an address."""
    whole = place(url)
    origin, slash, path = whole.partition("://")[2].partition("/")
    return (f"{whole.partition('://')[0]}://{origin}", f"{slash}{path}") if "://" in whole else (whole, "")
