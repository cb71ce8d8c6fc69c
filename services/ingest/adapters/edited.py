"""An edited recording, read as an imported one is: what could not be imported cannot be stored either."""

import json

from services.ingest.adapters.imported import ImportedRecording
from services.ingest.adapters.importing import read_recording
from shared.contracts.ingest import RecordingSnapshot

SUBJECT = "The edited recording"


def read_again(recording: RecordingSnapshot) -> ImportedRecording:
    """The recording, checked, its new steps labelled and their variables made. Raises `InvalidInput`, `TooLarge`."""
    document = {
        "name": recording.name,
        "starting_url": recording.starting_url,
        "steps": [step.to_json() for step in recording.steps],
        "variables": {label: variable.to_json() for label, variable in recording.variables.items()},
    }
    return read_recording(json.dumps(document).encode(), SUBJECT)
