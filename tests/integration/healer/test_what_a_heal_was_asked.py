"""The history of heals tells of each heal, and of each that failed, what a model was asked for it and what it said."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.healer.projections import HEALS
from shared.contracts.healer import HealRecorded
from shared.contracts.vision import ModelAnswered, ModelAsked
from shared.core.events import Event, Recorded
from shared.runtime import Resources

AT = datetime(2026, 1, 1, tzinfo=UTC)
ORG, RECORDING = UUID(int=7), UUID(int=8)
PICTURE = "ab" * 32


def asked(job: UUID, ask_id: UUID) -> ModelAsked:
    return ModelAsked(
        ask_id=ask_id, job_id=job, row=0, attempt=1, recording_id=RECORDING, step_number=4, event="click",
        target={"id": "save"}, candidates=[{"mark": 1, "text": "Keep"}], picture=PICTURE,
        page_origin="https://crm.example", page_path="/", threshold=80, deadline=AT,
    )  # fmt: skip


def answered(job: UUID, ask_id: UUID, reason: str) -> ModelAnswered:
    return ModelAnswered(
        ask_id=ask_id, job_id=job, row=0, recording_id=RECORDING, step_number=4, outcome="none", reason=reason,
        model="m", request="cd" * 32,
    )  # fmt: skip


def healed(job: UUID, *, success: bool, method: Any = "fuzzy_match") -> HealRecorded:
    return HealRecorded(
        heal_id=uuid4(), recording_id=RECORDING, step_number=4, job_id=job, row=0, method=method,
        original_selector="#save", healed_selector="#keep" if success else None, healed_bundle=None, confidence=50,
        rivals=[], page_origin="https://crm.example", page_path="/", cache_key="key", cached_until=None,
        success=success,
    )  # fmt: skip


async def told_of(healer: Resources, events: list[Event], *, one_by_one: bool) -> list[tuple[Any, Any]]:
    """Request and response of each heal of these events, in their order."""
    items = [
        Recorded(n, 0, uuid4(), "evt.x", AT + timedelta(seconds=n), ORG, "test", "c", None, event)
        for n, event in enumerate(events, start=1)
    ]
    async with healer.database.tenant(ORG) as connection:
        for batch in [[item] for item in items] if one_by_one else [items]:
            await HEALS.apply(connection, batch)
        heals = [event.heal_id for event in events if isinstance(event, HealRecorded)]
        found = "select id, claude_request, claude_response from healing_logs where id = any($1)"
        rows = {row["id"]: row for row in await connection.fetch(found, heals)}
    return [(rows[heal]["claude_request"], rows[heal]["claude_response"]) for heal in heals]


@pytest.mark.parametrize("one_by_one", [True, False])
async def test_a_question_belongs_to_the_one_heal_that_came_of_it(healer: Resources, one_by_one: bool) -> None:
    job, first, second = uuid4(), uuid4(), uuid4()
    events = [
        asked(job, first), asked(job, second), answered(job, second, "none of them"), answered(job, first, "too late"),
        healed(job, success=True), healed(job, success=False), healed(job, success=False),
    ]  # fmt: skip
    by_likeness, failed, later = await told_of(healer, events, one_by_one=one_by_one)
    assert (by_likeness, later) == ((None, None), (None, None))
    request, response = failed
    assert (request["ask_id"], request["model"], request["target"]) == (str(second), "m", {"id": "save"})
    assert request["picture"] == f"/runner/v1/files/{PICTURE}"
    assert request["url"] == f"/runner/v1/files/{'cd' * 32}"
    assert (response["outcome"], response["reason"]) == ("none", "none of them")


async def test_a_heal_whose_answer_came_too_late_tells_the_question_alone(healer: Resources) -> None:
    job, ask = uuid4(), uuid4()
    events = [asked(job, ask), healed(job, success=False), answered(job, ask, "late")]
    ((request, response),) = await told_of(healer, events, one_by_one=True)
    assert (request["candidates"], response) == ([{"mark": 1, "text": "Keep"}], None)
