"""Which message exactly? The log beside its archive, message for message."""

import hashlib
from array import array
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise

from shared.audit.findings import Finding, span

LARGEST_DIFFERENCE = 2000  # messages; beyond it difflib takes minutes, and a range says as much


class Prints:
    """A fingerprint (64 bits, keyed: none can be forged) of each message, in order, with its position."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self.positions = array("Q")
        self.prints = array("Q")

    def add(self, position: int, subject: str, payload: bytes) -> None:
        """The next message."""
        name = subject.encode()
        text = len(name).to_bytes(4) + name + payload
        self.positions.append(position)
        self.prints.append(int.from_bytes(hashlib.blake2b(text, digest_size=8, key=self._key).digest()))

    def __len__(self) -> int:
        return len(self.positions)


def compare(archived: Prints, there: Prints) -> list[Finding]:
    """Where the log is not what was archived. What the log has behind the archive's end is not looked at."""
    end = _end_of_archive(archived, there)
    start = 0
    while start < min(len(archived), end) and archived.prints[start] == there.prints[start]:
        start += 1
    back = 0
    while (
        back < min(len(archived), end) - start
        and archived.prints[len(archived) - 1 - back] == (there.prints[end - 1 - back])
    ):
        back += 1
    before = range(start, len(archived) - back)
    after = range(start, end - back)
    if not before and not after:
        return []
    if max(len(before), len(after)) > LARGEST_DIFFERENCE:
        first, last = start + 1, max(before.stop, after.stop)
        return [Finding("differs", first, last, f"{span(first, last)}: the log and the archive differ all over")]
    return sorted(_differences(archived, there, before, after), key=lambda finding: finding.first)


def _end_of_archive(archived: Prints, there: Prints) -> int:
    """How many of the log's messages the archive should have: up to the nearest twin of its last one."""
    if not len(archived):
        return 0
    last, size = archived.prints[-1], len(archived)
    for distance in range(LARGEST_DIFFERENCE):
        for end in (size - distance, size + distance):
            if 0 < end <= len(there) and there.prints[end - 1] == last:
                return end
    return min(size, len(there))


def _differences(archived: Prints, there: Prints, before: range, after: range) -> Iterator[Finding]:
    old, new = archived.prints[before.start : before.stop], there.prints[after.start : after.stop]
    changes = [
        (range(before.start + i1, before.start + i2), range(after.start + j1, after.start + j2))
        for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        if tag != "equal"
    ]
    gone = {archived.prints[index]: archived.positions[index] for one, _ in changes for index in one}
    come = {there.prints[index]: there.positions[index] for _, other in changes for index in other}
    for value in gone.keys() & come.keys():
        at, now = gone[value], come[value]
        yield Finding("moved", min(at, now), max(at, now), f"the message of position {at} stands at position {now}")
    altered: list[int] = []
    missing: list[int] = []
    inserted: list[int] = []
    for one, other in changes:
        left = [archived.positions[index] for index in one if archived.prints[index] not in come]
        right = [there.positions[index] for index in other if there.prints[index] not in gone]
        both = min(len(left), len(right))
        altered += left[:both]
        missing += left[both:]
        inserted += right[both:]
    yield from (Finding("altered", *run, f"{span(*run)}: altered") for run in _runs(altered))
    yield from (Finding("missing", *run, f"{span(*run)} of the archive: missing in the log") for run in _runs(missing))
    yield from (Finding("inserted", *run, f"{span(*run)}: inserted into the log") for run in _runs(inserted))


def _runs(positions: Sequence[int]) -> Iterator[tuple[int, int]]:
    """First and last of each stretch without a gap."""
    ends = [index for index, (at, following) in enumerate(pairwise(positions)) if following != at + 1]
    starts = [0, *(index + 1 for index in ends)]
    for start, end in zip(starts, [*ends, len(positions) - 1], strict=True):
        if positions:
            yield positions[start], positions[end]
