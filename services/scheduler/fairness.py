"""PURE: whose turn it is, so that over time each gets a share according to its weight.

Stride scheduling (Waldspurger and Weihl 1995) in its start-time fair form (Goyal, Vin, Cheng 1996): every turn moves
its member on by 1/weight, and the member that stands furthest back is next. Between two members that are never out of
the line, turns divided by weight differ by one turn each at most.
"""

from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class Share(Generic[T]):
    """Somebody's part in a line. `place`: where its next turn stands; among equals, who joined first comes first."""

    who: T = field(repr=False)
    weight: float
    number: int
    place: float = 0.0
    standing: bool = False


@dataclass(slots=True)
class Line(Generic[T]):
    """Members that want a turn. A newcomer, and who comes back after a while, goes on from where the line is now."""

    now: float = 0.0
    members: int = 0
    _heap: list[tuple[float, int, Share[T]]] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Whether anybody stands in it."""
        return bool(self._heap)

    def join(self, who: T, weight: float) -> Share[T]:
        """A new member, who does not stand in the line yet."""
        self.members += 1
        return Share(who, weight, self.members, self.now)

    def stand(self, share: Share[T]) -> None:
        """Wait for a turn; once is enough."""
        if not share.standing:
            share.standing = True
            heappush(self._heap, (share.place, share.number, share))

    def call(self) -> Share[T] | None:
        """Who is next; out of the line until it stands there again."""
        while self._heap:
            place, number, share = heappop(self._heap)
            if place < share.place:  # it was served while it stood here
                heappush(self._heap, (share.place, number, share))
                continue
            share.standing = False
            return share
        return None

    def serve(self, share: Share[T]) -> None:
        """The member has had a turn."""
        self.now = max(share.place, self.now)
        share.place = self.now + 1 / share.weight

    def reweigh(self, share: Share[T], weight: float) -> None:
        """Another weight from now on: what it still has to wait shrinks or grows with it."""
        share.place = self.now + max(0.0, share.place - self.now) * share.weight / weight
        share.weight = weight
        if share.standing:
            self.leave(share)
            self.stand(share)

    def leave(self, share: Share[T]) -> None:
        """Stand in the line no longer. Looks at everybody in it."""
        if share.standing:
            self._heap = [entry for entry in self._heap if entry[2] is not share]
            heapify(self._heap)
            share.standing = False
