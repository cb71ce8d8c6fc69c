"""EDGE: JSON for machines: a recording's variables, which column fills each, and the table to fill in."""

from typing import Annotated, Any
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from services.ingest import handlers
from services.ingest.adapters.template import described, template
from services.ingest.projections import RECORDINGS, queries
from shared.contracts.recording import Step, Variable
from shared.contracts.variable_revisions import MAX_COLUMN, Wishes
from shared.core.errors import NotFound
from shared.runtime import Resources
from shared.web.at_least import at_least
from shared.web.callers import Caller, CallerOf

Column = Annotated[str, Field(max_length=MAX_COLUMN)]


class VariablesChange(BaseModel):
    """By label; what is not said stays."""

    columns: dict[str, Column | None] = Field(
        default_factory=dict, max_length=2000, description="the column; null: the one that is called like the label"
    )
    required: dict[str, bool] = Field(default_factory=dict, max_length=2000)


def add_variable_routes(routes: APIRouter, resources: Resources) -> None:
    """Variables, and the template."""
    up_to_date = [at_least(resources, RECORDINGS)]

    @routes.get("/recordings/{recording_id}/variables", tags=["recordings"], dependencies=up_to_date)
    async def list_variables(recording_id: UUID, caller: CallerOf) -> list[dict[str, Any]]:
        """The variables in the order of their steps; `column` is what fills each, `example` never a secret."""
        _, variables, steps = await _recording(resources, caller, recording_id)
        return described(variables, steps)

    @routes.patch("/recordings/{recording_id}/variables", tags=["recordings"])
    async def change_variables(recording_id: UUID, change: VariablesChange, caller: CallerOf) -> dict[str, Any]:
        """Say which columns fill variables, and which are needed: a new revision, for jobs from now on."""
        wishes = Wishes(change.columns, change.required)
        position = await handlers.revise_variables(resources, caller, recording_id, wishes)
        return {"id": recording_id, "position": position}

    @routes.get("/recordings/{recording_id}/template.csv", tags=["recordings"], dependencies=up_to_date)
    async def get_template(recording_id: UUID, caller: CallerOf) -> Response:
        """A table to fill in: a column for each variable, and an example row without secrets."""
        name, variables, steps = await _recording(resources, caller, recording_id)
        headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name[:100], safe='')}.csv"}
        return Response(template(variables, steps), media_type="text/csv; charset=utf-8", headers=headers)


async def _recording(
    resources: Resources, caller: Caller, recording_id: UUID
) -> tuple[str, dict[str, Variable], list[Step]]:
    async with resources.database.tenant(caller.org) as connection:
        row = await queries.get_recording(connection, id=recording_id)
    if row is None:
        raise NotFound(f"no recording {recording_id} in this organization")
    variables = {label: Variable.model_validate(variable) for label, variable in row["variables"].items()}
    return row["name"], variables, [Step.model_validate(step) for step in row["steps"]]
