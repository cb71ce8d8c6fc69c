"""The benchmark still works: every row, with counts too small to mean anything. Nothing timed is asserted."""

import json
import math
from pathlib import Path

import pytest
from typer.testing import CliRunner

from shared.core.time_and_ids import now
from tests.benchmarks import figures
from tests.benchmarks.__main__ import app
from tests.benchmarks.comparing import Contestant, compare
from tests.benchmarks.figures import Figure
from tests.benchmarks.rows import ROWS
from tests.benchmarks.scale import SMOKE


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("row", ROWS)
async def test_a_row_gives_figures_that_say_how_durable_they_are(row: str) -> None:
    told: list[str] = []
    found = await ROWS[row](SMOKE, told.append)
    assert found
    assert told
    assert len({each.name for each in found}) == len(found)
    for each in found:
        assert math.isfinite(each.value)
        assert each.settings
        assert each.unit
    assert all(each.value == 0 for each in found if each.name == "rows lost or doubled")


async def test_contestants_take_turns_and_are_compared_round_by_round() -> None:
    turns: list[str] = []

    def contestant(name: str, seconds: list[float]) -> Contestant:
        waiting = iter([1.0, *seconds])  # the first is the one that does not count

        async def run(count: int) -> float:
            turns.append(f"{name}{count}")
            return next(waiting)

        return Contestant(name, f"settings of {name}", 10, run, goal=9.0)

    compared = await compare([contestant("a", [1.0, 2.0, 0.5]), contestant("b", [2.0, 2.0, 2.0])], 3, turns.append)
    assert [turn for turn in turns if turn[1:].isdigit()] == ["a1", "b1", *["a10", "b10"] * 3]
    first, second = compared.figures()
    assert (first.value, first.low, first.high, first.is_reached) == (10.0, 5.0, 20.0, True)
    assert (second.value, second.is_reached) == (5.0, False)
    ratio = compared.ratio("a", "b")
    assert (ratio.value, ratio.low, ratio.high) == (2.0, 1.0, 4.0)
    assert ratio.settings == "settings of a ÷ settings of b"


def test_the_file_holds_every_figure_with_its_goal_and_settings_and_those_of_other_runs(tmp_path: Path) -> None:
    wanted = Figure("delay", 3.0, "ms", "lower", "sync always", goal=5.0, low=1.0, high=4.0)
    figures.write([Figure("delay", 9.0, "ms", "lower", "x"), Figure("rows", 1.0, "/s", "higher", "x")], tmp_path / "e")
    figures.write([wanted], tmp_path / "e")
    stand = json.loads((tmp_path / "e").read_text())
    assert {name: figure.pop("measured") for name, figure in stand.items()} == dict.fromkeys(
        ("delay", "rows"), now().date().isoformat()
    )
    assert stand.pop("rows")["value"] == 1
    assert stand == {
        "delay": {
            "value": 3.0,
            "unit": "ms",
            "better": "lower",
            "goal": 5.0,
            "low": 1.0,
            "high": 4.0,
            "settings": "sync always",
        }
    }


def test_an_unknown_row_is_a_mistake_of_usage_that_names_the_known_ones() -> None:
    ended = CliRunner().invoke(app, ["engine", "--only", "dance"], env={"NO_COLOR": "1", "TERMINAL_WIDTH": "200"})
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert all(row in ended.stderr for row in ROWS)
