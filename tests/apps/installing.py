"""Installs an application from its registry into build/apps, once for each list of versions."""

import asyncio
import hashlib
import os
import shutil
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

from shared.core.errors import Unavailable

ROOT = Path(__file__).parents[2]
PLACE = ROOT / "build" / "apps"
STAMP = "installed"
SECONDS = 900
LAST_WORDS = 4  # lines


async def from_pypi(name: str, requirements: Path) -> Path:
    """A folder with `bin/python` that has the packages of a requirements file. Raises `Unavailable`."""
    uv = str(Path(sys.executable).with_name("uv"))

    async def install(folder: Path) -> None:
        await _run([uv, "venv", "--quiet", "--python", sys.executable, "--relocatable", str(folder)], PLACE)
        python = str(folder / "bin" / "python")
        await _run(
            [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", python, "-r", str(requirements)], PLACE
        )

    return await _once(name, requirements, install)


async def from_npm(name: str, package: Path) -> Path:
    """A folder with `node_modules`, of what a package.json names. Raises `Unavailable`."""

    async def install(folder: Path) -> None:
        _copy(package, folder)
        await _run(["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"], folder)

    return await _once(name, package, install)


async def _once(name: str, pins: Path, install: Callable[[Path], Awaitable[None]]) -> Path:
    folder = PLACE / name
    if _is_installed(folder, pins):
        return folder
    # Filled under another name, so that an interrupted installation is never taken for a whole one.
    fresh = folder.with_name(f"{name}.{os.getpid()}")
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        await install(fresh)
        _keep(fresh, folder, pins)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return folder


def _is_installed(folder: Path, pins: Path) -> bool:
    PLACE.mkdir(parents=True, exist_ok=True)
    stamp = folder / STAMP
    return stamp.is_file() and stamp.read_text() == _mark(pins)


def _keep(fresh: Path, folder: Path, pins: Path) -> None:
    (fresh / STAMP).write_text(_mark(pins))
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)


def _mark(pins: Path) -> str:
    return hashlib.sha256(pins.read_bytes()).hexdigest()


def _copy(package: Path, folder: Path) -> None:
    folder.mkdir()
    shutil.copy(package, folder / "package.json")


async def _run(command: list[str], folder: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=folder,
        env={**os.environ, "JOBS": str(os.cpu_count() or 1)},  # node-gyp compiles with one otherwise
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), SECONDS)
    except TimeoutError:
        raise Unavailable(f"{command[0]} did not finish within {SECONDS} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        words = " / ".join(output.decode(errors="replace").strip().splitlines()[-LAST_WORDS:])
        raise Unavailable(f"{Path(command[0]).name} failed: {words}")
