"""Installs a pinned Django release into a folder of its own, once."""

import asyncio
import hashlib
import importlib.util
import os
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from shared.core.errors import Unavailable


def lock_file(release: Literal["old", "new"]) -> Path:
    """The hashed requirements of a release."""
    return Path(__file__).parent / f"django-{release}.lock"


def pinned_version(release: Literal["old", "new"]) -> str:
    """The Django version that the lock file names, such as `3.2.25`."""
    found = re.search(r"^django==(\S+)", lock_file(release).read_text(), re.MULTILINE)
    assert found is not None, "the lock file pins Django"
    return found[1]


async def install_django(home: Path, release: Literal["old", "new"], progress: Callable[[str], None]) -> Path:
    """Return the folder under `home` that holds the release's packages, installing them if they are not there.

    Raises `Unavailable` with the installer's last words when it fails.
    """
    lock = lock_file(release)
    mark = f"{hashlib.sha256(lock.read_bytes()).hexdigest()} python{sys.version_info[0]}.{sys.version_info[1]}"
    folder = home / f"django-{release}"
    stamp = folder / "installed"
    if stamp.is_file() and stamp.read_text() == mark:
        return folder
    progress(f"installing Django {pinned_version(release)}")
    # Filled under another name, so that an interrupted installation is never taken for a whole one.
    fresh = folder.with_name(f"{folder.name}.{os.getpid()}")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    try:
        await _run(_installer(fresh), "-r", str(lock))
        (fresh / stamp.name).write_text(mark)
        shutil.rmtree(folder, ignore_errors=True)
        fresh.rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return folder


def _installer(target: Path) -> list[str]:
    """The command that installs hashed requirements into `target`, with uv or else with pip."""
    beside = Path(sys.executable).with_name("uv")
    uv = str(beside) if beside.exists() else shutil.which("uv")
    shared = ["install", "--quiet", "--require-hashes", "--target", str(target)]
    if uv:
        return [uv, "pip", *shared, "--python", sys.executable]
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip", *shared, "--disable-pip-version-check"]
    raise Unavailable("Django cannot be installed: there is neither uv nor pip. Install uv, then try again.")


async def _run(command: list[str], *arguments: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *command,
        *arguments,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode:
        words = " / ".join(output.decode(errors="replace").strip().splitlines()[-3:])
        raise Unavailable(f"Django could not be installed: {words}")
