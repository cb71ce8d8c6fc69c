"""How freely stand-ins are used, as a job, a recording and a step each may say: the most careful one counts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from shared.contracts.recording import Step

# Used at once · only after a person has said yes · never looked for.
HealingMode = Literal["autonomous", "review", "off"]
MODES: tuple[HealingMode, ...] = ("autonomous", "review", "off")  # each more careful than the one before


@dataclass(frozen=True, slots=True)
class Healing:
    """A mode, and how certain a stand-in must be at least (0–100)."""

    mode: HealingMode = "autonomous"
    threshold: int = 0

    def and_as_careful_as(self, other: "Healing") -> "Healing":
        """What both allow."""
        return Healing(max(self.mode, other.mode, key=MODES.index), max(self.threshold, other.threshold))


def healing_of(said: Any) -> Healing:
    """What stands as `metadata.healing` of a step: a mode, yes or no, or an object `{mode, threshold}`.

    What is not understood says nothing.
    """
    given = said if isinstance(said, Mapping) else {"mode": said}
    mode, threshold = given.get("mode"), given.get("threshold")
    if isinstance(mode, bool):
        mode = "autonomous" if mode else "off"
    known = cast("HealingMode", mode) if mode in MODES else "autonomous"
    usable = isinstance(threshold, int) and not isinstance(threshold, bool) and 0 <= threshold <= 100
    return Healing(known, cast("int", threshold) if usable else 0)


def as_metadata(mode: HealingMode | None, threshold: int | None) -> dict[str, Any] | None:
    """The same, to be written; nothing where nothing is said."""
    said = {"mode": mode, "threshold": threshold}
    return {name: value for name, value in said.items() if value is not None} or None


def with_healing(step: Step, said: Mapping[str, Any] | None) -> Step:
    """The step, saying this of itself; or nothing any more."""
    metadata = {name: value for name, value in step.metadata.items() if name != "healing"}
    if said:
        metadata["healing"] = dict(said)
    return Step.model_validate({**step.to_json(), "metadata": metadata})
