"""Read files out of a ZIP that anybody may have sent, in memory: nothing is unpacked to disk."""

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator

from services.ingest.adapters.faults import printable
from shared.core.errors import InvalidInput, TooLarge

MAX_ENTRIES = 20_000
MAX_UNPACKED = 256 * 1024**2
MAX_RATIO = 200  # deflate reaches 1032; traces of busy pages were seen at 30
MAX_LINE = 16 * 1024**2
_SMALL = 1024**2  # below this a ratio means nothing
_ENCRYPTED = 0x1
_SYMLINK = 0o120000
# What reading a broken ZIP raises, found by breaking many.
UNREADABLE = (
    zipfile.BadZipFile, zlib.error, struct.error,
    EOFError, IndexError, OSError, OverflowError, RuntimeError, ValueError,
)  # fmt: skip
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


class Archive:
    """A ZIP whose directory has been checked. Raises `InvalidInput` or `TooLarge`, in a person's words."""

    def __init__(self, content: bytes, subject: str) -> None:
        self._subject = subject
        self._left = MAX_UNPACKED
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(content))
            self._entries = {entry.filename: entry for entry in self._zip.infolist()}
        except UNREADABLE:
            raise InvalidInput(
                f"{subject} is a broken ZIP file, perhaps cut off; download or export it again."
            ) from None
        self._check()

    @property
    def names(self) -> list[str]:
        """The files in it."""
        return list(self._entries)

    def lines(self, name: str) -> Iterator[bytes]:
        """The lines of one file, unpacked as they are asked for."""
        try:
            with self._zip.open(self._entries[name]) as opened:
                while line := opened.readline(MAX_LINE + 1):
                    self._left -= len(line)
                    if self._left < 0 or len(line) > MAX_LINE:
                        raise TooLarge(
                            f"{self._subject} is too large: unpacked it is over {MAX_UNPACKED // 1024**2} MiB."
                        )
                    yield line
        except UNREADABLE:
            raise InvalidInput(
                f"{self._subject} is broken: {printable(name)[:80]} in it cannot be unpacked; export it again."
            ) from None

    def _check(self) -> None:
        listed = self._zip.infolist()
        if len(listed) > MAX_ENTRIES:
            raise TooLarge(f"{self._subject} holds {len(listed)} files, where {MAX_ENTRIES} are the limit.")
        if len(self._entries) < len(listed):
            raise InvalidInput(f"{self._subject} holds two files of one name, and nobody knows which is meant.")
        for entry in listed:
            self._check_entry(entry)
        unpacked = sum(entry.file_size for entry in listed)
        packed = sum(entry.compress_size for entry in listed)
        if unpacked > MAX_UNPACKED or (unpacked > _SMALL and unpacked > MAX_RATIO * max(packed, 1)):
            raise TooLarge(f"{self._subject} would unpack to {unpacked // 1024**2} MiB, which is more than is read.")

    def _check_entry(self, entry: zipfile.ZipInfo) -> None:
        name = printable(entry.filename)[:80]
        if entry.flag_bits & _ENCRYPTED:
            raise InvalidInput(f"{self._subject} is encrypted; unpack it with its password, and pack it without one.")
        if entry.filename.startswith(("/", "\\")) or ".." in entry.filename.replace("\\", "/").split("/"):
            raise InvalidInput(f"{self._subject} holds a file that points outside of it ({name}); it is not read.")
        if ":" in entry.filename[:3] or (entry.external_attr >> 16) & 0o170000 == _SYMLINK:
            raise InvalidInput(f"{self._subject} holds a link or a path of a disk ({name}); it is not read.")
        if entry.compress_type not in _METHODS:
            raise InvalidInput(f"{self._subject} is packed in a way that is not read ({name}); use plain ZIP.")
