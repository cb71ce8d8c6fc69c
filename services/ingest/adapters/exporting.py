"""A recording as a file that others can run: canonical JSON, a recording of Chrome's, a script of Playwright.

Values that are sealed never leave: they become something to be filled in.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from services.ingest.adapters.export_chrome import chrome_recording
from services.ingest.adapters.export_playwright import playwright_script
from shared.contracts.ingest import FidelityNote, RecordingSnapshot
from shared.contracts.recording import Step
from shared.contracts.sealed import is_sealed
from shared.contracts.steps import is_disabled

Layout = Literal["playwright", "chrome", "json"]


@dataclass(frozen=True, slots=True)
class Exported:
    """A file, and what of the recording it cannot hold (`FidelityNote.source_index` counts its steps from 0)."""

    filename: str
    media_type: str
    content: str
    fidelity: list[FidelityNote]


def exported(recording: RecordingSnapshot, layout: Layout) -> Exported:
    """The recording in a layout."""
    suffix, media_type, write = _LAYOUTS[layout]
    left_out: list[FidelityNote] = []
    if layout != "json":
        recording, left_out = _without_disabled(recording)
    content, notes = write(recording)
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", recording.name).strip("-.")[:80] or "recording"
    return Exported(f"{name}{suffix}", media_type, content, left_out + notes)


def _without_disabled(recording: RecordingSnapshot) -> tuple[RecordingSnapshot, list[FidelityNote]]:
    """For formats that know no steps that are kept and not performed."""
    disabled = [step.step_number for step in recording.steps if is_disabled(step)]
    detail = "the step is disabled, which the format does not know; it is left out"
    notes = [
        FidelityNote(step_number=number, source_index=number - 1, kind="not_carried", detail=detail)
        for number in disabled
    ]
    steps = tuple(step for step in recording.steps if step.step_number not in disabled)
    variables = {label: each for label, each in recording.variables.items() if each.step_number not in disabled}
    return replace(recording, steps=steps, variables=variables), notes


def _canonical(recording: RecordingSnapshot) -> tuple[str, list[FidelityNote]]:
    notes: list[FidelityNote] = []
    whole = {
        "name": recording.name,
        "starting_url": recording.starting_url,
        "steps": [_without_sealed(step, notes).to_json() for step in recording.steps],
        "variables": {label: variable.to_json() for label, variable in recording.variables.items()},
    }
    return json.dumps(whole, ensure_ascii=False, indent=2) + "\n", notes


def _without_sealed(step: Step, notes: list[FidelityNote]) -> Step:
    if not is_sealed(step.value):
        return step
    detail = "its value is kept encrypted and is not exported; a column gives it"
    notes.append(
        FidelityNote(step_number=step.step_number, source_index=step.step_number - 1, kind="not_carried", detail=detail)
    )
    return Step.model_validate({key: value for key, value in step.to_json().items() if key != "value"})


def _chrome(recording: RecordingSnapshot) -> tuple[str, list[FidelityNote]]:
    document, notes = chrome_recording(recording)
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n", notes


_Write = Callable[[RecordingSnapshot], tuple[str, list[FidelityNote]]]
_LAYOUTS: dict[Layout, tuple[str, str, _Write]] = {
    "playwright": (".py", "text/x-python", playwright_script),
    "chrome": (".chrome.json", "application/json", _chrome),
    "json": (".json", "application/json", _canonical),
}
