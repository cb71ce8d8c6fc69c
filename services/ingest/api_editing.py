"""EDGE: JSON for machines: editing a recording: its name, and its steps one by one, each edit a revision."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from services.ingest import handlers
from services.ingest.adapters.importing import MAX_NAME, MAX_STEPS
from services.ingest.editing import DeleteStep, Edit, InsertStep, MoveStep, Rename, SetStep, StepChanges
from shared.contracts.recording import LocatorBundle, Navigation, Step
from shared.contracts.sealed import masked
from shared.contracts.steps import is_disabled, is_password
from shared.core.errors import InvalidInput
from shared.runtime import Resources
from shared.web.callers import Caller, CallerOf

MAX_TEXT = 64 * 1024
MAX_ALTERNATIVES = 50
Revision = Annotated[
    int, Query(ge=1, description="the revision that the edit is about; 409 where the recording was revised since")
]
Number = Annotated[int, Path(ge=1, le=MAX_STEPS)]
Text = Annotated[str, Field(max_length=MAX_TEXT)]
Locator = Annotated[str, Field(min_length=1, max_length=MAX_TEXT)]


class _Strict(BaseModel):
    """A key that is not known is a mistake that would be missed otherwise."""

    model_config = ConfigDict(extra="forbid")


class NewName(_Strict):
    """What the recording is to be called."""

    name: str = Field(min_length=1, max_length=MAX_NAME)


class StepWish(_Strict):
    """What is to be another way in a step; what is not said stays. `value` null: it has none any more."""

    label: str | None = Field(None, min_length=1, max_length=MAX_NAME)
    value: Text | None = None
    selector: Locator | None = None
    alternatives: list[Locator | list[Locator]] | None = Field(
        None, max_length=MAX_ALTERNATIVES, description="further locators; a list: each part within the one before"
    )
    secret: bool | None = Field(None, description="what is typed is kept encrypted")
    disabled: bool | None = Field(None, description="the step is kept, and not performed")

    def changes(self) -> StepChanges:
        """Only what is said."""
        changes = StepChanges()
        if self.label is not None:
            changes["label"] = self.label
        if "value" in self.model_fields_set:
            changes["value"] = self.value
        if self.selector is not None:
            changes["selector"] = self.selector
        if self.alternatives is not None:
            changes["alternatives"] = [[each] if isinstance(each, str) else each for each in self.alternatives]
        if self.secret is not None:
            changes["secret"] = self.secret
        if self.disabled is not None:
            changes["disabled"] = self.disabled
        return changes


class NewStep(_Strict):
    """A step to put in, in the words of a canonical step."""

    at: int = Field(ge=1, le=MAX_STEPS, description="the number that it gets; those from there on move up")
    event: str = Field(min_length=1, max_length=64)
    label: str | None = Field(None, min_length=1, max_length=MAX_NAME)
    value: Text | None = None
    selector: Locator | None = None
    navigation: Navigation | None = None
    bundle: LocatorBundle | None = None
    metadata: dict[str, Any] = Field(default_factory=dict)

    def step(self) -> Step:
        """The canonical step."""
        given: dict[str, Any] = {
            "stepNumber": self.at,
            "event": self.event,
            "navigation": (self.navigation or Navigation(type="same_page")).to_json(),
            "bundle": self.bundle.to_json() if self.bundle else {},
            "metadata": self.metadata,
        }
        texts = {"label": self.label, "value": self.value, "selector": self.selector}
        return Step.model_validate({**given, **{key: text for key, text in texts.items() if text is not None}})


class Destination(_Strict):
    """The number that a step is to have."""

    to: int = Field(ge=1, le=MAX_STEPS)


def add_editing_routes(routes: APIRouter, resources: Resources) -> None:
    """Reading the steps as they are now, and editing them."""

    async def carry_out(recording_id: UUID, caller: Caller, revision: int, edit: Edit) -> dict[str, Any]:
        done = await handlers.edit_recording(resources, caller, recording_id, revision, edit)
        notes = [note.model_dump() for note in done.notes]
        return {"id": recording_id, "revision": done.revision, "position": done.position, "notes": notes}

    @routes.patch("/recordings/{recording_id}", tags=["recordings"])
    async def rename_recording(
        recording_id: UUID, wish: NewName, caller: CallerOf, revision: Revision
    ) -> dict[str, Any]:
        """Call the recording another name."""
        return await carry_out(recording_id, caller, revision, Rename(wish.name))

    @routes.get("/recordings/{recording_id}/steps", tags=["recordings"])
    async def list_steps(recording_id: UUID, caller: CallerOf) -> dict[str, Any]:
        """The steps as they are at this moment, with the revision to edit; secrets are masked."""
        now = await handlers.recording_now(resources, caller, recording_id)
        steps = [_shown(step) for step in now.steps]
        return {"id": recording_id, "name": now.name, "revision": now.revision, "steps": steps}

    @routes.post("/recordings/{recording_id}/steps", status_code=201, tags=["recordings"])
    async def insert_step(recording_id: UUID, new: NewStep, caller: CallerOf, revision: Revision) -> dict[str, Any]:
        """Put a step in: a wait, an assertion, a screenshot, whatever can be recorded."""
        return await carry_out(recording_id, caller, revision, InsertStep(new.step()))

    @routes.patch("/recordings/{recording_id}/steps/{number}", tags=["recordings"])
    async def change_step(
        recording_id: UUID, number: Number, wish: StepWish, caller: CallerOf, revision: Revision
    ) -> dict[str, Any]:
        """Change a step: its label, its value, what finds its element, whether it is secret, or performed at all."""
        changes = wish.changes()
        if not changes:
            raise InvalidInput("say what is to be another way: label, value, selector, alternatives, secret, disabled")
        return await carry_out(recording_id, caller, revision, SetStep(number, changes))

    @routes.post("/recordings/{recording_id}/steps/{number}/move", tags=["recordings"])
    async def move_step(
        recording_id: UUID, number: Number, wish: Destination, caller: CallerOf, revision: Revision
    ) -> dict[str, Any]:
        """Let the step have another number; those between the two make way."""
        return await carry_out(recording_id, caller, revision, MoveStep(number, wish.to))

    @routes.delete("/recordings/{recording_id}/steps/{number}", tags=["recordings"])
    async def delete_step(recording_id: UUID, number: Number, caller: CallerOf, revision: Revision) -> dict[str, Any]:
        """Leave the step out; disabling it keeps it instead."""
        return await carry_out(recording_id, caller, revision, DeleteStep(number))


def _shown(step: Step) -> dict[str, Any]:
    told = step.to_json()
    if step.value:
        told["value"] = masked(step.value)
    return {**told, "secret": is_password(step), "disabled": is_disabled(step)}
