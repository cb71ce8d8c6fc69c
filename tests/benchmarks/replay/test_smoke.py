"""The benchmark of the replay still works: every row, with counts too small to mean anything; its judge is strict."""

import json
import math
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.benchmarks.__main__ import app
from tests.benchmarks.replay import entrants, many
from tests.benchmarks.replay.arena import Arena, Row, WrongRow, kinds, open_arena
from tests.benchmarks.replay.entrants import HAND_WRITTEN, OURS
from tests.benchmarks.replay.forms import F10, F30, crowded
from tests.benchmarks.replay.rows import ROWS
from tests.benchmarks.replay.scale import SMOKE
from tests.benchmarks.replay.turns import Turns


@pytest.fixture(scope="module")
async def arena() -> AsyncIterator[Arena]:
    async with open_arena() as opened:
        opened.patience, opened.warm_up = 0.0, 0
        yield opened


@pytest.fixture(autouse=True)
def only_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """What takes part beside these two is installed by `./dev bench replay`, not by the tests."""
    monkeypatch.setattr(entrants, "present", lambda: ([HAND_WRITTEN, OURS], []))


# All of them take minutes, as the benchmark itself does.
@pytest.mark.slow
@pytest.mark.parametrize("row", ROWS if os.environ.get("RETOLD_SMOKE") == "all" else ["forms"])
async def test_a_row_gives_figures_that_say_what_was_counted(row: str, arena: Arena) -> None:
    told: list[str] = []
    found = await ROWS[row](arena, SMOKE, told.append)
    assert found
    assert told
    assert len({each.name for each in found}) == len(found)
    for each in found:
        assert math.isfinite(each.value)
        assert each.settings
    assert all(each.value == 0 for each in found if each.goal == 0)


async def test_a_row_that_did_not_arrive_right_is_an_error_and_not_a_time(arena: Arena) -> None:
    key = arena.key()
    right = F10.expected(key)
    arena.judge(F10, key, [right, {}])
    with pytest.raises(WrongRow, match="city"):
        arena.judge(F10, key, [{**right, "city": "elsewhere"}, {}])
    with pytest.raises(WrongRow, match="3 requests instead of 2"):
        arena.judge(F10, key, [right, {}, {}])


def test_disturbed_rows_do_not_count_where_enough_others_are_left() -> None:
    quiet, disturbed = (Row(1, run, 1, 1, foreign) for run, foreign in ((10, 0.0), (99, 0.9)))
    turns = Turns(F10, {"a": [quiet] * 3 + [disturbed] * 2, "b": [quiet] + [disturbed] * 4})
    assert [len(turns.kept(name)) for name in ("a", "b")] == [3, 3]
    assert turns.of("a", "steps", lambda row: row.run).value == 10
    assert turns.ratio("steps", ("b", "a"), lambda row: row.run, 0.5, upward=False).value == 9.9
    assert "3 of 5 and 3 of 5 rows counted" in turns.settings("a", "b")


def test_the_forms_are_as_long_as_they_are_called() -> None:
    assert [len(list(kinds(form))) for form in (F10, F30)] == [10, 30]
    assert len(crowded(2_000).expected("x")) == len(many.LABELS) + 1


def test_a_page_has_about_as_many_elements_as_asked_for() -> None:
    for drifted in (False, True):
        lines = many.lines(2_000, drifted=drifted)
        assert (
            1_950
            <= sum(lines.count(f"<{tag}") for tag in ("li", "label", "input", "button", "a ", "span", "div"))
            <= 2_050
        )
        assert all(name in lines for name in (many.original() if drifted else map(many.name, many.LABELS)))


def test_an_unknown_row_is_a_mistake_of_usage_that_names_the_known_ones() -> None:
    ended = CliRunner().invoke(app, ["replay", "--only", "dance"], env={"NO_COLOR": "1", "TERMINAL_WIDTH": "200"})
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert all(row in ended.stderr for row in ROWS)


def test_the_peers_in_node_have_exact_versions() -> None:
    wanted = json.loads(Path(entrants.NODE_SOURCES / "package.json").read_text())["dependencies"]
    assert wanted
    assert all(version[0].isdigit() for version in wanted.values())
