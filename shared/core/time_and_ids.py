"""Clock and identities as arguments, so that pure code and tests can give their own."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID, uuid5

import uuid_utils

Clock = Callable[[], datetime]
PLATFORM_ORG = UUID(int=0)
_NAMESPACE = UUID("7f0f5f2e-6c53-5d0e-9d6c-0d6b3b8d9a11")


def now() -> datetime:
    """The time in UTC."""
    return datetime.now(UTC)


def new_id() -> UUID:
    """A fresh UUIDv7: sorts by time of creation."""
    return UUID(bytes=uuid_utils.uuid7().bytes)


def derived_id(*parts: object) -> UUID:
    """The same UUIDv5 for the same parts, everywhere and always (rebuilt rows get the ids they had)."""
    return uuid5(_NAMESPACE, "\x1f".join(str(part) for part in parts))
