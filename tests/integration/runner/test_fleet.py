"""The fleet gives fresh sessions, replaces browsers, and leaves nothing behind."""

import asyncio
from pathlib import Path

import psutil
import pytest

from services.runner.adapters.browser import Fleet
from services.runner.adapters.options import SessionOptions
from shared.contracts.recording import Step
from shared.core.errors import Unavailable


def chromiums() -> set[psutil.Process]:
    """The browser processes below this one."""
    return {one for one in psutil.Process().children(recursive=True) if "chrom" in _name(one)}


def _name(process: psutil.Process) -> str:
    try:
        return process.name()
    except psutil.NoSuchProcess:  # ended between being listed and being asked
        return ""


def runs(process: psutil.Process) -> bool:
    """Whether it is still there, and not only its entry."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def left_in(folder: Path) -> list[Path]:
    return list(folder.iterdir())


async def test_sessions_share_nothing(fleet, sites):
    async with fleet.session() as first, fleet.session() as second:
        for session in (first, second):
            await session.front.page.goto(f"{sites.url}/table.html")
        await first.front.page.evaluate("document.cookie = 'a=1', localStorage.b = 2")
        assert await second.front.page.evaluate("document.cookie + (localStorage.b || '')") == ""


async def test_the_window_is_the_recorded_one(fleet):
    resize = {"stepNumber": 1, "event": "setViewport", "navigation": {"type": "same_page"}, "bundle": {}}
    step = Step.model_validate({**resize, "metadata": {"viewport": {"width": 801, "height": 603}}})
    assert SessionOptions.for_steps([]) == SessionOptions(width=1280, height=720)
    async with fleet.session(SessionOptions.for_steps([step])) as session:
        assert await session.front.page.evaluate("[innerWidth, innerHeight]") == [801, 603]


async def test_closing_leaves_no_process_and_no_file(tmp_path: Path, monkeypatch):
    before = chromiums()
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    async with Fleet() as fleet:
        async with fleet.session() as session:
            assert session.address[0] == "about:blank"
        started = chromiums() - before
        assert started
        assert left_in(tmp_path)
    assert not [one for one in started if runs(one)]
    assert left_in(tmp_path) == []


async def test_a_worn_browser_is_replaced_and_a_crashed_one_too(row):
    before = chromiums()
    async with Fleet(rows_per_browser=2) as fleet:
        kept = []
        for _ in range(3):
            async with fleet.session() as session:
                kept.append(session.context.browser)
        assert kept[0] is kept[1]
        assert kept[1] is not kept[2]
        async with fleet.session() as session:
            for process in chromiums() - before:
                process.kill()
            result = await session.perform(row.step("click", "#x"), None, row.options, row.heard)
            assert result.error_type == "browser_crashed"
        async with fleet.session() as session:
            assert session.address[0] == "about:blank"


async def test_a_crashed_page_is_told_apart(row):
    await row.open("/table.html")
    crash = asyncio.ensure_future(row.session.front.devtools.send("Page.crash"))  # never answers
    result = await row.do("click", "#x")
    assert result.error_type == "page_crashed"
    crash.cancel()


async def test_a_browser_that_is_not_there_is_a_sentence():
    async with Fleet("/nowhere/chromium") as fleet:
        with pytest.raises(Unavailable, match="/nowhere/chromium does not start"):
            async with fleet.session():
                pass
