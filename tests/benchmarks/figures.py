"""What was measured: a number, its unit, which way is better, and under which durability it was taken."""

import contextlib
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from rich.console import Console, Group
from rich.table import Table

from shared.core.time_and_ids import now

FOLDER = Path(__file__).parents[2] / "build" / "bench"


@dataclass(frozen=True, slots=True)
class Kind:
    """What was measured: how the tables are called, and the file that is written."""

    title: str
    legend: str
    file: Path


ENGINE = Kind("The engine, measured", "how durable, and what else matters", FOLDER / "engine.json")
REPLAY = Kind("The replay, measured", "what was counted, and what else matters", FOLDER / "replay.json")


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured number. `settings` says how durable it was, and what else makes it what it is.

    `low` and `high` are the extremes of the rounds whose median `value` is. `goal` is what we want to reach at least.
    """

    name: str
    value: float
    unit: str
    better: Literal["higher", "lower"]
    settings: str
    goal: float | None = None
    low: float | None = None
    high: float | None = None

    @property
    def is_reached(self) -> bool:
        """Whether it is at its goal; without one always."""
        if self.goal is None:
            return True
        return self.value >= self.goal if self.better == "higher" else self.value <= self.goal

    def to_json(self) -> dict[str, Any]:
        """Everything but the name, under which it stands in the file."""
        found = {"value": _rounded(self.value), "unit": self.unit, "better": self.better, "goal": self.goal}
        spread = {"low": self.low, "high": self.high}
        told = {name: _rounded(value) for name, value in spread.items() if value is not None}
        return {**found, **told, "settings": self.settings}


def to_json(figures: Sequence[Figure]) -> str:
    """An object: name of the figure → the figure."""
    return json.dumps({each.name: each.to_json() for each in figures}, indent=1, ensure_ascii=False)


def report(figures: Sequence[Figure], kind: Kind, *, as_json: bool) -> None:
    """Writes the file, and prints a table, or the same JSON."""
    write(figures, kind.file)
    if as_json:
        sys.stdout.write(to_json(figures) + "\n")
    else:
        Console().print(as_table(figures, kind))
        Console(stderr=True).print(f"written to {kind.file}", soft_wrap=True)


def write(figures: Sequence[Figure], path: Path) -> None:
    """Put the figures where the next run, or a graph over many runs, finds them; those not measured now stay."""
    path.parent.mkdir(parents=True, exist_ok=True)
    stand: dict[str, Any] = {}
    with contextlib.suppress(OSError, ValueError):
        stand = json.loads(path.read_text("utf-8"))
    day = now().date().isoformat()
    stand |= {each.name: {**each.to_json(), "measured": day} for each in figures}
    path.write_text(json.dumps(stand, indent=1, ensure_ascii=False) + "\n", "utf-8")


def as_table(figures: Sequence[Figure], kind: Kind) -> Group:
    """For people: every number with its spread, its goal, and under which letter its settings stand below."""
    table = Table(title=kind.title, title_justify="left", box=None, pad_edge=False)
    table.add_column("figure", overflow="fold")
    for heading in ("value", "from – to", "goal"):
        table.add_column(heading, justify="right", overflow="fold")
    table.add_column("", style="bold")
    letters = {settings: _letter(at) for at, settings in enumerate(dict.fromkeys(each.settings for each in figures))}
    for each in figures:
        spread = "" if each.low is None or each.high is None else f"{_short(each.low)} – {_short(each.high)}"
        colour = "" if each.goal is None else "green" if each.is_reached else "red"
        goal = "" if each.goal is None else f"{'≥' if each.better == 'higher' else '≤'} {_short(each.goal)}"
        value = f"{_short(each.value)} {each.unit}"
        table.add_row(each.name, f"[{colour}]{value}[/]" if colour else value, spread, goal, letters[each.settings])
    legend = Table(title=kind.legend, title_justify="left", box=None, show_header=False)
    legend.add_column(style="bold")
    legend.add_column(overflow="fold", style="dim")
    for settings, letter in letters.items():
        legend.add_row(letter, settings)
    return Group(table, "", legend)


def _letter(at: int) -> str:
    """A, B, … Z, AA, AB, …"""
    return (_letter(at // 26 - 1) if at >= 26 else "") + chr(ord("A") + at % 26)


def _rounded(value: float) -> float:
    """Four digits: the fifth differs from run to run."""
    return float(f"{value:.4g}")


def _short(value: float) -> str:
    """Three digits that matter; thousands apart."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.3g}"
