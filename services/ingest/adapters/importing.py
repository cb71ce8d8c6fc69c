"""Read a recording out of a file, whichever of the known formats it is in."""

import re
from pathlib import PurePath
from typing import Any

from services.ingest.adapters.canonical import import_canonical
from services.ingest.adapters.chrome_recorder import import_chrome
from services.ingest.adapters.faults import Faults, holds_control, kind, printable
from services.ingest.adapters.imported import ImportedRecording
from services.ingest.adapters.json_document import MAX_FILE_BYTES, read_json_object
from shared.core.errors import InvalidInput, TooLarge

MAX_STEPS = 2000
MAX_RECORDING_BYTES = 900 * 1024  # one message of the log is at most 1 MiB, and secrets grow when encrypted
MAX_NAME = 255

_FORMATS = "a recording of Chrome's DevTools Recorder (export as JSON) or a canonical recording"


def read_recording(content: bytes, filename: str) -> ImportedRecording:
    """The recording in a file; `InvalidInput` (or `TooLarge`) names up to 20 faults and where they are."""
    subject = printable(PurePath(filename).name)[:100] or "The file"
    document = read_json_object(content, subject)
    faults = Faults(subject)
    importer = import_canonical if _is_canonical(document) else import_chrome
    _check_steps(document, subject)
    recording = importer(document, _name_from(subject), faults)
    if len(recording.name) > MAX_NAME or not recording.name.strip() or holds_control(recording.name):
        faults.add("", f"its name must have 1 to {MAX_NAME} characters on one line.")
        faults.refuse_if_any()
    if recording.size() > MAX_RECORDING_BYTES:
        raise TooLarge(
            f"{subject} is too large: as a recording it takes {recording.size() // 1024} KiB, where "
            f"{MAX_RECORDING_BYTES // 1024} KiB are the limit; split it or shorten its longest values."
        )
    return recording


def _is_canonical(document: dict[str, Any]) -> bool:
    steps = document.get("steps")
    first = next((step for step in steps if isinstance(step, dict)), {}) if isinstance(steps, list) else {}
    if "event" in first or "stepNumber" in first:
        return True
    return "type" not in first and "title" not in document


def _check_steps(document: dict[str, Any], subject: str) -> None:
    if "steps" not in document:
        raise InvalidInput(f'{subject} cannot be imported: it has no "steps"; give {_FORMATS}.')
    steps = document["steps"]
    if not isinstance(steps, list):
        raise InvalidInput(f"{subject} cannot be imported: at /steps: this must be a list, not {kind(steps)}.")
    if not steps:
        raise InvalidInput(f"{subject} cannot be imported: at /steps: it has no steps; record something first.")
    if len(steps) > MAX_STEPS:
        raise TooLarge(f"{subject} is too large: it has {len(steps)} steps, where {MAX_STEPS} are the limit.")


def _name_from(subject: str) -> str:
    return re.sub(r"\.json$", "", subject, flags=re.IGNORECASE).strip() or "Recording"


__all__ = ["MAX_FILE_BYTES", "MAX_NAME", "MAX_RECORDING_BYTES", "MAX_STEPS", "ImportedRecording", "read_recording"]
