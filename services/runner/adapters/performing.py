"""Performing one step: which action it is, what is told before and after, and when it is tried again."""

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from playwright.async_api import Error as PlaywrightError

from services.runner.adapters import conditions, filling, keys, pages, pointer
from services.runner.adapters.faults import StepFailed, document_gone, place
from services.runner.adapters.locating import Answer, Located, locate, why_not
from services.runner.adapters.options import HealReport, Hooks, StepOptions
from services.runner.adapters.tab import Tab
from shared.contracts.heal_cache import original_selector
from shared.contracts.recording import LocatorBundle, Step
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
    "scroll": pages.scroll,
    "click": pointer.click,
    "double_click": pointer.click,
    "right_click": pointer.click,
    "hover": pointer.hover,
    "drag": pointer.drag,
    "drop": pointer.drop,
    "submit": pointer.submit,
    "focus": pointer.focus,
    "blur": pointer.blur,
    "type": filling.fill,
    "select": filling.fill,
    "check": filling.fill,
    "uncheck": filling.fill,
    "key_down": keys.key,
    "key_up": keys.key,
    "key_press": keys.key,
    "wait_for_element": conditions.wait_for_element,
    "wait_for_expression": conditions.wait_for_expression,
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
        self.status: str = "completed"
        self._intended = False
        self._located: Located | None = None
        self._cache_key: str | None = None
        self._report: dict[str, Any] = {}
        self._missed: set[str] = set()
        self._heal_told = False

    @property
    def leads_elsewhere(self) -> bool:
        """Whether the recorded step led to another page."""
        return self.step.navigation.type not in ("same_page", "none", "")

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
        await self._try_until_dispatched()
        self.session.key_before = self.event in KEY_EVENTS and not self.leads_elsewhere

    async def _try_until_dispatched(self) -> None:
        for pause in (*self.options.retry_backoff, None):
            try:
                await ACTIONS[self.event](self)
                return
            except (StepFailed, PlaywrightError) as error:
                transient = error.transient if isinstance(error, StepFailed) else document_gone(error)
                if self.dispatched or not transient or pause is None:
                    raise
                self.retries += 1
                reason = error.detail if isinstance(error, StepFailed) else "the page changed meanwhile"
                await self.log("debug", f"Trying again: {reason}.")
                await asyncio.sleep(pause / 1000)

    async def log(self, level: Any, message: str) -> None:
        """A log line of this step, without secrets."""
        await self.hooks.log(level, self.session.scrub(message), self.step.step_number)

    async def intend(self, action: str) -> None:
        """Tells once that what follows may commit something."""
        if not self._intended:
            await self.hooks.intend(self.step.step_number, self.session.scrub(action))
            self._intended = True

    async def locate(self) -> Located:
        """The step's element, ready to be acted on. Raises `StepFailed` when there is none."""
        if not has_element(self.step):
            raise StepFailed("invalid_step", "the step names no element; record it again or give it a selector")
        if self.step.bundle.is_closed_shadow:
            raise StepFailed("not_found", "its element is inside a closed shadow root, which cannot be searched")
        where = await self.session.page_for(self.step, self.options.wait_timeout)
        answer = await locate(self.step, self.event, self.options, where)
        self._report = answer.report
        self._located = answer.located or self._located
        await self._tell(answer)
        if answer.located is None:
            raise why_not(answer.report, self.options)
        self.session.learn(self.step, answer.located)
        if answer.located.type == "password" and self.value:
            self.session.conceal(self.value)
        return answer.located

    async def _tell(self, answer: Answer) -> None:
        cached = answer.cached
        self._cache_key = cached.key if cached else None
        if cached is not None and answer.report.get("missed") and cached.key not in self._missed:
            self._missed.add(cached.key)
            await self.hooks.cached_missed(self.step.step_number, cached.key)
        disagreeing = answer.report.get("disagreeing")
        if disagreeing:
            await self.log("warn", f"These locators point elsewhere: {', '.join(disagreeing)}.")
        heal = answer.report.get("heal")
        if heal and not self._heal_told:
            self._heal_told = True
            await self.hooks.healed(self._heal_report(answer, heal))

    def _heal_report(self, answer: Answer, heal: dict[str, Any]) -> HealReport:
        located = answer.located
        where = place(answer.url)
        scheme, _, rest = where.partition("://")
        host, slash, path = rest.partition("/")
        return HealReport(
            step_number=self.step.step_number,
            success=located is not None and located.found_by == "healed",
            method="fuzzy_match",
            confidence=heal["confidence"],
            original_selector=original_selector(self.step),
            healed_selector=self.session.scrub(located.selector) if located else None,
            healed_bundle=self._scrubbed_bundle(located) if located else None,
            rivals=self.session.scrubbed(heal["rivals"]),
            page_origin=f"{scheme}://{host}",
            page_path=self.session.scrub(f"{slash}{path}"),
            error_message=None if located else self.session.scrub(why_not(answer.report, self.options).detail),
        )

    def _scrubbed_bundle(self, located: Located) -> LocatorBundle:
        return LocatorBundle.model_validate(self.session.scrubbed(located.bundle.to_json()))

    def mark(self, tab: Tab) -> Mark:
        """Where the page stands now; also starts to tell navigations of this action from earlier ones."""
        tab.status, tab.unreachable = None, False
        before = self.session.seen_moves.get(tab, tab.stand)
        moves, inner = before if self.session.key_before else tab.stand
        return Mark(tab, moves, inner, tab.documents, len(self.session.tabs), tab.popups_announced)

    async def settle(self, mark: Mark) -> None:
        """After an action: waits for where it leads; raises `StepFailed` when the recorded navigation fails."""
        await pages.settle(self, mark)

    def result(self, duration: int) -> StepResult:
        """What became of the step; `duration` in milliseconds."""
        located, heal = self._located, self._report.get("heal")
        return StepResult(
            step_number=self.step.step_number,
            status="skipped" if self.status == "skipped" else "completed",
            duration=duration,
            locating_ms=round(self._report["ms"]) if "ms" in self._report else None,
            strategy=located.strategy if located else None,
            found_by=located.found_by if located else None,
            agreeing=located.agreeing if located else None,
            confidence=located.confidence if located else None,
            cache_key=self._cache_key if located and located.found_by == "cached" else None,
            retries=self.retries,
            message=self.session.scrub(self.message) if self.message else None,
            healing_attempted=heal is not None,
            healing_success=heal["success"] if heal else None,
        )
