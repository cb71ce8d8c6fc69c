"""Screenshots and other files: content-addressed, in a folder or a bucket (any address obstore knows)."""

import asyncio
import hashlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, TypeVar
from uuid import UUID

import obstore
from obstore.store import ObjectStore, from_url

from shared.core.errors import InvalidInput, NotFound, Refused, Unavailable
from shared.keys import KeyRing

SEALED = b"retold:sealed:1\n"  # begins a file that is sealed
_HEX = set("0123456789abcdef")
T = TypeVar("T")


class StoredFile(NamedTuple):
    """A file of a store, and its size in bytes."""

    path: str
    size: int


class Store:
    """A folder or a bucket. Raises `NotFound` for a file that is not there, `Unavailable` when it does not answer.

    In threads, since obstore's own async functions abort a process that ends right after them (SIGABRT).
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._store: ObjectStore | None = None

    @classmethod
    def at(cls, place: str) -> "Store":
        """A store from what a person typed: a folder's path, or an address such as `s3://bucket/prefix`."""
        return cls(place if "://" in place else Path(place).expanduser().absolute().as_uri())

    def open(self, *, make: bool = True) -> None:
        """Reach the store; with `make` a folder that is missing is made. Raises `InvalidInput`."""
        options = {"mkdir": make, "automatic_cleanup": True} if self.url.startswith("file:") else {}
        try:
            self._store = from_url(self.url, **options)  # type: ignore[call-overload]
        except Exception as failure:
            raise InvalidInput(f"no files can be kept at {self.url}: {_first_line(failure)}") from failure

    async def put(self, path: str, content: bytes) -> None:
        """Store a file, in the place of one of that path."""
        await self._do(path, lambda store: obstore.put(store, path, content))

    async def get(self, path: str) -> bytes:
        """The bytes of a file."""
        return await self._do(path, lambda store: bytes(obstore.get(store, path).bytes()))

    async def has(self, path: str) -> bool:
        """Whether there is such a file."""
        try:
            await self._do(path, lambda store: obstore.head(store, path))
        except NotFound:
            return False
        return True

    async def list(self, prefix: str = "") -> list[StoredFile]:
        """All files, or those below a folder, by path."""
        return await self._do(prefix or "the list of files", lambda store: _listed(store, prefix))

    async def delete(self, path: str) -> None:
        """Delete a file; one that is not there is deleted."""
        with suppress(NotFound):
            await self._do(path, lambda store: obstore.delete(store, path))

    async def _do(self, what: str, act: Callable[[ObjectStore], T]) -> T:
        store = self._store
        if store is None:
            raise Unavailable(f"the store {self.url} is not open")
        try:
            return await asyncio.to_thread(act, store)
        except FileNotFoundError as missing:
            raise NotFound(f"no file {what} in {self.url}") from missing
        except Exception as failure:
            raise Unavailable(f"the object store {self.url} failed for {what}: {_first_line(failure)}") from failure


class Objects:
    """Files of an organization, named by the SHA-256 of their content, sealed with the organization's data key.

    So a copy of the store, in an archive say, is worth nothing once the key is destroyed. Without `keys` files are kept
    in clear, and sealed ones cannot be read.
    """

    def __init__(self, url: str, keys: KeyRing | None = None) -> None:
        self.store = Store(url)
        self._keys = keys

    def open(self) -> None:
        """Reach the store; a folder is made when it is missing."""
        self.store.open()

    async def put(self, org: UUID, content: bytes) -> str:
        """Store bytes; the same bytes twice are stored once. Returns their SHA-256."""
        digest = hashlib.sha256(content)
        if self._keys is not None:
            await self._keys.unlock([org], create=True)
            content = SEALED + self._keys.seal_bytes(org, digest.digest(), content)
        await self.store.put(_path(org, digest.hexdigest()), content)
        return digest.hexdigest()

    async def get(self, org: UUID, digest: str) -> bytes:
        """The bytes. Raises `NotFound`."""
        try:
            stored = await self.store.get(_known(org, digest))
        except NotFound:
            raise NotFound(f"no file {digest[:12]}… in this organization") from None
        return await self._opened(org, digest, stored) if stored.startswith(SEALED) else stored

    async def has(self, org: UUID, digest: str) -> bool:
        """Whether the organization has such a file."""
        return await self.store.has(_known(org, digest))

    async def _opened(self, org: UUID, digest: str, stored: bytes) -> bytes:
        content = None
        if self._keys is not None:
            await self._keys.unlock([org])
            sealed = memoryview(stored)[len(SEALED) :]  # no copy: a file may be large
            try:
                content = await asyncio.to_thread(self._keys.open_bytes, org, bytes.fromhex(digest), sealed)
            except ValueError as error:
                raise Refused(f"the file {digest[:12]}… was altered in the store") from error
        if content is None:
            raise NotFound(f"the file {digest[:12]}… cannot be read any more: its organization's data key is gone")
        return content

    async def delete_organization(self, org: UUID) -> int:
        """Delete all files of an organization; how many there were."""
        files = await self.store.list(str(org))
        for file in files:
            await self.store.delete(file.path)
        return len(files)

    async def check(self) -> None:
        """Raises `Unavailable` when the store takes no file."""
        await asyncio.wait_for(self.store.put("check", b"retold"), timeout=10)


def _listed(store: ObjectStore, prefix: str) -> list[StoredFile]:
    return sorted(
        StoredFile(each["path"], each["size"]) for batch in obstore.list(store, prefix=prefix or None) for each in batch
    )


def _first_line(failure: Exception) -> str:
    # obstore adds what it looks like inside, over many lines.
    return (str(failure).splitlines() or [type(failure).__name__])[0]


def _known(org: UUID, digest: str) -> str:
    if len(digest) != 64 or not set(digest) <= _HEX:
        raise InvalidInput("a file is named by its SHA-256: 64 hexadecimal digits")
    return _path(org, digest)


def _path(org: UUID, digest: str) -> str:
    return f"{org}/{digest[:2]}/{digest}"
