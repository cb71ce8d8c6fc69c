"""Events are read in today's shape, whatever shape they were stored in."""

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest
from pydantic import ValidationError

from shared.core.events import Catalogue, Event, Upcaster


def split_name(data: dict[str, Any]) -> dict[str, Any]:
    first, _, last = data["name"].partition(" ")
    return {"first": first, "last": last}


def add_title(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "title": None}


class PersonNamed(Event):
    """An event in its third shape."""

    v: ClassVar[int] = 3
    upcasters: ClassVar[Mapping[int, Upcaster]] = {1: split_name, 2: add_title}
    first: str
    last: str
    title: str | None


CATALOGUE = Catalogue([PersonNamed])


def test_an_event_of_the_first_shape_passes_through_every_upcaster():
    expected = PersonNamed(first="Ada", last="Lovelace", title=None)
    assert CATALOGUE.revive("PersonNamed", 1, {"name": "Ada Lovelace"}) == expected


def test_an_event_of_the_second_shape_passes_through_the_last_upcaster_only():
    expected = PersonNamed(first="Ada", last="King", title=None)
    assert CATALOGUE.revive("PersonNamed", 2, {"first": "Ada", "last": "King"}) == expected


def test_an_event_of_today_is_read_as_it_is():
    data = {"first": "Ada", "last": "King", "title": "Countess"}
    assert CATALOGUE.revive("PersonNamed", 3, data).model_dump() == data


def test_an_event_of_a_later_release_is_read_without_what_we_do_not_know():
    data = {"first": "Ada", "last": "King", "title": None, "born": 1815}
    assert CATALOGUE.revive("PersonNamed", 4, data) == PersonNamed(first="Ada", last="King", title=None)


def test_an_event_that_fits_no_shape_is_refused():
    with pytest.raises(ValidationError):
        CATALOGUE.revive("PersonNamed", 3, {"first": "Ada"})


def test_an_event_cannot_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        PersonNamed(first="Ada", last="King", title=None).first = "Grace"


def test_two_event_types_of_one_name_are_refused():
    other = type("PersonNamed", (Event,), {"__module__": __name__})
    with pytest.raises(ValueError, match="two events are named PersonNamed"):
        Catalogue([PersonNamed], [other])


def test_the_same_event_type_twice_is_one():
    assert list(Catalogue([PersonNamed], [PersonNamed])) == [PersonNamed]


def test_a_version_without_its_upcaster_is_refused():
    class Lacking(PersonNamed):
        upcasters: ClassVar[Mapping[int, Upcaster]] = {2: add_title}

    with pytest.raises(ValueError, match="Lacking is at version 3 and lacks an upcaster"):
        Catalogue([Lacking])
