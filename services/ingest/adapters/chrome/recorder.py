"""Recordings of Chrome's DevTools Recorder ("Export as JSON") → canonical recordings."""

from typing import Any

from services.ingest.adapters.chrome.keys import StepKeys
from services.ingest.adapters.chrome.selectors import name_around
from services.ingest.adapters.chrome.steps import carried_step
from services.ingest.adapters.chrome.typing import (
    KEY_EVENTS,
    Draft,
    drop_half_typed_values,
    drop_keys_of_secrets,
    field_of,
)
from services.ingest.adapters.faults import Faults, kind, pointer
from services.ingest.adapters.imported import ImportedRecording, about_file
from services.ingest.adapters.labels import MAX_LABEL, label_from, unique, variables_for
from shared.contracts.ingest import FidelityNote
from shared.contracts.recording import LocatorBundle, Step, Variable
from shared.contracts.steps import VALUE_EVENTS

_FLOW_KEYS = frozenset({"title", "timeout", "selectorAttribute", "steps"})
_WORDS = {
    "resize": "Resize the window", "emulate_network": "Set the speed of the network", "scroll": "Scroll",
    "wait_for_expression": "Wait for a condition", "close": "Close the window",
}  # fmt: skip
# These need no page, so they may come before the first navigation.
_BEFORE_ANY_PAGE = frozenset({"resize", "emulate_network", "custom", "close"})


def import_chrome(document: dict[str, Any], name: str, faults: Faults) -> ImportedRecording:
    """The canonical recording. `name` is for a file without a title. Raises `InvalidInput` with every fault."""
    notes = _file_notes(document)
    drafts = _drafts(document, faults)
    faults.refuse_if_any()
    drop_half_typed_values(drafts)
    drop_keys_of_secrets(drafts)
    starting_url = _starting_url(drafts, notes)
    if starting_url is None:
        faults.add("/steps", 'no step says where to start; add a first step {"type": "navigate", "url": "https://…"}.')
        faults.refuse_if_any()
    steps, columns, step_notes = _numbered(drafts)
    return ImportedRecording(
        name=" ".join((document.get("title") or "").split()) or name,
        description=None,
        starting_url=starting_url or "",
        steps=steps,
        variables=variables_for(steps, columns),
        recording_method="extension",
        source="chrome_recorder",
        fidelity=notes + step_notes,
    )


def _file_notes(document: dict[str, Any]) -> list[FidelityNote]:
    unknown = [key for key in document if key not in _FLOW_KEYS]
    return [about_file("not_carried", f'the key "{key[:60]}" of the file has no meaning here') for key in unknown]


def _drafts(document: dict[str, Any], faults: Faults) -> list[Draft]:
    title = document.get("title")
    if title is not None and not isinstance(title, str):
        faults.add("/title", f"the title must be text, not {kind(title)}.")
    file_keys = StepKeys({"timeout": document.get("timeout")}, None, faults)
    timeout = file_keys.timeout()
    drafts: list[Draft] = []
    for index, source in enumerate(document["steps"]):
        if not isinstance(source, dict):
            faults.add(pointer("steps", index), f"a step must be an object, not {kind(source)}.")
            continue
        keys = StepKeys(source, index, faults)
        drafts.append(Draft(index, carried_step(keys, timeout), keys.notes))
    return drafts


def _starting_url(drafts: list[Draft], notes: list[FidelityNote]) -> str | None:
    """Where the first `navigate` goes; without one, where the first step that navigated led."""
    steps = [draft.json for draft in drafts if draft.json]
    opened = [str(step["value"]) for step in steps if step["event"] == "navigate"]
    led_to = [str(step["navigation"]["url"]) for step in steps if "url" in step["navigation"]]
    start = next(iter(opened + led_to), None)
    first = next((step for step in steps if step["event"] not in _BEFORE_ANY_PAGE), None)
    if start and first and first["event"] != "navigate":
        detail = f"no step opens a page before the first action; the recording starts at {start}"
        notes.append(about_file("changed", detail))
    return start


def _numbered(drafts: list[Draft]) -> tuple[list[Step], dict[str, Variable], list[FidelityNote]]:
    """The steps with numbers, labels and pages, what only a column fills, and the notes with the steps' numbers."""
    steps: list[Step] = []
    columns: dict[str, Variable] = {}
    notes: list[FidelityNote] = []
    labels: list[str] = []  # of the steps that take a value: a column chooses its step by it
    filled: dict[tuple[str | None, str], int] = {}
    page: str | None = None
    for draft in drafts:
        number = None
        if step := draft.json:
            number = len(steps) + 1
            column = step.pop("column", None)
            label = step.pop("label", None) or _label(step, number)
            if step["event"] in VALUE_EVENTS:
                label = unique(label, labels)
                labels.append(label)
                first = filled.setdefault((page, field_of(step)), number)
                if first != number:
                    draft.notes.append(("carried", f'fills the field of step {first} again, as "{label}"; map both'))
            if column:
                columns[label] = Variable(required=True, csv_column=column, step_number=number)
            on_main_page = "target" not in step["metadata"]
            at = {"page": page} if page and on_main_page and step["event"] != "navigate" else {}
            steps.append(Step.model_validate({"stepNumber": number, "label": label, **at, **step}))
            if on_main_page:
                page = step["navigation"].get("url", page)
        notes += [
            FidelityNote(step_number=number, source_index=draft.index, kind=note_kind, detail=detail)
            for note_kind, detail in draft.notes
        ]
    return steps, columns, notes


def _label(step: dict[str, Any], number: int) -> str:
    event, metadata = step["event"], step["metadata"]
    if event == "navigate":
        return f"Open {step['value'].split('://', 1)[-1].split('?', 1)[0].split('#', 1)[0][:80]}"
    if event in KEY_EVENTS:
        return f"{'Press' if event == 'key_down' else 'Release'} {metadata['key'][:40]}"
    named = label_from(LocatorBundle.model_validate(step["bundle"])) or name_around(metadata.get("selectors", []))
    if event == "wait_for_element":
        return f"Wait for {' '.join((named or step.get('selector') or 'an element').split())}"[:MAX_LABEL].strip()
    return named or _WORDS.get(event, f"Step {number}")
