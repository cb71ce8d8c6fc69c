"""What was done while a recording was paused is left out by when it was done, where a page's clock can be trusted."""

import pytest

from services.runner.adapters.live.pauses import LATE, Pauses

START = 1_773_500_000_000.0


def turned(*turns: float) -> Pauses:
    pauses = Pauses()
    for index, turn in enumerate(turns):
        pauses.turn(START + turn, paused=index % 2 == 0)
    return pauses


@pytest.mark.parametrize(
    ("turns", "done", "told", "held"),
    [
        ((), 0, 10, False),
        ((1000,), 999, 1200, False),
        ((1000,), 1000, 1200, True),
        ((1000,), 999, 1001 + LATE, True),
        ((1000, 2000), 1500, 2100, True),
        ((1000, 2000), 2000, 2100, False),
        ((1000, 2000), 500, 2100, False),
        ((1000, 2000), 1500, 2001 + LATE, False),
        ((1000, 2000, 3000, 4000), 2500, 4100, False),
        ((1000, 2000, 3000, 4000), 3500, 4100, True),
    ],
)
def test_what_counts_is_when_it_was_done(turns: tuple[float, ...], done: float, told: float, held: bool) -> None:
    assert turned(*turns).held(START + done, START + told) is held


def test_it_is_paused_until_it_is_resumed() -> None:
    assert [turned(*turns).paused for turns in ((), (1,), (1, 2), (1, 2, 3))] == [False, True, False, True]
