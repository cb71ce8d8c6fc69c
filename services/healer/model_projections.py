"""Read models of what a model is asked: the queue of questions, and the calls with what they cost."""

import json
from collections.abc import Sequence
from typing import Any

from shared.bus.subjects import ALL_EVENTS
from shared.contracts.vision import EVENTS, ModelAnswered, ModelAsked, ModelCallBegun
from shared.core.events import Recorded
from shared.db.queries import load_queries
from shared.projections import Connection, Projection

queries = load_queries(__file__, "queries_model.sql")
SUCCESSES = frozenset({"answered", "none"})  # the model said something that can be used


async def _project_calls(connection: Connection, items: Sequence[Recorded]) -> None:
    for item in items:
        match item.event:
            case ModelAsked() as event:
                await queries.add_question(connection, **_question(item, event))
            case ModelCallBegun() as event:
                await queries.begin_question(connection, id=event.ask_id, at=item.at)
            case ModelAnswered() as event:
                row = _call(item, event)
                result = {name: row[name] for name in ("outcome", "index", "confidence", "reason")}
                await queries.end_question(
                    connection,
                    id=event.ask_id,
                    success=row["success"],
                    at=item.at,
                    error_message=row["error_message"],
                    result=json.dumps(result, ensure_ascii=False),
                )
                await queries.add_call(connection, row=json.dumps(row, ensure_ascii=False, default=str))


def _question(item: Recorded, event: ModelAsked) -> dict[str, Any]:
    asked = event.model_dump(mode="json", include={"event", "target", "candidates", "picture", "threshold", "deadline"})
    return {
        "id": event.ask_id,
        "organization_id": item.org,
        "job_id": event.job_id,
        "row_index": event.row,
        "recording_id": event.recording_id,
        "step_number": event.step_number,
        "input_data": json.dumps({**asked, "page": event.page_origin + event.page_path}, ensure_ascii=False),
        "at": item.at,
    }


def _call(item: Recorded, event: ModelAnswered) -> dict[str, Any]:
    success = event.outcome in SUCCESSES
    told = event.model_dump(mode="json", exclude={"ask_id", "row"})
    return {
        **told,
        "id": str(event.ask_id),
        "organization_id": str(item.org),
        "row_index": event.row,
        "success": success,
        "error_message": None if success else event.reason,
        "at": item.at.isoformat(),
    }


MODEL_CALLS = Projection("model_calls", (ALL_EVENTS,), ("ai_queue", "model_calls"), _project_calls, events=EVENTS)
