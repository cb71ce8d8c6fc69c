"""Which workers are there and which browsers they offer, from what they say now and what they last said."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import to_builtins

from shared.bus.presence import Present, key_of, why_not_offered
from shared.contracts.browsers import BROWSER_TYPES

SILENT = timedelta(minutes=1)  # decided: a worker silent for so long is offline


def workers_now(
    noted: Iterable[Mapping[str, Any]], present: Mapping[str, Present], org: str, now: datetime
) -> list[dict[str, Any]]:
    """Workers under document E's names, the present ones first. Jobs of other organizations are not shown.

    `unhealthy`: it said nothing for a minute, and had not said that it ends. `noted` are rows of `browser_workers`,
    `present` is by key.
    """
    found = {key_of(row["worker_id"]): _noted(row, now) for row in noted}
    for key, worker in present.items():
        if worker.slots:
            found[key] = found.get(key, {"worker_id": key, "started_at": None}) | _present(worker, org, now)
    return sorted(found.values(), key=lambda each: (each["status"] == "offline", each["worker_id"]))


def _noted(row: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    told = row["metadata"] or {}
    silent = now - row["last_heartbeat"] > SILENT
    return {
        "id": str(row["id"]),
        "worker_id": row["worker_id"],
        "worker_region": row["worker_region"],
        "status": "offline" if silent else row["status"],
        "unhealthy": silent and row["status"] != "offline",
        "current_job_id": None,
        "busy_slots": 0,
        "slots": told.get("slots"),
        "browsers": [_shown(each) for each in told.get("browsers", ())],
        "last_heartbeat": row["last_heartbeat"],
        "started_at": row["started_at"],
    }


def _present(worker: Present, org: str, now: datetime) -> dict[str, Any]:
    own = [row for row in worker.rows if row.org == org]
    return {
        "worker_region": worker.region,
        "status": worker.status,
        "unhealthy": False,
        "current_job_id": own[0].job if own else None,
        "rows": [{"job_id": row.job, "row_index": row.row} for row in own],
        "busy_slots": len(worker.rows),
        "slots": worker.slots,
        "browsers": [_shown(to_builtins(each)) for each in worker.browsers],
        "last_heartbeat": now,
    }


def _shown(offered: Mapping[str, Any]) -> dict[str, Any]:
    names = ("engine", "driver", "version", "executable", "reason")
    return {name: offered.get(name) for name in names} | {"available": offered.get("reason") is None}


def browsers_now(types: Iterable[Mapping[str, Any]], present: Mapping[str, Present]) -> list[dict[str, Any]]:
    """Browser types under document E's names, and what of each is there now: which versions, on how many slots."""
    keys = {kind.id: kind.key for kind in BROWSER_TYPES}
    workers = [(key, worker) for key, worker in present.items() if worker.slots]
    shown = []
    for row in types:
        offering = [(key, worker) for key, worker in workers if worker.offers(row["type"])]
        reason = None if offering else why_not_offered(present.values(), row["type"]) or "no runner is there"
        shown.append(
            {
                **row,
                "key": keys[row["id"]],
                "available": bool(offering),
                "reason": reason,
                "slots": sum(worker.slots for _, worker in offering),
                "installed": [
                    {"worker_id": key, **_shown(to_builtins(each))}
                    for key, worker in workers
                    for each in worker.browsers
                    if each.engine == row["type"]
                ],
            }
        )
    return shown
