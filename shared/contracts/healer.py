"""What the healer tells: heals it has recorded, which of them may be used again, and what people decided about them."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from shared.contracts.recording import LocatorBundle
from shared.core.events import Event

# As it came in · waits for a person · what a person had decided about the same stand-in before.
HealState = Literal["recorded", "proposed", "accepted", "rejected"]
Decision = Literal["accepted", "rejected"]
DropReason = Literal["missed", "revised", "withdrawn", "rejected"]


def _as_it_came_in(data: dict[str, Any]) -> dict[str, Any]:
    """Before people could decide about heals, none was proposed, and neither revision nor pictures were told."""
    untold = {"revision": None, "candidates": 0, "picture_before": None, "picture_after": None}
    return {**data, "state": "recorded", **untold}


class HealRecorded(Event):
    """A heal was tried. A successful one is cached under `cache_key` until `cached_until`.

    `revision`: of the recording, that the row ran; none where it was not told. Pictures by their SHA-256.
    """

    v = 2
    upcasters = {1: _as_it_came_in}  # noqa: RUF012
    personal = (
        "original_selector",
        "healed_selector",
        "healed_bundle",
        "rivals",
        "page_origin",
        "page_path",
        "error_message",
    )
    heal_id: UUID
    recording_id: UUID
    step_number: int
    job_id: UUID
    row: int
    method: Literal["fuzzy_match", "bounding_box", "claude_vision"]
    original_selector: str
    healed_selector: str | None
    healed_bundle: LocatorBundle | None
    confidence: int
    rivals: list[dict[str, Any]]
    page_origin: str
    page_path: str
    cache_key: str
    cached_until: datetime | None
    success: bool
    error_message: str | None = None
    state: HealState = "recorded"
    revision: int | None = None
    candidates: int = 0
    picture_before: str | None = None
    picture_after: str | None = None


class CachedHealDropped(Event):
    """A cached heal is no longer used: it missed, did nothing, was rejected, or the recording was revised."""

    recording_id: UUID
    step_number: int
    cache_key: str
    reason: DropReason


class HealAccepted(Event):
    """A person accepted a heal, made on `revision` of the recording: its steps are to find the element by themselves.

    It counts for the same stand-in of the same step on the same page, in whatever row it is met. `revision` none: the
    steps are a job's own, and there is no recording to revise.
    """

    personal = ("healed_selector", "healed_bundle")
    recording_id: UUID
    step_number: int
    cache_key: str
    heal_id: UUID
    revision: int | None
    healed_selector: str
    healed_bundle: LocatorBundle
    by: str


class HealRejected(Event):
    """A person rejected a heal: this stand-in is not used again for the step on that page, by ranking or from cache."""

    personal = ("healed_selector",)
    recording_id: UUID
    step_number: int
    cache_key: str
    heal_id: UUID
    healed_selector: str
    by: str


EVENTS: tuple[type[Event], ...] = (HealRecorded, CachedHealDropped, HealAccepted, HealRejected)
