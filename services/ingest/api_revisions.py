"""EDGE: JSON for machines: what became of a recording, revision by revision, what lies between two, taking one back."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query

from services.ingest import handlers
from services.ingest.comparing import differences
from services.ingest.projections import queries
from services.ingest.revisions import REVISIONS_OF_RECORDINGS
from shared.bus import subjects
from shared.core.errors import NotFound
from shared.runtime import Resources
from shared.web.at_least import at_least
from shared.web.callers import CallerOf

Number = Annotated[int | None, Query(ge=1)]


def add_revision_routes(routes: APIRouter, resources: Resources) -> None:
    """The history of a recording, and undoing."""
    database = resources.database

    @routes.get(
        "/recordings/{recording_id}/revisions",
        tags=["recordings"],
        dependencies=[at_least(resources, REVISIONS_OF_RECORDINGS)],
    )
    async def list_revisions(recording_id: UUID, caller: CallerOf) -> list[dict[str, Any]]:
        """What became of a recording, the import first: what each revision changed, by whom or by which row."""
        async with database.tenant(caller.org) as connection:
            found = [dict(row) async for row in queries.list_revisions(connection, recording_id=recording_id)]
        if not found:
            raise NotFound(f"no recording {recording_id} in this organization")
        return found

    @routes.get("/recordings/{recording_id}/diff", tags=["recordings"])
    async def compare_revisions(
        recording_id: UUID, caller: CallerOf, before: Number = None, after: Number = None
    ) -> dict[str, Any]:
        """What is another way between two revisions, step by step and field by field; secrets are masked.

        `after`: the newest, `before`: the one before it, where they are not said.
        """
        recorded = await resources.log.load(subjects.recording(recording_id))
        told = [item.event for item in recorded if item.org == caller.org]
        if not told:
            raise NotFound(f"no recording {recording_id} in this organization")
        return {"id": recording_id, **differences(told, before, after)}

    @routes.post("/recordings/{recording_id}/revisions/{revision}/undo", tags=["recordings"])
    async def undo_revision(recording_id: UUID, revision: int, caller: CallerOf) -> dict[str, Any]:
        """Take a revision back: what it changed stands again as before, in a new revision.

        409 where something of it was revised again since.
        """
        position = await handlers.undo_revision(resources, caller, recording_id, revision)
        return {"id": recording_id, "undone": revision, "position": position}
