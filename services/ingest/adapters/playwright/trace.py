"""Traces of Playwright (trace.zip, versions 3 to 9) → recordings.

`*.trace` holds one JSON object a line: `context-options` first, then calls (`action` in version 3; `before` and `after`
from 4 on) and snapshots of the page. Calls are named by class and method of the protocol, which no version has renamed
(`apiName` and `title` have been). Only these lines are read; nothing is unpacked to disk.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin

from services.ingest.adapters.faults import Faults, printable
from services.ingest.adapters.imported import MAX_STEPS, ImportedRecording, about_file
from services.ingest.adapters.playwright.actions import carried
from services.ingest.adapters.playwright.keyboard import TYPING, typed_behind
from services.ingest.adapters.playwright.recording import recording_of
from services.ingest.adapters.playwright.terms import Action, Made
from services.ingest.adapters.playwright.trace_calls import IGNORED_CLASSES, action_of
from services.ingest.adapters.playwright.trace_targets import target_in
from services.ingest.adapters.zip_archive import Archive
from shared.core.errors import InvalidInput

VERSIONS = range(3, 10)
LAST_KNOWN = "1.63"  # the last that writes version 9
MAX_CALLS = 50_000
_OF_INTEREST = (b'"context-options"', b'"type":"action"', b'"type":"before"', b'"type":"after"', b'"download"')
_MARK = b"__playwright_target__"
_SNAPSHOT = b'"frame-snapshot"'
# Some versions say the page of a call only in its snapshots.
_PAGE_OF = re.compile(rb'"callId":"([^"]{1,100})"[^{}]{0,200}?"pageId":"([^"]{1,100})"')


@dataclass(slots=True)
class Call:
    """One call: its class and method, when it began, on which page; what it was given, and what went wrong."""

    id: str
    name: str
    began: float
    page: str | None
    params: dict[str, Any]
    error: str | None = None
    download: bool = False
    base: str = ""  # what the addresses of its context are relative to
    target: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Trace:
    """What one `.trace` file tells."""

    options: dict[str, Any] = field(default_factory=dict)
    calls: dict[str, Call] = field(default_factory=dict)


def import_trace(content: bytes, name: str, faults: Faults, subject: str) -> ImportedRecording:
    """The recording. Raises `InvalidInput` or `TooLarge`."""
    archive = Archive(content, subject)
    traces = [_read(archive, file, subject) for file in _trace_files(archive, subject)]
    traces = [trace for trace in traces if trace.calls] or traces[:1]
    notes = []
    if len(traces) > 1:
        notes.append(
            about_file("changed", f"its {len(traces)} browser contexts become one, in the order of their calls")
        )
    calls = sorted((call for trace in traces for call in trace.calls.values()), key=lambda call: call.began)
    title = next((said for trace in traces if isinstance(said := trace.options.get("title"), str) and said), None)
    made = [*_window(traces[0].options, faults), *_made(calls, faults)]
    return recording_of(made, printable(title or name), "playwright_trace", faults, notes)


def _trace_files(archive: Archive, subject: str) -> list[str]:
    names = archive.names
    traces = [one for one in names if one.endswith(".trace") and "/" not in one]
    if of_browsers := sorted(one for one in traces if one != "test.trace"):
        return of_browsers
    if traces:
        raise InvalidInput(f"{subject} is a trace in which no browser was used; there is nothing to replay in it.")
    if "index.html" in names:
        raise InvalidInput(f"{subject} is an HTML report; import one of the traces (.zip) in its folder data.")
    inner = next((one for one in names if one.endswith((".zip", ".json", ".side", ".py", ".jsonl"))), None)
    if inner:
        raise InvalidInput(f"{subject} is a ZIP file but no trace; unpack it and import {printable(inner)[:80]}.")
    raise InvalidInput(f"{subject} is a ZIP file but no trace of Playwright: it holds no file that ends with .trace.")


def _read(archive: Archive, file: str, subject: str) -> Trace:
    trace = Trace()
    targets: dict[str, dict[str, Any]] = {}
    pages: dict[str, str] = {}
    for number, line in enumerate(archive.lines(file), 1):
        if _SNAPSHOT in line[:200] and (said := _PAGE_OF.search(line, 0, 600)):
            pages.setdefault(said[1].decode(errors="replace"), said[2].decode(errors="replace"))
        if not any(mark in line for mark in (*_OF_INTEREST, _MARK)):
            continue
        entry = _entry(line, file, number, subject)
        if entry.get("type") == "context-options":
            _check_version(entry.get("version"), subject)
            trace.options = entry
        elif not trace.options:
            raise InvalidInput(f"{subject} is no trace that can be read: {file} does not begin with its version.")
        elif entry.get("type") == "frame-snapshot":
            target_in(entry.get("snapshot"), targets)
        else:
            _tell(trace, entry)
        if len(trace.calls) > MAX_CALLS:
            raise InvalidInput(f"{subject} holds over {MAX_CALLS} calls; record a shorter trace.")
    if not trace.options:
        raise InvalidInput(f"{subject} is no trace that can be read: {file} does not say its version.")
    base = _base_of(trace.options)
    for call in trace.calls.values():
        call.base = base
        call.target = targets.get(call.id, {})
        call.page = call.page or pages.get(call.id)
    return trace


def _entry(line: bytes, file: str, number: int, subject: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise InvalidInput(f"{subject} is broken: line {number} of {printable(file)[:60]} is no JSON object.")
    return found


def _check_version(version: Any, subject: str) -> None:
    if not isinstance(version, int) or version < VERSIONS[0]:
        raise InvalidInput(
            f"{subject} was made by an old version of Playwright (trace version {str(version)[:10]}); versions "
            f"{VERSIONS[0]} to {VERSIONS[-1]} are read: record it again with a newer Playwright."
        )
    if version not in VERSIONS:
        raise InvalidInput(
            f"{subject} was made by a newer version of Playwright (trace version {str(version)[:10]}) than is known "
            f"here; versions {VERSIONS[0]} to {VERSIONS[-1]} are read: trace with Playwright {LAST_KNOWN} or before, "
            "or import a script of codegen (--target python)."
        )


def _tell(trace: Trace, entry: dict[str, Any]) -> None:
    match entry.get("type"):
        case "action" | "before":
            call = _call_of(entry)
            if call is not None and len(trace.calls) <= MAX_CALLS:
                trace.calls[call.id] = call
        case "after":
            call = trace.calls.get(str(entry.get("callId")))
            if call is not None:
                call.error = _error(entry.get("error"))
        case "event":
            told = entry.get("metadata") if isinstance(entry.get("metadata"), dict) else entry
            presses = [call for call in trace.calls.values() if call.name in _MAY_DOWNLOAD]
            if isinstance(told, dict) and told.get("method") == "download" and presses:
                presses[-1].download = True


_MAY_DOWNLOAD = ("Frame.click", "Frame.dblclick", "Frame.press", "Frame.tap", "Page.keyboardPress")


def _call_of(entry: dict[str, Any]) -> Call | None:
    """A call of any version; None for one of the tracing itself."""
    metadata = entry.get("metadata")
    if isinstance(metadata, dict):  # version 3
        kind, call_id, error = metadata.get("type"), metadata.get("id"), metadata.get("error")
        error = error.get("error", error) if isinstance(error, dict) else error
        if metadata.get("internal"):
            return None
        entry = metadata
    else:
        kind, call_id, error = entry.get("class"), entry.get("callId"), entry.get("error")
    method, params, began = entry.get("method"), entry.get("params"), entry.get("startTime")
    if not isinstance(kind, str) or not isinstance(method, str) or kind in IGNORED_CLASSES:
        return None
    page = entry.get("pageId")
    return Call(
        str(call_id),
        f"{kind}.{method}",
        float(began) if isinstance(began, int | float) else 0.0,
        page if isinstance(page, str) else None,
        params if isinstance(params, dict) else {},
        _error(error),
    )


def _error(given: Any) -> str | None:
    message = given.get("message") if isinstance(given, dict) else given
    return printable(str(message).strip().split("\n")[0])[:120] if message else None


def _base_of(options: dict[str, Any]) -> str:
    given = options.get("options")
    base = given.get("baseURL") if isinstance(given, dict) else None
    return base if isinstance(base, str) else ""


def _window(options: dict[str, Any], faults: Faults) -> Iterator[Made]:
    given = options.get("options")
    viewport = given.get("viewport") if isinstance(given, dict) else None
    if isinstance(viewport, dict):
        yield from carried(Action("set_viewport_size", 1, 1, None, {"viewport_size": viewport}), faults)


def _made(calls: list[Call], faults: Faults) -> Iterator[Made]:
    pages: dict[str, int] = {}
    opened = 0
    before: Made | None = None
    for at, call in enumerate(calls, 1):
        if call.name == "BrowserContext.newPage":
            opened += 1
        if call.page is not None:
            pages.setdefault(call.page, len(pages) + 1)
        page = pages.get(call.page or "", 1)
        if call.name == "BrowserContext.newPage" and opened > 1:
            yield from carried(Action("new_page", at, len(pages) + 1), faults)
            continue
        action = action_of(call.name, call.params)
        if action is None:
            continue
        action.line, action.page, action.known, action.unit = at, page, call.target, "call"
        if call.download:
            action.args["_download"] = True
        if action.name == "goto" and call.base and isinstance(address := action.args.get("url"), str):
            action.args["url"] = urljoin(call.base, address)
        made = typed_behind(before, action, faults) if action.name in TYPING else carried(action, faults)
        for one in made:
            if call.error and one.json:
                one.note("carried", f"it failed when it was traced: {call.error}")
            before = one if one.json else before
            yield one
        if at > MAX_STEPS * 3:
            faults.add("", f"it has {len(calls)} calls, which is more than a recording holds.")
            return
