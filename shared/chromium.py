"""Finds the browser of the replay fleet, and knows how each kind of Chromium wants to be started.

`python -m shared.chromium` starts each browser that is installed once and prints the path of the first that works.
"""

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# A second --disable-features replaces the first, so Playwright's own list is repeated here (a test compares the two).
PLAYWRIGHT_DISABLES = (
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "DialMediaRouteProvider",
    "GlobalMediaControls",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "BlockOriginHeaderModificationOnRedirect",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "Translate",
    "AutoDeElevate",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "msForceBrowserSignIn",
    "msEdgeUpdateLaunchServicesPreferredVersion",
)
# Full Chromium starts a renderer of its own address bar for every new context: 1 s of CPU and 45 MB each.
FULL_CHROMIUM_DISABLES = (
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxFullPopup",
    "PreloadTopChromeWebUI",
    "PreloadTopChromeWebUILessNavigations",
    "SpareRendererForSitePerProcess",
)
SHELLS = ("chromium-headless-shell", "chrome-headless-shell", "headless_shell")
FULL = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
# Debian puts the shell here too; and macOS has no browser on PATH.
SHELL_PATHS = ("/usr/lib/chromium/chromium-headless-shell", "/usr/lib64/chromium-browser/headless_shell")
FULL_PATHS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
START_SECONDS = 30.0
NONE_FOUND = (
    "No Chromium was found: install the package chromium-headless-shell, chromium or google-chrome, "
    "or name the browser's file in RETOLD_CHROMIUM."
)


@dataclass(frozen=True, slots=True)
class Browser:
    """An installed Chromium: its file, and whether it is the light headless shell (no extensions, no window)."""

    path: Path
    shell: bool
    sandbox: bool = True

    def arguments(self) -> list[str]:
        """What to add to Playwright's own launch arguments for this browser on this machine."""
        arguments = []
        if not self.sandbox or os.geteuid() == 0:
            arguments.append("--no-sandbox")  # Chromium refuses its sandbox to root
        if not self.shell:
            features = ",".join((*PLAYWRIGHT_DISABLES, *FULL_CHROMIUM_DISABLES))
            arguments.append(f"--disable-features={features}")
        return arguments


def find_chromium(environment: Mapping[str, str] = os.environ) -> Browser | None:
    """The browser that the fleet uses, or None: RETOLD_CHROMIUM, a headless shell, then a full Chromium.

    RETOLD_CHROMIUM_SANDBOX=off starts it without its sandbox, for containers that are one themselves.
    """
    return next(installed_browsers(environment), None)


def installed_browsers(environment: Mapping[str, str] = os.environ) -> Iterator[Browser]:
    """Every Chromium on this machine, the best for replay first; RETOLD_CHROMIUM, when set, is the only one."""
    chosen = environment.get("RETOLD_CHROMIUM")
    if chosen:
        found = shutil.which(chosen, path=environment.get("PATH"))
        if found:
            yield _browser(Path(found), environment)
        return
    seen: set[Path] = set()
    for path in _places(environment):
        if path.is_file() and os.access(path, os.X_OK) and path not in seen:
            seen.add(path)
            yield _browser(path, environment)


def _places(environment: Mapping[str, str]) -> Iterator[Path]:
    downloads = _playwright_downloads(environment)
    yield from _on_path(SHELLS, environment)
    yield from map(Path, SHELL_PATHS)
    for name in SHELLS:
        yield from _newest_first(downloads, f"chromium_headless_shell-*/*/{name}")
    for pattern in ("chromium-*/*/chrome", "chromium-*/*/*.app/Contents/MacOS/*"):
        yield from _newest_first(downloads, pattern)
    yield from _on_path(FULL, environment)
    yield from map(Path, FULL_PATHS)


def _on_path(names: tuple[str, ...], environment: Mapping[str, str]) -> Iterator[Path]:
    for name in names:
        found = shutil.which(name, path=environment.get("PATH"))
        if found:
            yield Path(found)


def _playwright_downloads(environment: Mapping[str, str]) -> Path:
    """The folder that `playwright install` fills."""
    if environment.get("PLAYWRIGHT_BROWSERS_PATH"):
        return Path(environment["PLAYWRIGHT_BROWSERS_PATH"])
    home = Path(environment.get("HOME", "/"))
    if sys.platform == "darwin":
        return home / "Library" / "Caches" / "ms-playwright"
    return Path(environment.get("XDG_CACHE_HOME") or home / ".cache") / "ms-playwright"


def _newest_first(folder: Path, pattern: str) -> list[Path]:
    with suppress(OSError):
        return sorted(folder.glob(pattern), key=lambda path: _revision(path.relative_to(folder)), reverse=True)
    return []


def _revision(path: Path) -> int:
    digits = path.parts[0].rpartition("-")[2]
    return int(digits) if digits.isdigit() else 0


def _browser(path: Path, environment: Mapping[str, str]) -> Browser:
    return Browser(
        path,
        shell=any(mark in path.name for mark in ("headless-shell", "headless_shell")),
        sandbox=environment.get("RETOLD_CHROMIUM_SANDBOX") != "off",
    )


async def why_it_does_not_start(browser: Browser) -> str | None:
    """Starts the browser once without a window and renders a page; None when it worked, else the reason."""
    with tempfile.TemporaryDirectory(prefix="retold-browser-", ignore_cleanup_errors=True) as profile:
        page = "data:text/html,<p id=proof>retold"
        arguments = [*browser.arguments(), "--headless", f"--user-data-dir={profile}", "--dump-dom", page]
        try:
            process = await asyncio.create_subprocess_exec(
                browser.path, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
            )
        except OSError as error:
            return str(error)
        try:
            output, complaints = await asyncio.wait_for(process.communicate(), START_SECONDS)
        except TimeoutError:
            process.kill()
            await process.communicate()
            return f"no answer within {START_SECONDS:.0f} s"
    if b"proof" in output:
        return None
    lines = complaints.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else f"exit status {process.returncode}"


async def _print_first_that_starts() -> int:
    reasons = []
    for browser in installed_browsers():
        reason = await why_it_does_not_start(browser)
        if reason is None:
            sys.stdout.write(f"{browser.path}\n")
            return 0
        reasons.append(f"{browser.path} does not start: {reason}")
    chosen = os.environ.get("RETOLD_CHROMIUM")
    if chosen and not reasons:
        reasons.append(f"RETOLD_CHROMIUM names {chosen}, which is not a program: correct it or unset it.")
    sys.stderr.write("\n".join(reasons or [NONE_FOUND]) + "\n")
    return 1


if __name__ == "__main__":
    sys.exit(asyncio.run(_print_first_that_starts()))
