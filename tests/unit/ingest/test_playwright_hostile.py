"""Whatever a file of Playwright was made into: it is imported, or refused in words; nothing else ever happens."""

import io
import json
import struct
import zipfile
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.ingest.adapters.importing import read_every_recording, read_recording
from services.ingest.adapters.zip_archive import MAX_ENTRIES
from shared.core.errors import InvalidInput, TooLarge
from tests.unit.ingest.playwright_samples import ASYNC, JSONL, PYTEST, SYNC, trace, trace_lines, zipped

TEXTS = (PYTEST, SYNC, ASYNC, JSONL)
PIECES = (
    "(",
    ")",
    '"',
    "'",
    "\n",
    "    ",
    "[",
    "{",
    "None",
    "page",
    ".click()",
    "lambda: 0",
    "1e999",
    "\x00",
    "é",
    "**",
)


def survives(content: bytes) -> None:
    try:
        read, _ = read_every_recording(content, "hostile.py")
    except (InvalidInput, TooLarge):
        return
    for recording in read:
        assert recording.steps


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(TEXTS), st.data())
def test_a_mutated_text_is_imported_or_refused(text: str, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(at, min(len(text), at + 40)))
        text = text[:at] + data.draw(st.sampled_from(PIECES) | st.text(max_size=6)) + text[end:]
    survives(text.encode("utf-8", "surrogatepass"))


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


def replaced(found: Any, data: st.DataObject) -> Any:
    """The value with something in it replaced by anything."""
    if isinstance(found, dict) and found and data.draw(st.booleans()):
        key = data.draw(st.sampled_from(sorted(found)))
        return {**found, key: replaced(found[key], data)}
    if isinstance(found, list) and found and data.draw(st.booleans()):
        at = data.draw(st.integers(0, len(found) - 1))
        return [*found[:at], replaced(found[at], data), *found[at + 1 :]]
    return data.draw(ANYTHING)


@settings(max_examples=300, deadline=None)
@given(st.integers(2, 11), st.data())
def test_a_mutated_trace_is_imported_or_refused(version: int, data: st.DataObject) -> None:
    lines = trace_lines(version)
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 1))
        lines[at] = replaced(lines[at], data)
    text = "\n".join(json.dumps(line) for line in lines)
    survives(zipped({"trace.trace": text.encode()}))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_mutated_lines_of_jsonl_are_imported_or_refused(data: st.DataObject) -> None:
    lines = [json.loads(line) for line in JSONL.splitlines()]
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 1))
        lines[at] = replaced(lines[at], data)
    survives("\n".join(json.dumps(line) for line in lines).encode())


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_zip_with_broken_bytes_is_imported_or_refused(data: st.DataObject) -> None:
    content = bytearray(trace())
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(4, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(4, len(content)))
    survives(bytes(content[:cut]) if data.draw(st.booleans()) else bytes(content))


def refusal_of(content: bytes, name: str = "trace.zip") -> str:
    with pytest.raises((InvalidInput, TooLarge)) as refused:
        read_recording(content, name)
    return refused.value.detail


def entry(name: str, **attributes: Any) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        written = zipfile.ZipInfo(name)
        for key, value in attributes.items():
            setattr(written, key, value)
        archive.writestr(written, b'{"type":"context-options","version":8}')
    return held.getvalue()


@pytest.mark.parametrize("name", ["../trace.trace", "/etc/trace.trace", "a/../../trace.trace", "C:\\trace.trace"])
def test_a_path_that_leads_out_of_the_archive_is_refused(name: str) -> None:
    assert "not read" in refusal_of(entry(name))


def test_a_link_in_the_archive_is_refused() -> None:
    assert "link" in refusal_of(entry("trace.trace", external_attr=0o120777 << 16))


def test_an_encrypted_archive_is_refused_with_that_word() -> None:
    content = bytearray(entry("trace.trace"))
    at = content.rindex(b"PK\x01\x02")
    content[at + 8 : at + 10] = struct.pack("<H", 1)
    assert "encrypted" in refusal_of(bytes(content))


def test_an_archive_that_would_unpack_to_too_much_is_refused_before_it_is_unpacked() -> None:
    assert "unpack" in refusal_of(zipped({"trace.trace": b"0" * 300_000_000}))


def test_an_archive_that_lies_about_its_sizes_is_stopped_while_it_is_read() -> None:
    content = bytearray(zipped({"trace.trace": b"\n" * 40_000_000}))
    for mark, place in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = content.index(mark) + place
        content[at : at + 4] = struct.pack("<I", 1000)
    assert refusal_of(bytes(content))


def test_too_many_files_are_refused() -> None:
    assert "limit" in refusal_of(zipped({f"{number}": b"" for number in range(MAX_ENTRIES + 1)}))


def test_two_files_of_one_name_are_refused() -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("trace.trace", b"{}")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("trace.trace", b"{}")
    assert "two files" in refusal_of(held.getvalue())


def test_a_truncated_archive_is_refused() -> None:
    assert "broken" in refusal_of(trace()[:-30])


def test_a_report_is_told_from_a_trace() -> None:
    assert "HTML report" in refusal_of(zipped({"index.html": b"<html>", "data/a.zip": b""}))


def test_a_zip_of_recordings_says_what_to_unpack() -> None:
    assert "unpack it and import a.side" in refusal_of(zipped({"a.side": b"{}"}))


def test_a_deeply_nested_script_is_refused() -> None:
    text = 'from playwright.sync_api import Page\npage.goto("' + '".format("' * 3000 + '"' + ")" * 3001
    assert refusal_of(text.encode(), "deep.py")
    nested = "import playwright\nx = " + "(" * 5000 + ")" * 5000
    assert refusal_of(nested.encode(), "deep.py")


def test_a_function_that_calls_itself_ends() -> None:
    text = "import playwright\ndef test_a(page):\n    again(page)\ndef again(page):\n    again(page)\n    again(page)\n"
    assert "nested too deep" in refusal_of(text.encode(), "again.py")


def test_loops_in_loops_end() -> None:
    loops = "".join(f"{'    ' * (depth + 1)}for a{depth} in range(150):\n" for depth in range(6))
    text = (
        f'import playwright\ndef test_a(page):\n    page.goto("https://a.test/")\n{loops}{"    " * 7}page.click("#a")\n'
    )
    assert "limit" in refusal_of(text.encode(), "loops.py")


@pytest.mark.parametrize(
    "lines",
    [
        [f"def f{at}(p):\n    f{at + 1}(p)\n    f{at + 1}(p)" for at in range(18)],
        [
            "def f18(p):",
            *[f"{'    ' * at}for x{at} in range(150):" for at in range(1, 5)],
            "     " * 5 + "p.locator('a')",
        ],
    ],
    ids=["functions", "loops"],
)
def test_a_script_that_multiplies_its_own_steps_is_refused_soon(lines: list[str]) -> None:
    around = ["from playwright.sync_api import Page", "def f18(p):\n    pass", *lines]
    test = ["def test_a(page: Page):", "    page.goto('https://a.example/')", "    f0(page)", "    f18(page)"]
    if not lines[0].startswith("def f0"):
        test.pop(2)
    assert "too much to be followed" in refusal_of("\n".join([*around, *test]).encode(), "a.py")


def test_classes_that_stand_above_themselves_come_to_an_end() -> None:
    text = """
from playwright.sync_api import Page
class A(B):
    def m(self): super().m()
class B(A):
    def n(self): self.n()
def test_a(page: Page):
    page.goto("https://a.example/")
    A(page).m()
    A(page).other.thing(page)
    B(page).n()
"""
    assert "nested too deep" in refusal_of(text.encode(), "a.py")


def test_fixtures_that_ask_for_themselves_or_without_end_come_to_an_end() -> None:
    around = "import pytest\nfrom playwright.sync_api import Page\n@pytest.fixture\ndef a(a): return a\n"
    chain = "".join(f"@pytest.fixture\ndef f{at}(f{at + 1}): return f{at + 1}\n" for at in range(400))
    test = "def test_a(page: Page, a{}):\n    page.goto('https://a.example/')\n    page.fill('#a', a)\n"
    assert len(read_recording((around + test.format("")).encode(), "a.py").steps) == 2
    assert "nested too deep" in refusal_of((around + chain + test.format(", f0")).encode(), "a.py")
