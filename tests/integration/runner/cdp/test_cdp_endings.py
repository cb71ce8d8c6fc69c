"""The Chromium driver where something ends, a page, a window, a browser: nothing hangs, nothing is left."""

import asyncio
import os
import signal
import socket
import subprocess
from pathlib import Path
from typing import Any

import psutil
import pytest

from services.runner.adapters.cdp.browser import CdpBrowser, connect, launch
from services.runner.adapters.driver import until
from services.runner.adapters.driver_terms import Press
from services.runner.adapters.faults import DocumentGone, DriverError, DriverFailure, StepFailed, TargetGone
from services.runner.adapters.options import SessionOptions
from shared.chromium import Browser, find_chromium
from tests.integration.runner.cdp.conftest import Noted, Opened, Pages, open_window


def installed() -> Browser:
    found = find_chromium()
    assert found is not None
    return found


def marked(mark: str) -> list[int]:
    """The processes that were started with an argument."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and mark in process.cmdline():
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


def folders(inside: Path) -> list[Path]:
    return list(inside.iterdir())


async def test_a_crashed_page_is_noticed_at_once(opened: Opened) -> None:
    await opened.show("<p>page")
    asked = asyncio.create_task(opened.tab.ask(opened.tab.main, "() => new Promise(() => {})"))
    await asyncio.sleep(0.1)
    opened.tab.channel.post("Page.crash")
    with pytest.raises(DriverFailure):
        await asyncio.wait_for(asked, 5)
    assert await until(lambda: opened.tab.crashed, 5)
    with pytest.raises(StepFailed, match="the page has crashed"):
        opened.tab.fail_if_gone()
    with pytest.raises(TargetGone):
        await opened.tab.ask(opened.tab.main, "() => 1")
    await asyncio.wait_for(opened.tab.press(Press(1, 1)), 8)
    second = await opened.window.open_tab()
    assert await second.ask(second.main, "() => 1") == 1


async def test_a_window_that_is_closed_under_a_question_ends_it(chromium: CdpBrowser, pages: Pages) -> None:
    async with open_window(chromium, pages) as opened:
        await opened.show("<p>page")
        asked = asyncio.create_task(opened.tab.ask(opened.tab.main, "() => new Promise(() => {})"))
        await asyncio.sleep(0.1)
        await opened.window.close()
        with pytest.raises((TargetGone, DocumentGone)):
            await asyncio.wait_for(asked, 5)
        assert opened.tab.closed


async def _unanswered(browser: CdpBrowser) -> asyncio.Task[None]:
    """A question that a stopped browser does not answer: some of its threads stop a moment after the others."""
    while True:
        probed = asyncio.create_task(browser.probe())
        answered, _ = await asyncio.wait({probed}, timeout=0.3)
        if not answered:
            return probed


async def test_nothing_hangs_when_the_browser_dies(pages: Pages) -> None:
    browser = await launch(installed(), headless=True, args=["--retold-test=dies"])
    async with open_window(browser, pages) as opened:
        asked = asyncio.create_task(opened.tab.ask(opened.tab.main, "() => new Promise(() => {})"))
        loaded = asyncio.create_task(opened.tab.wait_loaded("networkidle", 30))
        await asyncio.sleep(0.1)
        for pid in browser.pids():
            os.kill(pid, signal.SIGSTOP)
        probed = await _unanswered(browser)
        for pid in sorted(browser.pids(), reverse=True):  # whoever began it last: its death wakes all that are stopped
            os.kill(pid, signal.SIGKILL)
        with pytest.raises(TargetGone):
            await asyncio.wait_for(probed, 5)
        with pytest.raises(TargetGone):
            await asyncio.wait_for(asked, 5)
        await asyncio.wait_for(loaded, 5)
        assert not browser.connected
        assert not opened.tab.connected
        with pytest.raises(TargetGone):
            await browser.probe()
        with pytest.raises(TargetGone):
            await browser.window(SessionOptions(), Noted())
        with pytest.raises(StepFailed, match="the browser has crashed"):
            await opened.tab.goto(pages.url("/page"), 5)
    await browser.close()


async def test_nothing_of_a_browser_is_left(pages: Pages, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    browser = await launch(installed(), headless=True, args=["--retold-test=left"])
    assert set(marked("--retold-test=left")) <= browser.pids()
    assert folders(tmp_path)
    async with open_window(browser, pages):
        pass
    stopped = next(iter(browser.pids()))
    os.kill(stopped, signal.SIGSTOP)
    await asyncio.wait_for(browser.close(), 10)
    assert not marked("--retold-test=left")
    assert not folders(tmp_path)


async def test_a_file_that_is_no_browser_is_refused_with_its_last_words(tmp_path: Path) -> None:
    with pytest.raises(DriverError, match="cannot be started: No such file"):
        await launch(Browser(tmp_path / "nothing", shell=True), headless=True, args=[])
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\necho 'a library is missing' >&2\nexit 1\n")
    broken.chmod(0o755)
    with pytest.raises(DriverError, match="a library is missing"):
        await launch(Browser(broken, shell=True), headless=True, args=[])


async def test_a_browser_elsewhere_is_reached_by_its_address(pages: Pages, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(DriverError, match="no Chromium answers at"):
        await connect(f"http://127.0.0.1:{port}")
    arguments = [
        f"--remote-debugging-port={port}",
        f"--user-data-dir={tmp_path}",
        "--headless",
        *installed().arguments(),
    ]
    process = subprocess.Popen([installed().path, *arguments], stderr=subprocess.DEVNULL, start_new_session=True)  # noqa: ASYNC220
    try:
        browser = await _reached(f"http://127.0.0.1:{port}")
        assert browser.ports == {port}
        async with open_window(browser, pages) as opened:
            await opened.show("<input id=i>")
            await opened.tab.press(Press(*await opened.centre("#i")))
            await opened.tab.insert_text("elsewhere")
            assert await opened.read("i.value") == "elsewhere"
            assert (
                await opened.tab.ask(opened.tab.main, "(engine, value) => value.length", "x" * 3_000_000) == 3_000_000
            )
        await browser.close()
        assert not browser.connected
        again = await connect(f"http://127.0.0.1:{port}")
        await again.probe()
        os.killpg(process.pid, signal.SIGKILL)
        assert await until(lambda: not again.connected, 5)
        await again.close()
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


async def _reached(address: str) -> CdpBrowser:
    for _ in range(100):
        try:
            return await connect(address)
        except DriverError:
            await asyncio.sleep(0.1)
    return await connect(address)
