"""A log that was tampered with is found out, and where."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.audit.chain import START, AuditKeys, Link, link
from shared.audit.comparing import Prints, compare
from shared.audit.findings import Finding
from shared.audit.proof import Proof
from shared.audit.seals import Seal, make_seal

KEYS = AuditKeys.of(bytes(range(32)))
AT = datetime(2026, 3, 1, tzinfo=UTC)
Message = tuple[int, str, bytes]


def _log(size: int) -> list[Message]:
    return [(n, f"evt.row.j.{n % 7}.evt", f'{{"n":{n}}}'.encode()) for n in range(1, size + 1)]


def _sealed(messages: Sequence[Message], every: int) -> list[Seal]:
    seals: list[Seal] = []
    chain = START
    for position, subject, payload in messages:
        chain = Link(position, link(KEYS.chain, chain.digest, position, subject, payload))
        if position % every == 0:
            seals.append(make_seal(KEYS.seals, seals[-1] if seals else None, chain, every, AT))
    return seals


def _proven(messages: Sequence[Message], seals: Sequence[Seal], start: Link = START) -> Proof:
    proof = Proof(KEYS.chain, seals, start)
    for message in messages:
        proof.add(*message)
    return proof


def _numbered(messages: Sequence[Message]) -> list[Message]:
    """As a log built anew numbers them."""
    return [(n, subject, payload) for n, (_, subject, payload) in enumerate(messages, 1)]


def _where(findings: Sequence[Finding]) -> list[tuple[str, int, int]]:
    return [(finding.kind, finding.first, finding.last) for finding in findings]


LOG = _log(105)
SEALS = _sealed(LOG, 10)


def test_an_untouched_log_is_proven_up_to_its_last_seal() -> None:
    proof = _proven(LOG, SEALS)
    assert proof.findings() == []
    assert (proof.sealed_upto, proof.chain.position) == (100, 105)


def test_a_proof_goes_on_from_where_an_earlier_one_stood() -> None:
    earlier = _proven(LOG[:37], SEALS)
    assert _proven(LOG[37:], SEALS, earlier.chain).findings() == []
    altered = [*LOG[37:50], (51, "evt.row.j.2.evt", b"{}"), *LOG[51:]]
    assert _where(_proven(altered, SEALS, earlier.chain).findings()) == [("differs", 51, 60)]
    assert _where(_proven(LOG[37:], SEALS, Link(37, bytes(32))).findings()) == [("differs", 38, 40)]


@pytest.mark.parametrize("part", ["subject", "payload"])
def test_an_altered_message_is_found_between_two_seals(part: str) -> None:
    position, subject, payload = LOG[41]
    altered = (position, "evt.row.j.9.evt", payload) if part == "subject" else (position, subject, b'{"n":-1}')
    messages = [*LOG[:41], altered, *LOG[42:]]
    assert _where(_proven(messages, SEALS).findings()) == [("differs", 41, 50)]


def test_changes_apart_are_found_apart() -> None:
    messages = [(n, s, b"{}") if n in (3, 77) else (n, s, p) for n, s, p in LOG]
    assert _where(_proven(messages, SEALS).findings()) == [("differs", 1, 10), ("differs", 71, 80)]


def test_two_swapped_messages_are_found() -> None:
    messages = _numbered([*LOG[:42], LOG[43], LOG[42], *LOG[44:]])
    assert _where(_proven(messages, SEALS).findings()) == [("differs", 41, 50)]


def test_a_gap_is_told_to_the_position() -> None:
    assert _where(_proven([*LOG[:41], *LOG[44:]], SEALS).findings()) == [("missing", 42, 44)]
    assert _where(_proven([*LOG[:41], *LOG[64:]], SEALS).findings()) == [("missing", 42, 64)]
    assert _where(_proven(LOG[3:], SEALS).findings()) == [("missing", 1, 3)]
    both = [(n, s, b"{}") if n == 65 else (n, s, p) for n, s, p in [*LOG[:41], *LOG[60:]]]
    assert _where(_proven(both, SEALS).findings()) == [("missing", 42, 60), ("differs", 61, 70)]


def test_a_gap_that_was_sealed_is_told_all_the_same() -> None:
    torn = [*LOG[:41], *LOG[44:]]
    proof = _proven(torn, _sealed(torn, 10))
    assert _where(proof.findings()) == [("missing", 42, 44)]


def test_behind_a_removed_or_inserted_message_the_first_stretch_is_named() -> None:
    for messages in ([*LOG[:41], *LOG[42:]], [*LOG[:41], (0, "evt.x.y.z.evt", b"{}"), *LOG[41:]]):
        findings = _proven(_numbered(messages), SEALS).findings()
        assert _where(findings) == [("differs", 41, 100)]
        assert "the first change is in positions 41 to 50" in findings[0].detail


def test_an_end_that_was_cut_off_is_found() -> None:
    assert _where(_proven(LOG[:97], SEALS).findings()) == [("missing", 91, 100)]
    assert _where(_proven([], SEALS).findings()) == [("missing", 1, 100)]


@given(st.data())
def test_any_one_change_before_the_last_seal_is_found(data: st.DataObject) -> None:
    size, every = data.draw(st.integers(2, 40)), data.draw(st.integers(1, 10))
    log = _log(size)
    seals = _sealed(log, every)
    if not seals:
        return
    index = data.draw(st.integers(0, seals[-1].upto - 1))
    other = data.draw(st.integers(0, size - 1).filter(lambda at: at != index))
    changed = list(log)
    match data.draw(st.sampled_from(["alter", "remove", "insert", "swap"])):
        case "alter":
            changed[index] = (0, log[index][1], log[index][2] + b" ")
        case "remove":
            del changed[index]
        case "insert":
            changed.insert(index, (0, "evt.x.y.z.evt", b"{}"))
        case _:
            changed[index], changed[other] = changed[other], changed[index]
    first = _proven(_numbered(changed), seals).findings()[0]
    assert first.first <= index + 1
    assert _proven(log, seals).findings() == []


def _compared(there: Sequence[Message], archived: Sequence[Message] = LOG) -> list[tuple[str, int, int]]:
    prints = []
    for messages in (archived, there):
        prints.append(Prints(KEYS.archive))
        for message in messages:
            prints[-1].add(*message)
    return _where(compare(*prints))


def test_beside_the_archive_the_exact_position_is_told() -> None:
    assert _compared(LOG) == []
    assert _compared([(n, s, b"{}") if n == 42 else (n, s, p) for n, s, p in LOG]) == [("altered", 42, 42)]
    assert _compared(_numbered([*LOG[:41], *LOG[42:]])) == [("missing", 42, 42)]
    assert _compared([*LOG[:41], *LOG[42:]]) == [("missing", 42, 42)]
    assert _compared(_numbered([*LOG[:41], (0, "x", b""), *LOG[41:]])) == [("inserted", 42, 42)]
    assert _compared(_numbered([*LOG[:42], LOG[43], LOG[42], *LOG[44:]])) == [("moved", 43, 44)]
    far = list(LOG)
    far[10], far[80] = far[80], far[10]
    assert _compared(_numbered(far)) == [("moved", 11, 81), ("moved", 11, 81)]


def test_what_is_newer_than_the_archive_is_no_difference() -> None:
    old = LOG[:60]
    assert _compared(LOG, old) == []
    assert _compared(_numbered([*LOG[:41], *LOG[42:]]), old) == [("missing", 42, 42)]
    assert _compared(_numbered([*LOG[:41], (0, "x", b""), *LOG[41:]]), old) == [("inserted", 42, 42)]


def test_a_log_that_ends_before_its_archive_is_told() -> None:
    assert _compared(LOG[:103]) == [("missing", 104, 105)]
    assert _compared([]) == [("missing", 1, 105)]
    assert _compared(LOG, []) == []


def test_two_logs_that_have_nothing_in_common_are_told_as_one_range() -> None:
    one = [(n, "a", str(n).encode()) for n in range(1, 4001)]
    other = [(n, "b", str(n).encode()) for n in range(1, 4001)]
    assert _compared(one, other) == [("differs", 1, 4000)]
