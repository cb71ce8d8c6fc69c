"""Read recordings out of a file, whichever of the known formats it is in."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import PurePath
from typing import Any

from services.ingest.adapters.canonical import import_canonical
from services.ingest.adapters.chrome.recorder import import_chrome
from services.ingest.adapters.faults import Faults, holds_control, kind, printable, shown
from services.ingest.adapters.imported import MAX_STEPS, ImportedRecording
from services.ingest.adapters.json_document import MAX_FILE_BYTES, as_utf8, decoded, read_json_object
from services.ingest.adapters.playwright.files import FORMATS as PLAYWRIGHT
from services.ingest.adapters.recognising import other_document, other_file
from services.ingest.adapters.selenium.html import is_test_case, project_of
from services.ingest.adapters.selenium.ide import import_selenium
from services.ingest.adapters.selenium.project import chosen_tests, is_project, listed, read_project
from shared.core.errors import InvalidInput, TooLarge

MAX_RECORDING_BYTES = 3 * 1024**2  # a message of the log is at most 8 MiB, and what is sealed grows by a third
MAX_NAME = 255

_FORMATS = (
    "a recording of Chrome's DevTools Recorder (export as JSON), a project of Selenium IDE (.side), "
    "a script or a trace of Playwright, or a canonical recording"
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """One of a file's recordings that cannot be imported, and why."""

    name: str
    reason: str


# What a file holds: one reader for each recording in it, under its name.
Readers = dict[str, Callable[[], ImportedRecording]]


def read_recording(content: bytes, filename: str, test: str | None = None) -> ImportedRecording:
    """The one recording in a file, or that called `test`.

    `InvalidInput` (or `TooLarge`) names up to 20 faults and where they are, or the recordings to choose from.
    """
    readers, subject = _readers(content, filename, test)
    if len(readers) > 1:
        raise InvalidInput(
            f"{subject} holds {len(readers)} tests: {listed(readers)}; "
            "choose one with --test NAME, or import each of them with --every-test."
        )
    return next(iter(readers.values()))()


def read_every_recording(content: bytes, filename: str) -> tuple[list[ImportedRecording], list[Refusal]]:
    """Every recording in a file that can be imported, and the others. Raises `InvalidInput` where none can."""
    read: list[ImportedRecording] = []
    refused: list[Refusal] = []
    readers, _ = _readers(content, filename, None)
    for name, reader in readers.items():
        try:
            read.append(reader())
        except InvalidInput as refusal:
            if len(readers) == 1:
                raise
            refused.append(Refusal(name, refusal.detail))
    if not read:
        raise InvalidInput(f"none of the {len(refused)} tests can be imported; the first: {refused[0].reason}")
    return read, refused


def _readers(content: bytes, filename: str, test: str | None) -> tuple[Readers, str]:
    subject = printable(PurePath(filename).name)[:100] or "The file"
    content = as_utf8(content)
    if not is_test_case(content) and (told := other_file(content)):
        raise InvalidInput(f"{subject} {told}")
    for fits, readers in FORMATS:
        if fits(content):
            found = readers(content, subject, test)
            return {name: _checking(reader, subject) for name, reader in found.items()}, subject
    raise InvalidInput(f"{subject} cannot be imported: it is none of {_FORMATS}.")


def _of_html(content: bytes, subject: str, test: str | None) -> Readers:
    return _of_project(project_of(decoded(content, subject)), subject, test)


def _of_json(content: bytes, subject: str, test: str | None) -> Readers:
    document = read_json_object(content, subject)
    if is_project(document):
        return _of_project(document, subject, test)
    importer = import_canonical if _is_canonical(document) else import_chrome
    _check_steps(document, subject)
    name = _name_from(subject)
    _refuse_choice(test, subject)
    return {name: lambda: importer(document, name, Faults(subject))}


def _of_project(document: dict[str, Any], subject: str, wanted: str | None) -> Readers:
    project = read_project(document, _name_from(subject), Faults(subject))
    readers: Readers = {}
    for test in chosen_tests(project, wanted, subject):
        name, number = test.name, 1
        while name in readers:
            name, number = f"{test.name} ({number + 1})", number + 1
        readers[name] = partial(import_selenium, project, test, document, subject)
    return readers


def _refuse_choice(test: str | None, subject: str) -> None:
    if test is not None:
        raise InvalidInput(f"{subject} holds one recording, and no test {shown(test)}; leave --test out.")


# Whether a file is of the format, and how it is read; the first that fits. What is nothing else should be JSON.
FORMATS: tuple[tuple[Callable[[bytes], bool], Callable[[bytes, str, str | None], Readers]], ...] = (
    *PLAYWRIGHT,
    (is_test_case, _of_html),
    (lambda _: True, _of_json),
)


def _checking(reader: Callable[[], ImportedRecording], subject: str) -> Callable[[], ImportedRecording]:
    return lambda: _checked(reader(), subject)


def _checked(recording: ImportedRecording, subject: str) -> ImportedRecording:
    """The recording, when it can be stored. Raises `InvalidInput` or `TooLarge`."""
    faults = Faults(subject)
    if len(recording.name) > MAX_NAME or not recording.name.strip() or holds_control(recording.name):
        faults.add("", f"its name must have 1 to {MAX_NAME} characters on one line.")
        faults.refuse_if_any()
    if len(recording.steps) > MAX_STEPS:
        raise _too_many(len(recording.steps), subject)
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
        if told := other_document(document):
            raise InvalidInput(f"{subject} {told}")
        raise InvalidInput(f'{subject} cannot be imported: it has no "steps"; give {_FORMATS}.')
    steps = document["steps"]
    if not isinstance(steps, list):
        raise InvalidInput(f"{subject} cannot be imported: at /steps: this must be a list, not {kind(steps)}.")
    if not steps:
        raise InvalidInput(f"{subject} cannot be imported: at /steps: it has no steps; record something first.")
    if len(steps) > MAX_STEPS:
        raise _too_many(len(steps), subject)


def _too_many(steps: int, subject: str) -> TooLarge:
    return TooLarge(f"{subject} is too large: it has {steps} steps, where {MAX_STEPS} are the limit.")


def _name_from(subject: str) -> str:
    return re.sub(r"\.(json|side|html?)$", "", subject, flags=re.IGNORECASE).strip() or "Recording"


__all__ = [
    "MAX_FILE_BYTES",
    "MAX_NAME",
    "MAX_RECORDING_BYTES",
    "MAX_STEPS",
    "ImportedRecording",
    "Refusal",
    "read_every_recording",
    "read_recording",
]
