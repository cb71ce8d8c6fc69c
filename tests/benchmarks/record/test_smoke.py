"""That the benchmark of recording still runs; nothing timed is asserted."""

import pytest

from tests.benchmarks.record.rows import QUICK, inputs


@pytest.mark.slow
async def test_the_cost_of_being_recorded_is_measured() -> None:
    figures = await inputs(QUICK, lambda _: None)
    assert {figure.name.split(",")[0] for figure in figures} == {"move", "press", "release", "key"}
    assert all(figure.value > 0 for figure in figures)
