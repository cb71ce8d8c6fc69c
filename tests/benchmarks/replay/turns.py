"""Rows of all contestants in turns (A B C, A B C, …): a machine that is busy for a while is busy for all of them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from tests.benchmarks.comparing import Tell
from tests.benchmarks.figures import Figure
from tests.benchmarks.replay.arena import Arena, Row
from tests.benchmarks.replay.entrants import Entrant
from tests.benchmarks.replay.forms import Form

MOST_FOREIGN = 0.25  # of one core: a row that others disturbed more does not count
FEWEST_ROWS = 3
LOCAL = "pages are local: over a network the milliseconds saved stay, the ratio moves to 1"

Measure = Callable[[Row], float]


@dataclass(frozen=True, slots=True)
class Turns:
    """Every contestant's rows of one form, turn by turn."""

    form: Form
    rows: dict[str, list[Row]]

    def kept(self, name: str) -> list[Row]:
        """The rows that nobody disturbed; where they are too few, the less disturbed half."""
        rows = sorted(self.rows[name], key=lambda row: row.foreign)
        fewest = min(len(rows), max(FEWEST_ROWS, len(rows) // 2))
        undisturbed = [row for row in rows if row.foreign <= MOST_FOREIGN]
        return undisturbed if len(undisturbed) >= fewest else rows[:fewest]

    def of(self, name: str, what: str, measure: Measure) -> Figure:
        """A contestant's median in milliseconds."""
        values = [measure(row) for row in self.kept(name)]
        title = f"{self.form.name}: {what}, {name}"
        return Figure(title, median(values), "ms", "lower", self.settings(name), None, min(values), max(values))

    def ratio(self, what: str, pair: tuple[str, str], measure: Measure, goal: float | None, *, upward: bool) -> Figure:
        """The first's median over the second's; from and to are those of the kept rows' quarters."""
        above, below = ([measure(row) for row in self.kept(name)] for name in pair)
        low, high = quarters(above)[0] / quarters(below)[1], quarters(above)[1] / quarters(below)[0]
        title = f"{self.form.name}: {what}, {pair[0]} ÷ {pair[1]}"
        value = median(above) / median(below)
        return Figure(title, value, "ratio", "higher" if upward else "lower", self.settings(*pair), goal, low, high)

    def settings(self, *names: str) -> str:
        """How many rows were counted, and where the pages are."""
        counted = " and ".join(f"{len(self.kept(name))} of {len(self.rows[name])}" for name in names)
        return f"{counted} rows counted, the others disturbed; {LOCAL}"


def quarters(values: Iterable[float]) -> tuple[float, float]:
    """Below the first lies a quarter of the values, above the second another."""
    ordered = sorted(values)
    return ordered[len(ordered) // 4], ordered[-1 - len(ordered) // 4]


async def take_turns(arena: Arena, entrants: Sequence[Entrant], form: Form, rounds: int, tell: Tell) -> Turns:
    """Everybody's rows, after those that warm up."""
    rows: dict[str, list[Row]] = {each.name: [] for each in entrants}
    for number in range(-arena.warm_up, rounds):
        for each in entrants:
            turn = f"row {number + 1} of {rounds}" if number >= 0 else "warming up"
            tell(f"{form.name}, {turn}: {each.name}")
            row = await arena.row(each, form)
            if number >= 0:
                rows[each.name].append(row)
    return Turns(form, rows)
