"""What the healer tells: heals it has recorded, and which of them may be used again."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from shared.contracts.recording import LocatorBundle
from shared.core.events import Event


class HealRecorded(Event):
    """A heal was tried. A successful one is cached under `cache_key` until `cached_until`."""

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


class CachedHealDropped(Event):
    """A cached heal is no longer used: it missed its element, or the recording was revised."""

    recording_id: UUID
    step_number: int
    cache_key: str
    reason: Literal["missed", "revised"]


EVENTS: tuple[type[Event], ...] = (HealRecorded, CachedHealDropped)
