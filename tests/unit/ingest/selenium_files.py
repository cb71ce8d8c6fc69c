"""Small Selenium IDE projects for the tests, and what they come to."""

import json
from typing import Any

from services.ingest.adapters.imported import ImportedRecording
from services.ingest.adapters.importing import read_recording
from shared.contracts.recording import Step

BASE = "https://shop.example"
Line = tuple[Any, ...] | dict[str, Any]


def command(line: Line) -> dict[str, Any]:
    """`(command, target, value, targets)`, or the whole object."""
    if isinstance(line, dict):
        return {"id": "c", "comment": "", "target": "", "value": "", "targets": [], **line}
    name, target, value, targets = (*line, "", "", ())[:4] if len(line) < 4 else line
    return {
        "id": "c",
        "comment": "",
        "command": name,
        "target": target or "",
        "value": value or "",
        "targets": [[each, "css"] for each in targets or ()],
    }


def project(tests: dict[str, list[Line]], **around: Any) -> bytes:
    """A project of version 2.0 with these tests."""
    whole = {
        "id": "p",
        "version": "2.0",
        "name": "shop",
        "url": BASE,
        "tests": [{"id": n, "name": n, "commands": [command(line) for line in lines]} for n, lines in tests.items()],
        "suites": [],
        "urls": [BASE],
        "plugins": [],
    }
    return json.dumps({**whole, **around}).encode()


def imported(*lines: Line, **around: Any) -> ImportedRecording:
    """The recording of a test of these commands, behind one that opens the page."""
    return read_recording(project({"t": [("open", "/"), *lines]}, **around), "shop.side")


def steps_of(*lines: Line, **around: Any) -> list[Step]:
    """Its steps behind the first."""
    return imported(*lines, **around).steps[1:]


def only(*lines: Line) -> Step:
    """Its one step behind the first."""
    (step,) = steps_of(*lines)
    return step


def notes_of(*lines: Line) -> list[tuple[str, str]]:
    """What is said of the commands."""
    return [(note.kind, note.detail) for note in imported(*lines).fidelity]


def left_out(*lines: Line) -> str:
    """Why the last of the commands is left out: a step that is skipped stands in its place."""
    recording = imported(*lines)
    (note,) = [note for note in recording.fidelity if note.kind == "not_carried"]
    assert note.step_number is not None
    assert recording.steps[note.step_number - 1].event == "custom"
    return note.detail
