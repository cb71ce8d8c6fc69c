"""How long it takes to find an element: one that is as it was recorded, and one that has changed."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from statistics import median
from typing import Any

from tests.benchmarks.comparing import Tell
from tests.benchmarks.figures import Figure
from tests.benchmarks.replay import entrants, many
from tests.benchmarks.replay.arena import Arena, differences
from tests.benchmarks.replay.contestants.variants import HEALS
from tests.benchmarks.replay.forms import Form, crowded
from tests.benchmarks.replay.scale import Scale
from tests.benchmarks.replay.turns import LOCAL, take_turns

GOAL_LOCATING, GOAL_HEALING = 1.0, 50.0  # ms


async def locate(arena: Arena, scale: Scale, tell: Tell) -> list[Figure]:
    """Milliseconds in the page until the element of a healthy step is found and may be acted on."""
    form = crowded(scale.located)
    entrant = entrants.OURS
    turns = await take_turns(arena, [entrants.HAND_WRITTEN, entrant], form, scale.pages, tell)
    times = [located_ms(step["result"]) for row in turns.kept(entrant.name) for step in row.steps[2:-2]]
    settings = f"{len(times)} fields; time in the page; {LOCAL}"
    title = f"{form.name}: locating, median"
    fills = [
        Figure(
            f"{form.name}: one fill, {name}",
            median(step["ms"] for row in turns.kept(name) for step in row.steps[2:-2]),
            "ms",
            "lower",
            turns.settings(name),
        )
        for name in turns.rows
    ]
    return [Figure(title, median(times), "ms", "lower", settings, GOAL_LOCATING, min(times), max(times)), *fills]


async def heal(arena: Arena, scale: Scale, tell: Tell) -> list[Figure]:
    """Thirty fields that have changed since they were recorded: how many are found again, and how fast."""
    healthy, drifted = crowded(scale.healed), crowded(scale.healed, drifted=True)
    entrant = entrants.ours(HEALS)
    assert entrant is not None
    peer = await arena.peer(entrant)
    tell(f"recording {healthy.name}")
    # What was recorded on the healthy page is performed on the other one.
    await arena.prepare(entrant, peer, replace(healthy, name=drifted.name))
    tell(drifted.name)
    key = arena.key()
    answer = await peer.ask(do="rows", form=drifted.name, rows=[arena.told(drifted, key)], at_once=1)
    steps = [step["result"] for step in answer["rows"][0]["steps"][2:-2]]
    right = await _right(arena, drifted, key)
    outcomes = Counter("healed" if step.get("found_by") == "healed" else step["status"] for step in steps)
    wrong = sum(step["status"] == "completed" for step in steps) - right
    times = sorted(heal_ms(step) for step in steps if step.get("healing_attempted")) or [0.0]
    settings = f"{len(times)} heals of {len(many.LABELS)}: {dict(outcomes)}; renamed, also moved, also wrapped; {LOCAL}"
    p95 = times[min(len(times) - 1, len(times) * 95 // 100)]
    return [
        Figure(f"{drifted.name}: heal, p95", p95, "ms", "lower", settings, GOAL_HEALING, times[0], times[-1]),
        Figure(f"{drifted.name}: fields found again", right, f"of {len(steps)}", "higher", settings),
        Figure(f"{drifted.name}: wrong fields filled", wrong, f"of {len(steps)}", "lower", settings, 0),
    ]


async def _right(arena: Arena, form: Form, key: str) -> int:
    """How many of the fields arrived as they were told to."""
    arrived = {name: value for fields in await arena.pages.received(key) for name, value in fields.items()}
    expected = form.expected(key)
    wrong = differences(expected, arrived)
    return sum(name not in wrong for name in expected if name != "reference")


def located_ms(result: Mapping[str, Any]) -> float:
    """A step's time in the page, as exactly as it is told."""
    exact = result.get("locating_us")
    return float(exact) / 1000 if exact is not None else float(result.get("locating_ms") or 0)


def heal_ms(result: Mapping[str, Any]) -> float:
    """From the end of the grace to the choice; where that is not told, the whole time in the page."""
    exact = result.get("healing_us")
    return float(exact) / 1000 if exact is not None else located_ms(result)
