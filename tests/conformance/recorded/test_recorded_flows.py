"""What the recorder makes of real input on real pages, and that the fleet can do it again."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Browser

from services.runner.adapters.browser import Fleet
from tests.conformance.case import Case, Told
from tests.conformance.recorded.flows import FLOWS, Flow
from tests.conformance.recorded.lively_flows import LIVELY
from tests.conformance.recorded.recording import recording_in
from tests.conformance.running import Stage, judge
from tests.conformance.server import Server

WINDOW = {"width": 1000, "height": 800, "deviceScaleFactor": 1, "isMobile": False, "hasTouch": False}


async def recorded(flow: Flow, browser: Browser, pages: Server) -> tuple[dict[str, Any], list[Any], str]:
    """The recording of a flow, what the server got meanwhile, and the address that its pages are under."""
    run = uuid4().hex
    async with recording_in(browser) as recorder:
        page = await recorder.new_page()
        await page.goto(f"{pages.url}/{run}/{flow.page}")
        await flow.drive(page)
        recording = await recorder.recording()
    return recording, pages.told(run), run


def brief(step: dict[str, Any]) -> tuple[str, ...]:
    """A step as flows name it."""
    told = (step["event"], step.get("label", ""))
    return (*told, step["value"]) if step.get("value") is not None else told


@pytest.mark.parametrize("flow", [*FLOWS, *LIVELY], ids=lambda flow: flow.name.replace(" ", "-"))
async def test_a_flow_is_told_as_a_person_would_and_can_be_done_again(
    flow: Flow, chromium: Browser, fleet: Fleet, pages: Server, tmp_path: Path
) -> None:
    recording, told, run = await recorded(flow, chromium, pages)
    window, opening, *steps = recording["steps"]
    assert window["event"] == "resize"
    assert window["metadata"]["viewport"] == WINDOW
    assert brief(opening)[::2] == ("navigate", f"{pages.url}/{run}/{flow.page}")
    assert [brief(step) for step in steps] == flow.steps, [brief(step) for step in steps]
    for label, value in flow.given.items():
        assert value not in json.dumps(recording)
        assert recording["variables"][label]["required"] is True
    again = tuple(_again(step, flow, pages, run) for step in (window, *steps))
    case = Case(flow.name, flow.page, again, _judged(flow, told), files=flow.files)
    judge(case, await Stage("cdp", fleet, pages, tmp_path).perform(case))


def _judged(flow: Flow, told: list[Told]) -> Callable[[list[Told]], bool]:
    def same(again: list[Told]) -> bool:
        return [one for one in again if counts(one)] == [one for one in told if counts(one)]

    def counts(one: Told) -> bool:
        return flow.judged is None or one[0] in flow.judged

    return same


def _again(step: dict[str, Any], flow: Flow, pages: Server, run: str) -> dict[str, Any]:
    """The step for another run: under its addresses, with the values that a row gives."""
    text = json.dumps(step)
    for word, origin in {"{{here}}": pages.url, "{{other}}": pages.other_url}.items():
        text = text.replace(f"{origin}/{run}", word)
    again: dict[str, Any] = json.loads(text)
    again.pop("stepNumber")
    if again.get("label") in flow.given:
        again["value"] = flow.given[again["label"]]
    return again
