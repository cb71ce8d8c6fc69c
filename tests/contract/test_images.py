"""Each image boots from its own files and packages alone: what the Dockerfile copies, what its lock file names."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).parent / "uv"
SERVICES = sorted(folder.parent.name for folder in (ROOT / "services").glob("*/main.py"))


def copied(service: str) -> list[tuple[list[str], str]]:
    """The COPY lines of the Dockerfile that take files of ours: sources and target, for this service."""
    text = (ROOT / "infra/Dockerfile").read_text().replace("${SERVICE}", service)
    lines = re.findall(r"^COPY (?!--from)(.+)$", text, re.MULTILINE)
    return [(line.split()[:-1], line.split()[-1]) for line in lines]


def copy(sources: list[str], target: str, image: Path) -> None:
    destination = image / ("." + target if target.startswith("/") else "app/" + target)
    destination.mkdir(parents=True, exist_ok=True)
    for source in sources:
        if (ROOT / source).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / source, destination, dirs_exist_ok=True, ignore=ignored)
        else:
            shutil.copy(ROOT / source, destination)


@pytest.fixture(scope="module", params=SERVICES)
def image(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    service = str(request.param)
    folder = tmp_path_factory.mktemp(service)
    for sources, target in copied(service):
        copy(sources, target, folder)
    python = folder / "venv/bin/python"
    subprocess.run([UV, "venv", "-q", "--python", sys.executable, folder / "venv"], check=True, timeout=120)
    lock = folder / f"locks/{service}.lock"
    subprocess.run([UV, "pip", "sync", "-q", "--python", python, "--require-hashes", lock], check=True, timeout=240)
    yield service, folder
    shutil.rmtree(folder)


def inside(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.defpath, "PYTHONPATH": str(folder / "app"), "COLUMNS": "200"}
    return subprocess.run(
        [folder / "venv/bin/python", *arguments],
        cwd=folder / "app",
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_service_is_importable_from_its_own_image_and_no_other_service_is(image: tuple[str, Path]) -> None:
    service, folder = image
    assert {path.name for path in (folder / "app/services").iterdir() if path.is_dir()} == {"cli", service}
    done = inside(folder, "-W", "error", "-c", f"import services.{service}.main")
    assert done.returncode == 0, done.stderr


def test_the_command_of_an_image_is_there(image: tuple[str, Path]) -> None:
    service, folder = image
    done = inside(folder, "-m", "services", "serve", service, "--help")
    assert done.returncode == 0, done.stderr
    assert "serve" in done.stdout


def test_a_service_without_settings_says_which_are_missing(image: tuple[str, Path]) -> None:
    service, folder = image
    done = inside(folder, "-m", "services", "serve", service)
    assert done.returncode == 2, done.stderr
    assert "RETOLD_POSTGRES_URL" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_set_up_of_the_database_runs_from_an_image(image: tuple[str, Path]) -> None:
    _, folder = image
    done = inside(folder, "-m", "services", "setup-database", "--help")
    assert done.returncode == 0, done.stderr


def test_no_file_that_the_images_need_is_kept_from_the_build() -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    sources = {source for service in SERVICES for names, _ in copied(service) for source in names}
    assert {source for source in sources if not source.startswith(tuple(allowed))} == set()
