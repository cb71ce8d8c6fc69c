"""Finding the element of a step: one question to the page, asked again where the page was replaced meanwhile.

The element stays in the page as `engine.element`; what comes out is how it was found, and what the engine has prepared
for the action in the same call.
"""

import asyncio
import time
from dataclasses import dataclass, field, replace
from typing import Any

from services.runner.adapters.driver import TICK_SECONDS, Tab
from services.runner.adapters.driver_terms import Frame
from services.runner.adapters.faults import DocumentGone, DriverFailure, ErrorType, StepFailed, place
from services.runner.adapters.options import HealMethod, StepOptions
from shared.contracts.heal_cache import CachedHeal
from shared.contracts.recording import Step
from shared.contracts.runner import FoundBy
from shared.contracts.steps import is_thin

QUIET_MS = 300  # without a mutation, before a stand-in is looked for
HEALED_EVENTS = frozenset(
    {"click", "double_click", "right_click", "type", "select", "check", "uncheck", "hover", "focus", "upload"}
)
SHADOW_DEPTH = 8  # closed shadow roots inside each other that are opened for one step
LOADING_FACTOR = 3  # a page that is still loading is waited for so much longer
BUSY = "the page did not answer; its scripts keep it busy"
ANSWER_SECONDS = 5.0  # beyond what the page was told to wait

FIND = "(engine, request) => engine.locate(request)"
TAKE = "(engine, { index, ...request }) => engine.take(request, index)"


@dataclass(frozen=True, slots=True)
class Located:
    """The element of a step, kept in its frame, and how it was found. `locating_ms`: in the page, waiting included."""

    tab: Tab
    frame: Frame
    tag: str
    type: str
    strategy: str
    found_by: FoundBy
    agreeing: int
    locating_ms: float
    confidence: int | None
    selector: str
    bundle: dict[str, Any] | None
    prepared: dict[str, Any] = field(default_factory=dict)

    async def ask(self, question: str, argument: Any = None) -> Any:
        """What a function of (engine, argument) answers where the element is."""
        return await self.tab.ask(self.frame, question, argument)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the page said to a request: the element or none, with the engine's whole report."""

    located: Located | None
    report: dict[str, Any]
    cached: CachedHeal | None
    tab: Tab
    frame: Frame
    request: dict[str, Any]

    @property
    def url(self) -> str:
        """Where the frame is."""
        return self.frame.url


def request_for(step: Step, event: str, timeout: float, options: StepOptions) -> dict[str, Any]:
    """The engine's request for the element of a step; `timeout` in seconds."""
    metadata, bundle = step.metadata, step.bundle
    tag = metadata.get("elementTag") or bundle.tag
    known = {"role": metadata.get("role"), "type": metadata.get("elementType"), "tag": tag}
    return {
        "event": event,
        "selector": step.selector,
        "alternatives": alternatives_of(step),
        "bundle": bundle.model_dump(mode="json", by_alias=True, exclude_none=True),
        "known": {key: value for key, value in known.items() if isinstance(value, str)},
        "tag": tag,
        "offset": offset_of(step),
        "timeout": max(0, round(timeout * 1000)),
        "grace": options.heal_grace,
        "quiet": QUIET_MS,
        "heal": options.healing != "off" and event in HEALED_EVENTS,
        "shortlist": options.vision,
        "threshold": options.threshold,
        "healAttempts": options.heal_attempts,
        "strict": options.strict,
        "learn": is_thin(step) and not metadata.get("taught"),
        "highlight": options.highlight,
    }


def alternatives_of(step: Step) -> list[list[str]]:
    """The recorded locators in their recorded spelling; anything that is none is left out."""
    given = step.metadata.get("selectors")
    lists = [one if isinstance(one, list) else [one] for one in given] if isinstance(given, list) else []
    return [parts for parts in lists if parts and all(isinstance(part, str) and part for part in parts)]


def offset_of(step: Step) -> dict[str, float] | None:
    """The recorded point within the element, and the size that its box had."""
    x, y, box = step.metadata.get("offsetX"), step.metadata.get("offsetY"), step.bundle.bounding
    if not isinstance(x, int | float) or not isinstance(y, int | float):
        return None
    if step.event == "drop" or step.metadata.get("role") == "treeitem":
        box = None  # lists and branches grow at their end: the point means the same as long as it is inside
    return {"x": x, "y": y, "width": box.width if box else 0, "height": box.height if box else 0}


async def frame_of(step: Step, tab: Tab, root: Frame, deadline: float) -> Frame:
    """The frame that the bundle's chain leads to; waits for it until the deadline (monotonic seconds)."""
    while step.bundle.iframe_chain:
        frame = await _follow(step.bundle.iframe_chain, tab, root)
        if frame is not None:
            return frame
        tab.fail_if_gone()
        if time.monotonic() >= deadline:
            raise StepFailed("not_found", f"there is no frame {' › '.join(map(str, step.bundle.iframe_chain))}")
        await asyncio.sleep(TICK_SECONDS * 5)
    return root


async def _follow(chain: list[str | int], tab: Tab, frame: Frame) -> Frame | None:
    for link in chain:
        if isinstance(link, int) or link.isdigit():
            children = frame.children
            if int(link) >= len(children):
                return None
            frame = children[int(link)]
            continue
        try:
            inner = await tab.frame_in(frame, link)
        except DriverFailure:
            return None
        if inner is None:
            return None
        frame = inner
    return frame


async def locate(
    step: Step, options: StepOptions, where: tuple[Tab, Frame], event: str, asked: dict[str, Any]
) -> Answer:
    """Finds the element in its frame, within the wait timeout; `asked`: what else the engine is to prepare.

    Raises `StepFailed` where there is no such frame.
    """
    tab, root = where
    patience = _patience(step, options) / 1000
    deadline = time.monotonic() + patience
    latest = time.monotonic() + min(LOADING_FACTOR * patience, options.navigation_timeout / 1000)
    while True:
        frame = await frame_of(step, tab, root, deadline)
        left = deadline - time.monotonic()
        request = {**request_for(step, event, left, options), **asked}
        cached = _cached(options, frame)
        if cached is not None:
            request["cached"] = {"bundle": cached.bundle.model_dump(mode="json", by_alias=True, exclude_none=True)}
        try:
            report = await _ask(tab, frame, request, max(left, 0.0) + ANSWER_SECONDS)
        except TimeoutError:
            raise StepFailed("timeout", BUSY) from None
        except DocumentGone:
            tab.fail_if_gone()
            if time.monotonic() >= deadline:
                raise
            await asyncio.sleep(TICK_SECONDS)
            continue
        if not report["found"] and tab.loading and deadline < latest:  # what is still being loaded may bring it
            deadline = min(latest, time.monotonic() + patience)
            continue
        located = _located(tab, frame, report) if report["found"] else None
        return Answer(located, report, cached, tab, frame, request)


async def take(answer: Answer, index: int, method: HealMethod, timeout: int) -> Answer:
    """An answer's `index`-th stand-in as the element, somebody having chosen it; `timeout` in milliseconds.

    It is checked and made ready as any other: the answer may be that it cannot be used.
    """
    request = {**answer.request, "index": index, "standing": method, "timeout": timeout, "heal": False}
    try:
        asking = answer.tab.ask(answer.frame, TAKE, request)
        report: dict[str, Any] = await asyncio.wait_for(asking, timeout / 1000 + ANSWER_SECONDS)
    except TimeoutError:
        raise StepFailed("timeout", BUSY) from None
    located = _located(answer.tab, answer.frame, report) if report["found"] else None
    return replace(answer, located=located, report=report)


async def _ask(tab: Tab, frame: Frame, request: dict[str, Any], seconds: float) -> dict[str, Any]:
    """The engine's report; closed shadow roots on the way are opened for it, where the driver can."""
    for _ in range(SHADOW_DEPTH):
        report: dict[str, Any] = await asyncio.wait_for(tab.ask(frame, FIND, request), seconds)
        if report.get("reason") != "closed_root":
            break
        if not await tab.pierce(frame):
            request["pierced"] = True  # no root yet, or none that can be had: searched like any other element
    return report


def _patience(step: Step, options: StepOptions) -> int:
    own = step.metadata.get("timeout")
    if isinstance(own, int | float) and not isinstance(own, bool):
        return max(options.wait_timeout, min(round(own), options.step_timeout))
    return options.wait_timeout


def _cached(options: StepOptions, frame: Frame) -> CachedHeal | None:
    if options.cached is None or options.healing == "off":
        return None
    origin, slash, path = place(frame.url).partition("://")[2].partition("/")
    scheme = frame.url.partition("://")[0]
    return options.cached(f"{scheme}://{origin}", f"{slash}{path}")


def _located(tab: Tab, frame: Frame, report: dict[str, Any]) -> Located:
    heal = report.get("heal")
    return Located(
        tab=tab,
        frame=frame,
        tag=report["tag"],
        type=report["type"],
        strategy=report["strategy"],
        found_by=report["foundBy"],
        agreeing=report["agreeing"],
        locating_ms=report["ms"],
        confidence=heal["confidence"] if heal else None,
        selector=report.get("selector") or report["tag"],
        bundle=report.get("bundle"),
        prepared=report.get("prepared") or {},
    )


REASONS = {
    "not_found": "its element is not on the page",
    "ambiguous": "its locators fit several elements or disagree, and none is certain",
    "not_visible": "its element is there but cannot be seen (if the pointer opens it, add a hover step before)",
    "disabled": "its element is disabled or read-only",
    "covered": "its element is covered by {by}",
    "closed_root": "its element is inside a closed shadow root, which this browser's driver cannot open",
}


def why_not(report: dict[str, Any], options: StepOptions) -> StepFailed:
    """The failure that the engine's report tells of."""
    reason: Any = report.get("reason", "not_found")
    detail = REASONS[reason].format(by=report.get("by", "something else"))
    tried = ", ".join(report["tried"]) or "nothing: the step names no element"
    heal = report.get("heal")
    healing = ""
    if heal and heal["box"] is None:
        certain = f"{heal['confidence']} % certain (needed: {options.threshold})"
        healing = f"; the best of {heal['candidates']} stand-ins is only {certain}"
        healing += f"; the model was not asked: {options.vision_off}" if options.vision_off else ""
    error: ErrorType = "not_found" if reason == "closed_root" else reason
    return StepFailed(error, f"{detail} (tried for {report['ms'] / 1000:.1f} s: {tried}{healing})")


BY_PLACE = (
    "The element was found by its place or style alone, for nothing else was recorded of it: if the page has changed, "
    "it may be another. Runs that succeed teach the recording more."
)


def doubts(report: dict[str, Any], event: str) -> list[str]:
    """What people should know of how an element was found, though it was."""
    found = []
    if report.get("disagreeing"):
        found.append(f"These locators point elsewhere: {', '.join(report['disagreeing'])}.")
    if report.get("byPlace") and event in HEALED_EVENTS:
        found.append(BY_PLACE)
    return found
