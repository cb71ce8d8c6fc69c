"""All four services with a real browser."""

from collections.abc import AsyncIterator, Iterator

import pytest

from services.healer.main import BLUEPRINT as HEALER
from services.ingest.main import BLUEPRINT as INGEST
from services.runner.main import BLUEPRINT as RUNNER
from services.scheduler.main import BLUEPRINT as SCHEDULER
from shared.testing.platform import Platform
from shared.testing.sites import Sites


@pytest.fixture
def sites() -> Iterator[Sites]:
    """Small web sites with an application that counts what is submitted."""
    with Sites() as sites:
        yield sites


@pytest.fixture(scope="session")
async def platform(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Platform]:
    """All four services in one process."""
    home = tmp_path_factory.mktemp("platform home")
    async with Platform(home, (INGEST, SCHEDULER, RUNNER, HEALER), overrides={"metrics_seconds": 1}) as platform:
        yield platform


@pytest.fixture
async def headless_platform(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Platform]:
    """Everything but the workers, which tests start and kill as processes. The log is written durably."""
    home = tmp_path_factory.mktemp("platform without runner")
    services = (INGEST, SCHEDULER, RUNNER, HEALER)
    async with Platform(home, services, durable=True, overrides={"slots": 0}) as platform:
        yield platform
