"""What is counted of all outcomes: figures, a table for people, and everything in a file."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from tests.benchmarks.comparing import Tell
from tests.benchmarks.figures import FOLDER, Figure
from tests.benchmarks.heal.versions.judging import KINDS, RIGHT, WRONG, Kind, counted
from tests.benchmarks.heal.versions.measuring import APPLICATIONS, FULL, Outcome, outcomes_of
from tests.benchmarks.heal.versions.page import write_page
from tests.benchmarks.heal.versions.release import Release

PLACE = FOLDER / "heal"
HEADINGS = ("recorded", "other", "healed", "wrong heal", "wrong found", "refused", "no such", "not reached")


async def measure_versions(
    tell: Tell, *, quick: bool, place: Path = PLACE, applications: Sequence[type[Release]] = APPLICATIONS
) -> tuple[list[Figure], list[Table]]:
    """The figures and the table; pictures side by side and all steps go to `place`."""
    found: list[Outcome] = []
    for application in applications:
        found += await outcomes_of(application, tell, quick=quick)
    keep(found, place)
    return figures(found), [_table(found)]


def keep(outcomes: Sequence[Outcome], place: Path) -> None:
    """Every step as JSON, and the page."""
    write_page(outcomes, place)
    told = [_to_json(one) for one in outcomes]
    (place / "versions.json").write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")


def kinds(outcomes: Iterable[Outcome]) -> list[Kind]:
    """Of every step that names an element."""
    return [one.kind for outcome in outcomes for one in outcome.told if one.has_element]


def figures(outcomes: Sequence[Outcome]) -> list[Figure]:
    """Sums over all applications and releases."""
    variants = dict.fromkeys(one.variant for one in outcomes)
    return [figure for variant in variants for figure in _of([one for one in outcomes if one.variant == variant])]


def _of(outcomes: Sequence[Outcome]) -> list[Figure]:
    variant, found = outcomes[0].variant, kinds(outcomes)
    count, steps = counted(found), len(found)
    broke = sum(kind != "recorded" for kind in found)
    what = "our own recording, full bundles" if variant == FULL else "one CSS selector a step"
    settings = (
        f"{what}; {steps} steps in {len(outcomes)} tasks, retold in later releases; refused steps were done by hand"
    )

    def figure(name: str, value: float, better: Any, of: int = steps, goal: float | None = None) -> Figure:
        return Figure(f"{variant}: {name}", value, f"of {of}", better, settings, goal)

    wrong = sum(kind in WRONG for kind in found)
    return [
        figure("steps whose recorded locator no longer serves", broke, "lower"),
        figure("found by another recorded locator", count["bundle"], "higher", broke),
        figure("healed right", count["healed right"], "higher", broke),
        figure("healed wrong", count["healed wrong"], "lower", broke, 0),
        figure("something recorded found another element", wrong - count["healed wrong"], "lower", goal=0),
        figure("refused", count["refused"], "lower", broke),
        figure("refused, there being no such element", count["refused rightly"], "higher", broke),
        figure("not reached", count["not reached"], "lower"),
        figure("tasks done alone, by the database", sum(one.is_alone for one in outcomes), "higher", len(outcomes)),
    ]


def _table(outcomes: Sequence[Outcome]) -> Table:
    table = Table(title="Recorded in one release, retold in another", title_justify="left", box=None, pad_edge=False)
    table.add_column("", no_wrap=True)
    for heading in ("steps", *HEADINGS, "tasks alone", "database"):
        table.add_column(heading, justify="right")
    groups = dict.fromkeys((one.application, one.recorded_in, one.retold_in, one.variant) for one in outcomes)
    for key in groups:
        those = [one for one in outcomes if (one.application, one.recorded_in, one.retold_in, one.variant) == key]
        found = kinds(those)
        count = counted(found)
        alone = f"{sum(one.is_alone for one in those)} of {len(those)}"
        held = f"{sum(not one.differences for one in those)} of {len(those)}"
        name = f"{key[0]} {key[1]} → {key[2]}, {key[3]}"
        table.add_row(name, str(len(found)), *(str(count[kind] or "") for kind in KINDS), alone, held)
    return table


def _to_json(outcome: Outcome) -> dict[str, Any]:
    steps = [
        {
            "act": one.act, "kind": one.kind, "helped": one.helped, "method": one.method, "confidence": one.confidence,
            "error_type": one.error_type, "error": one.error, "acted_on": one.acted_on, "rivals": one.rivals,
            "recorded": outcome.old.steps[at].to_json() if one.kind not in RIGHT or one.method else None,
        }
        for at, one in zip(outcome.places, outcome.told, strict=True)
    ]  # fmt: skip
    return {
        "application": outcome.application,
        "recorded_in": outcome.recorded_in,
        "retold_in": outcome.retold_in,
        "task": outcome.task,
        "variant": outcome.variant,
        "alone": outcome.is_alone,
        "differences": outcome.differences,
        "steps": steps,
    }
