"""From what a step did to what is counted: right or wrong is said by the hand-made places and by the database alone."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "recorded",  # by the recorded locator
    "bundle",  # by others of what was recorded
    "healed right",
    "healed wrong",
    "found wrong",  # something recorded found another element, and it was acted on
    "refused",  # though the element is there
    "refused rightly",  # there is no such element in this release
    "not reached",  # the row had ended before
]
KINDS: tuple[Kind, ...] = (
    "recorded", "bundle", "healed right", "healed wrong", "found wrong", "refused", "refused rightly", "not reached",
)  # fmt: skip
RIGHT, WRONG = frozenset({"recorded", "bundle", "healed right"}), frozenset({"healed wrong", "found wrong"})


@dataclass(frozen=True, slots=True)
class Done:
    """What a step came to.

    `found_by` in the words of a step's result, none where nothing was found; `completed`: it went well, as far as the
    runner can tell; `acted`: it did something to an element; `right`: that was the right one, none where nobody saw it.
    """

    found_by: str | None
    completed: bool
    acted: bool
    right: bool | None


def judge(done: Done | None, *, there: bool) -> Kind:
    """Which kind of step it was; `there`: the release has the element. Without `done` it was not reached."""
    if done is None:
        return "not reached"
    if done.acted and (done.right is False or not there):
        return "healed wrong" if done.found_by in ("healed", "cached") else "found wrong"
    if not done.completed:
        return "refused" if there else "refused rightly"
    match done.found_by:
        case "healed" | "cached":
            return "healed right"
        case "recorded":
            return "recorded"
        case _:
            return "bundle"


def counted(kinds: Iterable[Kind]) -> dict[Kind, int]:
    """How many there are of each kind; all kinds are named."""
    found = Counter(kinds)
    return {kind: found[kind] for kind in KINDS}
