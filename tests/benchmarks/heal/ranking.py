"""The row `pages`: every method on the development set, side by side."""

from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.benchmarks.comparing import Tell
from tests.benchmarks.figures import Figure
from tests.benchmarks.heal.judging import Verdict, bands, by_its_own_word, by_score, judge
from tests.benchmarks.heal.node import THRESHOLD, ask

OURS = "ours, each site left out"
SHIPPED = "ours, as shipped"
WIDE = 110  # characters, that the methods stand in one line each
TOP1, FALSE, RIGHT, WRONG, MEAN_MS = 95.0, 5.0, 82.0, 1.0, 20.0


async def measure_pages(folder: Path, tell: Tell) -> tuple[list[Figure], list[Table]]:
    """The figures, and the same side by side with the certainty's calibration, for people."""
    answered = await ask(folder, tell)
    verdicts = [_verdict(method, cases) for method, cases in answered["methods"].items()]
    ours = answered["methods"][OURS]
    found = [figure for verdict in verdicts for figure in _figures(verdict)]
    return found + _calibrated(ours) + _prepared(answered["preparation"]), [_side_by_side(verdicts), _calibration(ours)]


def _verdict(method: str, cases: list[dict[str, Any]]) -> Verdict:
    return judge(method, cases, by_its_own_word if method in (OURS, SHIPPED) else by_score(cases))


def _figures(verdict: Verdict) -> list[Figure]:
    """Goals stand where they are set: on sites that were not trained on."""
    is_judged = verdict.method == OURS
    of = f"{verdict.cases} cases; {_how(verdict.method)}"
    hard = f"the {verdict.hard_cases} cases that no single attribute solves; {_how(verdict.method)}"

    def share(name: str, value: float, better: Any, goal: float, settings: str = of) -> Figure:
        return Figure(f"{verdict.method}: {name}", 100 * value, "%", better, settings, goal if is_judged else None)

    told = [
        Figure(f"{verdict.method}: strict", 100 * verdict.strict / verdict.cases, "%", "higher", of),
        share("top1", verdict.top1 / verdict.cases, "higher", TOP1),
        Figure(f"{verdict.method}: hard", 100 * verdict.hard / max(verdict.hard_cases, 1), "%", "higher", hard),
        share("right heals", verdict.right, "higher", RIGHT),
        share("wrong heals", verdict.wrong, "lower", WRONG),
        share("false heals", verdict.false, "lower", FALSE),
        Figure(f"{verdict.method}: mean", verdict.mean_ms, "ms", "lower", of, MEAN_MS if is_judged else None),
        Figure(f"{verdict.method}: p95", verdict.p95_ms, "ms", "lower", of),
    ]
    if verdict.taken is not None:
        same = f"the newer page's own elements, each taken out of it; {_how(verdict.method)}"
        told.append(Figure(f"{verdict.method}: false heals, unchanged page", 100 * verdict.taken, "%", "lower", same))
    return told


def _how(method: str) -> str:
    if method == OURS:
        return f"weights and certainty trained on all other sites; threshold {THRESHOLD}"
    if method == SHIPPED:
        return f"trained on these very sites, so it flatters; threshold {THRESHOLD}"
    return "threshold that lets 5 % false heals through on all other sites"


def _calibrated(cases: Sequence[dict[str, Any]]) -> list[Figure]:
    return [
        Figure(f"confidence {name}: right", 100 * share, "%", "higher", f"{count} answers; {_how(OURS)}")
        for name, count, share in bands(cases)
    ]


def _prepared(pages: Sequence[dict[str, Any]]) -> list[Figure]:
    candidates = mean(page["candidates"] for page in pages)
    settings = f"{len(pages)} pages of {candidates:.0f} candidates on average; part of what each case takes"
    return [Figure("page preparation, mean", mean(page["ms"] for page in pages), "ms", "lower", settings)]


def _side_by_side(verdicts: Sequence[Verdict]) -> Table:
    table = Table(title="Found again, years later", title_justify="left", box=None, pad_edge=False)
    table.add_column("")
    for heading in ("strict", "top1", "hard", "right", "wrong", "false", "unchanged", "mean ms", "p95 ms"):
        table.add_column(heading, justify="right")
    for each in verdicts:
        shares = [f"{100 * share:.1f} %" for share in (each.right, each.wrong, each.false)]
        taken = "" if each.taken is None else f"{100 * each.taken:.1f} %"
        counts = [str(each.strict), str(each.top1), f"{each.hard}/{each.hard_cases}"]
        table.add_row(each.method, *counts, *shares, taken, f"{each.mean_ms:.1f}", f"{each.p95_ms:.1f}")
    return table


def _calibration(cases: Sequence[dict[str, Any]]) -> Table:
    table = Table(title="What a confidence is worth", title_justify="left", box=None, pad_edge=False)
    for heading in ("confidence", "answers", "right"):
        table.add_column(heading, justify="right")
    table.add_column("")
    for name, count, share in bands(cases):
        table.add_row(name, str(count), f"{100 * share:.0f} %" if count else "", "█" * round(20 * share))
    return table


def show(tables: Sequence[Table]) -> None:
    """To standard output, as the results that they are."""
    console = Console()
    console.width = max(console.width, WIDE)
    for table in tables:
        console.print(table)
        console.print()
