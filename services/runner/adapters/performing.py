"""Performing one step: which action it is, what is told before and after, and when it is tried again."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from services.runner.adapters import (
    answering,
    asserting,
    conditions,
    downloading,
    effects,
    evidence,
    files,
    filling,
    keys,
    looking,
    noticing,
    pages,
    pointer,
    scrolling,
    travelling,
)
from services.runner.adapters.driver import Tab
from services.runner.adapters.driver_terms import Press
from services.runner.adapters.faults import DocumentGone, DriverFailure, StepFailed, step_name
from services.runner.adapters.healing import Healing
from services.runner.adapters.locating import Answer, Located, doubts, locate, why_not
from services.runner.adapters.options import Hooks, StepOptions
from services.runner.policies import interpolated
from shared.contracts.recording import Step
from shared.contracts.runner import StepResult
from shared.contracts.steps import event_of, has_element
from shared.core.errors import InvalidInput

if TYPE_CHECKING:
    from services.runner.adapters.session import Session

KEY_EVENTS = frozenset({"key_down", "key_up", "key_press"})
ACTIONS = {
    "navigate": pages.navigate,
    "close": pages.close,
    "resize": pages.resize,
    "emulate_network": pages.emulate_network,
    "go_back": travelling.go_back,
    "go_forward": travelling.go_forward,
    "reload": travelling.reload,
    "new_tab": travelling.new_tab,
    "switch_tab": travelling.switch_tab,
    "scroll": scrolling.scroll,
    "click": pointer.click,
    "double_click": pointer.click,
    "right_click": pointer.click,
    "hover": pointer.hover,
    "mouse_move": noticing.move,
    "mouse_enter": noticing.enter,
    "mouse_leave": noticing.leave,
    "drag": pointer.drag,
    "drop": pointer.drop,
    "submit": pointer.submit,
    "focus": pointer.focus,
    "blur": pointer.blur,
    "type": filling.fill,
    "select": filling.fill,
    "check": filling.fill,
    "uncheck": filling.fill,
    "upload": files.upload,
    "download": downloading.keep_next,
    "key_down": keys.key,
    "key_up": keys.key,
    "key_press": keys.key,
    "wait_for_element": conditions.wait_for_element,
    "wait_for_expression": conditions.wait_for_expression,
    "wait_for_text": asserting.wait_for_text,
    "wait_for_url": asserting.wait_for_url,
    "wait": looking.wait,
    "assert": asserting.check,
    "extract": asserting.extract,
    "dialog": answering.dialog,
    "run_script": looking.run_script,
    "screenshot": looking.screenshot,
    "pdf": looking.pdf,
}
SKIPPED = {
    "custom": "Skipped: a custom step has no meaning here.",
    "page_event": "Skipped: the recorder noticed this, nobody did it.",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """Where a page stood before an action."""

    tab: Tab
    moves: int
    inner: int
    documents: int
    tabs: int
    announced: int


class Performance:
    """One step on its way. `dispatched` once the world may have seen it: from then on nothing is tried again."""

    def __init__(self, session: "Session", step: Step, value: str | None, options: StepOptions, hooks: Hooks) -> None:
        self.session = session
        self.step = step
        self.value = value
        self.options = options
        self.hooks = hooks
        self.event = ""
        self.dispatched = False
        self.led_on = False
        self.retries = 0
        self.message: str | None = None
        self.warning: str | None = None
        self.pictures: dict[str, str | None] = {}
        self.status: str = "completed"
        self.limit = asyncio.timeout(options.step_timeout / 1000)  # a person's time to decide does not count
        self.healing = Healing(self)
        self.before: effects.Before | None = None  # the last action that may lead elsewhere
        self._intended = False
        self._located: Located | None = None
        self._report: dict[str, Any] = {}
        self._asked: dict[str, Any] = {}

    @property
    def leads_elsewhere(self) -> bool:
        """Whether the recorded step led to another page."""
        return self.step.navigation.type not in ("same_page", "none", "download", "")

    @property
    def may_lead_in_a_frame(self) -> bool:
        """Whether the page that the step led to may have been that of a frame: then no address was recorded."""
        return bool(self.step.bundle.iframe_chain) or not self.step.navigation.url

    async def run(self) -> None:
        """Does the step, or raises `StepFailed`."""
        try:
            self.event = event_of(self.step)
        except InvalidInput as error:
            raise StepFailed("invalid_step", error.detail) from error
        if self.event in SKIPPED:
            self.status, self.message = "skipped", SKIPPED[self.event]
            return
        if not self.session.key_before:
            self.session.seen_moves = {tab: tab.stand for tab in self.session.tabs}
        if self.options.screenshot_before:
            self.pictures["before"] = await evidence.picture(self, "before")
        self._interpolate()
        if downloading.sets_off(self):
            self.event = "click" if self.event == "download" else self.event
            await downloading.around(self, self._act)
        else:
            await self._act()
        if self.options.screenshot_after or self.healing.report:
            self.pictures["after"] = await evidence.picture(self, "after")
        self.session.key_before = self.event in KEY_EVENTS and not self.leads_elsewhere

    def _interpolate(self) -> None:
        given = self.value if self.value is not None else self.step.value
        if self.step.metadata.get("interpolate") is not True or given is None:
            return
        try:
            self.value = interpolated(given, self.options.extracted)
        except InvalidInput as error:
            raise StepFailed("invalid_step", error.detail) from error

    async def _act(self) -> None:
        """The action; where it was done to a stand-in, it must have had an effect, or the heal is withdrawn."""
        try:
            await self._try_until_dispatched()
            await effects.check(self)
        except StepFailed as failure:
            if self.stands_in is None or not self.dispatched or failure.error_type not in effects.TELLING:
                raise
            without = effects.without_effect(failure)
            await self.healing.withdraw(without.detail)
            raise without from failure

    @property
    def stands_in(self) -> Located | None:
        """The element, where it is not the one that was recorded for certain."""
        return self._located if self._located and self._located.found_by in effects.STAND_INS else None

    async def _try_until_dispatched(self) -> None:
        for pause in (*self.options.retry_backoff, None):
            try:
                await ACTIONS[self.event](self)
                return
            except (StepFailed, DriverFailure) as error:
                transient = error.transient if isinstance(error, StepFailed) else isinstance(error, DocumentGone)
                if self.dispatched or not transient or pause is None:
                    raise
                self.retries += 1
                reason = error.detail if isinstance(error, StepFailed) else "the page changed meanwhile"
                await self.log("debug", f"Trying again: {reason}.")
                await asyncio.sleep(pause / 1000)

    def extract(self, name: str, text: str) -> None:
        """Keeps a value that the page showed, for later steps and with the row's result."""
        self.session.extracted[name] = text

    async def log(self, level: Any, message: str) -> None:
        """A log line of this step, without secrets."""
        await self.hooks.log(level, self.session.scrub(message), self.step.step_number)

    async def intend(self, action: str) -> None:
        """Tells once that what follows may commit something."""
        if not self._intended:
            await self.hooks.intend(self.step.step_number, self.session.scrub(action))
            self._intended = True

    async def locate(self, **asked: Any) -> Located:
        """The step's element, ready to be acted on, with what the engine prepared as `asked`. Raises `StepFailed`."""
        if not has_element(self.step):
            raise StepFailed("invalid_step", "the step names no element; record it again or give it a selector")
        self._asked = asked
        where = await self.session.page_for(self.step, self.options.wait_timeout)
        asked = {**asked, **self.healing.asked()}
        answer = await locate(self.step, self.options, where, self.event, {"aside": not self.session.dragging, **asked})
        if answer.report.get("aside"):
            await self._press_beside(where[0], answer)
            answer = await locate(self.step, self.options, where, self.event, asked)
        self._report = answer.report
        for doubt in doubts(answer.report, self.event):
            await self.log("warn", doubt)
        if answer.located and answer.located.found_by in effects.STAND_INS and self.event in effects.PRESSES:
            await effects.attend(answer.located)
        return await self._ready(await self.healing.settled(answer))

    async def _ready(self, answer: Answer) -> Located:
        self._report = answer.report
        self._located = answer.located or self._located
        if answer.located is None:
            raise why_not(answer.report, self.options)
        self.session.learn(self.step, answer.located)
        if answer.located.type == "password" and self.value:
            self.session.conceal(self.value)
        return answer.located

    async def ask_page_again(self) -> Answer:
        """What the page says now that another row's heal is in the cache."""
        where = await self.session.page_for(self.step, self.options.wait_timeout)
        asked = {**self._asked, **self.healing.asked()}
        return await locate(self.step, self.options, where, self.event, asked)

    async def locate_again(self) -> Located:
        """The same once more, where the element was replaced meanwhile."""
        return await self.locate(**self._asked)

    async def _press_beside(self, tab: Tab, answer: Answer) -> None:
        """What covers the element was opened by entering a field, and a press elsewhere closes it."""
        left, top = await tab.place_of(answer.frame)
        beside = answer.report["aside"]
        await self.log("info", f"{answer.report.get('by', 'Something')} covered its element; pressed beside it.")
        await tab.press(Press(left + beside["x"], top + beside["y"]))

    def mark(self, tab: Tab) -> Mark:
        """Where the page stands now; also starts to tell navigations of this action from earlier ones."""
        tab.status, tab.unreachable = None, False
        before = self.session.seen_moves.get(tab, tab.stand)
        moves, inner = before if self.session.key_before else tab.stand
        mark = Mark(tab, moves, inner, tab.documents, len(self.session.tabs), tab.popups_announced)
        self.before = effects.before(self, mark)
        return mark

    async def settle(self, mark: Mark) -> None:
        """After an action: waits for where it leads; raises `StepFailed` when the recorded navigation fails."""
        await pages.settle(self, mark)

    def result(self, duration: int, failure: StepFailed | None) -> StepResult:
        """What became of the step; `duration` in milliseconds."""
        located, healing, report = self._located, self.healing, self._report
        said = {
            "step_number": self.step.step_number,
            "status": "skipped" if self.status == "skipped" else "completed",
            "duration": duration,
            "locating_ms": round(report["ms"]) if "ms" in report else None,
            "strategy": located.strategy if located else None,
            "found_by": located.found_by if located else None,
            "agreeing": located.agreeing if located else None,
            "confidence": located.confidence if located else None,
            "cache_key": healing.cache_key if located and located.found_by == "cached" else None,
            "retries": self.retries,
            "message": self.session.scrub(self.message) if self.message else None,
            "healing_attempted": healing.attempted,
            "healing_success": healing.report is not None if healing.attempted else None,
        }
        if failure is not None:
            message = f"{step_name(self.step)}{self.session.where()}: {failure.detail}."
            told = {"status": "failed", "error_type": failure.error_type, "error": self.session.scrub(message)}
            said |= {**told, "message": None}
        if "ms" in report:
            said["locating_us"] = round(report["ms"] * 1000)
        if healing.attempted:
            said["healing_us"] = round(healing.milliseconds * 1000)
        if self.warning:
            said["warning"] = self.session.scrub(self.warning)
        return StepResult.model_validate(said | {"evidence": evidence.of(self, report, failure)})
