"""Finding the element of a step: one question to the page, asked again where the page was replaced meanwhile."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any

from playwright.async_api import ElementHandle, Frame
from playwright.async_api import Error as PlaywrightError

from services.runner.adapters.faults import StepFailed, document_gone, place
from services.runner.adapters.options import StepOptions
from services.runner.adapters.tab import TICK_SECONDS, Tab
from shared.contracts.heal_cache import CachedHeal
from shared.contracts.recording import LocatorBundle, Step
from shared.contracts.runner import FoundBy

QUIET_MS = 300  # without a mutation, before a stand-in is looked for
HEALED_EVENTS = frozenset(
    {"click", "double_click", "right_click", "type", "select", "check", "uncheck", "hover", "focus"}
)

FIND = """async (engine, request) => {
  const { element, report } = await engine.locate(request);
  engine.element = element;
  return report;
}"""


@dataclass(frozen=True, slots=True)
class Located:
    """The element of a step, and how it was found. `locating_ms` is the time in the page, waiting included."""

    tab: Tab
    frame: Frame
    element: ElementHandle
    bundle: LocatorBundle
    selector: str
    tag: str
    type: str
    strategy: str
    found_by: FoundBy
    agreeing: int
    locating_ms: int
    confidence: int | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the page said: the element or none, with the engine's whole report."""

    located: Located | None
    report: dict[str, Any]
    cached: CachedHeal | None
    url: str


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
        "offset": _offset(step),
        "timeout": max(0, round(timeout * 1000)),
        "grace": options.heal_grace,
        "quiet": QUIET_MS,
        "heal": options.healing and event in HEALED_EVENTS,
        "threshold": options.threshold,
    }


def alternatives_of(step: Step) -> list[list[str]]:
    """The recorded locators in their recorded spelling; anything that is none is left out."""
    given = step.metadata.get("selectors")
    lists = [one if isinstance(one, list) else [one] for one in given] if isinstance(given, list) else []
    return [parts for parts in lists if parts and all(isinstance(part, str) and part for part in parts)]


def _offset(step: Step) -> dict[str, float] | None:
    x, y, box = step.metadata.get("offsetX"), step.metadata.get("offsetY"), step.bundle.bounding
    if not isinstance(x, int | float) or not isinstance(y, int | float):
        return None
    return {"x": x, "y": y, "width": box.width if box else 0, "height": box.height if box else 0}


async def frame_of(step: Step, tab: Tab, root: Frame, deadline: float) -> Frame:
    """The frame that the bundle's chain leads to; waits for it until the deadline (monotonic seconds)."""
    while True:
        frame = await _follow(step.bundle.iframe_chain, root)
        if frame is not None:
            return frame
        tab.fail_if_gone()
        if time.monotonic() >= deadline:
            raise StepFailed("not_found", f"there is no frame {' › '.join(map(str, step.bundle.iframe_chain))}")
        await asyncio.sleep(TICK_SECONDS * 5)


async def _follow(chain: list[str | int], frame: Frame) -> Frame | None:
    for link in chain:
        if isinstance(link, int) or link.isdigit():
            children = frame.child_frames
            if int(link) >= len(children):
                return None
            frame = children[int(link)]
            continue
        try:
            owner = await frame.query_selector(link)
            inner = await owner.content_frame() if owner else None
        except PlaywrightError:
            return None
        if inner is None:
            return None
        frame = inner
    return frame


async def locate(step: Step, event: str, options: StepOptions, where: tuple[Tab, Frame]) -> Answer:
    """Finds the element in its frame, within the wait timeout. Raises `StepFailed` where there is no such frame."""
    tab, root = where
    wait = options.wait_timeout
    own = step.metadata.get("timeout")
    if isinstance(own, int | float) and not isinstance(own, bool):
        wait = max(wait, min(round(own), options.step_timeout))
    deadline = time.monotonic() + wait / 1000
    while True:
        frame = await frame_of(step, tab, root, deadline)
        left = deadline - time.monotonic()
        request = request_for(step, event, left, options)
        cached = _cached(options, frame)
        if cached is not None:
            request["cached"] = {"bundle": cached.bundle.model_dump(mode="json", by_alias=True, exclude_none=True)}
        try:
            report = await asyncio.wait_for(tab.ask(frame, FIND, request), left + 5)
            if not report["found"]:
                return Answer(None, report, cached, frame.url)
            element = (await tab.handle(frame, "(engine) => engine.element")).as_element()
        except TimeoutError:
            raise StepFailed("timeout", "the page did not answer; its scripts keep it busy") from None
        except PlaywrightError as error:
            tab.fail_if_gone()
            if not document_gone(error) or time.monotonic() >= deadline:
                raise
            await asyncio.sleep(TICK_SECONDS)
            continue
        if element is not None:
            return Answer(_located(step, (tab, frame), element, report), report, cached, frame.url)


def _cached(options: StepOptions, frame: Frame) -> CachedHeal | None:
    if options.cached is None or not options.healing:
        return None
    origin, slash, path = place(frame.url).partition("://")[2].partition("/")
    scheme = frame.url.partition("://")[0]
    return options.cached(f"{scheme}://{origin}", f"{slash}{path}")


def _located(step: Step, where: tuple[Tab, Frame], element: ElementHandle, report: dict[str, Any]) -> Located:
    bundle = LocatorBundle.model_validate({**report["bundle"], "iframeChain": step.bundle.iframe_chain})
    healed = report["foundBy"] == "healed"
    return Located(
        tab=where[0],
        frame=where[1],
        element=element,
        bundle=bundle,
        selector=report["selector"],
        tag=report["tag"],
        type=report["type"],
        strategy=report["strategy"],
        found_by=report["foundBy"],
        agreeing=report["agreeing"],
        locating_ms=round(report["ms"]),
        confidence=report["heal"]["confidence"] if healed else None,
    )


REASONS = {
    "not_found": "its element is not on the page",
    "ambiguous": "its locators fit several elements or disagree, and none is certain",
    "not_visible": "its element is there but cannot be seen (if the pointer opens it, add a hover step before)",
    "disabled": "its element is disabled or read-only",
    "covered": "its element is covered by {by}",
}


def why_not(report: dict[str, Any], options: StepOptions) -> StepFailed:
    """The failure that the engine's report tells of."""
    reason = report.get("reason", "not_found")
    detail = REASONS[reason].format(by=report.get("by", "something else"))
    tried = ", ".join(report["tried"]) or "nothing: the step names no element"
    heal = report.get("heal")
    healing = ""
    if heal and not heal["success"]:
        certain = f"{heal['confidence']} % certain (needed: {options.threshold})"
        healing = f"; the best of {heal['candidates']} stand-ins is only {certain}"
    return StepFailed(reason, f"{detail} (tried for {report['ms'] / 1000:.1f} s: {tried}{healing})")
