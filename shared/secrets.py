"""Secret values: sealed with the organization's data key before they reach an event.

AES-256-GCM; the associated data binds a sealed value to its organization and record. Events carry secrets sealed even
to our own code: only the runner opens them, at the moment of typing. (The log's codec seals every personal value
besides; that one opens by itself when an event is read.)
"""

from uuid import UUID

from shared.contracts.sealed import MASK, SEALED_PREFIX, is_sealed, masked
from shared.core.errors import Refused
from shared.keys import KeyRing

__all__ = ["MASK", "SEALED_PREFIX", "Sealer", "is_sealed", "masked"]
_VERSION = "v1"
_TO_URL, _FROM_URL = str.maketrans("+/", "-_"), str.maketrans("-_", "+/")


class Sealer:
    """Seals and opens secret values of records."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys

    async def seal(self, org: UUID, record: UUID, value: str) -> str:
        """The sealed form of `value`, readable again only for this organization and record."""
        if is_sealed(value):
            return value
        await self._keys.unlock([org], create=True)
        box = self._keys.seal(org, record.bytes, value.encode())
        return f"{SEALED_PREFIX}{_VERSION}:{box.translate(_TO_URL)}"

    async def open(self, org: UUID, record: UUID, sealed: str) -> str:
        """The value. Raises `Refused` when its key was destroyed, or it was sealed for another record."""
        await self._keys.unlock([org])
        version, _, encoded = sealed.removeprefix(SEALED_PREFIX).partition(":")
        if version != _VERSION:
            raise Refused(f"a secret was sealed in a way this release does not know ({version})")
        try:
            opened = self._keys.open(org, record.bytes, encoded.translate(_FROM_URL))
        except ValueError as error:
            raise Refused("a secret cannot be opened: it was sealed for another record or was altered") from error
        if opened is None:
            raise Refused("the organization's data key was destroyed: its secrets are gone for good")
        return opened.decode()
