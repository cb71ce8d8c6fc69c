"""Many rows at once: rows a second; memory of an open window; and a thousand rows, after which nothing is left."""

from collections.abc import Sequence
from pathlib import Path
from statistics import linear_regression
from tempfile import TemporaryDirectory

from tests.benchmarks.comparing import Tell
from tests.benchmarks.figures import Figure
from tests.benchmarks.replay import entrants, tree
from tests.benchmarks.replay.arena import Arena
from tests.benchmarks.replay.forms import F10, F30
from tests.benchmarks.replay.scale import Scale
from tests.benchmarks.replay.turns import LOCAL

GOALS = {F10.name: 4.5, F30.name: 2.2}
GOAL_AT_ONCE = 4  # two a core
ENDURING_AT_ONCE = 4
GOAL_GROWTH = 10.0  # MB in a thousand rows: less than a page holds


async def run_at_once(arena: Arena, scale: Scale, tell: Tell) -> list[Figure]:
    """Rows a second of ours and of the hand-written script, in turns."""
    found = []
    for form in (F10, F30):
        for at_once, rows in scale.loads.items():
            for each in (entrants.HAND_WRITTEN, entrants.OURS):
                tell(f"{form.name}, {at_once} at once: {each.name}")
                peer = await arena.peer(each)
                await arena.prepare(each, peer, form)
                await arena.load(peer, form, at_once, at_once)
                load = await arena.load(peer, form, rows, at_once)
                goal = GOALS[form.name] if each == entrants.OURS and at_once == GOAL_AT_ONCE else None
                title = f"{form.name}: rows a second, {at_once} at once, {each.name}"
                settings = f"{rows} rows, {load.foreign:.1f} cores busy with other things meanwhile; {LOCAL}"
                found.append(Figure(title, rows / load.seconds, "rows/s", "higher", settings, goal))
    return found


async def weigh(arena: Arena, scale: Scale, tell: Tell) -> list[Figure]:
    """How much memory an open window takes."""
    found = []
    for each in (entrants.HAND_WRITTEN, entrants.OURS):
        tell(f"{scale.held} windows open: {each.name}")
        peer = await arena.peer(each)
        await arena.prepare(each, peer, F10)
        await arena.load(peer, F10, 1, 1)
        before = tree.memory(peer.pid)
        opened = [arena.told(F10, arena.key())[:1] for _ in range(scale.held)]
        await peer.ask(do="hold", form=F10.name, rows=opened)
        held = (tree.memory(peer.pid) - before) / scale.held
        await peer.ask(do="release")
        settings = f"PSS of the whole tree, {scale.held} windows with the form's first page"
        found.append(Figure(f"memory of an open window, {each.name}", held, "MB", "lower", settings))
    return found


async def endure(arena: Arena, scale: Scale, tell: Tell) -> list[Figure]:
    """So many rows in one process; then its memory, and what is left of them."""
    if not scale.endured:
        return []
    with TemporaryDirectory(prefix="endured-") as name:
        folder = Path(name)
        async with arena.lone_peer(entrants.OURS, folder) as peer:
            await arena.prepare(entrants.OURS, peer, F10)
            await arena.load(peer, F10, 1, 1)
            pages, weights = tree.pages_open(peer.pid), []
            for done in range(0, scale.endured, scale.weighed_every):
                tell(f"{done} of {scale.endured} rows")
                await arena.load(peer, F10, min(scale.weighed_every, scale.endured - done), ENDURING_AT_ONCE)
                weights.append((done + scale.weighed_every, tree.memory(peer.pid)))
            left = tree.pages_open(peer.pid) - pages
            family = tree.family(peer.pid)
        running = [process for process in family if process.is_running()]
        files = _inside(folder)
    settings = f"{scale.endured} rows, {ENDURING_AT_ONCE} at once; {LOCAL}"
    leftovers = {"pages": max(0, left), "processes": len(running), "temporary files": len(files)}
    counts = [Figure(f"{what} left after the long run", n, "", "lower", settings, 0) for what, n in leftovers.items()]
    return [*_growth(weights, settings), *counts]


def _inside(folder: Path) -> list[Path]:
    """What is left in the process's own folder of temporary files."""
    return [file for kept in folder.glob("* files") for file in kept.iterdir()]


def _growth(weights: Sequence[tuple[int, float]], settings: str) -> list[Figure]:
    """How memory grows, by the line through all but the first fifth, in which caches fill."""
    later = weights[len(weights) // 5 :]
    if len(later) < 2:
        return []
    slope, _ = linear_regression(*zip(*later, strict=True))
    values = [weight for _, weight in later]
    told = f"PSS of the whole tree between rows, every {weights[0][0]} rows; {settings}"
    return [
        Figure("memory growth in 1,000 rows", slope * 1000, "MB", "lower", told, GOAL_GROWTH),
        Figure("memory between rows", values[-1], "MB", "lower", told, None, min(values), max(values)),
    ]
