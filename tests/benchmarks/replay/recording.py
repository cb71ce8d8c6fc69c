"""Records a form once, as our recorder would: the full bundle of every element, read by the engine in the page."""

from collections.abc import Sequence
from typing import Any

from playwright.async_api import Frame, Page

from shared.contracts.recording import Step
from shared.injected import engine
from tests.benchmarks.replay.contestants.hand_written import act
from tests.benchmarks.replay.forms import Action

EVENTS = {
    "open": "navigate", "fill": "type", "select": "select", "check": "check", "click": "click",
    "expect": "wait_for_element",
}  # fmt: skip


async def record(page: Page, actions: Sequence[Action]) -> list[Step]:
    """Performs the actions, and keeps each as a canonical step."""
    steps = []
    for number, action in enumerate(actions, 1):
        bundle = await _bundle(page, action)
        await act(page, action)
        steps.append(_step(number, action, bundle, page.url))
    return steps


async def _bundle(page: Page, action: Action) -> dict[str, Any]:
    if action.do == "open":
        return {}
    frame: Frame = page.main_frame
    for selector in action.frame:
        owner = await frame.wait_for_selector(selector)
        inner = await owner.content_frame() if owner else None
        assert inner is not None
        frame = inner
    element = await frame.wait_for_selector(action.at, state="attached")
    read = await frame.evaluate_handle(engine())
    bundle: dict[str, Any] = await read.evaluate("(engine, element) => engine.bundleOf(element)", element)
    return {**bundle, "iframeChain": list(action.frame)}


def _step(number: int, action: Action, bundle: dict[str, Any], url: str) -> Step:
    metadata: dict[str, Any] = {"elementTag": bundle.get("tag"), "elementType": bundle.get("type")}
    if action.do == "expect":
        metadata["condition"] = {"properties": {"textContent": action.value}}
    given: dict[str, Any] = {
        "stepNumber": number,
        "event": EVENTS[action.do],
        "navigation": {"type": "navigation", "url": url} if action.leads else {"type": "same_page"},
        "bundle": bundle,
        "metadata": {key: value for key, value in metadata.items() if value},
    }
    if action.do in ("fill", "select"):
        given["value"] = action.value
    if action.do != "open":
        given["selector"] = action.at
    return Step.model_validate(given)
