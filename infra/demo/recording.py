"""The demo's input: Chrome's Recorder watched somebody add a user on the old Django; 25 people to add."""

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

RECORDING = Path(__file__).parent / "add-user.json"
PEOPLE = Path(__file__).parent / "people.csv"
KINDS = ("aria", "css", "xpath", "pierce", "text")
RECORDED_ORIGIN = "http://127.0.0.1:8000"
RECORDED_ADMIN_PASSWORD = "ADMIN-PASSWORD"  # noqa: S105 (a mark in the file, not a password)


def recording_for(url: str, admin_password: str, kinds: Collection[str] = KINDS) -> dict[str, Any]:
    """The recording as if it had been made at `url` (an origin) by an administrator with this password.

    `kinds` are the kinds of selector ticked in the Recorder when it was made: with only `css`, each step has
    one thin locator. Returns the object of a Chrome DevTools Recorder export: `title` and `steps`.
    """
    recording: dict[str, Any] = json.loads(RECORDING.read_text(encoding="utf-8"))
    for step in recording["steps"]:
        for place in (step, *step.get("assertedEvents", ())):
            if "url" in place:
                place["url"] = url.rstrip("/") + place["url"].removeprefix(RECORDED_ORIGIN)
        if step.get("value") == RECORDED_ADMIN_PASSWORD:
            step["value"] = admin_password
        if "selectors" in step:
            step["selectors"] = [path for path in step["selectors"] if _kind(path[0]) in kinds]
    return recording


def _kind(selector: str) -> str:
    prefix = selector.partition("/")[0]
    return prefix if prefix in KINDS else "css"
