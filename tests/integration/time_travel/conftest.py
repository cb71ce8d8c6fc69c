"""One log for all tests, which only read it or add to it."""

from collections.abc import AsyncIterator

import pytest

from tests.integration.time_travel.telling import Told, telling


@pytest.fixture(scope="session")
async def told() -> AsyncIterator[Told]:
    async with telling() as all_told:
        yield all_told
