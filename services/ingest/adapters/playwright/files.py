"""The files that Playwright writes, told apart by what is in them: traces, jsonl, scripts."""

import re
from collections.abc import Callable
from functools import partial

from services.ingest.adapters.faults import Faults, shown
from services.ingest.adapters.imported import ImportedRecording
from services.ingest.adapters.json_document import MAX_FILE_BYTES
from services.ingest.adapters.playwright.entry import tests_of
from services.ingest.adapters.playwright.jsonl import import_jsonl, is_jsonl
from services.ingest.adapters.playwright.script import import_script, parsed
from services.ingest.adapters.playwright.trace import import_trace
from shared.core.errors import InvalidInput, TooLarge

MAX_ARCHIVE_BYTES = 64 * 1024**2  # a trace holds pictures, of which none are read
Readers = dict[str, Callable[[], ImportedRecording]]
_HEAD = 256 * 1024
_SPREADSHEETS = re.compile(rb"(?i)^\s*[{\[]")


def fits_trace(content: bytes) -> bool:
    """Whether it is a ZIP file, whole or broken."""
    return content.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"))


def fits_jsonl(content: bytes) -> bool:
    """Whether it begins as codegen's jsonl does."""
    return is_jsonl(content[:_HEAD].decode("utf-8-sig", errors="replace"))


def fits_script(content: bytes) -> bool:
    """Whether it looks like a script of Playwright, in whichever language."""
    head = content[:_HEAD].removeprefix(b"\xef\xbb\xbf")
    return b"playwright" in head and not _SPREADSHEETS.match(head)


def of_trace(content: bytes, subject: str, test: str | None) -> Readers:
    """The one recording of a trace."""
    _refuse_choice(test, subject)
    if len(content) > MAX_ARCHIVE_BYTES:
        raise TooLarge(f"{subject} is too large: {MAX_ARCHIVE_BYTES // 1024**2} MiB are the limit for a trace.")
    name = _name_from(subject)
    return {name: lambda: import_trace(content, name, Faults(subject), subject)}


def of_jsonl(content: bytes, subject: str, test: str | None) -> Readers:
    """The one recording of codegen's jsonl."""
    _refuse_choice(test, subject)
    text, name = _text(content, subject), _name_from(subject)
    return {name: lambda: import_jsonl(text, name, Faults(subject))}


def of_script(content: bytes, subject: str, test: str | None) -> Readers:
    """One recording a test of the script, or the one that it is. `test` chooses."""
    tree = parsed(_text(content, subject), Faults(subject))
    name, tests = _name_from(subject), [one.name for one in tests_of(tree)]
    if test is not None and test not in tests:
        there = f"it has {', '.join(tests)[:300]}" if tests else "it has none"
        raise InvalidInput(f"{subject} holds no test {shown(test)}; {there}.")
    wanted = [test] if test is not None else tests
    if len(wanted) > 1 or test is not None:
        return {one: partial(import_script, tree, one, Faults(subject), one) for one in dict.fromkeys(wanted)}
    return {name: partial(import_script, tree, name, Faults(subject), next(iter(wanted), None))}


def _text(content: bytes, subject: str) -> str:
    if len(content) > MAX_FILE_BYTES:
        raise TooLarge(f"{subject} is too large: {MAX_FILE_BYTES // 1024**2} MiB are the limit for a script.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidInput(f"{subject} is not UTF-8 text (line {line}); save it as UTF-8.") from None


def _refuse_choice(test: str | None, subject: str) -> None:
    if test is not None:
        raise InvalidInput(f"{subject} holds one recording, and no test {shown(test)}; leave --test out.")


def _name_from(subject: str) -> str:
    return re.sub(r"\.(jsonl|json|py|zip|trace)$", "", subject, flags=re.IGNORECASE).strip() or "Recording"


# Whether a file is of the format, and how it is read.
FORMATS: tuple[tuple[Callable[[bytes], bool], Callable[[bytes, str, str | None], Readers]], ...] = (
    (fits_trace, of_trace),
    (fits_jsonl, of_jsonl),
    (fits_script, of_script),
)
