"""Files that steps upload: kept by the platform, and named by what it calls them."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from services.cli.client import Client
from services.cli.desk import Desk
from services.cli.importing import read_file
from services.cli.showing import cell, table
from shared.core.errors import InvalidInput

KEPT = "retold-file:"
DELIMITERS = ",;\t|"


async def upload(
    desk: Desk, paths: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files that steps upload.")]
) -> None:
    """Keep files on the platform; the names it gives them are what a recording or a table calls them by."""
    contents = [(path, read_file(path)) for path in paths]
    async with desk.client() as client:
        kept = [{"path": str(path), **await _keep(client, path, content)} for path, content in contents]
    if desk.as_json:
        desk.print_json(kept)
        return
    shown = table("file", "is called")
    for one in kept:
        shown.add_row(cell(one["path"]), cell(one["file"]))
    desk.out.print(shown)


async def _keep(client: Client, path: Path, content: bytes) -> dict[str, Any]:
    kept: dict[str, Any] = await client.post("/ingest/v1/files", params={"name": path.name}, content=content)
    return kept


async def with_files(client: Client, table_file: Path, content: bytes, columns: Sequence[str]) -> bytes:
    """The table with the files that the cells of some columns name, one a line, uploaded. Paths begin at the table's.

    Raises `InvalidInput` before anything is uploaded.
    """
    if not columns:
        return content
    rows, delimiter = _rows(table_file, content)
    header = rows[0] if rows else []
    missing = [column for column in columns if column not in header]
    if missing:
        raise InvalidInput(f"{table_file.name} has no column {missing[0]!r}; it has {', '.join(header) or 'none'}")
    places = [header.index(column) for column in columns]
    named = _named(table_file, rows, places)
    kept = {text: (await _keep(client, path, read_file(path)))["file"] for text, path in named.items()}
    for row in rows[1:]:
        for place in places:
            if place < len(row):
                row[place] = _renamed(row[place], kept)
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter).writerows(rows)
    return written.getvalue().encode()


def _rows(table_file: Path, content: bytes) -> tuple[list[list[str]], str]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidInput(
            f"{table_file.name} is not UTF-8; save it as UTF-8 to upload the files that it names"
        ) from None
    first = text.partition("\n")[0]
    delimiter = max(DELIMITERS, key=first.count)
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)), delimiter


def _named(table_file: Path, rows: list[list[str]], places: Sequence[int]) -> dict[str, Path]:
    named: dict[str, Path] = {}
    for number, row in enumerate(rows[1:]):
        for place in places:
            for text in _lines(row[place] if place < len(row) else ""):
                path = table_file.parent / text
                if not path.is_file():
                    raise InvalidInput(f"row {number} of {table_file.name} names {text!r}, and there is no such file")
                named[text] = path
    return named


def _lines(given: str) -> list[str]:
    return [line.strip() for line in given.splitlines() if line.strip() and not line.strip().startswith(KEPT)]


def _renamed(given: str, kept: Mapping[str, str]) -> str:
    return "\n".join(kept.get(line.strip(), line.strip()) for line in given.splitlines() if line.strip())
