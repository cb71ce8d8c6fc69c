"""The files of a row: those that its steps give to pages, brought into the row's own folder."""

import asyncio
import re
from pathlib import Path
from uuid import UUID

from shared.core.errors import InvalidInput, Unavailable
from shared.objects import Objects

NAMED = re.compile(r"retold-file:([0-9a-f]{64})/(.+)", re.DOTALL)
LONGEST_NAME = 150  # characters, at most four bytes each in a name that file systems take


class RowFiles:
    """Finds files by what a step's value says: `retold-file:<SHA-256>/<name>`."""

    def __init__(self, objects: Objects, org: UUID, folder: Path | None) -> None:
        self._objects, self._org, self._folder = objects, org, folder

    async def find(self, value: str) -> Path:
        """The file, under its name. Raises `InvalidInput`, `NotFound`, `Unavailable`."""
        named = NAMED.fullmatch(value.strip())
        if named is None:
            raise InvalidInput("a step's file is named retold-file:SHA-256/NAME; upload the file, and use what you get")
        if self._folder is None:
            raise Unavailable("the row has no folder for its files")
        path = self._folder / "given" / named[1] / safe_name(named[2])
        if not path.exists():
            content = await self._objects.get(self._org, named[1])
            await asyncio.to_thread(_write, path, content)
        return path


def safe_name(name: str) -> str:
    """A name that is one part of a path, whatever a page or a person calls the file."""
    last = re.split(r"[/\\]", name)[-1]
    kept = "".join(char if char.isprintable() and char not in '<>:"|?*' else "_" for char in last).strip(". ")
    stem, dot, suffix = kept.rpartition(".")
    if len(kept) > LONGEST_NAME:
        kept = (
            f"{stem[: LONGEST_NAME - 1 - len(suffix)]}{dot}{suffix}"
            if dot and len(suffix) < 20
            else kept[:LONGEST_NAME]
        )
    return kept or "file"


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
