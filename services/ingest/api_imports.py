"""EDGE: JSON for machines: recordings come in as files; before that, a look at what an import would bring."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response

from services.ingest import handlers
from services.ingest.adapters.imported import ImportedRecording
from services.ingest.adapters.importing import read_every_recording, read_recording
from services.ingest.adapters.template import described
from shared.contracts.sealed import MASK
from shared.contracts.steps import is_password
from shared.core.errors import InvalidInput
from shared.core.time_and_ids import derived_id, new_id
from shared.runtime import Resources
from shared.web.callers import Caller, CallerOf

MAX_BODY_BYTES = 64 * 1024**2  # a trace with its pictures; each format has a limit of its own besides
Body = Callable[[Request, int], Awaitable[bytes]]
Idempotency = Annotated[str | None, Header(alias="Idempotency-Key", max_length=200)]
Filename = Annotated[str, Query(max_length=255)]
Name = Annotated[str | None, Query(min_length=1, max_length=200)]
Test = Annotated[str | None, Query(max_length=1000, description="which of the file's tests")]


def add_import_routes(routes: APIRouter, resources: Resources, body: Body) -> None:
    """Importing. `body` reads a request's body up to a limit."""

    @routes.post("/recordings", status_code=201, tags=["recordings"])
    async def import_recording(
        request: Request,
        response: Response,
        caller: CallerOf,
        filename: Filename = "recording.json",
        name: Name = None,
        test: Test = None,
        preview: Annotated[bool, Query(description="only look: nothing is stored")] = False,
        idempotency_key: Idempotency = None,
    ) -> dict[str, Any]:
        """Import the recording in the body: canonical JSON, Chrome's DevTools Recorder, Selenium IDE, Playwright."""
        imported = read_recording(await body(request, MAX_BODY_BYTES), filename, test)
        if preview:
            response.status_code = 200
            return _previewed(imported, name)
        recording_id = derived_id(caller.org, "recording", idempotency_key) if idempotency_key else new_id()
        stored = await _stored(resources, caller, recording_id, imported, name)
        response.headers["Location"] = f"/ingest/v1/recordings/{recording_id}"
        return stored

    @routes.post("/recordings/every-test", status_code=201, tags=["recordings"])
    async def import_every_recording(
        request: Request,
        response: Response,
        caller: CallerOf,
        filename: Filename = "recording.side",
        preview: Annotated[bool, Query(description="only look: nothing is stored")] = False,
        idempotency_key: Idempotency = None,
    ) -> dict[str, Any]:
        """Import every test of the project in the body as a recording; those that cannot be are `refused`, with why."""
        read, refusals = read_every_recording(await body(request, MAX_BODY_BYTES), filename)
        refused = [{"name": refusal.name, "reason": refusal.reason} for refusal in refusals]
        if preview:
            response.status_code = 200
            return {"recordings": [_previewed(imported, None) for imported in read], "refused": refused}
        stored = []
        for place, imported in enumerate(read):
            key = f"{idempotency_key}/{place}"
            recording_id = derived_id(caller.org, "recording", key) if idempotency_key else new_id()
            stored.append(await _stored(resources, caller, recording_id, imported, None))
        return {"recordings": stored, "refused": refused, "position": stored[-1]["position"]}


async def _stored(
    resources: Resources, caller: Caller, recording_id: UUID, imported: ImportedRecording, name: str | None
) -> dict[str, Any]:
    position = await handlers.import_recording(resources, caller, recording_id, imported, name)
    return {"id": recording_id, **_told(imported, name), "position": position}


def _told(imported: ImportedRecording, name: str | None) -> dict[str, Any]:
    return {
        "name": name or imported.name,
        "starting_url": imported.starting_url,
        "step_count": len(imported.steps),
        "source": imported.source,
        "variables": {label: variable.to_json() for label, variable in imported.variables.items()},
        "report": imported.report(),
        "fidelity": [note.model_dump() for note in imported.fidelity],
    }


def _previewed(imported: ImportedRecording, name: str | None) -> dict[str, Any]:
    """What an import would store; what is typed into password fields is masked."""
    if name is not None and not name.strip():
        raise InvalidInput("a recording needs a name")
    steps = [
        {**step.to_json(), "value": MASK} if step.value and is_password(step) else step.to_json()
        for step in imported.steps
    ]
    columns = described(imported.variables, imported.steps)
    return {**_told(imported, name), "description": imported.description, "steps": steps, "columns": columns}
