"""The chain and its seals."""

from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import pytest

from shared.audit.chain import START, AuditKeys, Link, link
from shared.audit.seals import Seal, encode_seal, examine_seals, make_seal, read_seal

KEYS = AuditKeys.of(bytes(range(32)))
AT = datetime(2026, 3, 1, tzinfo=UTC)


def _seals(count: int) -> list[Seal]:
    seals: list[Seal] = []
    for number in range(1, count + 1):
        before = seals[-1] if seals else None
        seals.append(make_seal(KEYS.seals, before, Link(number * 10, bytes([number]) * 32), 10, AT))
    return seals


def _numbers(seals: list[Seal]) -> list[int]:
    return [seal.number for seal in seals]


def test_what_stands_where_cannot_be_shifted_between_subject_and_payload() -> None:
    key, before = KEYS.chain, START.digest
    links = {
        link(key, before, 1, "evt.a", b"b"),
        link(key, before, 1, "evt.", b"ab"),
        link(key, before, 2, "evt.a", b"b"),
        link(key, b"\1" * 32, 1, "evt.a", b"b"),
        link(KEYS.seals, before, 1, "evt.a", b"b"),
    }
    assert len(links) == 5


def test_the_keys_of_each_purpose_and_each_master_key_differ() -> None:
    others = AuditKeys.of(bytes(32))
    assert len({KEYS.chain, KEYS.seals, KEYS.archive, others.chain, others.seals, others.archive}) == 6
    assert AuditKeys.of(bytes(range(32))) == KEYS


def test_the_chain_of_a_log_stays_the_same_in_every_release() -> None:
    digest = link(KEYS.chain, START.digest, 1, "evt.a.b.c.evt", b'{"x":1}')
    assert digest.hex() == "bb329cddf382b3ff03abaf8cfebcb3a9702e93089f70888b6f610a703ba8d59b"


def test_a_seal_is_read_back_and_an_altered_or_foreign_one_is_not() -> None:
    seal = _seals(1)[0]
    assert read_seal(KEYS.seals, encode_seal(seal)) == seal
    altered = [
        msgspec.structs.replace(seal, **change)
        for change in (
            {"upto": 11},
            {"count": 9},
            {"at": "2026-03-02T00:00:00+00:00"},
            {"number": 2},
            {"digest": "00" * 32},
            {"previous": "11" * 32},
            {"digest": "zz"},
            {"upto": -1},
            {"mac": "é"},
        )
    ]
    for payload in (*map(encode_seal, altered), b"", b"[]", b"\xff"):
        with pytest.raises(ValueError, match=r"altered|no seal"):
            read_seal(KEYS.seals, payload)
    with pytest.raises(ValueError, match="another master key"):
        read_seal(AuditKeys.of(bytes(32)).seals, encode_seal(seal))


def test_seals_in_order_have_nothing_wrong() -> None:
    assert examine_seals(KEYS.seals, map(encode_seal, _seals(5))) == (_seals(5), [])


@pytest.mark.parametrize(
    ("tamper", "told", "trusted"),
    [
        (lambda seals: seals[:1] + seals[2:], "seal 2 is missing", [1, 3, 4, 5]),
        (lambda seals: seals[:1] + seals[3:], "seals 2 to 3 are missing", [1, 4, 5]),
        (lambda seals: seals[2:], "seals 1 to 2 are missing", [3, 4, 5]),
        (lambda seals: [seals[0], seals[0], *seals[1:]], "seal 1 stands where seal 2 belongs", None),
        (lambda seals: [seals[0], seals[2], seals[1], *seals[3:]], "seal 2 is missing", None),
        (
            lambda seals: [seals[0], msgspec.structs.replace(seals[1], upto=21), *seals[2:]],
            "seal 2 is not to be trusted: it was altered",
            [1, 3, 4, 5],
        ),
    ],
)
def test_a_seal_that_was_removed_repeated_moved_or_altered_is_found(
    tamper: Callable[[list[Seal]], list[Seal]], told: str, trusted: list[int] | None
) -> None:
    seals, findings = examine_seals(KEYS.seals, map(encode_seal, tamper(_seals(5))))
    assert told in findings[0].detail
    assert trusted is None or _numbers(seals) == trusted


def test_a_seal_of_another_history_is_found() -> None:
    first, other = _seals(3), make_seal(KEYS.seals, None, Link(9, bytes(32)), 9, AT)
    _, findings = examine_seals(KEYS.seals, map(encode_seal, [other, *first[1:]]))
    assert [finding.detail for finding in findings] == ["seal 2 does not follow the seal that stands before it"]
