"""That the benchmark of recording in a live browser still runs; nothing timed is asserted."""

import pytest

from tests.benchmarks.live.rows import QUICK, keys


@pytest.mark.slow
async def test_what_a_key_takes_until_it_is_seen_is_measured() -> None:
    figures = {figure.name: figure for figure in await keys(QUICK, lambda _: None)}
    assert len(figures) == 4
    assert all(figure.value > 0 for figure in figures.values())
