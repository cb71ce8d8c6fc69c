"""PURE: how a browser session ends: what its end says, and what of the recording goes into it."""

import json
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

from services.runner.adapters.live.limits import MOST_RECORDING_BYTES, MOST_STEPS
from shared.contracts.live_recording import BrowserSessionEnded, BrowserSessionStarted, EndReason

WHY: Mapping[EndReason, str] = {
    "stopped": "The recording was stopped.",
    "discarded": "The recording was discarded; nothing of it is kept.",
    "time_limit": "The time for this recording is over.",
    "idle_limit": "Nothing was done for a while, so the browser was closed.",
    "browser_gone": "The browser is gone: it crashed, or its last page was closed.",
    "shutdown": "The service that held the browser was stopped.",
    "worker_lost": "The runner that held the browser was lost.",
    "not_started": "The browser could not be opened.",
}
ERRORS: frozenset[EndReason] = frozenset({"browser_gone", "worker_lost", "not_started"})
OPENS = ("navigate", "resize")  # what a recording begins with before anybody does anything


def ended_event(
    started: BrowserSessionStarted,
    reason: EndReason,
    name: str | None,
    recording: dict[str, Any] | None,
    most_bytes: int = MOST_RECORDING_BYTES,
) -> BrowserSessionEnded:
    """The end, with as much of the recording as one event holds."""
    status: Literal["terminated", "error"] = "error" if reason in ERRORS else "terminated"
    message = WHY[reason]
    kept = None if recording is None or reason == "discarded" else _done(recording)
    if kept is not None:
        cut = len(kept["steps"]) - len(_fitting(kept["steps"], most_bytes))
        kept = {**kept, "steps": _fitting(kept["steps"], most_bytes), "recording_method": "cloud_browser"}
        kept["name"] = name or f"Recording of {urlsplit(started.url).netloc}"[:200]
        steps = len(kept["steps"])
        message += f" Its recording has {steps} step{'' if steps == 1 else 's'}."
        if cut:
            message += f" The last {cut} did not fit into it: record them anew."
    elif reason not in ("discarded", "not_started"):
        message += " Nothing was done in it, so there is no recording."
    return BrowserSessionEnded(
        session_id=started.session_id,
        recording_id=started.recording_id,
        user_id=started.user_id,
        status=status,
        reason=reason,
        message=message,
        name=name,
        recording=kept,
    )


def told_of(started: BrowserSessionStarted, ended: BrowserSessionEnded | None) -> dict[str, Any]:
    """A session for callers, as its events tell of it."""
    return {
        "id": str(started.session_id),
        "recording_id": str(started.recording_id),
        "name": ended.name if ended else started.name,
        "url": started.url,
        "status": ended.status if ended else "active",
        "on_screen": started.on_screen,
        "width": started.width,
        "height": started.height,
        "expires_at": started.expires_at.isoformat(),
        "reason": ended.reason if ended else None,
        "message": ended.message if ended else None,
        "has_recording": bool(ended and ended.recording is not None),
        "address": started.address,
    }


def _done(recording: dict[str, Any]) -> dict[str, Any] | None:
    """The recording, where something was done in it."""
    steps = recording.get("steps") or []
    return recording if any(step["event"] not in OPENS for step in steps) or len(steps) > len(OPENS) else None


def _fitting(steps: list[dict[str, Any]], most_bytes: int) -> list[dict[str, Any]]:
    size = 0
    for place, step in enumerate(steps[:MOST_STEPS]):
        size += len(json.dumps(step, ensure_ascii=False, separators=(",", ":")).encode())
        if size > most_bytes:
            return steps[:place]
    return steps[:MOST_STEPS]
