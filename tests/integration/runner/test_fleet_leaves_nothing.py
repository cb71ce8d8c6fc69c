"""The fleet leaves nothing behind, whatever becomes of its rows."""

import asyncio
import shlex
import sys

import psutil
import pytest

from services.runner.adapters import folders, processes
from services.runner.adapters.browser import Fleet
from tests.integration.runner.processes_left import (
    DRIVERS,
    children,
    evaluate,
    leaving_nothing,
    left_in,
    runs,
    until,
)


@pytest.mark.parametrize("driver", DRIVERS)
async def test_closing_leaves_no_process_and_no_file(tmp_path, monkeypatch, driver):
    async with leaving_nothing(tmp_path, monkeypatch), Fleet(driver=driver) as fleet:
        async with fleet.session() as session:
            assert session.address[0] == "about:blank"
            assert session.folder.is_dir()
            (session.folder / "download").write_text("of this row")
        assert not session.folder.exists()
        assert fleet.browsers_running == 1


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
