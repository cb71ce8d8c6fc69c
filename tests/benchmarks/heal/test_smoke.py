"""The benchmark of healing still works: every row, on two small sites of our own; its judge is strict."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.benchmarks.__main__ import app
from tests.benchmarks.heal import __main__ as training
from tests.benchmarks.heal.inside import measure_inside
from tests.benchmarks.heal.judging import bands, by_score, judge
from tests.benchmarks.heal.node import ask
from tests.benchmarks.heal.ranking import OURS, SHIPPED, measure_pages

WORDS = ("Home", "Prices", "Contact", "Basket", "Sign in", "Help", "Jobs", "Press", "Terms", "Privacy")


def element(at: int, text: str, **more: Any) -> dict[str, Any]:
    """As the files of the development set have them."""
    path = f"/html[1]/body[1]/nav[1]/ul[1]/li[{at + 1}]/a[1]"
    place = {"x": 20 + 90 * at, "y": 10, "w": 80, "h": 20}
    names = {"id": "", "name": "", "cls": ["item"], "href": f"https://shop.example/{text.lower()}", "alt": ""}
    return {
        "tag": "a",
        **names,
        "xpath": path,
        "idxpath": path,
        "button": False,
        **place,
        "text": text,
        "nbr": "",
        **more,
    }


def site(name: str, words: tuple[str, ...]) -> dict[str, Any]:
    """The newer page has the same links in another place, and each case asks for one of them."""
    newer = [element(len(words) - at, word, cls=["link"], y=30) for at, word in enumerate(words)]
    cases = [
        {"id": f"{name}-{at}", "target": element(at, word), "gold": at, "label_suspect": False}
        for at, word in enumerate(words)
    ]
    return {"site": name, "months_between": 12, "candidates": newer, "cases": cases}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, words in (("One", WORDS), ("Two", WORDS[:6])):
        (tmp_path / f"{name}.json").write_text(json.dumps(site(name, words)))
    return tmp_path


async def test_the_row_of_pages_puts_every_method_side_by_side(folder: Path) -> None:
    told: list[str] = []
    figures, tables = await measure_pages(folder, told.append)
    assert told
    assert len(tables) == 2
    assert len({each.name for each in figures}) == len(figures)
    assert all(math.isfinite(each.value) and each.settings for each in figures)
    by_name = {each.name: each.value for each in figures}
    for method in (OURS, SHIPPED, "Similo", "node score", "fuzzy text and tag", "bounding box"):
        assert {f"{method}: {name}" for name in ("strict", "top1", "hard", "right heals", "false heals")} <= set(
            by_name
        )
    assert by_name[f"{SHIPPED}: top1"] == 100
    assert by_name["bounding box: top1"] < 100


async def test_a_page_without_the_element_has_nothing_right_on_it(folder: Path) -> None:
    answers = await ask(folder, lambda _: None)
    for cases in answers["methods"].values():
        assert not any(case["gone"]["right"] for case in cases)
    shipped = answers["methods"][SHIPPED]
    assert all(case["here"]["score"] > case["gone"]["score"] for case in shipped)


async def test_the_row_inside_gives_times_at_every_size() -> None:
    figures = await measure_inside(lambda _: None, quick=True, sizes=(200,))
    assert all(each.value > 0 for each in figures if each.unit == "ms")
    assert [each.value for each in figures if each.goal == 0] == [0]


def answered(where: str, right: bool, score: float, gone: float) -> dict[str, Any]:
    here = {"right": right, "strict": right, "score": score, "ms": 1.0}
    return {"site": where, "hard": right, "here": here, "gone": {"score": gone, "right": False}}


def test_a_baseline_is_judged_by_a_threshold_from_the_other_sites() -> None:
    cases = [answered("a", True, 0.9, 0.2), answered("a", False, 0.8, 0.3), answered("b", True, 0.25, 0.7)]
    verdict = judge("any", cases, by_score(cases))
    # a is judged by b's 0.7, b by a's 0.3.
    assert (verdict.right, verdict.wrong, verdict.false) == (1 / 3, 1 / 3, 1 / 3)
    assert (verdict.strict, verdict.top1, verdict.hard, verdict.hard_cases) == (2, 2, 2, 2)


def test_a_band_of_confidence_counts_answers_where_nothing_is_right_too() -> None:
    told = {
        name: (count, share) for name, count, share in bands([answered("a", True, 100, 95), answered("a", True, 85, 0)])
    }
    assert told["90–100"] == (2, 0.5)
    assert told["80–90"] == (1, 1)
    assert told["0–20"] == (1, 0)


def test_without_pages_to_measure_on_it_says_what_to_name(tmp_path: Path) -> None:
    for given in ([], ["--data", str(tmp_path)]):
        ended = CliRunner().invoke(app, ["heal", "--only", "pages", *given], env={"RETOLD_LOCATOR_DATA": ""})
        assert (ended.exit_code, ended.stdout) == (1, "")
        assert "docs/reference/healing.md" in ended.stderr


@pytest.mark.slow
async def test_training_gives_weights_of_which_none_counts_against(folder: Path) -> None:
    weights = (await ask(folder, lambda _: None, "train"))["weights"]
    kept = json.loads(training.WEIGHTS.read_text())
    assert set(weights) == set(kept) - {"about"} == set(kept["about"])
    assert set(weights["trained"]) == set(kept["trained"])
    assert all(value >= 0 for value in weights["trained"].values())
    assert all(value >= 0 for name, value in weights["certainty"].items() if name != "bias")
