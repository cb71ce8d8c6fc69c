"""What was ever written stays readable, and a shape once written never changes without a new version."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel, Field

from shared.bus import subjects
from shared.bus.codec import Undecodable, decode, encode
from shared.bus.log import Append, Context
from shared.contracts.catalogue import catalogue
from shared.core.decider import Decider
from shared.core.events import Catalogue, Event, Recorded
from tests.contract.test_deciders import SUBJECTS
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
def test_every_golden_file_is_read_as_an_event_of_today(path: Path) -> None:
    name, version = path.stem.split(".v")
    event = catalogue().revive(name, int(version), read(path))
    assert type(event).__name__ == name
    assert event.v >= int(version)


def test_every_golden_file_is_of_a_type_that_there_is() -> None:
    """A type that was once written can be renamed or left out as little as a field."""
    assert {path.stem.partition(".")[0] for path in FILES} <= {event_type.__name__ for event_type in TYPES}


@pytest.mark.parametrize("event_type", TYPES, ids=lambda event_type: event_type.__name__)
def test_each_upcaster_makes_the_next_version_of_the_one_before(event_type: type[Event]) -> None:
    for v, upcaster in event_type.upcasters.items():
        old, following = read(golden_path(event_type, v)), read(golden_path(event_type, v + 1))
        before = json.dumps(old)
        assert upcaster(old).keys() == following.keys()
        assert json.dumps(old) == before, "an upcaster leaves what it is given as it is"


def test_the_story_tells_every_event_of_the_catalogue() -> None:
    assert {type(event) for event in told()} == set(TYPES)


CONTEXT = Context(UUID(int=7), "tester")


class Announced(Event):
    """An event as this release knows it."""

    v = 2
    upcasters = {1: lambda old: {**old, "loud": False}}  # noqa: RUF012
    name: str
    loud: bool


def written(*events: tuple[str, int, dict[str, Any]]) -> bytes:
    """A decision as another release writes it: type, version, fields."""
    envelope = json.loads(encode(Append(subjects.organization(UUID(int=7)), [], 0, "c", CONTEXT), datetime.now(UTC)))
    envelope["events"] = [{"type": name, "v": v, "data": fields} for name, v, fields in events]
    return json.dumps({**envelope, "of_the_next_release": [1]}).encode()


def read_here(*events: tuple[str, int, dict[str, Any]]) -> list[Recorded]:
    """The same as this release reads it."""
    return decode(written(*events), "somewhere", 5, Catalogue([Announced]))


def test_an_event_of_an_unknown_type_is_left_out_and_the_others_keep_their_place() -> None:
    future = ("InventedLater", 1, {"anything": True})
    assert read_here(future) == []
    (known,) = read_here(future, ("Announced", 2, {"name": "a", "loud": True}))
    assert (known.index, known.event) == (1, Announced(name="a", loud=True))


def test_an_event_of_a_later_version_is_read_as_todays_without_what_it_added() -> None:
    (later,) = read_here(("Announced", 3, {"name": "a", "loud": True, "colour": "red"}))
    assert later.event == Announced(name="a", loud=True)


def test_an_event_of_the_first_version_is_read_as_todays() -> None:
    (first,) = read_here(("Announced", 1, {"name": "a"}))
    assert first.event == Announced(name="a", loud=False)


def test_an_event_of_a_later_version_that_lacks_what_this_release_needs_is_told_apart() -> None:
    """So a later version may add, and never take away, until no release is left that needs it."""
    with pytest.raises(Undecodable, match="Announced v3"):
        read_here(("Announced", 3, {"name": "a"}))


@pytest.mark.parametrize("decider", [each.decider for each in SUBJECTS], ids=[each.name for each in SUBJECTS])
def test_a_decider_goes_on_after_events_that_it_does_not_know(decider: Decider[Any, Any]) -> None:
    decider.fold([Announced(name="a", loud=True), *told(), Announced(name="b", loud=False)])


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
