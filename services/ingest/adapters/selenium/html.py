"""Test cases of Selenium IDE for Firefox (1 and 2) and Katalon Recorder: a table in HTML → a project of today's IDE.

Read by its rows and cells alone, in time that grows with the file: such files come from anywhere.
"""

import html
import re
from typing import Any

_HEAD = 64 * 1024
_TEST_CASE = re.compile(rb"selenium-ide\.openqa\.org/profiles/test-case|rel=[\"']selenium\.base[\"']", re.IGNORECASE)
_ROW = re.compile(r"<tr\b[^<>]{0,200}>", re.IGNORECASE)
_CELL = re.compile(r"<td\b[^<>]{0,200}>", re.IGNORECASE)
_ENDS = re.compile(r"</td|<datalist|</tr", re.IGNORECASE)
_BREAK = re.compile(r"<br\s?/?>", re.IGNORECASE)
_TITLE = re.compile(r"<title>([^<]{0,500})</title", re.IGNORECASE)
_LINK = re.compile(r"<link\b[^<>]{0,600}>", re.IGNORECASE)
_HREF = re.compile(r"href=[\"']([^\"']{0,500})", re.IGNORECASE)


def is_test_case(content: bytes) -> bool:
    """Whether a file is such a test case."""
    head = content[:_HEAD].lstrip(b"\xef\xbb\xbf \r\n\t")
    return head.startswith(b"<") and b"suiteTable" not in head and bool(_TEST_CASE.search(head))


def project_of(text: str) -> dict[str, Any]:
    """The test case as a `.side` project has it: one test, its commands in order."""
    title = _TITLE.search(text, 0, _HEAD)
    links = [link[0] for link in _LINK.finditer(text, 0, _HEAD) if "selenium.base" in link[0]]
    base = _HREF.search(links[0]) if links else None
    rows = (_cells(row) for row in _ROW.split(text)[1:])
    commands = [dict(zip(("command", "target", "value"), cells, strict=True)) for cells in rows if len(cells) == 3]
    name = html.unescape(title[1]) if title else ""
    return {
        "version": "1.0",
        "name": name,
        "url": html.unescape(base[1]) if base else "",
        "tests": [{"name": name, "commands": commands}],
    }


def _cells(row: str) -> list[str]:
    return [html.unescape(_BREAK.sub("\n", _ENDS.split(cell, maxsplit=1)[0])).strip() for cell in _CELL.split(row)[1:]]
