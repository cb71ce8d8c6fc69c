"""Read models of the healer: the history of heals with what people decided, the cache, and which steps are fragile."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from services.healer.fragility import FRAGILITY
from services.healer.policies import withdrawn_key
from shared.bus.subjects import ALL_EVENTS
from shared.contracts.healer import CachedHealDropped, HealAccepted, HealRecorded, HealRejected
from shared.contracts.ingest import HealAdopted
from shared.contracts.runner import CachedHealMissed, HealWithdrawn, RowFinished
from shared.contracts.vision import ModelAnswered, ModelAsked
from shared.core.events import Recorded
from shared.core.time_and_ids import derived_id
from shared.db.queries import as_rows, load_queries
from shared.projections import Connection, Projection

queries = load_queries(__file__)


@dataclass(frozen=True, slots=True)
class _Change:
    """A row for a statement. `alone`: not together with others, for they may concern the same rows."""

    statement: str
    row: dict[str, Any]
    alone: bool = False


async def _project_heals(connection: Connection, items: Sequence[Recorded]) -> None:
    changes = [change for item in items for change in _changes(item)]
    # Each is told with what stood there then: only what follows on each other may be written at once.
    for _, run in groupby(enumerate(changes), key=lambda each: (each[1].statement, each[0] if each[1].alone else -1)):
        found = [change for _, change in run]
        rows = [change.row for change in found]
        if found[0].statement == "cache_heals":
            rows = list({row["cache_key"]: row for row in rows}.values())
        await getattr(queries, found[0].statement)(connection, rows=as_rows(rows))


def _changes(item: Recorded) -> Iterator[_Change]:
    match item.event:
        case HealRecorded() as event:
            heal = _heal(item, event)
            yield _Change("add_heals", heal, alone=event.method == "claude_vision" or not event.success)
            if event.cached_until is not None and event.healed_bundle is not None:
                yield _Change("cache_heals", heal)
        case CachedHealDropped() as event:
            yield _Change("drop_cached", {"cache_key": event.cache_key})
        case HealAccepted() as event:
            yield _Change("decide_heals", _decision(item, event, "accepted"), alone=True)
        case HealRejected() as event:
            yield _Change("decide_heals", _decision(item, event, "rejected"), alone=True)
        case HealAdopted() as event:
            yield _Change("adopt_heals", {"id": event.heal_id, "adopted_revision": event.revision}, alone=True)
        case ModelAsked() as event:
            yield _Change("note_questions", _question(item, event), alone=True)
        case ModelAnswered() as event:
            yield _Change("note_answers", _answer(event), alone=True)
        case CachedHealMissed() as event:
            missed = {"job_id": event.job_id, "row_index": event.row, "cache_key": event.cache_key}
            told = {"state": "recorded", "error_message": "the cached heal did not find its element any more"}
            yield _Change("add_cache_failures", {"id": item.id, "at": item.at, **missed, **told})
        case HealWithdrawn() as event:
            yield _withdrawal(item, event)
        case RowFinished() as event:
            yield from _uses(item, event)


def _heal(item: Recorded, event: HealRecorded) -> dict[str, Any]:
    told = event.model_dump(
        mode="json", by_alias=True, exclude={"heal_id", "row", "picture_before", "picture_after", "healed_bundle"}
    )
    return {
        **told,
        "id": event.heal_id,
        "organization_id": item.org,
        "row_index": event.row,
        "healed_bundle": event.healed_bundle.to_json() if event.healed_bundle else None,
        "screenshot_url": _file_url(event.picture_before),
        "screenshot_after_url": _file_url(event.picture_after),
        "at": item.at,
    }


def _decision(item: Recorded, event: HealAccepted | HealRejected, state: str) -> dict[str, Any]:
    stand_in = {"cache_key": event.cache_key, "healed_selector": event.healed_selector}
    return {**stand_in, "state": state, "decided_by": event.by, "at": item.at}


def _withdrawal(item: Recorded, event: HealWithdrawn) -> _Change:
    """Of a cached heal: a use of its own that failed. Else the heal of this very row, which is there already."""
    where = {"job_id": event.job_id, "row_index": event.row, "cache_key": withdrawn_key(event)}
    told = {**where, "step_number": event.step_number, "error_message": event.reason, "state": "withdrawn"}
    if event.cache_key is not None:
        return _Change("add_cache_failures", {**told, "id": item.id, "at": item.at})
    return _Change("withdraw_heals", told, alone=True)


def _question(item: Recorded, event: ModelAsked) -> dict[str, Any]:
    """What a model is asked, as the row told it; the picture by its address."""
    told = event.model_dump(mode="json", include={"step_number", "event", "threshold", "target", "candidates"})
    request = {"ask_id": str(event.ask_id), "page": event.page_origin + event.page_path, **told}
    return {**_place(event), "organization_id": item.org, "request": {**request, "picture": _file_url(event.picture)}}


def _answer(event: ModelAnswered) -> dict[str, Any]:
    """What it said, with the addresses of the whole request and response, where they were kept."""
    spent = ("input_tokens", "output_tokens", "micro_usd", "ms", "tries")
    said = event.model_dump(mode="json", include={"outcome", "index", "confidence", "reason", *spent})
    return {
        **_place(event),
        "ask_id": str(event.ask_id),
        "request": {"model": event.model, "url": _file_url(event.request)},
        "response": {**said, "url": _file_url(event.response)},
    }


def _place(event: ModelAsked | ModelAnswered) -> dict[str, Any]:
    return {"job_id": event.job_id, "row_index": event.row, "step_number": event.step_number}


def _uses(item: Recorded, event: RowFinished) -> Iterator[_Change]:
    for step in event.steps:
        if step.found_by == "cached" and step.cache_key is not None:
            use = {"job_id": event.job_id, "row_index": event.row, "cache_key": step.cache_key, "at": item.at}
            yield _Change("add_cache_uses", {"id": derived_id("cache-use", item.id, step.step_number), **use})


def _file_url(digest: str | None) -> str | None:
    return f"/runner/v1/files/{digest}" if digest else None


HEALS = Projection(
    "healing_logs",
    (ALL_EVENTS,),
    ("healing_logs", "healing_cache", "healing_questions"),
    _project_heals,
    events=(
        *(HealRecorded, CachedHealDropped, HealAccepted, HealRejected, HealAdopted),
        *(CachedHealMissed, HealWithdrawn, RowFinished, ModelAsked, ModelAnswered),
    ),
)
PROJECTIONS = (HEALS, FRAGILITY)
