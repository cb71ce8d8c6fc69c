"""Screenshots and other files: content-addressed, in a folder or a bucket (any address obstore knows)."""

import asyncio
import hashlib
from uuid import UUID

import obstore
from obstore.store import ObjectStore, from_url

from shared.core.errors import InvalidInput, NotFound, Unavailable

_HEX = set("0123456789abcdef")


class Objects:
    """Files of an organization, named by their SHA-256.

    In threads, since obstore's own async functions abort a process that ends right after them (SIGABRT).
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._store: ObjectStore | None = None

    def open(self) -> None:
        """Reach the store; a folder is made when it is missing."""
        options = {"mkdir": True, "automatic_cleanup": True} if self._url.startswith("file:") else {}
        self._store = from_url(self._url, **options)  # type: ignore[call-overload]

    async def put(self, org: UUID, content: bytes) -> str:
        """Store bytes; the same bytes twice are stored once. Returns their SHA-256."""
        digest = hashlib.sha256(content).hexdigest()
        try:
            await asyncio.to_thread(obstore.put, self._opened(), _path(org, digest), content)
        except Exception as failure:
            raise Unavailable(f"the object store did not take a file: {failure}") from failure
        return digest

    async def get(self, org: UUID, digest: str) -> bytes:
        """The bytes. Raises `NotFound`."""
        if len(digest) != 64 or not set(digest) <= _HEX:
            raise InvalidInput("a file is named by its SHA-256: 64 hexadecimal digits")
        try:
            return await asyncio.to_thread(lambda: bytes(obstore.get(self._opened(), _path(org, digest)).bytes()))
        except FileNotFoundError:
            raise NotFound(f"no file {digest[:12]}… in this organization") from None

    async def check(self) -> None:
        """Raises `Unavailable` when the store takes no file."""
        await asyncio.wait_for(self.put(UUID(int=0), b"retold"), timeout=10)

    def _opened(self) -> ObjectStore:
        if self._store is None:
            raise Unavailable("the object store is not open")
        return self._store


def _path(org: UUID, digest: str) -> str:
    return f"{org}/{digest[:2]}/{digest}"
