"""Events as the log holds them, made for tests."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec

from services.cli.envelopes import Told
from shared.bus import subjects
from shared.bus.codec import Envelope, EventOnWire
from shared.core.time_and_ids import derived_id

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def tell(position: int, event_type: str = "RowFinished", **envelope: Any) -> Told:
    """An event at a position; `envelope`: what differs from the usual one."""
    usual: dict[str, Any] = {
        "id": derived_id("message", position),
        "at": NOW,
        "ctx": "scheduler",
        "agg": "job.x",
        "org": UUID(int=1),
        "actor": "runner:w-1",
        "corr": "request",
        "cause": None,
        "trace": None,
        "events": [EventOnWire(event_type, 1, msgspec.Raw(b'{"row":1}'))],
    }
    return Told(position, 0, subjects.Stream("scheduler", "job", "x").subject(), Envelope(**{**usual, **envelope}))
