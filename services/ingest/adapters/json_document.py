"""Read a file that claims to be JSON, from whoever sent it, into values that the log and Postgres can hold."""

import codecs
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any, NoReturn

from services.ingest.adapters.faults import Faults, kind, pointer, shown
from services.ingest.adapters.recognising import other_document
from shared.core.errors import InvalidInput, TooLarge

MAX_FILE_BYTES = 5 * 1024 * 1024
MAX_DEPTH = 64
MAX_TEXT_BYTES = 64 * 1024
MAX_DIGITS = 19
_WIDE = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
LARGEST_WHOLE_NUMBER = 2**63 - 1  # what the log's encoder and Postgres' bigint hold


class _Object(dict[str, Any]):
    """An object as the file has it, with the keys that it gave twice."""

    repeated: tuple[str, ...] = ()


class _Unreadable(ValueError):
    """A number that no other program would read the same way."""


def read_json_object(content: bytes, subject: str) -> dict[str, Any]:
    """The object in the file. `InvalidInput` or `TooLarge` says what is wrong and where."""
    document = _parsed(decoded(content, subject), subject)
    if not isinstance(document, dict):
        told = (
            other_document(document) or f"cannot be imported: it holds {kind(document)}, not a JSON object with steps."
        )
        raise InvalidInput(f"{subject} {told}")
    faults = Faults(subject)
    _check_values(document, faults)
    faults.refuse_if_any()
    return document


def as_utf8(content: bytes) -> bytes:
    """The same text in UTF-8, where a file is UTF-16 or UTF-32 by its first bytes (as Windows writes)."""
    if len(content) <= MAX_FILE_BYTES:
        for mark, name in _WIDE:
            if content.startswith(mark):
                return content.decode(name, errors="replace").encode()
        for first, name in ((1, "utf-16-le"), (0, "utf-16-be")):
            if len(content) > 40 and not any(content[first:40:2]) and all(content[1 - first : 40 : 2]):
                return content.decode(name, errors="replace").encode()
    return content


def decoded(content: bytes, subject: str) -> str:
    """The text of a file. Raises `InvalidInput` or `TooLarge`."""
    if len(content) > MAX_FILE_BYTES:
        limit = MAX_FILE_BYTES // (1024 * 1024)
        raise TooLarge(f"{subject} is too large: {len(content)} bytes, where {limit} MiB are the limit.")
    if not content.strip():
        raise InvalidInput(f"{subject} is empty; export the recording as JSON again.")
    if content.startswith(b"PK\x03\x04"):
        raise InvalidInput(f"{subject} is a ZIP file; unpack it and import the JSON file that it holds.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidInput(
            f"{subject} is not UTF-8 text: byte {error.start + 1} in line {line} is invalid; save it as UTF-8."
        ) from None


def _parsed(text: str, subject: str) -> Any:
    try:
        return json.loads(
            text,
            object_pairs_hook=_with_repeated_keys,
            parse_int=_whole_number,
            parse_float=_fraction,
            parse_constant=_refused_constant,
        )
    except json.JSONDecodeError as error:
        if text.lstrip()[:1] not in ("/", "{", "["):
            raise InvalidInput(
                f"{subject} holds no recording: it is neither JSON nor a script of Playwright."
            ) from None
        where = f"line {error.lineno}, column {error.colno}"
        raise InvalidInput(f"{subject} cannot be read as JSON at {where}: {_in_words(text, error)}.") from None
    except _Unreadable as error:
        raise InvalidInput(f"{subject} cannot be imported: {error}") from None
    except RecursionError:
        raise InvalidInput(_too_deep(subject)) from None


def _in_words(text: str, error: json.JSONDecodeError) -> str:
    here = text[error.pos : error.pos + 2]
    if not text[error.pos :].strip() or error.msg.startswith("Unterminated string"):
        return "it ends in the middle, perhaps cut off; export or download it again"
    if error.msg.startswith("Extra data"):
        return "the recording has ended, and more follows; a file holds one recording"
    if here in ("//", "/*"):
        return "JSON has no comments; remove it"
    if here[0] in "]}":
        return "a comma stands before the end of a list or an object; remove it"
    if here[0] == "'":
        return "names and texts stand in double quotes, not in single ones"
    if error.msg.startswith("Invalid control character") or "\0" in here:
        return "a line break, a tab or what is no text stands here; export the file again"
    return error.msg[:1].lower() + error.msg[1:]


def _too_deep(subject: str) -> str:
    return f"{subject} cannot be imported: its objects are nested more than {MAX_DEPTH} deep."


def _with_repeated_keys(pairs: list[tuple[str, Any]]) -> _Object:
    found = _Object(pairs)
    if len(found) < len(pairs):
        found.repeated = tuple(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
    return found


def _whole_number(digits: str) -> int:
    if len(digits.lstrip("-")) > MAX_DIGITS or abs(int(digits)) > LARGEST_WHOLE_NUMBER:
        raise _Unreadable(f"the number {shown(digits)} is too large; write it as text, in quotes.")
    return int(digits)


def _fraction(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise _Unreadable(f"the number {shown(digits)} is too large; write it as text, in quotes.")
    return number


def _refused_constant(name: str) -> NoReturn:
    raise _Unreadable(f"{name} is not a JSON number; remove it or write a number.")


def _check_values(document: dict[str, Any], faults: Faults) -> None:
    _check_keys([], document, faults)
    for path, found in _walk(document):
        if isinstance(found, str):
            _check_text(path, found, faults)
        elif isinstance(found, dict | list) and len(path) > MAX_DEPTH:
            faults.add(pointer(*path), f"nested more than {MAX_DEPTH} deep.")
        elif isinstance(found, _Object):
            _check_keys(path, found, faults)


def _walk(document: dict[str, Any]) -> Iterator[tuple[list[str | int], object]]:
    """Every value inside, with the path to it (one list, changed while walking), down to just below the depth limit.

    Holds one iterator a level, so that a file of a million small values costs no memory.
    """
    path: list[str | int] = []
    levels = [_children(document)]
    while levels:
        child = next(levels[-1], None)
        del path[len(levels) - 1 :]
        if child is None:
            levels.pop()
            continue
        key, value = child
        path.append(key)
        yield path, value
        if isinstance(value, dict | list) and len(path) <= MAX_DEPTH:
            levels.append(_children(value))


def _children(found: dict[str, Any] | list[Any]) -> Iterator[tuple[str | int, object]]:
    return iter(found.items()) if isinstance(found, dict) else iter(enumerate(found))


def _check_keys(path: list[str | int], found: dict[str, Any], faults: Faults) -> None:
    for key in getattr(found, "repeated", ()):
        faults.add(pointer(*path), f"the key {shown(key)} is given twice; keep one.")
    for key in found:
        _check_text([*path, key], key, faults)


def _check_text(path: list[str | int], text: str, faults: Faults) -> None:
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError:
        faults.add(pointer(*path), "this text holds half of a character (a lone surrogate); write it again.")
        return
    if size > MAX_TEXT_BYTES:
        faults.add(pointer(*path), f"this text is longer than {MAX_TEXT_BYTES // 1024} KiB; shorten it.")
    elif "\x00" in text:
        faults.add(pointer(*path), "this text holds a NUL character, which cannot be stored; remove it.")
