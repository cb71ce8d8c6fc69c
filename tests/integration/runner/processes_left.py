"""What browsers leave behind: processes and files."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

from services.runner.adapters.session import Session

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
