"""Files that hold no recording that can be read: told by name what they are, so that a person knows what to do."""

import re
from typing import Any

from services.ingest.adapters.faults import shown

_HEAD = 16 * 1024
_JSON_INSTEAD = 'in Chrome\'s Recorder choose "Export as JSON" instead'
_CODEGEN_INSTEAD = (
    "record it with playwright codegen --target python or --target jsonl, or import its trace (trace.zip)"
)
_AS_RECORDED = "import the recording that it was made from (Chrome's JSON, or the .side project), or record it again"
_UNPACK = "unpack it and import what is in it"

# How a file of bytes begins, from its first byte.
_MAGIC = (
    (b"\x1f\x8b", f"is compressed (gzip); {_UNPACK}"),
    (b"7z\xbc\xaf", f"is a 7z archive; {_UNPACK}"),
    (b"Rar!\x1a", f"is a RAR archive; {_UNPACK}"),
    (b"BZh", f"is compressed (bzip2); {_UNPACK}"),
    (b"\xfd7zXZ", f"is compressed (xz); {_UNPACK}"),
    (b"\x89PNG", "is a picture"),
    (b"\xff\xd8\xff", "is a picture"),
    (b"GIF8", "is a picture"),
    (b"RIFF", "is a picture or a film"),
    (b"\x1aE\xdf\xa3", "is a film; of one nobody can tell what was clicked"),
    (b"%PDF", "is a PDF document"),
    (b"MZ", "is a program, and no recording"),
    (b"SQLite format 3", "is a database, and no recording"),
    (b"{\\rtf", "is a document of a word processor, and no recording"),
    (b"version https://git-lfs", "is only a pointer of Git LFS to the file; fetch it with: git lfs pull"),
)

# What stands near the beginning of a text that is no JSON. The first that is found counts.
_TEXTS = (
    (r"['\"]@puppeteer/replay['\"]", f"is a script for @puppeteer/replay; {_JSON_INSTEAD}"),
    (r"import\(['\"]lighthouse|['\"]lighthouse['\"]", f"is a Lighthouse script; {_JSON_INSTEAD}"),
    (r"(require\(|from\s+)['\"]puppeteer", f"is a Puppeteer script; {_JSON_INSTEAD}"),
    (r"\bcy\.(visit|get|viewport|contains)\(", f"is a Cypress script; {_AS_RECORDED}"),
    (r"\.navigateTo\(|browser\.windowRect\(|nightwatch", f"is a Nightwatch script; {_AS_RECORDED}"),
    (r"^(setEventName|execAndWait|setViewportSize)\s", f"is a WebPageTest script; {_AS_RECORDED}"),
    (r"from\s+['\"]testcafe['\"]|^fixture\s*[`(]", f"is a TestCafe script; {_AS_RECORDED}"),
    (r"com\.microsoft\.playwright", f"is a Playwright script in Java; {_CODEGEN_INSTEAD}"),
    (r"^using (static )?Microsoft\.Playwright", f"is a Playwright script in C#; {_CODEGEN_INSTEAD}"),
    (
        r"(require\(|from\s+|import\s+)['\"](@playwright/test|playwright[\w-]*)['\"]"
        r"|\bpage\d*\.(getBy\w+|waitForSelector|waitForURL)\(|\bawait page\d*\.goto\([^)]*\);",
        f"is a Playwright script in JavaScript or TypeScript; {_CODEGEN_INSTEAD}",
    ),
    (
        r"^[ \t]*(from|import) selenium\b|org\.openqa\.selenium|OpenQA\.Selenium|selenium-webdriver",
        f"is a script for Selenium's WebDriver; {_AS_RECORDED}",
    ),
    (r"^\*\*\* (Settings|Test Cases|Variables) \*\*\*", f"is a Robot Framework test; {_AS_RECORDED}"),
    (r"^VERSION BUILD=|^URL GOTO=", f"is an iMacros script; {_AS_RECORDED}"),
    (r"<selenese>", "is a test of Katalon Recorder as XML; export it there as HTML or .side of Selenium IDE"),
    (
        r"id=[\"']suiteTable[\"']|profiles/test-suite",
        "is a suite of the old Selenium IDE and only names its test cases; import those",
    ),
    (r"<jmeterTestPlan", "is a test plan of JMeter, which holds requests and no steps on a page"),
    (
        r"\A\s*<(!doctype\s+html|html|head|body)\b",
        "is a web page and no recording; perhaps an error or a sign-in page was saved instead: download it again",
    ),
    (r"\A\s*<", "is XML or HTML, and no recording that is known here"),
)
_PATTERNS = tuple((re.compile(found, re.MULTILINE | re.IGNORECASE), told) for found, told in _TEXTS)


def other_file(content: bytes) -> str | None:
    """What a file is that cannot be a recording ("is a Puppeteer script; …"); None where it may be one."""
    for magic, told in _MAGIC:
        if content.startswith(magic):
            return f"{told}."
    if content[4:8] == b"ftyp":
        return "is a film; of one nobody can tell what was clicked."
    if content[257:262] == b"ustar":
        return f"is a tar archive; {_UNPACK}."
    head = content[:_HEAD].decode("utf-8-sig", errors="replace")
    if head.lstrip()[:1] in ("{", "["):
        return None
    return next((f"{told}." for found, told in _PATTERNS if found.search(head)), None)


def other_document(document: Any) -> str | None:
    """What a JSON value is that is no recording; None where nobody knows."""
    match document:
        case list():
            return _other_list(document)
        case {"log": {"entries": list()}}:
            return "is a HAR file: it holds what was sent and received, and nothing of what was clicked."
        case {"info": {"_postman_id": _}} | {"info": {"schema": _}, "item": list()}:
            return "is a Postman collection, which holds requests and no steps on a page."
        case {"Commands": list()}:
            return "is a macro of UI.Vision RPA (Kantu), which is not read here; record it again, or export it as HTML."
        case {"events": [{"type": int(), "timestamp": _}, *_]}:
            return _RRWEB
        case {"traceEvents": list()}:
            return "is a performance trace of Chrome: it holds timings, and nothing of what was clicked."
        case {"sections": list()}:
            return "was made by a first trial version of Chrome's Recorder; record it again and export it as JSON."
        case {"cookies": list(), "origins": list()}:
            return "is a saved login (Playwright's storage state) and holds no steps; give it to a job as its login."
        case {"fixtures": list()}:
            return "is a test of TestCafe Studio, which is not read here; record it again."
        case {"openapi": _} | {"swagger": _}:
            return "describes an API, and holds no steps on a page."
        case {"suites": list(), "urls": list()}:
            return "is a project of Selenium IDE without tests; record one in Selenium IDE first."
        case {"message": str(said)} | {"error": str(said)}:
            return f'is an answer of a server ("{said[:60]}"), and no recording; download the file again.'
        case dict():
            return next(
                (f"holds a recording under {shown(key)}; {_ALONE}" for key in document if _is_one(document[key])), None
            )
    return None


def _is_one(found: Any) -> bool:
    match found:
        case {"steps": [{}, *_]} | {"tests": [{"commands": list()}, *_]}:
            return True
    return False


_ALONE = "save that part in a file of its own."
_RRWEB = "is a session of rrweb: it holds what the page looked like, and no locators of what was clicked."


def _other_list(found: list[Any]) -> str:
    first = found[0] if found else None
    match first:
        case {"type": int(), "timestamp": _}:
            return _RRWEB
        case {"x": int() | float(), "y": int() | float(), "type": str(), "time": _}:
            return "was recorded off the whole screen: it holds places of the mouse, and not what was clicked there."
        case {"steps": list()} | {"tests": list()}:
            if len(found) == 1:
                return f"holds a recording inside a list; {_ALONE}"
            return f"holds a list of {len(found)} recordings; save each in a file of its own."
        case {"type": str()} | {"event": str()}:
            return 'holds only a list of steps; put it into an object: {"title": "…", "steps": […]}.'
    return "cannot be imported: it holds a list, not a JSON object with steps."
