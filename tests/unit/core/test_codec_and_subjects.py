"""The envelope on the wire, and the one place that spells a subject."""

import json
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest

from shared.bus import subjects
from shared.bus.codec import Undecodable, decode, encode
from shared.bus.log import Append, Context
from shared.bus.memory import matches
from shared.contracts.catalogue import catalogue
from shared.contracts.scheduler import JobSubmitted
from shared.core.errors import InvalidInput
from shared.core.events import Catalogue
from shared.core.time_and_ids import derived_id, new_id

JOB, ORG = UUID(int=1), UUID(int=2)
AT = datetime(2026, 1, 2, 3, 4, 5, 678901, UTC)
STREAM = subjects.job(JOB)
APPEND = Append(STREAM, [JobSubmitted(job_id=JOB)], 0, "command", Context(ORG, "ada", "corr", "cause"))


def test_an_envelope_tells_who_did_what_for_whom():
    envelope = json.loads(encode(APPEND, AT.astimezone(timezone(timedelta(hours=5)))))
    assert envelope == {
        "id": str(APPEND.message),
        "at": "2026-01-02T03:04:05.678901Z",
        "ctx": "scheduler",
        "agg": f"job.{JOB}",
        "org": str(ORG),
        "actor": "ada",
        "corr": "corr",
        "cause": "cause",
        "trace": None,
        "events": [{"type": "JobSubmitted", "v": 1, "data": {"job_id": str(JOB)}}],
    }


def test_what_was_encoded_is_decoded_to_the_same():
    (recorded,) = decode(encode(APPEND, AT), STREAM.subject(), 17, catalogue())
    assert recorded.event == APPEND.events[0]
    assert (recorded.position, recorded.index, recorded.at, recorded.org) == (17, 0, AT, ORG)
    assert (recorded.actor, recorded.correlation, recorded.cause) == ("ada", "corr", "cause")
    assert recorded.id == derived_id(APPEND.message, 0)


def test_types_that_the_catalogue_lacks_are_left_out():
    assert decode(encode(APPEND, AT), STREAM.subject(), 1, Catalogue()) == []


@pytest.mark.parametrize("payload", [b"", b"{}", b"\xff", b'{"id": 1}', b"[]"])
def test_what_is_no_envelope_is_named_so(payload):
    with pytest.raises(Undecodable, match="not an envelope"):
        decode(payload, "evt.x", 3, catalogue())


def test_an_event_that_cannot_be_read_is_named_with_its_type_and_place():
    broken = encode(APPEND, AT).replace(str(JOB).encode() + b'"}', b'nonsense"}')
    with pytest.raises(Undecodable, match=r"JobSubmitted v1 at position 9"):
        decode(broken, "evt.x", 9, catalogue())


def test_the_same_command_on_the_same_stream_has_the_same_id_and_no_other():
    other_stream = Append(subjects.job(ORG), APPEND.events, 0, "command", APPEND.context)
    other_command = Append(STREAM, APPEND.events, 0, "another", APPEND.context)
    same = Append(STREAM, [], 99, "command", Context(JOB, "grace"))
    assert same.message == APPEND.message
    assert len({each.message for each in (APPEND, other_stream, other_command)}) == 3


def test_ids_made_from_parts_do_not_depend_on_how_the_parts_are_cut():
    assert derived_id("ab", "c") != derived_id("a", "bc")
    assert derived_id("a", 1) == derived_id("a", "1")


def test_fresh_ids_sort_by_their_time():
    made = [new_id() for _ in range(100)]
    assert len(set(made)) == 100
    assert all(each.version == 7 for each in made)
    assert made == sorted(made)


@pytest.mark.parametrize(
    ("subject", "wanted", "fits"),
    [
        ("evt.row.1.2.cmd", "evt.row.*.*.cmd", True),
        ("evt.row.1.2.evt", "evt.row.*.*.cmd", False),
        ("evt.row.1.2.cmd", "evt.row.>", True),
        ("evt.row", "evt.row.>", False),
        ("evt.row.1.2", "evt.row.1", False),
        ("evt.row.1", "evt.row.1.*", False),
        ("evt.rows.1", "evt.row.>", False),
    ],
)
def test_a_filter_fits_a_subject_as_the_server_says(subject, wanted, fits):
    assert matches(subject, wanted) is fits


@pytest.mark.parametrize(
    "stream", [subjects.job(JOB), subjects.row(JOB, 3), subjects.heals(JOB), subjects.recording(JOB)]
)
def test_every_subject_of_a_stream_falls_under_its_canonical_filter(stream):
    assert all(matches(stream.subject(kind), stream.canonical_filter) for kind in ("evt", "cmd"))
    assert not matches(subjects.row(JOB, 33).subject(), subjects.row(JOB, 3).canonical_filter)


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("job", "evt.scheduler.job.>"),
        ("row", "evt.row.>"),
        (f"row.{JOB}", f"evt.row.{JOB}.>"),
        (f"scheduler.job.{JOB}", f"evt.scheduler.job.{JOB}.>"),
        (f"evt.scheduler.job.{JOB}.evt", f"evt.scheduler.job.{JOB}.evt"),
    ],
)
def test_what_a_person_types_becomes_a_filter(text, subject):
    assert subjects.filter_for(text) == subject


@pytest.mark.parametrize("text", ["", "a b", "row..1"])
def test_what_names_no_stream_is_refused(text):
    with pytest.raises(InvalidInput, match="names no stream"):
        subjects.filter_for(text)
