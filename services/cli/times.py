"""Times as people type them: a moment, or how long ago."""

import re
from datetime import datetime, timedelta

from shared.core.errors import InvalidInput

UNITS = {
    "ms": timedelta(milliseconds=1),
    "s": timedelta(seconds=1),
    "m": timedelta(minutes=1),
    "min": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|min|s|m|h|d|w)\s*")


def read_duration(text: str) -> timedelta | None:
    """`90s`, `15m`, `1h30m`, `2 d` → how long; `None` when it is no such thing."""
    rest, total, parts = text.strip().lower(), timedelta(), 0
    while rest:
        part = _PART.match(rest)
        if part is None:
            return None
        try:
            total += float(part[1]) * UNITS[part[2]]
        except OverflowError:
            return None
        rest, parts = rest[part.end() :], parts + 1
    return total if parts else None


def read_time(text: str, now: datetime, option: str) -> datetime:
    """A moment in ISO 8601 (this machine's time zone where none is given), or a duration before `now`."""
    duration = read_duration(text)
    try:
        return now - duration if duration is not None else datetime.fromisoformat(text.strip()).astimezone()
    except (ValueError, OverflowError, OSError) as error:
        raise InvalidInput(
            f"{option} {text!r} is no time: give a moment such as 2026-03-01T12:00 or how long ago, such as 15m"
        ) from error
