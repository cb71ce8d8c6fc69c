"""The rows of the benchmark: name → what measures it."""

from collections.abc import Awaitable, Callable, Mapping

from tests.benchmarks.comparing import Tell
from tests.benchmarks.figures import Figure
from tests.benchmarks.replay.arena import Arena
from tests.benchmarks.replay.comparing import compare_costs, compare_forms, compare_frames
from tests.benchmarks.replay.loading import endure, run_at_once, weigh
from tests.benchmarks.replay.locating import heal, locate
from tests.benchmarks.replay.scale import Scale

Row = Callable[[Arena, Scale, Tell], Awaitable[list[Figure]]]

ROWS: Mapping[str, Row] = {
    "forms": compare_forms,
    "frames": compare_frames,
    "locating": locate,
    "healing": heal,
    "parallel": run_at_once,
    "memory": weigh,
    "costs": compare_costs,
    "endurance": endure,
}
