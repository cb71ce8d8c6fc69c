"""Given these events, when this command, then these events: how a rule is written down as a test."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from shared.core.decider import Decider
from shared.core.errors import RetoldError
from shared.core.events import Event

C = TypeVar("C")
S = TypeVar("S")


@dataclass(frozen=True)
class Given(Generic[C, S]):
    """What has happened so far."""

    decider: Decider[C, S]
    events: tuple[Event, ...]

    def when(self, command: C) -> "Outcome":
        """Decide; a second decision on the outcome must change nothing (the law of deciders)."""
        state = self.decider.fold(self.events)
        try:
            decided = tuple(self.decider.decide(command, state))
        except RetoldError as refusal:
            return Outcome((), refusal)
        again = self.decider.decide(command, self.decider.fold(decided, state))
        assert not again, f"deciding {command} again yields {again}"
        return Outcome(decided, None)


@dataclass(frozen=True)
class Outcome:
    """What a command came to."""

    events: tuple[Event, ...]
    refusal: RetoldError | None

    def then(self, *expected: Event) -> None:
        """Exactly these events."""
        self._was_accepted()
        assert self.events == expected

    def then_nothing(self) -> None:
        """It was carried out before, or there is nothing to do."""
        self.then()

    def then_only(self, kind: type[Event], **fields: object) -> None:
        """One event of this type with, among others, these fields."""
        self._was_accepted()
        assert [type(event) for event in self.events] == [kind]
        assert {name: getattr(self.events[0], name) for name in fields} == fields

    def then_refused(self, kind: type[RetoldError], saying: str) -> None:
        """An error of exactly this kind, whose sentence matches a regular expression."""
        assert type(self.refusal) is kind, f"{self.refusal!r}, decided: {self.events}"
        assert re.search(saying, self.refusal.detail), self.refusal.detail

    def _was_accepted(self) -> None:
        assert self.refusal is None, f"refused: {self.refusal}"


def given(decider: Decider[C, S], *events: Event | Sequence[Event]) -> Given[C, S]:
    """The beginning of a test; events singly or in sequences."""
    flat: list[Event] = []
    for each in events:
        flat += [each] if isinstance(each, Event) else list(each)
    return Given(decider, tuple(flat))
