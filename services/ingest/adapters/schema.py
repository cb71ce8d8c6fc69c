"""The JSON Schema of a canonical recording, for whoever writes recordings by hand or by program.

`python -m services.ingest.adapters.schema > docs/reference/recording.schema.json`
"""

import json
import sys
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from services.ingest.adapters.addresses import MAX_ADDRESS
from services.ingest.adapters.canonical import RECORDING_METHODS
from services.ingest.adapters.importing import MAX_NAME, MAX_STEPS
from shared.contracts.recording import Step, Variable
from shared.contracts.steps import EVENT_WORDS

SCHEMA_ID = "urn:retold:recording:1"


def recording_schema() -> dict[str, Any]:
    """The schema, Draft 2020-12. The importer also checks what a schema cannot say: numbering, references, sizes."""
    step = Step.model_json_schema(by_alias=True, ref_template="#/$defs/{model}")
    variable = Variable.model_json_schema(by_alias=True, ref_template="#/$defs/{model}")
    definitions = step.pop("$defs") | variable.pop("$defs", {}) | {"Step": step, "Variable": variable}
    step["properties"]["event"] = {
        "description": "What the person did. `page_event` and its other spellings are kept, and never replayed.",
        "enum": [word for event, others in EVENT_WORDS.items() for word in (event, *others)],
    }
    address = {"type": "string", "pattern": "^[hH][tT][tT][pP][sS]?://", "maxLength": MAX_ADDRESS}
    properties: dict[str, Any] = {
        "name": {"type": "string", "maxLength": MAX_NAME, "description": "When absent, the file's name."},
        "description": {"type": ["string", "null"]},
        "starting_url": {**address, "description": "When absent, the first address that a step opens."},
        "startingUrl": {**address, "description": "The same as starting_url."},
        "recording_method": {"enum": [*RECORDING_METHODS, None]},
        "steps": {"type": "array", "minItems": 1, "maxItems": MAX_STEPS, "items": {"$ref": "#/$defs/Step"}},
        "variables": {
            "type": "object",
            "description": "By the label of the step that the variable fills.",
            "additionalProperties": {"$ref": "#/$defs/Variable"},
        },
    }
    return {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": SCHEMA_ID,
        "title": "A recording",
        "type": "object",
        "required": ["steps"],
        "properties": properties,
        "$defs": dict(sorted(definitions.items())),
    }


def schema_text() -> str:
    """The schema as the published file has it."""
    return json.dumps(recording_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
