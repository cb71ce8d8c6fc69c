"""A cluster for the tests of this folder."""

from collections.abc import AsyncIterator

import pytest

from shared.local import NatsCluster
from tests.chaos.clusters import cluster_in_a_folder


@pytest.fixture(scope="module")
async def cluster() -> AsyncIterator[NatsCluster]:
    """Three nodes for all tests of a file."""
    async with cluster_in_a_folder() as running:
        yield running
