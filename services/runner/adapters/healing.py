"""What a step does where nothing recorded finds its element: a stand-in, whom it asks, what it tells.

The page's own rungs (a cached heal, the recorded locators, likeness, place) are one question, see `locating.py`. Here
comes what follows: a model's word, a person's word, and what is told before the stand-in is used.
"""

from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from services.runner.adapters import effects, shortlist
from services.runner.adapters.faults import StepFailed, place
from services.runner.adapters.limits import standing_still
from services.runner.adapters.locating import HEALED_EVENTS, Answer, Located, take, why_not
from services.runner.adapters.options import HealMethod, HealReport, ModelQuestion
from shared.contracts.heal_cache import CachedHeal, original_selector
from shared.contracts.recording import LocatorBundle

if TYPE_CHECKING:
    from services.runner.adapters.performing import Performance

NOT_ACCEPTED = "a person did not accept the stand-in that was found for its element; nothing was done to it"
PROPOSALS = 3  # of a step: where the page keeps replacing the stand-in while a person thinks


class Healing:
    """The stand-ins of one step. `report`: of the one that is used, once there is one."""

    def __init__(self, doing: "Performance") -> None:
        self._doing = doing
        self.report: HealReport | None = None
        self.attempted = False
        self.milliseconds = 0.0  # that the page spent looking for stand-ins
        self.rivals: list[dict[str, Any]] = []  # of the last search
        self._answer: Answer | None = None  # the last one
        self._attempts = 0
        self._told = False
        self._missed: set[str] = set()

    def asked(self) -> dict[str, Any]:
        """What the engine is told beside what the step asks: how often it may look, which stand-in is in use."""
        left = max(0, self._doing.options.heal_attempts - self._attempts)
        return {"healAttempts": left, "standing": self.report.method if self.report else None}

    async def settled(self, answer: Answer) -> Answer:
        """The answer with the element that may be acted on, after everybody who has a say in it was heard.

        Raises `StepFailed` where a person did not accept the stand-in.
        """
        self._answer = answer
        await self._tell_of_cache(answer)
        heal = answer.report.get("heal")
        if heal is None:
            return self._as_before(answer)
        self.attempted = True
        self._attempts += heal["searches"]
        self.milliseconds += heal["ms"]
        self.rivals = heal["rivals"]
        if answer.located is not None or not self._asks(heal):
            return await self._concluded(answer)
        async with self._turn(answer) as found:
            if found is not None:
                answer = await self._with_cached()
                heal = answer.report.get("heal")
            if heal is None:
                return answer
            return await self._concluded(answer if answer.located else await self._by_model(answer, heal))

    async def _with_cached(self) -> Answer:
        """What the page says now that another row has found a stand-in."""
        self._answer = answer = await self._doing.ask_page_again()
        await self._tell_of_cache(answer)
        located = answer.located
        if located and located.found_by in effects.STAND_INS and self._doing.event in effects.PRESSES:
            await effects.attend(located)
        return answer

    async def _concluded(self, answer: Answer) -> Answer:
        if answer.located is None:
            if not self._told:
                self._told = True
                await self._doing.hooks.healed(self._report_of(answer))
            return answer
        return await self._accepted(answer)

    @property
    def cache_key(self) -> str | None:
        """Of the cached heal that was tried last."""
        return self._answer.cached.key if self._answer and self._answer.cached else None

    async def withdraw(self, reason: str) -> None:
        """What was done to the stand-in had no effect."""
        doing, answer = self._doing, self._answer
        if answer is not None:
            report = self.report or self._report_of(answer)
            await doing.hooks.withdrawn(report, None if self.report else self.cache_key, doing.session.scrub(reason))

    def _report_of(self, answer: Answer) -> HealReport:
        doing, located, heal = self._doing, answer.located, answer.report.get("heal") or {}
        scheme, _, rest = place(answer.url).partition("://")
        host, slash, path = rest.partition("/")
        scrub = doing.session.scrub
        return HealReport(
            step_number=doing.step.step_number,
            success=located is not None,
            method=cast("HealMethod", heal.get("method", "fuzzy_match")),
            confidence=heal.get("confidence", 0),
            original_selector=original_selector(doing.step),
            healed_selector=scrub(located.selector) if located else None,
            healed_bundle=self._bundle_of(located) if located and located.bundle else None,
            rivals=doing.session.scrubbed(heal.get("rivals", [])),
            page_origin=f"{scheme}://{host}",
            page_path=scrub(f"{slash}{path}"),
            error_message=None if located else scrub(why_not(answer.report, doing.options).detail),
            candidates=heal.get("candidates", 0),
        )

    def _bundle_of(self, located: Located) -> LocatorBundle:
        bundle = {**(located.bundle or {}), "iframeChain": self._doing.step.bundle.iframe_chain}
        return LocatorBundle.model_validate(self._doing.session.scrubbed(bundle))

    def _as_before(self, answer: Answer) -> Answer:
        """The stand-in that was accepted before is as certain as it was then."""
        if answer.located is None or answer.located.found_by != "healed" or self.report is None:
            return answer
        return replace(answer, located=replace(answer.located, confidence=self.report.confidence))

    async def _tell_of_cache(self, answer: Answer) -> None:
        cached = answer.cached
        if cached is not None and answer.report.get("missed") and cached.key not in self._missed:
            self._missed.add(cached.key)
            await self._doing.hooks.cached_missed(self._doing.step.step_number, cached.key)

    # --- a model ---

    def _asks(self, heal: dict[str, Any]) -> bool:
        """Whether a model is asked where the page's own rungs are not certain."""
        options = self._doing.options
        may = options.vision and options.healing != "off" and self._doing.event in HEALED_EVENTS
        unsure = heal["box"] is None  # else there is one, which cannot be used now
        return bool(may and unsure and heal["shortlist"]) and self._attempts < options.heal_attempts

    def _turn(self, answer: Answer) -> AbstractAsyncContextManager[CachedHeal | None]:
        """Only one row asks what all of them need; the others find its answer in the cache."""
        report, turn = self._report_of(answer), self._doing.options.heal_turn
        return turn(report.page_origin, report.page_path) if turn else nullcontext()

    async def _by_model(self, answer: Answer, heal: dict[str, Any]) -> Answer:
        """The answer with the element that the model means, where it is asked and is certain enough."""
        doing = self._doing
        self._attempts += 1
        picture = await shortlist.picture(doing, answer, all_of_them=True)
        if picture is None:
            await doing.log("warn", "The model is not asked: there is no picture of the page.")
            return answer
        said = await doing.hooks.ask_model(self._question(answer, heal, picture))
        certain = said is not None and said.confidence >= doing.options.threshold
        if said is None or said.index is None or not certain or not 0 <= said.index < len(heal["shortlist"]):
            return answer
        return await self._taken(answer, said.index, "claude_vision", said.confidence)

    def _question(self, answer: Answer, heal: dict[str, Any], picture: bytes) -> ModelQuestion:
        doing, report = self._doing, self._report_of(answer)
        return ModelQuestion(
            step_number=doing.step.step_number,
            event=doing.event,
            target=shortlist.target(doing),
            candidates=shortlist.candidates(doing, heal["shortlist"]),
            picture=picture,
            page_origin=report.page_origin,
            page_path=report.page_path,
            threshold=doing.options.threshold,
        )

    async def _taken(self, answer: Answer, index: int, method: HealMethod, confidence: int) -> Answer:
        """The same answer with one of its shortlist as the element, if it can be used."""
        heal = {**answer.report["heal"], "method": method, "confidence": confidence, "success": True}
        taken = await take(answer, index, method, self._doing.options.wait_timeout)
        if taken.located is None:
            return replace(answer, report={**answer.report, **taken.report, "heal": {**heal, "success": False}})
        located = replace(taken.located, confidence=confidence)
        await effects.attend(located)
        return replace(taken, located=located, report={**answer.report, **taken.report, "heal": heal})

    # --- a person ---

    async def _accepted(self, answer: Answer) -> Answer:
        """The answer once its stand-in is told of, or accepted by a person where one wants to be asked."""
        doing, before = self._doing, self.report
        report = self._report_of(answer)
        if before is not None and before.healed_selector == report.healed_selector:
            return answer  # found once more, after the page was drawn anew
        report = replace(report, picture_before=await shortlist.kept_picture(doing, answer))
        doing.pictures["before"] = doing.pictures.get("before") or report.picture_before
        if doing.options.healing != "review":
            self.report = report
            if not self._told:
                self._told = True
                await doing.hooks.healed(report)
            return answer
        with standing_still(doing.limit):
            accepted = await doing.hooks.review(report)
        if not accepted:
            raise StepFailed("heal_rejected", NOT_ACCEPTED)
        self.report = report
        return await self._after_review(answer)

    async def _after_review(self, answer: Answer) -> Answer:
        """People take their time: the element that was accepted is made ready anew, where it is by now."""
        located = cast("Located", answer.located)
        method, confidence = cast("HealMethod", located.strategy), located.confidence or 0
        taken = await self._taken(answer, 0, method, confidence)
        if taken.located is None:
            raise why_not(taken.report, self._doing.options)
        return taken
