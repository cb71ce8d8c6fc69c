"""What an importer hands over: a canonical recording, and what the file said that it does not say."""

import json
from dataclasses import dataclass
from typing import Any, Literal

from shared.contracts.ingest import FidelityNote
from shared.contracts.recording import Step, Variable

Source = Literal["canonical", "chrome_recorder", "selenium_ide", "playwright_codegen", "playwright_trace"]
Kind = Literal["carried", "changed", "not_carried"]
RecordingMethod = Literal["extension", "cloud_browser"]

MAX_STEPS = 2000

# `FidelityNote.source_index` counts the file's steps from 0; this one is about the file around them.
WHOLE_FILE = -1


@dataclass(frozen=True, slots=True)
class ImportedRecording:
    """A recording as read from a file. Values typed into password fields are still in clear: see `is_password`.

    Each variable is keyed by the label of its step, and no other step that takes a value has that label.
    """

    name: str
    description: str | None
    starting_url: str
    steps: list[Step]
    variables: dict[str, Variable]
    recording_method: RecordingMethod
    source: Source
    fidelity: list[FidelityNote]

    def to_json(self) -> dict[str, Any]:
        """The recording as canonical JSON, which imports as the same recording again."""
        whole: dict[str, Any] = {
            "name": self.name,
            "description": self.description,
            "starting_url": self.starting_url,
            "recording_method": self.recording_method,
            "steps": [step.to_json() for step in self.steps],
            "variables": {label: variable.to_json() for label, variable in self.variables.items()},
        }
        return {key: value for key, value in whole.items() if value is not None}

    def report(self) -> dict[str, int]:
        """How many steps are as in the file, and how much of the file is another way here, or not at all."""
        worst: dict[tuple[int | None, int | None], Kind] = {}
        for note in self.fidelity:
            place = (note.step_number, note.source_index)
            if note.kind == "not_carried" or worst.get(place) != "not_carried":
                worst[place] = "changed" if worst.get(place) == "changed" and note.kind == "carried" else note.kind
        marked = {number for (number, _), found in worst.items() if number is not None and found != "carried"}
        found = list(worst.values())
        return {
            "exact": len(self.steps) - len(marked),
            "changed": found.count("changed"),
            "not_carried": found.count("not_carried"),
        }

    def size(self) -> int:
        """Bytes of the recording as compact JSON: what it takes in the log."""
        return len(json.dumps(self.to_json(), ensure_ascii=False, separators=(",", ":")).encode())


def about_file(kind: Kind, detail: str) -> FidelityNote:
    """A note about the file around the steps."""
    return FidelityNote(step_number=None, source_index=WHOLE_FILE, kind=kind, detail=detail)
