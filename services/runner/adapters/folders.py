"""A folder for every row, that is gone when the row is; and nothing is left of a process that was killed."""

import asyncio
import fcntl
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from itertools import count
from pathlib import Path

PREFIX = "retold-rows-"
LOCK = "in-use"


class Folders:
    """The rows' folders of one process, below one of its own; call `close` at the end.

    The folder's lock tells others that its process lives, in whichever container: what is not locked, they remove.
    """

    def __init__(self) -> None:
        self._numbers = count(1)
        self._own: Path | None = None
        self._lock: int | None = None

    @asynccontextmanager
    async def one(self) -> AsyncIterator[Path]:
        """An empty folder as long as the context."""
        folder = (self._own or self._open()) / str(next(self._numbers))
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            try:
                folder.rmdir()  # nothing in it, as most times
            except OSError:
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    def close(self) -> None:
        """Removes them all."""
        if self._own is not None:
            shutil.rmtree(self._own, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
        self._own = self._lock = None

    def _open(self) -> Path:
        for left in _left_behind(Path(tempfile.gettempdir())):
            shutil.rmtree(left, ignore_errors=True)
        self._own = Path(tempfile.mkdtemp(prefix=PREFIX))
        self._lock = os.open(self._own / LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        return self._own


def _left_behind(place: Path) -> Iterator[Path]:
    """Folders whose process is no more."""
    for folder in place.glob(f"{PREFIX}*"):
        with suppress(OSError):  # another user's, or just being made
            lock = os.open(folder / LOCK, os.O_RDWR | os.O_CLOEXEC)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                yield folder
            finally:
                os.close(lock)
