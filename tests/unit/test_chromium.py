"""Which browser the fleet uses, and how it is started."""

import os
from pathlib import Path

import playwright
import pytest

from shared.chromium import FULL_CHROMIUM_DISABLES, PLAYWRIGHT_DISABLES, Browser, find_chromium, installed_browsers


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o755)
    return path


def test_the_light_shell_is_preferred_to_a_full_browser(tmp_path: Path) -> None:
    full, shell = program(tmp_path / "bin/chromium"), program(tmp_path / "bin/chromium-headless-shell")
    found = list(installed_browsers({"PATH": str(tmp_path / "bin")}))
    assert (found[0].path, found[0].shell) == (shell, True)
    assert (full, False) in [(browser.path, browser.shell) for browser in found]


def test_the_newest_of_the_downloads_is_found_where_they_are_kept(tmp_path: Path) -> None:
    for revision in (998, 1255, 1100):
        program(tmp_path / f"chromium_headless_shell-{revision}/chrome-headless-shell-linux64/chrome-headless-shell")
    found = [b.path for b in installed_browsers({"PATH": "", "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path)})]
    revisions = [path.relative_to(tmp_path).parts[0] for path in found if path.is_relative_to(tmp_path)]
    assert revisions == [f"chromium_headless_shell-{number}" for number in (1255, 1100, 998)]


def test_the_browser_that_a_person_names_is_the_only_one(tmp_path: Path) -> None:
    program(tmp_path / "chromium-headless-shell")
    mine = program(tmp_path / "my browser")
    assert find_chromium({"PATH": str(tmp_path), "RETOLD_CHROMIUM": str(mine)}) == Browser(mine, shell=False)
    assert find_chromium({"PATH": str(tmp_path), "RETOLD_CHROMIUM": str(tmp_path / "none")}) is None


@pytest.mark.parametrize("value", ["off", "on"])
def test_the_sandbox_is_given_up_only_on_request_or_as_root(tmp_path: Path, value: str) -> None:
    environment = {"PATH": "", "RETOLD_CHROMIUM": str(program(tmp_path / "chromium")), "RETOLD_CHROMIUM_SANDBOX": value}
    browser = find_chromium(environment)
    assert browser
    assert ("--no-sandbox" in browser.arguments()) == (value == "off" or os.geteuid() == 0)


def test_a_full_browser_keeps_the_features_off_that_playwright_switches_off() -> None:
    arguments = Browser(Path("chromium"), shell=False).arguments()
    off = [argument for argument in arguments if argument.startswith("--disable-features=")]
    assert off == ["--disable-features=" + ",".join((*PLAYWRIGHT_DISABLES, *FULL_CHROMIUM_DISABLES))]
    assert not any("features" in argument for argument in Browser(Path("x"), shell=True).arguments())


def test_our_copy_of_playwrights_list_is_the_installed_ones() -> None:
    bundle = (Path(playwright.__file__).parent / "driver/package/lib/coreBundle.js").read_text()
    body = bundle.split("disabledFeatures = [", 1)[1].split("]", 1)[0]
    listed = [line.strip().strip(',"') for line in body.splitlines() if line.strip().startswith('"')]
    assert tuple(listed) == PLAYWRIGHT_DISABLES
