"""Times as people type them, mappings, and which events a person wants to see."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cli.envelopes import Span
from services.cli.filters import Filters, Wanted
from services.cli.jobs import read_mapping
from services.cli.times import read_duration, read_time
from shared.bus import subjects
from shared.core.errors import InvalidInput
from tests.unit.cli.told import tell

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("15m", 900), ("15 min", 900), ("1h30m", 5400), ("2 d", 172_800), ("1w", 604_800), ("250ms", 0.25)],
)
def test_a_duration_is_read(text: str, seconds: float) -> None:
    assert read_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "90", "s", "-5m", "1h and", "2026-03-01", "9" * 400 + "w"])
def test_what_is_no_duration_is_none(text: str) -> None:
    assert read_duration(text) is None


def test_a_duration_is_that_long_ago_and_a_moment_is_itself() -> None:
    assert read_time("2h", NOW, "--since") == NOW - timedelta(hours=2)
    assert read_time("2026-03-01T10:00:00+00:00", NOW, "--since") == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert read_time("2026-03-01", NOW, "--since").tzinfo is not None


@given(st.text(max_size=20))
def test_any_text_is_a_time_with_a_zone_or_is_refused(text: str) -> None:
    with suppress(InvalidInput):
        assert read_time(text, NOW, "--until").tzinfo is not None


def test_a_refused_time_names_its_option() -> None:
    with pytest.raises(InvalidInput, match="--until"):
        read_time("soon", NOW, "--until")


def test_events_are_filtered_by_type_and_time() -> None:
    hour = timedelta(hours=1)
    wanted = Wanted(Span(since=NOW - hour, until=NOW), types=frozenset({"RowFinished"}))
    assert wanted.takes(tell(1))
    assert not wanted.takes(tell(1, "RowStarted"))
    assert not wanted.takes(tell(1, at=NOW - 2 * hour))
    assert not wanted.takes(tell(1, at=NOW + hour))
    assert Wanted(Span()).takes(tell(1, "AnythingAtAll"))


def test_events_are_filtered_by_organization_request_and_actor() -> None:
    assert Wanted(Span(), org=UUID(int=1)).takes(tell(1))
    assert not Wanted(Span(), org=UUID(int=2)).takes(tell(1))
    assert Wanted(Span(), correlation="request").takes(tell(1))
    assert not Wanted(Span(), correlation="req").takes(tell(1))
    for actor, taken in (("runner", True), ("runner:w-1", True), ("runner:w", False), ("run", False)):
        assert Wanted(Span(), actor=actor).takes(tell(1)) == taken


def test_filters_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(InvalidInput, match="--job"):
        Filters(row=1).wanted()
    with pytest.raises(InvalidInput, match="--stream"):
        Filters(job="a", stream="row").wanted()
    assert Filters(stream="job", before=7).wanted().span == Span((subjects.ALL_JOBS,), before=7)


def test_a_mapping_is_read_from_its_entries() -> None:
    assert read_mapping(["Mail = E-mail", "x=a=b"]) == {"Mail": "E-mail", "x": "a=b"}


@pytest.mark.parametrize("entries", [["Mail"], ["=E-mail"], ["Mail="], ["a=b", "a=c"]])
def test_a_wrong_mapping_is_refused(entries: list[str]) -> None:
    with pytest.raises(InvalidInput, match="--map"):
        read_mapping(entries)
