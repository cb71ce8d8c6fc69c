"""Test cases of Selenium IDE for Firefox (1 and 2) and of Katalon Recorder: tables in HTML → a project of today's IDE.

Read by its tables, rows and cells alone, in time that grows with the file: such files come from anywhere.
"""

import html
import re
from typing import Any

_HEAD = 64 * 1024
_TEST_CASE = re.compile(
    rb"selenium-ide\.openqa\.org/profiles/test-case|rel=[\"']selenium\.base[\"']"
    # A file of Katalon Recorder says neither; a table of three columns under one name is all it has.
    rb"|<thead>\s{0,200}<tr[^<>]{0,100}>\s{0,200}<td(?: rowspan=[\"']1[\"'])? colspan=[\"']3[\"']>",
    re.IGNORECASE,
)
_TABLE = re.compile(r"<table\b[^<>]{0,200}>", re.IGNORECASE)
_ROW = re.compile(r"<tr\b[^<>]{0,200}>", re.IGNORECASE)
_CELL = re.compile(r"<td\b[^<>]{0,200}>", re.IGNORECASE)
_ENDS = re.compile(r"</td|<datalist|</tr", re.IGNORECASE)
_OPTION = re.compile(r"<option>([^<]{0,4000})</option", re.IGNORECASE)
_BREAK = re.compile(r"<br\s?/?>", re.IGNORECASE)
_TITLE = re.compile(r"<title>([^<]{0,500})</title", re.IGNORECASE)
_LINK = re.compile(r"<link\b[^<>]{0,600}>", re.IGNORECASE)
_HREF = re.compile(r"href=[\"']([^\"']{0,500})", re.IGNORECASE)


def is_test_case(content: bytes) -> bool:
    """Whether a file holds such test cases."""
    head = content[:_HEAD].lstrip(b"\xef\xbb\xbf \r\n\t")
    return head.startswith(b"<") and b"suiteTable" not in head and bool(_TEST_CASE.search(head))


def project_of(text: str) -> dict[str, Any]:
    """The test cases as a `.side` project has them, one a table, their commands in order."""
    text = _without_remarks(text)
    links = [link[0] for link in _LINK.finditer(text, 0, _HEAD) if "selenium.base" in link[0]]
    base = _HREF.search(links[0]) if links else None
    title = _TITLE.search(text, 0, _HEAD)
    name = html.unescape(title[1]) if title else ""
    tables = _TABLE.split(text)[1:]
    if len(tables) < 2:
        tests = [{"name": name, "commands": _commands(text)}]
    else:
        tests = [{"name": _name(table), "commands": _commands(table)} for table in tables]
    tests = [part for test in tests for part in _with_functions(test)]
    return {
        "version": "1.0",
        "name": name,
        "url": html.unescape(base[1]) if base else "",
        "tests": tests,
        "selenese": True,
        "cut": "</table" not in text[-2000:].lower(),
    }


def _without_remarks(text: str) -> str:
    """Without `<!-- … -->`: rows in it are not performed."""
    kept, at = [], 0
    while (begins := text.find("<!--", at)) >= 0 and (ends := text.find("-->", begins + 4)) >= 0:
        kept.append(text[at:begins])
        at = ends + 3
    return "".join([*kept, text[at:]])


def _with_functions(test: dict[str, Any]) -> list[dict[str, Any]]:
    """The test, and each of its `function` … `endFunction` as a test that it runs where it says `call`."""
    own: dict[str, Any] = {**test, "commands": []}
    found, into = [own], own
    for command in test["commands"]:
        match command["command"].casefold():
            case "function":
                into = {"name": command["target"], "commands": [], "called": True}
                found.append(into)
            case "endfunction":
                into = own
            case "call" if any(one["target"] == command["target"] and one is not command for one in test["commands"]):
                into["commands"].append({**command, "command": "run"})
            case _:
                into["commands"].append(command)
    return found


def _name(table: str) -> str:
    first = next((cells for cells in map(_cells, _ROW.split(table)[1:3]) if len(cells) == 1), [""])
    return _text(first[0])


def _commands(table: str) -> list[dict[str, Any]]:
    return [_command(cells) for cells in map(_cells, _ROW.split(table)[1:]) if len(cells) == 3]


def _command(cells: list[str]) -> dict[str, Any]:
    name, target, value = map(_text, cells)
    options = [html.unescape(option) for option in _OPTION.findall(cells[1])]
    # The first is what was recorded; where somebody wrote another target, the others are not about it.
    recorded = [[option, ""] for option in options] if options[:1] == [target] else []
    return {"command": name, "target": target, "value": value, "targets": recorded}


def _cells(row: str) -> list[str]:
    return _CELL.split(row)[1:]


def _text(cell: str) -> str:
    return html.unescape(_BREAK.sub("\n", _ENDS.split(cell, maxsplit=1)[0])).strip()
