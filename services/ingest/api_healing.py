"""EDGE: JSON for machines: how freely stand-ins are used in a recording, and in each of its steps."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.ingest.aggregates.recording import SetHealing, recordings
from shared.bus import subjects
from shared.bus.commands import carry_out
from shared.contracts.healing_modes import HealingMode
from shared.contracts.ingest import RecordingSnapshot, snapshot_of
from shared.core.errors import NotFound
from shared.runtime import Resources
from shared.web.callers import Caller, CallerOf


class HealingWish(BaseModel):
    """How freely stand-ins are used; without a step, in all of them. What is not given is not said any more."""

    step_number: int | None = Field(None, ge=1)
    mode: HealingMode | None = None
    threshold: int | None = Field(None, ge=0, le=100, description="how certain a stand-in must be at least")


def add_healing_routes(routes: APIRouter, resources: Resources) -> None:
    """Reading and setting it."""

    async def recording(recording_id: UUID, caller: Caller) -> RecordingSnapshot:
        recorded = await resources.log.load(subjects.recording(recording_id))
        found = snapshot_of(item.event for item in recorded if item.org == caller.org)
        if found is None:
            raise NotFound(f"no recording {recording_id} in this organization")
        return found

    @routes.get("/recordings/{recording_id}/healing", tags=["recordings"])
    async def get_healing(recording_id: UUID, caller: CallerOf) -> dict[str, Any]:
        """What the recording and its steps say; a job may be more careful, never less."""
        found = await recording(recording_id, caller)
        said = {step.step_number: step.metadata.get("healing") for step in found.steps}
        steps = [{"step_number": number, "healing": each} for number, each in said.items() if each is not None]
        return {"id": recording_id, "revision": found.revision, "healing": found.healing, "steps": steps}

    @routes.patch("/recordings/{recording_id}/healing", tags=["recordings"])
    async def set_healing(recording_id: UUID, wish: HealingWish, caller: CallerOf) -> dict[str, Any]:
        """Say it, for jobs that are started from now on: a revision of the recording."""
        await recording(recording_id, caller)
        command = SetHealing(recording_id, wish.step_number, wish.mode, wish.threshold)
        stream = subjects.recording(recording_id)
        decided = await carry_out(resources.log, recordings, stream, command, caller.context())
        return {"id": recording_id, **wish.model_dump(), "position": decided.position}
