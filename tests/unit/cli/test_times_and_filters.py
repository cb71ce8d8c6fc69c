"""Times as people type them, mappings, and which events a person wants to see."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.cli.events import Wanted
from services.cli.jobs import read_mapping
from services.cli.times import read_duration, read_time
from shared.core.errors import InvalidInput

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
    wanted = Wanted(types=frozenset({"RowFinished"}), since=NOW - hour, until=NOW)
    assert wanted.takes(NOW, "RowFinished")
    assert not wanted.takes(NOW, "RowStarted")
    assert not wanted.takes(NOW - 2 * hour, "RowFinished")
    assert not wanted.takes(NOW + hour, "RowFinished")
    assert Wanted().takes(NOW, "AnythingAtAll")


def test_a_mapping_is_read_from_its_entries() -> None:
    assert read_mapping(["Mail = E-mail", "x=a=b"]) == {"Mail": "E-mail", "x": "a=b"}


@pytest.mark.parametrize("entries", [["Mail"], ["=E-mail"], ["Mail="], ["a=b", "a=c"]])
def test_a_wrong_mapping_is_refused(entries: list[str]) -> None:
    with pytest.raises(InvalidInput, match="--map"):
        read_mapping(entries)
