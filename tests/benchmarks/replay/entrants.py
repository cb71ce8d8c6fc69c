"""Who takes part in a run: those that can be started here, and what is missing for the others."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from tests.benchmarks.replay.contestants.variants import SELECTOR_ENGINE, VARIANTS
from tests.benchmarks.replay.processes import ROOT

NODE_SOURCES = ROOT / "tests" / "benchmarks" / "peers" / "node"
NODE_PLACE = ROOT / "build" / "bench-peers"
NO_DOWNLOADS = {"PUPPETEER_SKIP_DOWNLOAD": "1", "PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD": "1"}
INSTALL_SECONDS = 300
WEBDRIVERS = ("chromedriver", "/usr/lib/chromium/chromedriver", "/usr/lib/chromium-browser/chromedriver")


@dataclass(frozen=True, slots=True)
class Entrant:
    """A contestant: its name in the tables, and how its process is started. `variant` is told to it.

    `ends_with_row`: its browser does, so that nobody can tell afterwards how much CPU it took.
    """

    name: str
    arguments: tuple[str | Path, ...]
    variant: str = ""
    folder: Path = ROOT
    ends_with_row: bool = False


def _python(name: str, module: str, variant: str = "") -> Entrant:
    return Entrant(name, (sys.executable, "-m", f"tests.benchmarks.replay.contestants.{module}"), variant)


def _node(name: str, script: str) -> Entrant:
    return Entrant(name, ("node", script), folder=NODE_PLACE)


HAND_WRITTEN = _python("hand-written Playwright", "hand_written")
OURS = _python("ours", "ours")
OURS_PLAYWRIGHT = _python("ours, selector engine", "ours", SELECTOR_ENGINE)
PLAYWRIGHT_NODE = _node("Playwright for Node", "playwright.mjs")
PUPPETEER = _node("@puppeteer/replay", "puppeteer-replay.mjs")
SELENIUM = replace(_python("Selenium, fresh driver", "selenium_webdriver"), ends_with_row=True)
SELENIUM_KEPT = _python("Selenium, kept driver", "selenium_webdriver", "kept")
SELENIUM_BARE = _python("Selenium, kept driver, nothing waited for", "selenium_webdriver", "bare")


def ours(variant: str) -> Entrant | None:
    """Ours in another way, where this release knows it."""
    return _python(f"ours, {variant}", "ours", variant) if VARIANTS[variant].is_possible else None


def webdriver() -> str | None:
    """The WebDriver server of the installed Chromium."""
    return next((found for found in map(shutil.which, WEBDRIVERS) if found), None)


def present() -> tuple[list[Entrant], list[str]]:
    """All that can take part; and, for the others, a line that says what is missing."""
    found, missing = [HAND_WRITTEN, OURS], []
    if VARIANTS[SELECTOR_ENGINE].is_possible:
        found.append(OURS_PLAYWRIGHT)
    else:
        missing.append(f"{OURS_PLAYWRIGHT.name}: this release has none")
    reason = next(_without_node(), None)
    if reason is None:
        found += [PLAYWRIGHT_NODE, PUPPETEER]
    else:
        missing.append(f"{PLAYWRIGHT_NODE.name}, {PUPPETEER.name}: {reason}")
    if find_spec("selenium") and webdriver():
        found += [SELENIUM_KEPT, SELENIUM_BARE, SELENIUM]
    else:
        missing.append("Selenium: install infra/locks/bench.lock and the package chromium-driver")
    return found, missing


def _without_node() -> Iterator[str]:
    """Why the contestants in Node cannot take part; installs them on the way."""
    if not shutil.which("node") or not shutil.which("npm"):
        yield "install the packages nodejs and npm"
        return
    wanted = (NODE_SOURCES / "package.json").read_bytes()
    installed = NODE_PLACE / "node_modules" / "package.json"
    NODE_PLACE.mkdir(parents=True, exist_ok=True)
    for source in NODE_SOURCES.iterdir():
        shutil.copy(source, NODE_PLACE)
    if installed.is_file() and installed.read_bytes() == wanted:
        return
    # Its peer dependencies are a browser and a page tester that nobody needs here.
    command = ("npm", "install", "--no-package-lock", "--legacy-peer-deps", "--no-audit", "--no-fund", "--silent")
    done = subprocess.run(
        command,
        cwd=NODE_PLACE,
        env={**os.environ, **NO_DOWNLOADS},
        capture_output=True,
        text=True,
        timeout=INSTALL_SECONDS,
        check=False,
    )
    if done.returncode:
        yield f"npm could not install them ({(done.stderr.strip() or 'no reason given').splitlines()[-1]})"
        return
    installed.write_bytes(wanted)
