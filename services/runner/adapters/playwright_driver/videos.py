"""Videos need Playwright's own ffmpeg; where it was not installed, the system's does as well."""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import playwright

FOLDER_VARIABLE = "PLAYWRIGHT_BROWSERS_PATH"


def _revision() -> str | None:
    """Which ffmpeg this Playwright asks for."""
    listed = Path(playwright.__file__).parent / "driver" / "package" / "browsers.json"
    browsers = json.loads(listed.read_text("utf-8"))["browsers"]
    return next((one["revision"] for one in browsers if one["name"] == "ffmpeg"), None)


def _own_downloads() -> Path:
    home = Path(os.environ.get("HOME", "/"))
    return Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "ms-playwright"


@cache
def _folder_with_ffmpeg() -> str | None:
    """A folder in which Playwright finds the system's ffmpeg; none where it has its own, or there is none at all."""
    found, revision = shutil.which("ffmpeg"), _revision()
    if os.environ.get(FOLDER_VARIABLE) or not sys.platform.startswith("linux") or not found or not revision:
        return None
    if (_own_downloads() / f"ffmpeg-{revision}").exists():
        return None
    folder = _own_downloads().parent / "retold" / "playwright" / f"ffmpeg-{revision}"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    link = folder / "ffmpeg-linux"
    if not link.exists():
        link.unlink(missing_ok=True)
        link.symlink_to(found)
    return str(folder.parent)


def can_record() -> bool:
    """Whether there is an ffmpeg for Playwright."""
    chosen = os.environ.get(FOLDER_VARIABLE)
    own = Path(chosen) if chosen else _own_downloads()
    return (own / f"ffmpeg-{_revision()}").exists() or _folder_with_ffmpeg() is not None


@contextmanager
def with_ffmpeg() -> Iterator[None]:
    """What is started within finds an ffmpeg, if there is one."""
    folder = _folder_with_ffmpeg()
    if folder is None:
        yield
        return
    os.environ[FOLDER_VARIABLE] = folder
    try:
        yield
    finally:
        os.environ.pop(FOLDER_VARIABLE, None)
