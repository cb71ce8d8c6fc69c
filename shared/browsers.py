"""Finds the browsers of all kinds that are installed on this machine, and says truthfully why one cannot be used.

`python -m shared.browsers` prints them.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from shared.chromium import NONE_FOUND, find_chromium
from shared.contracts.browsers import Engine

ENGINES: tuple[Engine, ...] = ("chromium", "firefox", "webkit")
FIREFOX = ("firefox-esr", "firefox")
FIREFOX_PATHS = ("/usr/lib/firefox-esr/firefox-esr", "/Applications/Firefox.app/Contents/MacOS/firefox")
WEBKIT_PAGES = ("usr/lib/*/webkit2gtk-4.[01]/MiniBrowser", "usr/lib*/webkit2gtk-4.[01]/MiniBrowser")
VERSION_SECONDS = 20.0
# WebKit's own browser tells its version only on a screen, and its library to whoever asks.
ASK_WEBKIT = """
import ctypes, sys
asked = ctypes.CDLL(sys.argv[1])
print(*(getattr(asked, f"webkit_get_{part}_version")() for part in ("major", "minor", "micro")), sep=".")
"""
NO_FIREFOX = "no Firefox was found: install the package firefox-esr, or name the browser's file in RETOLD_FIREFOX"
NO_WEBKIT = "no WebKit was found: install the package webkit2gtk-driver"
NO_SCREEN = "WebKit needs a screen: install the package xvfb"


@dataclass(frozen=True, slots=True)
class Installed:
    """A browser on this machine, or why there is none. `path`: what is started to drive it."""

    engine: Engine
    path: Path | None = None
    version: str = ""
    reason: str | None = None

    @property
    def available(self) -> bool:
        """Whether it can be started."""
        return self.reason is None

    def arguments(self) -> list[str]:
        """What this browser needs on this machine, beside what its driver gives."""
        return []


def installed(engine: Engine, chosen: Path | None = None, environment: Mapping[str, str] = os.environ) -> Installed:
    """The browser of an engine that the fleet uses, or the `chosen` one; it is asked for its version."""
    if chosen is not None:
        return _with_version(Installed(engine, chosen), [str(chosen), "--version"])
    match engine:
        case "chromium":
            chromium = find_chromium(environment)
            found = Installed(engine, chromium.path) if chromium else Installed(engine, reason=_lower(NONE_FOUND))
            asked = [str(found.path), "--version"]
        case "firefox":
            path = find_firefox(environment)
            found = Installed(engine, Path(path)) if path else Installed(engine, reason=NO_FIREFOX)
            asked = [str(found.path), "--version"]
        case "webkit":
            found, library = _webkit(environment)
            asked = [sys.executable, "-c", ASK_WEBKIT, library]
    return _with_version(found, asked)


def _with_version(found: Installed, asked: Sequence[str]) -> Installed:
    if not found.available:
        return found
    version = _version_told(asked)
    if version is None:
        return replace(found, reason=f"{found.path} does not start: it does not tell its version")
    return replace(found, version=version)


def all_installed(
    environment: Mapping[str, str] = os.environ, engines: Iterable[Engine] = ENGINES
) -> Iterator[Installed]:
    """One answer for each engine."""
    for engine in engines:
        yield installed(engine, environment=environment)


def find_firefox(environment: Mapping[str, str] = os.environ) -> str | None:
    """RETOLD_FIREFOX, when set, is the only one; else the long-term release, then another."""
    search = environment.get("PATH")
    if chosen := environment.get("RETOLD_FIREFOX"):
        return shutil.which(chosen, path=search)
    found = (shutil.which(name, path=search) for name in (*FIREFOX, *FIREFOX_PATHS))
    return next(filter(None, found), None)


def _webkit(environment: Mapping[str, str]) -> tuple[Installed, str]:
    """WebKitGTK is driven by its WebDriver; its pages need a screen. With the name of its library."""
    driver = shutil.which("WebKitWebDriver", path=environment.get("PATH"))
    pages = find_webkit_pages()
    if driver is None or pages is None:
        return Installed("webkit", reason=NO_WEBKIT), ""
    if not environment.get("DISPLAY") and not shutil.which("Xvfb", path=environment.get("PATH")):
        return Installed("webkit", Path(driver), reason=NO_SCREEN), ""
    return Installed("webkit", Path(driver)), f"lib{pages.parent.name}.so.0"


def find_webkit_pages() -> Path | None:
    """The browser that WebKit's driver starts: the newest of its library's."""
    return max((path for pattern in WEBKIT_PAGES for path in Path("/").glob(pattern)), default=None)


def _version_told(command: Sequence[str]) -> str | None:
    """What a browser says its version is, as `153.7.0esr`; none when it does not start."""
    try:
        asked = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=VERSION_SECONDS,
            text=True,
            errors="replace",
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    told = re.search(r"\d+\.\d+[\w.]*", asked.stdout)
    return told.group() if told else None


def _lower(sentence: str) -> str:
    return sentence[0].lower() + sentence[1:].removesuffix(".")


if __name__ == "__main__":
    for each in all_installed():
        told = f"{each.version} ({each.path})" if each.available else f"not available: {each.reason}"
        sys.stdout.write(f"{each.engine}: {told}\n")
