"""How much is measured: in full, quickly, or just enough to see that it still works."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scale:
    """Counts. `rounds`: rows of every contestant; `loads`: rows at once → rows; `pages`: rows of the long pages.

    `held`: windows that are open at once while memory is weighed; `endured`: rows of the long run, none by default.
    """

    rounds: int
    loads: dict[int, int]
    pages: int
    held: int
    located: int = 2_000
    healed: int = 10_000
    endured: int = 0
    weighed_every: int = 50


FULL = Scale(rounds=9, loads={1: 10, 2: 16, 4: 24, 8: 32}, pages=5, held=8)
QUICK = Scale(rounds=2, loads={1: 3, 4: 8}, pages=2, held=4)
SMOKE = Scale(rounds=1, loads={2: 2}, pages=1, held=1, located=200, healed=400, endured=2, weighed_every=1)
