"""A CSV file → rows, however the spreadsheet wrote it; what is wrong with it is told by line."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from services.scheduler.adapters.column_mapping import ColumnMapping, map_columns
from shared.core.errors import Fault, InvalidInput, TooLarge

MAX_ROWS = 10_000
MAX_BYTES = 10 * 1024 * 1024
MAX_COLUMNS = 200
MAX_CELL_BYTES = 64 * 1024
MAX_HEADER_CHARACTERS = 255
MAX_FAULTS = 20
DELIMITERS = (",", ";", "\t", "|")
# Marks a value that the platform encrypted; nobody else may write one.
SEALED_PREFIX = "retold:sealed:"

_SAMPLE_RECORDS = 100
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?(?:\r\n|\r|\n|\Z)', re.IGNORECASE)
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows by column name, values exactly as in the file. Rows without any value are left out and counted."""

    columns: tuple[str, ...]
    rows: tuple[dict[str, str], ...]
    delimiter: str
    blank_rows: int = 0


@dataclass(frozen=True, slots=True)
class _Record:
    line: int
    cells: list[str]

    def is_blank(self) -> bool:
        return not any(cell.strip() for cell in self.cells)


def read_csv(content: bytes, *, max_rows: int = MAX_ROWS, max_bytes: int = MAX_BYTES) -> Table:
    """The table in a file: UTF-8, or UTF-16 with its mark; `,` `;` tab or `|`, detected or named by a `sep=` line.

    `InvalidInput` names up to 20 faults by line, `TooLarge` the limit.
    """
    if len(content) > max_bytes:
        raise TooLarge(f"The CSV file is too large: {len(content)} bytes, where {max_bytes} bytes are the limit.")
    text = _decoded(content)
    text, first_line, delimiter = _without_separator_line(text)
    delimiter = delimiter or _detected_delimiter(text)
    records = _records(text, delimiter, first_line)
    header = next((record for record in records if not record.is_blank()), None)
    if header is None:
        raise InvalidInput("The CSV file is empty; its first line must name the columns.")
    columns = _columns(header)
    rows, blank_rows = _rows(records, columns, max_rows)
    if not rows:
        raise InvalidInput("The CSV file names columns, but has no rows; add at least one line below the header.")
    return Table(columns, rows, delimiter, blank_rows)


def _decoded(content: bytes) -> str:
    if content.startswith(b"PK\x03\x04"):
        raise InvalidInput("This is a spreadsheet or ZIP file, not CSV; save the sheet as CSV (UTF-8).")
    encoding = "utf-16" if content.startswith(_UTF16_MARKS) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding == "utf-16":
            raise InvalidInput("The CSV file begins like UTF-16, but is not; save it as CSV (UTF-8).") from None
        line = len(re.findall(rb"\r\n|\r|\n", content[: error.start])) + 1
        fault = Fault(f"line {line}", "not UTF-8 text")
        raise InvalidInput(
            f"The CSV file is not UTF-8 text: line {line} holds an invalid byte; save it as CSV (UTF-8).", [fault]
        ) from None
    if "\x00" in text:
        line = len(re.findall(r"\r\n|\r|\n", text[: text.index("\x00")])) + 1
        fault = Fault(f"line {line}", "holds a NUL character")
        raise InvalidInput(f"Line {line} of the CSV file holds a NUL character; remove it.", [fault])
    return text


def _without_separator_line(text: str) -> tuple[str, int, str | None]:
    """The text below a first line `sep=;` (as spreadsheets write and read it), its first line, the separator named."""
    named = _SEPARATOR_LINE.match(text)
    if named is None:
        return text, 1, None
    if named[1] not in DELIMITERS:
        raise InvalidInput(f'Line 1 names the separator "{named[1]}"; use a comma, a semicolon, a tab or a bar (|).')
    return text[named.end() :], 2, named[1]


def _records(text: str, delimiter: str, first_line: int = 1) -> Iterator[_Record]:
    """Every record with the line that it begins on; `InvalidInput` for a quotation mark out of place."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        line = first_line + reader.line_num
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise _unreadable(error, line) from None
        if cells is None:
            return
        yield _Record(line, cells)


def _unreadable(error: csv.Error, line: int) -> InvalidInput:
    if "field limit" in str(error):
        return _cell_too_large(line)
    if "unexpected end" in str(error):
        detail = "a quotation mark is opened and never closed"
    else:
        detail = "a quotation mark is out of place; inside a quoted value write it twice"
    return InvalidInput(
        f"The CSV file cannot be read: in the row from line {line}, {detail}.", [Fault(f"line {line}", detail)]
    )


def _cell_too_large(line: int) -> TooLarge:
    detail = f"a value is longer than {MAX_CELL_BYTES // 1024} KiB"
    return TooLarge(f"In line {line} of the CSV file, {detail}; shorten it.", [Fault(f"line {line}", detail)])


def _detected_delimiter(text: str) -> str:
    """The separator that cuts header and rows into equally many parts; the most parts win.

    When none does: the one that cuts the header into the most parts, and the rows that differ are told. When the header
    is one part whatever the separator, the file has one column, and a separator that its values do not hold serves.
    """
    widths = {delimiter: _widths(text, delimiter, _SAMPLE_RECORDS) for delimiter in DELIMITERS}
    regular = [d for d in DELIMITERS if widths[d] and widths[d][0] > 1 and set(widths[d]) == {widths[d][0]}]
    if regular:
        return max(regular, key=lambda delimiter: widths[delimiter][0])
    cutting = [delimiter for delimiter in DELIMITERS if widths[delimiter] and widths[delimiter][0] > 1]
    if cutting:
        return max(cutting, key=lambda delimiter: widths[delimiter][0])
    return next((d for d in DELIMITERS if set(_widths(text, d, None)) == {1}), ",")


def _widths(text: str, delimiter: str, records: int | None) -> list[int]:
    """Cells in each of the first records that are not blank; none when this separator makes the text unreadable."""
    try:
        return [len(record.cells) for record in islice(_records(text, delimiter), records) if not record.is_blank()]
    except InvalidInput:
        return []


def _columns(header: _Record) -> tuple[str, ...]:
    names = tuple(cell.strip() for cell in header.cells)
    if len(names) > MAX_COLUMNS:
        raise TooLarge(f"The CSV file has {len(names)} columns, where {MAX_COLUMNS} are the limit.")
    where = f"line {header.line}"
    faults = [
        Fault(where, f"column {place} has no name; name it or remove it")
        for place, name in enumerate(names, start=1)
        if not name
    ]
    faults += [
        Fault(where, f'{times} columns are named "{name[:80]}"; give each its own name')
        for name, times in Counter(names).items()
        if name and times > 1
    ]
    faults += [
        Fault(where, f'the column name "{name[:80]}…" is longer than {MAX_HEADER_CHARACTERS} characters; shorten it')
        for name in names
        if len(name) > MAX_HEADER_CHARACTERS
    ]
    _refuse_if_any(faults)
    return names


def _rows(
    records: Iterator[_Record], columns: tuple[str, ...], max_rows: int
) -> tuple[tuple[dict[str, str], ...], int]:
    rows: list[dict[str, str]] = []
    faults: list[Fault] = []
    blank = 0
    for record in records:
        if record.is_blank():
            blank += bool(record.cells)
            continue
        if len(rows) >= max_rows:
            raise TooLarge(f"The CSV file has more than {max_rows} rows; split it.")
        rows.append(dict(zip(columns, record.cells, strict=False)))
        faults += _faults_of(record, columns)
        if len(faults) >= MAX_FAULTS:
            break
    _refuse_if_any(faults)
    return tuple(rows), blank


def _faults_of(record: _Record, columns: tuple[str, ...]) -> Iterator[Fault]:
    where = f"line {record.line}"
    if len(record.cells) != len(columns):
        yield Fault(
            where,
            f"has {len(record.cells)} values where the header names {len(columns)} columns; "
            "quote values that hold the separator",
        )
    for name, cell in zip(columns, record.cells, strict=False):
        if len(cell) > MAX_CELL_BYTES // 4 and len(cell.encode()) > MAX_CELL_BYTES:
            raise _cell_too_large(record.line)
        if cell.startswith(SEALED_PREFIX):
            yield Fault(where, f'the value of "{name[:80]}" begins with "{SEALED_PREFIX}", which is reserved')


def _refuse_if_any(faults: list[Fault]) -> None:
    if not faults:
        return
    first, count = faults[0], len(faults)
    more = f" (and {count - 1} more)" if count > 1 else ""
    raise InvalidInput(f"The CSV file cannot be used: {first.pointer}: {first.detail}{more}.", faults[:MAX_FAULTS])


__all__ = ["ColumnMapping", "Table", "map_columns", "read_csv"]
