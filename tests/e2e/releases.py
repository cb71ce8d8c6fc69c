"""Other releases of the services, as source trees: the last one from git, and a next one made from today's."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.releases import LAST_RELEASE

ROOT = Path(__file__).parents[2]

# Appended to every file of contracts: each event has a new version, with a field that today's release does not know.
NEW_VERSIONS = """

def _of_the_next_release(kind):
    before = kind.v
    body = {
        "__module__": __name__,
        "__doc__": kind.__doc__,
        "__annotations__": {"of_the_next_release": str},
        "of_the_next_release": "something new",
        "v": before + 1,
        "upcasters": {**kind.upcasters, before: lambda old: {**old, "of_the_next_release": "was not told"}},
    }
    return type(kind)(kind.__name__, (kind,), body)


for _kind in EVENTS:
    globals()[_kind.__name__] = _of_the_next_release(_kind)
EVENTS = tuple(globals()[_kind.__name__] for _kind in EVENTS)
"""
NEW_TYPE = '''

class WeatherNoticed(Event):
    """A type that today's release does not know."""

    sky: str


EVENTS = (*EVENTS, WeatherNoticed)
'''
# Every decision of the next release that holds one of these tells the new type too, in the same message.
WITH_THE_NEW_TYPE = """

_as_before = Append.__post_init__


def _and_the_weather(self):
    from shared.contracts.scheduler import WeatherNoticed

    _as_before(self)
    told = {type(event).__name__ for event in self.events}
    if told & {"RecordingImported", "JobSubmitted", "RowDispatched", "RowStarted", "RowFinished", "HealRecorded"}:
        object.__setattr__(self, "events", (WeatherNoticed(sky="blue"), *self.events))


Append.__post_init__ = _and_the_weather
"""


def last_release(folder: Path) -> Path:
    """The last release's tree; without git, or without its history, the test is skipped."""
    git = shutil.which("git")
    if git is None or subprocess.run([git, "-C", ROOT, "cat-file", "-e", LAST_RELEASE], capture_output=True).returncode:
        pytest.skip(f"the last release ({LAST_RELEASE}) cannot be had: this is no git clone with its history")
    tree = folder / "last release"
    tree.mkdir()
    archive = subprocess.run(
        [git, "-C", ROOT, "archive", LAST_RELEASE, "services", "shared"], check=True, capture_output=True
    )
    subprocess.run(["tar", "-x", "-C", tree], input=archive.stdout, check=True)
    return tree


def next_release(folder: Path) -> Path:
    """A release to come: new versions of all events, and a new type in many decisions."""
    tree = folder / "next release"
    for part in ("services", "shared"):
        shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns("__pycache__"))
    for contract in ("ingest", "scheduler", "runner", "healer"):
        more = NEW_VERSIONS + (NEW_TYPE if contract == "scheduler" else "")
        _append(tree / f"shared/contracts/{contract}.py", more)
    _append(tree / "shared/bus/log.py", WITH_THE_NEW_TYPE)
    return tree


def _append(path: Path, text: str) -> None:
    path.write_text(path.read_text("utf-8") + text, "utf-8")
