"""Parts of a file over HTTP, and whether a client has it already (RFC 9110, sections 13 and 14)."""

import re
from dataclasses import dataclass
from urllib.parse import quote

_ONE = re.compile(r"bytes=\s*(\d*)-(\d*)\s*", re.IGNORECASE)
MOST_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes `start` to before `end` of a file."""

    start: int
    end: int

    def of(self, size: int) -> str:
        """`Content-Range` of this part."""
        return f"bytes {self.start}-{self.end - 1}/{size}"


class NoSuchPart(Exception):
    """The file ends before the part begins (416)."""


def part_asked(header: str | None, size: int) -> Part | None:
    """The part that a `Range` asks for; none for the whole: no range, several, or one that is not understood.

    Raises `NoSuchPart`.
    """
    found = _ONE.fullmatch(header.strip()) if header else None
    if found is None or not any(found.groups()) or max(map(len, found.groups())) > MOST_DIGITS:
        return None
    first, last = found.groups()
    if not first:
        start, end = max(size - int(last), 0), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < start:
            return None
    if start >= size or start >= end:
        raise NoSuchPart
    return Part(start, end)


def is_among(tags: str | None, etag: str) -> bool:
    """Whether an `If-None-Match` names this tag, or any."""
    if not tags:
        return False
    return tags.strip() == "*" or etag in [tag.strip().removeprefix("W/") for tag in tags.split(",")]


def disposition(kind: str, name: str) -> str:
    """`Content-Disposition`: `inline` or `attachment`, and what the file is called (RFC 6266, RFC 8187)."""
    plain = "".join(char if char.isascii() and char.isprintable() and char not in '"\\%' else "_" for char in name)
    text = f'{kind}; filename="{plain}"'
    return text if plain == name else f"{text}; filename*=UTF-8''{quote(name, safe='')}"
