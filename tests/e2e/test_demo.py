"""The demo, as a person and as a script runs it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from shared.testing.folders import open_folder

ROOT = Path(__file__).parents[2]


def _demo(home: Path, *options: str) -> dict[str, object]:
    ended = subprocess.run(
        [sys.executable, "-m", "infra.demo", "--json", *options],
        cwd=ROOT,
        env={**os.environ, "RETOLD_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert ended.returncode == 0, ended.stderr
    (line,) = ended.stdout.splitlines()
    summary: dict[str, object] = json.loads(line)
    return summary


@pytest.mark.timeout(300)
def test_the_demo_adds_its_people_to_django_and_survives_an_upgrade_of_it() -> None:
    with open_folder() as folder:
        first = _demo(folder / "home", "--people", "5")
        assert (first["successful"], first["users_in_django"], first["each_exactly_once"]) == (5, 5, True)
        drifted = _demo(folder / "home", "--people", "3", "--drift")
        assert (drifted["successful"], drifted["each_exactly_once"]) == (3, True)
        assert str(drifted["recorded_on"]).startswith("3.2")
        assert str(drifted["django"]).startswith("5.2")
        found_by = drifted["found_by"]
        assert isinstance(found_by, dict)
        assert set(found_by["4"]) == {"recorded"}
        assert set(found_by["24"]) <= {"healed", "cached", "bundle"}
