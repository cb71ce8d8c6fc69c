"""The rows of the benchmark: name → what measures it."""

from collections.abc import Awaitable, Callable, Mapping

from tests.benchmarks.appending import append_many, append_one_by_one
from tests.benchmarks.comparing import Tell
from tests.benchmarks.figures import Figure
from tests.benchmarks.projecting import project_live, rebuild_all
from tests.benchmarks.running import run_rows
from tests.benchmarks.scale import Scale
from tests.benchmarks.waiting import wait_for_events
from tests.benchmarks.weighing import weigh

Row = Callable[[Scale, Tell], Awaitable[list[Figure]]]

ROWS: Mapping[str, Row] = {
    "append": append_one_by_one,
    "pipelined": append_many,
    "projection": project_live,
    "rebuild": rebuild_all,
    "rows": run_rows,
    "latency": wait_for_events,
    "memory": weigh,
}
