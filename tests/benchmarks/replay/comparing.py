"""The forms, filled by everybody in turns; and what trace, video and pictures cost."""

from collections import defaultdict
from collections.abc import Mapping
from statistics import median

from tests.benchmarks.comparing import Tell
from tests.benchmarks.figures import Figure
from tests.benchmarks.replay import entrants
from tests.benchmarks.replay.arena import Arena, Row, kinds
from tests.benchmarks.replay.forms import F10, F30, FRAMES
from tests.benchmarks.replay.scale import Scale
from tests.benchmarks.replay.turns import Turns, take_turns

GOAL_CPU, GOAL_SELECTOR_ENGINE = 0.65, 1.10
GOAL_STEPS: Mapping[str, float] = {F10.name: 0.55, F30.name: 0.50}
GOAL_ROWS: Mapping[str, Mapping[str, float]] = {
    entrants.PUPPETEER.name: {F10.name: 2.5, F30.name: 5.0},
    entrants.SELENIUM_KEPT.name: {F10.name: 4.0, F30.name: 7.0},
}
MEASURES = {"steps": lambda row: row.run, "whole row": lambda row: row.total, "CPU a row": lambda row: row.cpu}
COSTS = ("trace", "video", "screenshots")


async def compare_forms(arena: Arena, scale: Scale, tell: Tell) -> list[Figure]:
    """Both forms."""
    taking_part, _ = entrants.present()
    found = []
    for form in (F10, F30):
        turns = await take_turns(arena, taking_part, form, scale.rounds, tell)
        found += [*_absolute(turns, taking_part), *_ratios(turns), *_steps(turns)]
    return found


async def compare_frames(arena: Arena, scale: Scale, tell: Tell) -> list[Figure]:
    """A form within three frames, of two origins in turn."""
    taking_part = [each for each in entrants.present()[0] if each != entrants.SELENIUM]
    turns = await take_turns(arena, taking_part, FRAMES, scale.rounds, tell)
    pair = (entrants.OURS.name, entrants.HAND_WRITTEN.name)
    return [*_absolute(turns, taking_part), turns.ratio("steps", pair, _run, None, upward=False)]


async def compare_costs(arena: Arena, scale: Scale, tell: Tell) -> list[Figure]:
    """Ours beside ours that also records."""
    recorders = [each for name in COSTS if (each := entrants.ours(name))]
    if not recorders:
        return []
    turns = await take_turns(arena, [entrants.OURS, *recorders], F10, scale.rounds, tell)
    return [
        turns.ratio(what, (each.name, entrants.OURS.name), measure, None, upward=False)
        for each in recorders
        for what, measure in MEASURES.items()
    ]


def _run(row: Row) -> float:
    return row.run


def _absolute(turns: Turns, taking_part: list[entrants.Entrant]) -> list[Figure]:
    return [
        turns.of(each.name, what, measure)
        for what, measure in MEASURES.items()
        for each in taking_part
        if not (what == "CPU a row" and each.ends_with_row)
    ]


def _ratios(turns: Turns) -> list[Figure]:
    form = turns.form.name
    ours, reference = entrants.OURS.name, entrants.HAND_WRITTEN.name
    goals = {"steps": GOAL_STEPS[form], "CPU a row": GOAL_CPU, "whole row": None}
    found = [turns.ratio(what, (ours, reference), MEASURES[what], goal, upward=False) for what, goal in goals.items()]
    found += [
        turns.ratio("whole row", (name, ours), MEASURES["whole row"], goal[form], upward=True)
        for name, goal in GOAL_ROWS.items()
        if name in turns.rows
    ]
    engine = entrants.OURS_PLAYWRIGHT.name
    if engine in turns.rows:
        found.append(turns.ratio("steps", (engine, reference), _run, GOAL_SELECTOR_ENGINE, upward=False))
    return found


def _steps(turns: Turns) -> list[Figure]:
    """Where the time goes: the median of each kind of step, of ours and of the hand-written script."""
    found = []
    for name in (entrants.HAND_WRITTEN.name, entrants.OURS.name):
        spent: dict[str, list[float]] = defaultdict(list)
        for row in turns.kept(name):
            for kind, step in zip(kinds(turns.form), row.steps, strict=True):
                spent[kind].append(step["ms"])
        for kind, values in spent.items():
            title, settings = f"{turns.form.name}: one {kind}, {name}", turns.settings(name)
            found.append(Figure(title, median(values), "ms", "lower", settings, None, min(values), max(values)))
    return found
