"""A decider: state folded from events, and the pure function that turns a command into new events."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from shared.core.events import Event

C = TypeVar("C")
S = TypeVar("S")


@dataclass(frozen=True)
class Decider(Generic[C, S]):
    """`decide` yields nothing when its command has already been carried out (the law of deciders)."""

    initial: S
    evolve: Callable[[S, Event], S]
    decide: Callable[[C, S], Sequence[Event]]

    def fold(self, events: Iterable[Event], state: S | None = None) -> S:
        """The state after `events`."""
        folded = self.initial if state is None else state
        for event in events:
            folded = self.evolve(folded, event)
        return folded
