"""EDGE: JSON for machines: a recording as a file that other tools run."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from services.ingest.adapters.exporting import Layout, exported
from services.ingest.projections import RECORDINGS, queries
from shared.contracts.ingest import RecordingSnapshot
from shared.contracts.recording import Step, Variable
from shared.core.errors import NotFound
from shared.runtime import Resources
from shared.web.at_least import at_least
from shared.web.callers import CallerOf


def add_export_routes(routes: APIRouter, resources: Resources) -> None:
    """Exporting."""
    database = resources.database

    @routes.get(
        "/recordings/{recording_id}/export", tags=["recordings"], dependencies=[at_least(resources, RECORDINGS)]
    )
    async def export_recording(
        recording_id: UUID, caller: CallerOf, layout: Annotated[Layout, Query(alias="format")] = "json"
    ) -> dict[str, Any]:
        """The recording as the text of a file (`content`), and what of it the format cannot hold (`fidelity`).

        Values that are kept encrypted are not in it.
        """
        async with database.tenant(caller.org) as connection:
            row = await queries.get_recording(connection, id=recording_id)
        if row is None:
            raise NotFound(f"no recording {recording_id} in this organization")
        snapshot = RecordingSnapshot(
            recording_id,
            row["name"],
            row["starting_url"],
            row["revision"],
            tuple(Step.model_validate(step) for step in row["steps"]),
            {label: Variable.model_validate(variable) for label, variable in row["variables"].items()},
        )
        file = exported(snapshot, layout)
        return {
            "format": layout,
            "filename": file.filename,
            "media_type": file.media_type,
            "content": file.content,
            "fidelity": [note.model_dump() for note in file.fidelity],
        }
