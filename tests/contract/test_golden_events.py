"""What was ever written stays readable, and a shape once written never changes without a new version."""

from collections.abc import Iterator

import pytest
from pydantic import BaseModel, Field

from shared.contracts.catalogue import catalogue
from shared.core.events import Event
from tests.golden.files import FOLDER, golden_path, read, stored, told, unseen_fields

TYPES = sorted(catalogue(), key=lambda event_type: event_type.__name__)
FILES = sorted(FOLDER.glob("*.json"))
ADVICE = "the shape of {0} changed: count up `v`, add an upcaster, and run `python -m tests.golden {0}`"


def faults(event_type: type[Event], golden: dict[str, object]) -> Iterator[str]:
    """What today's shape and the newest golden file disagree about."""
    revived = stored(event_type.model_validate(golden))
    if revived != golden:
        yield f"read and stored again it is {revived}"
    yield from unseen_fields(event_type, [golden])


@pytest.mark.parametrize("event_type", TYPES, ids=lambda event_type: event_type.__name__)
def test_every_version_of_every_event_has_a_golden_file(event_type: type[Event]) -> None:
    missing = [v for v in range(1, event_type.v + 1) if not golden_path(event_type, v).exists()]
    assert not missing, f"run `python -m tests.golden {event_type.__name__}`"


@pytest.mark.parametrize("event_type", TYPES, ids=lambda event_type: event_type.__name__)
def test_the_shape_of_an_event_is_that_of_its_newest_golden_file(event_type: type[Event]) -> None:
    found = list(faults(event_type, read(golden_path(event_type, event_type.v))))
    assert not found, [ADVICE.format(event_type.__name__), *found]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_golden_file_is_read_as_an_event_of_today(path) -> None:
    name, version = path.stem.split(".v")
    event = catalogue().revive(name, int(version), read(path))
    assert type(event).__name__ == name
    assert event.v >= int(version)


def test_the_story_tells_every_event_of_the_catalogue() -> None:
    assert {type(event) for event in told()} == set(TYPES)


class Inner(BaseModel):
    """A part of an event."""

    size: int


class Grown(Event):
    """An event in the shape that its golden file has."""

    name: str
    parts: list[Inner] = Field(default_factory=list)


GOLDEN: dict[str, object] = {"name": "a", "parts": [{"size": 1}]}


class MoreInner(Inner):
    """The part with a field more."""

    color: str | None = None


def test_the_guard_accepts_the_shape_that_was_stored() -> None:
    assert list(faults(Grown, GOLDEN)) == []


def test_the_guard_notices_a_field_that_was_added() -> None:
    class Wider(Grown):
        added: str | None = None

    assert any("Wider.added" in fault for fault in faults(Wider, GOLDEN))


def test_the_guard_notices_a_field_that_was_added_to_a_part() -> None:
    class Deeper(Event):
        name: str
        parts: list[MoreInner]

    assert any("MoreInner.color" in fault for fault in faults(Deeper, GOLDEN))


def test_the_guard_notices_a_field_that_was_dropped() -> None:
    class Narrower(Event):
        name: str

    assert list(faults(Narrower, GOLDEN))


def test_the_guard_notices_a_type_that_changed() -> None:
    class Retyped(Event):
        name: str
        parts: dict[str, Inner] | list[dict[str, str]]

    with pytest.raises(ValueError, match="parts"):
        list(faults(Retyped, GOLDEN))
