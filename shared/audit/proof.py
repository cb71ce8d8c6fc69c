"""Does the log hold what was sealed? Messages and seals in, findings out."""

import hmac
from collections.abc import Sequence

from shared.audit.chain import START, Link, link
from shared.audit.findings import Finding, span
from shared.audit.seals import Seal


class Proof:
    """Takes the log's messages in order and compares the chain with every seal.

    A stretch between two seals that differs is told, and the chain goes on from the seal, which is genuine: so each
    stretch is judged by itself. `start`: where an earlier proof stood.
    """

    def __init__(self, key: bytes, seals: Sequence[Seal], start: Link = START) -> None:
        self._key = key
        self._seals = [seal for seal in seals if seal.upto > start.position]
        self._next = 0
        self._begin = start.position + 1  # of the stretch up to the next seal
        self._torn = False  # a gap was told in this stretch: that its digest differs is no news
        self._differing: list[tuple[int, int]] = []
        self._gaps: list[Finding] = []
        self.chain = start
        self.sealed_upto = start.position

    def add(self, position: int, subject: str, payload: bytes) -> None:
        """The next message."""
        if position != self.chain.position + 1:
            self._gap(self.chain.position + 1, position - 1)
        self.chain = Link(position, link(self._key, self.chain.digest, position, subject, payload))
        if self._next < len(self._seals) and self._seals[self._next].upto == position:
            self._compare()

    def findings(self) -> list[Finding]:
        """All that is wrong, once the last message was added."""
        found = [*self._gaps, *self._changes()]
        if self._next < len(self._seals):
            end, sealed = self.chain.position, self._seals[-1].upto
            detail = (
                f"the log ends at {end} and was sealed up to {sealed}: {sealed - end} missing, "
                f"from position {self._begin} on at the earliest"
            )
            found.append(Finding("missing", self._begin, sealed, detail))
        return sorted(found, key=lambda finding: (finding.first, finding.last))

    def _gap(self, first: int, last: int) -> None:
        self._gaps.append(Finding("missing", first, last, f"there is nothing at {span(first, last)}"))
        self._torn = True
        while self._next < len(self._seals) and self._seals[self._next].upto <= last:
            seal = self._seals[self._next]
            self.chain = Link(seal.upto, bytes.fromhex(seal.digest))
            self._begin, self._torn = seal.upto + 1, seal.upto < last
            self._next += 1

    def _compare(self) -> None:
        seal = self._seals[self._next]
        sealed = bytes.fromhex(seal.digest)
        if not hmac.compare_digest(self.chain.digest, sealed) and not self._torn:
            self._differing.append((self._begin, seal.upto))
        self.chain = Link(seal.upto, sealed)
        self.sealed_upto, self._begin, self._torn = seal.upto, seal.upto + 1, False
        self._next += 1

    def _changes(self) -> list[Finding]:
        """Neighbouring stretches that differ are one finding: behind a removed message nothing is where it was."""
        runs: list[list[tuple[int, int]]] = []
        for stretch in self._differing:
            if runs and runs[-1][-1][1] + 1 == stretch[0]:
                runs[-1].append(stretch)
            else:
                runs.append([stretch])
        return [_told(run) for run in runs]


def _told(run: Sequence[tuple[int, int]]) -> Finding:
    (first, last), end = run[0], run[-1][1]
    detail = f"{span(first, last)}: not what was sealed"
    if len(run) > 1:
        detail += (
            f"; nor is anything behind it up to position {end}, as when a message is removed or inserted: "
            f"the first change is in {span(first, last)}"
        )
    return Finding("differs", first, end, detail)
