"""The fleet gives fresh sessions, replaces browsers, and leaves nothing behind, whatever becomes of its rows."""

import asyncio
import os
import shlex
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
import pytest

from services.runner.adapters import folders, processes
from services.runner.adapters.browser import Fleet
from services.runner.adapters.options import SessionOptions
from services.runner.adapters.port import Guarding
from services.runner.adapters.session import Session
from services.runner.adapters.starting import Remote
from shared.browsers import find_firefox
from shared.chromium import find_chromium
from shared.contracts.recording import Step
from shared.core.errors import Unavailable
from shared.url_policy import Refusal, Rules

BROWSERS = ("chrom", "firefox", "MainThread", "node")  # the last two: Firefox' own name for itself, Playwright's driver
DRIVERS = ["cdp", "playwright"]


def children() -> set[psutil.Process]:
    """The processes of browsers below this one that still run."""
    return {one for one in psutil.Process().children(recursive=True) if _name(one).startswith(BROWSERS) and runs(one)}


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


async def evaluate(session: Session, expression: str) -> object:
    return await session.front.evaluate(session.front.main, expression)


async def until(held: Callable[[], bool], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not held():
            await asyncio.sleep(0.05)


@asynccontextmanager
async def leaving_nothing(tmp_path: Path, monkeypatch) -> AsyncIterator[None]:
    """What begins within the context has ended after it: no process, no file."""
    before = children()
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    yield
    await until(lambda: not [one for one in children() - before if runs(one)], 3)
    assert left_in(tmp_path) == []


def left_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def playwrights() -> list[psutil.Process]:
    return [one for one in children() if "playwright" in " ".join(one.cmdline())]


async def test_sessions_share_nothing(fleet, sites):
    async with fleet.session() as first, fleet.session() as second:
        for session in (first, second):
            await session.front.goto(f"{sites.url}/table.html", 10)
        await evaluate(first, "document.cookie = 'a=1', localStorage.b = 2")
        assert await evaluate(second, "document.cookie + (localStorage.b || '')") == ""


async def test_the_window_is_the_recorded_one(fleet):
    resize = {"stepNumber": 1, "event": "setViewport", "navigation": {"type": "same_page"}, "bundle": {}}
    step = Step.model_validate({**resize, "metadata": {"viewport": {"width": 801, "height": 603}}})
    assert SessionOptions.for_steps([]) == SessionOptions(width=1280, height=720)
    async with fleet.session(SessionOptions.for_steps([step])) as session:
        assert await evaluate(session, "[innerWidth, innerHeight]") == [801, 603]


@pytest.mark.parametrize("driver", DRIVERS)
async def test_closing_leaves_no_process_and_no_file(tmp_path, monkeypatch, driver):
    async with leaving_nothing(tmp_path, monkeypatch), Fleet(driver=driver) as fleet:
        async with fleet.session() as session:
            assert session.address[0] == "about:blank"
            assert session.folder.is_dir()
            (session.folder / "download").write_text("of this row")
        assert not session.folder.exists()
        assert fleet.browsers_running == 1


async def test_a_worn_browser_is_replaced_and_a_crashed_one_too(row):
    before = children()
    async with Fleet(rows_per_browser=2) as fleet:
        seen = []
        for _ in range(3):
            async with fleet.session():
                seen.append(children() - before)
        assert seen[0] & seen[1]
        await until(lambda: not any(runs(one) for one in seen[0]))
        async with fleet.session() as session:
            for process in children() - before:
                process.kill()
            result = await session.perform(row.step("click", "#x"), None, row.options, row.heard)
            assert result.error_type == "browser_crashed"
        async with fleet.session() as session:
            assert session.address[0] == "about:blank"


@pytest.mark.parametrize("limit", [{"age_seconds": 0.01}, {"memory_mb": 1.0}])
async def test_an_old_or_a_grown_browser_gets_no_further_row(monkeypatch, limit):
    monkeypatch.setattr("services.runner.adapters.browser.PROBE_SECONDS", 0.1)
    monkeypatch.setattr("services.runner.adapters.browser.WEIGH_EVERY", 1)
    before = children()
    async with Fleet(**limit) as fleet:
        async with fleet.session() as first:
            one = children() - before
            await asyncio.sleep(0.5)
            assert await evaluate(first, "1 + 1") == 2  # its row comes to an end
        async with fleet.session() as second:
            assert await evaluate(second, "1 + 1") == 2
        await until(lambda: not any(runs(each) for each in one))


async def test_a_browser_is_shared_by_a_few_rows_only():
    async with Fleet(contexts_per_browser=2) as fleet, fleet.session(), fleet.session():
        assert fleet.browsers_running == 1
        async with fleet.session():
            assert fleet.browsers_running == 2


async def test_the_next_browser_is_started_before_it_is_needed():
    async with Fleet(rows_per_browser=2) as fleet:
        for _ in range(3):  # again and again
            async with fleet.session():
                assert fleet.browsers_running == 1
            async with fleet.session():
                await until(lambda: fleet.browsers_running == 2)
            await until(lambda: fleet.browsers_running == 1)


async def test_a_crashed_page_is_told_apart(row):
    await row.open("/table.html")
    crash = asyncio.ensure_future(row.session.front.goto("chrome://crash", 3))
    await until(lambda: row.session.front.crashed)
    result = await row.do("click", "#x")
    assert result.error_type == "page_crashed"
    crash.cancel()
    await asyncio.wait({crash})


async def test_a_browser_that_is_not_there_is_a_sentence():
    async with Fleet("/nowhere/chromium") as fleet:
        with pytest.raises(Unavailable, match="/nowhere/chromium"):
            async with fleet.session():
                pass


@pytest.mark.parametrize("driver", DRIVERS)
async def test_a_script_that_never_ends_holds_up_nobody(tmp_path, monkeypatch, driver):
    async with leaving_nothing(tmp_path, monkeypatch), Fleet(driver=driver) as fleet:
        async with fleet.session() as beside:
            row = asyncio.create_task(never_ending_row(fleet))
            assert not (await asyncio.wait({row}, timeout=1.5))[0]
            row.cancel()
            assert (await asyncio.wait({row}, timeout=10))[0]
            assert await evaluate(beside, "1 + 1") == 2
        await asyncio.sleep(0.2)
        assert not [one for one in children() if runs(one) and one.cpu_percent(0.2) > 60]
        async with fleet.session() as session:
            assert await evaluate(session, "1 + 1") == 2


async def never_ending_row(fleet: Fleet) -> None:
    async with fleet.session() as session:
        await session.front.goto("data:text/html,<button onclick='while(true){}'>go on for ever</button>", 10)
        await evaluate(session, "document.querySelector('button').click()")


async def one_row(fleet: Fleet, number: int, before: set[psutil.Process]) -> None:
    """Every tenth row's browser is killed under it, every seventh's page crashes or never ends."""
    async with fleet.session() as session:
        await session.front.goto(f"data:text/html,<title>row {number}</title>", 10)
        if number % 10 == 9:
            for process in children() - before:
                process.kill()
        elif number % 7 == 3:
            never = "setTimeout(() => { while (true) {} }, 0)"
            await session.front.evaluate(session.front.main, never)
        assert await evaluate(session, "document.title") == f"row {number}"


async def test_nothing_is_left_of_sixty_rows_some_of_which_crash_or_are_cancelled(tmp_path, monkeypatch):
    async with leaving_nothing(tmp_path, monkeypatch):
        before, well = children(), 0
        async with Fleet(rows_per_browser=15, contexts_per_browser=4) as fleet:
            for first in range(0, 60, 4):
                rows = [asyncio.create_task(one_row(fleet, number, before)) for number in range(first, first + 4)]
                if first % 12 == 8:
                    await asyncio.sleep(0.02 * (first % 5))
                    rows[0].cancel()
                end = [row for number, row in enumerate(rows, first) if number % 7 != 3 or number % 10 == 9]
                await asyncio.wait(end, timeout=60)
                for row in rows:
                    row.cancel()
                await asyncio.wait(rows)
                well += len([row for row in rows if not row.cancelled() and row.exception() is None])
            assert well >= 20  # all but those that were meddled with, and perhaps their neighbours
            async with fleet.session() as session:
                assert await evaluate(session, "1 + 1") == 2
            await until(lambda: fleet.browsers_running == 1)
            in_use = next(name for name in left_in(tmp_path) if name.startswith(folders.PREFIX))
            assert left_in(tmp_path / in_use) == [folders.LOCK]


async def test_a_row_that_is_cancelled_while_its_window_opens_leaves_none():
    async with Fleet() as fleet:
        async with fleet.session():
            pass
        for _ in range(8):
            row = asyncio.create_task(one_row(fleet, 0, set()))
            await asyncio.sleep(0.01)
            row.cancel()
            await asyncio.wait({row})
            assert row.cancelled()
        pool = next(iter(fleet._pools.values()))
        assert {warm.active for warm in pool.running} == {0}
        assert not [one for one in children() if "--type=renderer" in " ".join(one.cmdline()) and busy(one)]


def busy(process: psutil.Process) -> bool:
    return process.cpu_percent(0.1) > 50


async def test_processes_that_have_lost_their_parent_are_found_and_ended(tmp_path):
    mark = f"--retold-test={tmp_path}"
    sleeping = f"{shlex.quote(sys.executable)} -c 'import time; time.sleep(60)' {shlex.quote(mark)} &"
    await (await asyncio.create_subprocess_shell(sleeping, start_new_session=True)).wait()
    found: set[psutil.Process] = set()
    async with asyncio.timeout(20):
        while not found:
            found = await asyncio.to_thread(processes.family, mark)
    await asyncio.to_thread(processes.end, found, gently=False)
    assert not [one for one in found if runs(one)]


async def test_folders_of_a_process_that_was_killed_are_removed(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    left, used = tmp_path / f"{folders.PREFIX}left", folders.Folders()
    async with used.one() as mine:
        left.mkdir()
        (left / folders.LOCK).touch()
        (left / "1").mkdir()
        other = folders.Folders()
        async with other.one() as theirs:
            assert not left.exists()
            assert mine.is_dir()
            assert theirs.parent != mine.parent
        other.close()
    used.close()
    assert left_in(tmp_path) == []


async def test_a_row_that_is_traced_is_driven_by_playwright():
    before = len(playwrights())
    async with Fleet() as fleet:
        async with fleet.session():
            assert len(playwrights()) == before
        kept = []

        async def keep(remains):
            kept.append(remains.trace.stat().st_size)

        async with fleet.session(SessionOptions(trace=True, keep=keep)) as session:
            assert len(playwrights()) > before
            await session.front.goto("data:text/html,traced", 10)
        assert kept[0] > 1000


@pytest.mark.parametrize("driver", DRIVERS)
async def test_a_guarded_row_opens_only_what_the_policy_allows(sites, driver):
    refused: list[Refusal] = []
    async with Fleet(driver=driver) as fleet:
        async with fleet.session(None, Guarding(Rules(), refused.append)) as session:
            with pytest.raises(Exception, match=r"cannot be opened|refuse"):
                await session.front.goto(f"{sites.url}/table.html", 10)
        assert refused
        assert "127.0.0.1" in refused[0].url
        async with fleet.session() as session:  # another row, without a policy
            await session.front.goto(f"{sites.url}/table.html", 10)
            assert session.front.status == 200


@pytest.mark.skipif(find_firefox() is None, reason="Firefox is not installed: apt-get install firefox-esr")
async def test_firefox_runs_rows_as_well(sites, tmp_path, monkeypatch):
    async with leaving_nothing(tmp_path, monkeypatch), Fleet() as fleet:
        async with fleet.session(SessionOptions(engine="firefox", width=640, height=480)) as session:
            await session.front.goto(f"{sites.url}/table.html", 20)
            assert await evaluate(session, "[navigator.userAgent.includes('Firefox'), innerWidth]") == [True, 640]
            assert session.browser.startswith("firefox ")
        async with fleet.session() as session:
            assert session.browser.startswith("chromium ")


async def test_a_browser_elsewhere_is_reached_by_its_address(tmp_path):
    chromium = find_chromium()
    assert chromium is not None
    arguments = [*chromium.arguments(), "--headless", "--remote-debugging-port=0", f"--user-data-dir={tmp_path}"]
    quiet = asyncio.subprocess.DEVNULL
    elsewhere = await asyncio.create_subprocess_exec(
        chromium.path, *arguments, stdout=quiet, stderr=quiet, start_new_session=True
    )
    try:
        told = tmp_path / "DevToolsActivePort"
        await until(lambda: told.exists() and len(told.read_text().splitlines()) == 2, 20)
        port, path = told.read_text().split()
        for address in (f"http://127.0.0.1:{port}", f"cdp+ws://127.0.0.1:{port}{path}"):
            async with Fleet(remotes=[Remote.read(address)]) as fleet, fleet.session() as session:
                assert await evaluate(session, "1 + 1") == 2
            assert elsewhere.returncode is None  # it is somebody else's
    finally:
        os.killpg(elsewhere.pid, 9)
        await elsewhere.wait()
        shutil.rmtree(tmp_path, ignore_errors=True)
