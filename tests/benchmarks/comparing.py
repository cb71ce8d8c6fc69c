"""Contestants run in turns (A B C, A B C, …), so that a machine that is busy for a while is busy for all of them."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from statistics import median

from tests.benchmarks.figures import Figure

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Contestant:
    """One way to do something. `run(count)` does it so often and returns the seconds that the doing took.

    `settings`: its durability, and what its makers recommend for speed. `goal`: wanted operations a second.
    """

    name: str
    settings: str
    count: int
    run: Callable[[int], Awaitable[float]]
    unit: str = "events/s"
    goal: float | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Operations a second of every contestant, round by round."""

    contestants: tuple[Contestant, ...]
    rates: dict[str, list[float]]

    def figures(self) -> list[Figure]:
        """The contestants' medians."""
        return [
            Figure(
                each.name,
                median(self.rates[each.name]),
                each.unit,
                "higher",
                each.settings,
                each.goal,
                min(self.rates[each.name]),
                max(self.rates[each.name]),
            )
            for each in self.contestants
        ]

    def ratio(self, ours: str, theirs: str, goal: float | None = None) -> Figure:
        """How many times as fast the one is as the other: the median of the rounds' ratios."""
        ratios = [mine / other for mine, other in zip(self.rates[ours], self.rates[theirs], strict=True)]
        settings = {each.name: each.settings for each in self.contestants}
        return Figure(
            f"{ours} ÷ {theirs}",
            median(ratios),
            "ratio",
            "higher",
            settings[ours] if settings[ours] == settings[theirs] else f"{settings[ours]} ÷ {settings[theirs]}",
            goal,
            min(ratios),
            max(ratios),
        )


async def compare(contestants: Sequence[Contestant], rounds: int, tell: Tell) -> Comparison:
    """Run everybody once a round. The first round is preceded by a short one that does not count."""
    rates: dict[str, list[float]] = {each.name: [] for each in contestants}
    for each in contestants:
        tell(f"warming up: {each.name}")
        await each.run(max(1, each.count // 10))
    for number in range(1, rounds + 1):
        for each in contestants:
            tell(f"round {number} of {rounds}: {each.name}")
            rates[each.name].append(each.count / await each.run(each.count))
    return Comparison(tuple(contestants), rates)
