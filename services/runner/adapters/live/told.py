"""PURE: what a recorder tells, read with care: it comes out of a page."""

import json
from typing import Any

from services.runner.adapters.live.limits import LONGEST_TOLD

# Of the recorder; and what our own script beside it says.
TOLD = frozenset({"step", "document", "history", "gone"})
BESIDE = frozenset({"fault", "host", "cursor", "control", "control_gone", "keep", "copied"})
EARLIEST, LATEST = 1e12, 1e14  # ms since 1970


class NotTold(Exception):
    """Nothing that a recorder of ours says; in words, for people."""


def read_told(payload: str) -> dict[str, Any]:
    """A message of a page's recorder. Raises `NotTold`."""
    if len(payload) > LONGEST_TOLD:
        raise NotTold(f"a step is too long to be recorded: it takes {len(payload) // 1024} KiB")
    try:
        told = json.loads(payload)
    except (ValueError, RecursionError):
        raise NotTold("a page told of a step in a way that cannot be read") from None
    if not isinstance(told, dict) or told.get("kind") not in TOLD | BESIDE:
        raise NotTold("a page told of something that is no step")
    if told["kind"] in TOLD and not _is_whole(told):
        raise NotTold("a page told of a step in part")
    whole: dict[str, Any] = _without_halves(told)
    return whole


def _is_whole(told: dict[str, Any]) -> bool:
    if not isinstance(told.get("id"), str) or not 0 < len(told["id"]) <= 100:
        return False
    if told["kind"] == "gone":
        return True
    at = told.get("at")
    if isinstance(at, bool) or not isinstance(at, int | float) or not EARLIEST < at < LATEST:
        return False
    if told["kind"] == "step":
        step = told.get("step")
        return isinstance(step, dict) and isinstance(step.get("event"), str) and isinstance(step.get("bundle"), dict)
    return isinstance(told.get("url"), str)


def _without_halves(value: Any) -> Any:
    """JavaScript's strings may hold halves of characters, which no event can."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, dict):
        return {_without_halves(key): _without_halves(each) for key, each in value.items()}
    return [_without_halves(each) for each in value] if isinstance(value, list) else value
