"""Files that people take for recordings: read where they are one in disguise, else refused by what they are."""

import contextlib
import gzip
import json

import pytest

from services.ingest.adapters.importing import read_recording
from services.ingest.adapters.recognising import other_file
from shared.core.errors import InvalidInput

CHROME = {"title": "Buy", "steps": [{"type": "navigate", "url": "https://shop.example/"}]}
TEXT = json.dumps(CHROME, indent=2)


def refusal(content: bytes | str, name: str = "file.json") -> str:
    with pytest.raises(InvalidInput) as refused:
        read_recording(content.encode() if isinstance(content, str) else content, name)
    return refused.value.detail


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("const puppeteer = require('puppeteer'); // v22", "a Puppeteer script; in Chrome's Recorder choose \"Export"),
        ("import { createRunner } from '@puppeteer/replay';", "a script for @puppeteer/replay"),
        ("const puppeteer = require('puppeteer');\nawait import('lighthouse');", "a Lighthouse script"),
        ('describe("a", () => { it("b", () => { cy.visit("https://a.example"); }); });', "a Cypress script"),
        ("it('a', function (browser) { browser.windowRect({}).navigateTo('x') })", "a Nightwatch script"),
        ("setEventName\tNavigate\nnavigate\thttps://a.example", "a WebPageTest script"),
        ("import { Selector } from 'testcafe';", "a TestCafe script"),
        ("import com.microsoft.playwright.*;\nclass A {}", "a Playwright script in Java"),
        ("using Microsoft.Playwright.NUnit;", "a Playwright script in C#"),
        ("import { test } from '@playwright/test';", "a Playwright script in JavaScript or TypeScript"),
        ("await page.getByRole('link').click();", "a Playwright script in JavaScript or TypeScript"),
        ("from selenium import webdriver", "a script for Selenium's WebDriver"),
        ("<!DOCTYPE html>\n<html><body>404</body></html>", "a web page and no recording"),
        ("<TestCase>\n<selenese><command>open</command></selenese></TestCase>", "Katalon Recorder"),
        ('<html><body><table id="suiteTable"></table></body></html>', "import those"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:1", "git lfs pull"),
        (gzip.compress(b"{}", mtime=0), "gzip"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
        ("title: a\nsteps: []", "neither JSON nor a script"),
        ({"log": {"version": "1.2", "entries": []}}, "a HAR file"),
        ({"info": {"_postman_id": "1"}, "item": []}, "a Postman collection"),
        ({"Name": "a", "Commands": [{"Command": "open"}]}, "UI.Vision"),
        ([{"type": 4, "data": {}, "timestamp": 1}], "rrweb"),
        ([{"type": "move", "x": 1, "y": 2, "time": 1.5}], "off the whole screen"),
        ({"traceEvents": []}, "a performance trace"),
        ({"sections": []}, "first trial version"),
        ({"cookies": [], "origins": []}, "as its login"),
        ([CHROME, CHROME], "a list of 2 recordings"),
        (CHROME["steps"], '{"title": "…", "steps": […]}'),
        ([CHROME], "a recording inside a list"),
        ({"data": CHROME}, 'a recording under "data"'),
        ({"suites": [], "urls": []}, "without tests"),
        (b"MZ\x90\x00", "a program"),
        ("2024-01-01 INFO started", "neither JSON nor a script"),
        (TEXT[:30] + "\0" + TEXT[30:], "no text"),
        ("from playwright.sync_api import expect\0", "no text"),
        ({"message": "Not Found"}, 'an answer of a server ("Not Found")'),
    ],
    ids=lambda given: str(given)[:24],
)
def test_other_files_are_refused_by_what_they_are(content: object, words: str) -> None:
    assert words in refusal(content if isinstance(content, str | bytes) else json.dumps(content))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (TEXT[:40], "it ends in the middle"),
        (TEXT[:-12], "it ends in the middle"),
        (TEXT + TEXT, "a file holds one recording"),
        ("// mine\n" + TEXT, "JSON has no comments"),
        (TEXT.replace("}\n  ]", "},\n  ]"), "a comma stands before the end"),
        (TEXT.replace('"', "'"), "double quotes"),
    ],
)
def test_broken_json_is_refused_with_what_to_mend_and_where(text: str, words: str) -> None:
    told = refusal(text)
    assert words in told
    assert "line " in told


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"])
def test_a_file_that_says_its_encoding_is_read_in_it(encoding: str) -> None:
    assert read_recording(TEXT.replace("Buy", "Käufe").encode(encoding), "a.json").name == "Käufe"


@pytest.mark.parametrize("text", ["\n" * 20_000, " " * 20_000, "from " * 4000, "await page.goto(" * 1000, "<" * 20_000])
def test_looking_at_a_file_takes_no_time(text: str) -> None:
    other_file(text.encode())  # the test's own time limit is the assertion


OLD = """<?xml version="1.0" encoding="UTF-8"?>
<html><head profile="http://selenium-ide.openqa.org/profiles/test-case">
<link rel="selenium.base" href="http://shop.example/" /><title>Log &amp; in</title></head><body>
<table><thead><tr><td rowspan="1" colspan="3">Log in</td></tr></thead><tbody>
<!--a remark-->
<tr><td>open</td><td>/login<datalist><option>/login</option></datalist></td><td></td></tr>
<tr>
  <td>type</td>
  <td>id=user</td>
  <td>bob &lt;b&gt;<br />two</td>
</tr>
<tr><td>clickAndWait</td><td>link=Go</td><td></td></tr>
</tbody></table></body></html>
"""


def test_a_test_case_of_the_old_selenium_ide_is_imported() -> None:
    recording = read_recording(OLD.encode(), "login.html")
    assert (recording.name, recording.source) == ("Log & in", "selenium_ide")
    assert recording.starting_url == "http://shop.example/login"
    assert [step.event for step in recording.steps] == ["navigate", "type", "click"]
    assert recording.steps[1].value == "bob <b>\ntwo"
    assert not recording.fidelity


def test_a_test_case_that_was_cut_off_is_told_to_be_one() -> None:
    recording = read_recording(OLD[: OLD.index("<tr><td>clickAndWait")].encode(), "login.html")
    assert "ends before its table" in recording.fidelity[0].detail


def test_a_damaged_test_case_of_the_old_selenium_ide_is_imported_or_refused() -> None:
    for end in range(0, len(OLD), 7):
        with contextlib.suppress(InvalidInput):
            assert read_recording(OLD[:end].encode(), "login.html").steps
