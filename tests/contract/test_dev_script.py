"""`./dev`, the one script a person runs: on a fresh clone, from anywhere, twice."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.testing.folders import open_folder

ROOT = Path(__file__).parents[2]
COMMANDS = ("demo", "extension", "up", "retold", "test", "check", "chaos", "apps", "bench", "lock")


def dev(*arguments: str, script: Path = ROOT / "dev", folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("RETOLD_", "PYTEST_"))}
    return subprocess.run(
        [script, *arguments], cwd=folder, env=clean, capture_output=True, text=True, timeout=280, check=False
    )


@pytest.fixture(scope="module")
def clone() -> Iterator[Path]:
    """The files of a fresh clone, in a folder with a space in its name."""
    ignored = shutil.ignore_patterns(".venv*", ".git", ".retold*", "__pycache__", ".*_cache", ".hypothesis", "tests")
    with open_folder() as folder:
        shutil.copytree(ROOT, folder / "a clone", ignore=ignored)
        (folder / "a clone" / "tests").mkdir()
        yield folder / "a clone"


@pytest.fixture(scope="module")
def ready(clone: Path) -> Path:
    first = dev("test", "--version", script=clone / "dev")
    assert first.returncode == 0, first.stderr
    assert re.match(r"(retold: .*\n)+\Z", first.stderr), first.stderr
    assert first.stdout.startswith("pytest ")
    return clone


def test_the_script_is_portable_shell() -> None:
    shell = shutil.which("dash") or "/bin/sh"
    assert subprocess.run([shell, "-n", ROOT / "dev"], check=False).returncode == 0
    assert not re.search(r"\[\[|\blocal\b|\bfunction\b|<<<|&>|\bsource\b", (ROOT / "dev").read_text())


@pytest.mark.parametrize("arguments", [(), ("help",), ("-h",), ("--help",)])
def test_alone_it_says_what_it_can_do(arguments: tuple[str, ...]) -> None:
    done = dev(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    assert set(re.findall(r"^  \./dev (\w+)", done.stdout, re.MULTILINE)) == set(COMMANDS)


def test_an_unknown_command_is_refused_in_one_line() -> None:
    done = dev("dance")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "retold: there is no 'dance': ./dev alone lists what there is.\n"


def test_the_second_run_has_nothing_to_set_up_and_says_nothing(ready: Path) -> None:
    began = time.monotonic()
    again = dev("test", "--version", script=ready / "dev")
    assert (again.returncode, again.stderr) == (0, "")
    assert time.monotonic() - began < 5


def test_it_finds_its_folder_through_links_and_from_elsewhere(ready: Path) -> None:
    (ready.parent / "bin").mkdir()
    (ready.parent / "bin" / "first").symlink_to("../a clone/dev")
    (ready.parent / "second").symlink_to(ready.parent / "bin" / "first")
    for script in (ready.parent / "bin" / "first", ready.parent / "second"):
        done = dev("test", "--version", script=script, folder=Path("/"))
        assert (done.returncode, done.stderr) == (0, "")


def test_set_up_is_repeated_when_the_lock_changes_and_leaves_no_package_behind(ready: Path) -> None:
    packages = next((ready / ".venv" / "lib").glob("python3*/site-packages"))
    stale = packages / "stale-1.0.dist-info"
    stale.mkdir()
    (stale / "METADATA").write_text("Metadata-Version: 2.1\nName: stale\nVersion: 1.0\n")
    (stale / "INSTALLER").write_text("pip\n")
    (stale / "RECORD").write_text("stale-1.0.dist-info/METADATA,,\nstale-1.0.dist-info/RECORD,,\n")
    with (ready / "requirements.lock").open("a") as lock:
        lock.write("# changed\n")
    done = dev("test", "--version", script=ready / "dev")
    assert (done.returncode, done.stderr.count("installing packages")) == (0, 1)
    assert not (stale / "METADATA").exists()
    assert dev("test", "--version", script=ready / "dev").stderr == ""


def test_a_folder_that_was_moved_and_a_set_up_that_was_killed_are_set_up_again(ready: Path) -> None:
    moved = ready.rename(ready.parent / "moved there")
    finished = subprocess.Popen(["true"])
    finished.wait()
    (moved / ".venv.turn").mkdir()
    (moved / ".venv.turn" / "process").write_text(f"{finished.pid}\n")
    done = dev("test", "--version", script=moved / "dev")
    assert done.returncode == 0, done.stderr
    assert "making .venv" in done.stderr
    assert not (moved / ".venv.turn").exists()
    shown = subprocess.run([moved / ".venv/bin/pytest", "--version"], capture_output=True, text=True, check=False)
    assert shown.returncode == 0, shown.stderr
