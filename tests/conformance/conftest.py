"""Runs the cases, several at a time, each in a session of its own, with every driver that there is."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from services.runner.adapters.browser import Fleet
from shared.core.errors import Unavailable
from tests.conformance.case import Case
from tests.conformance.cases import why_not
from tests.conformance.running import Outcome, Stage
from tests.conformance.server import Server

DRIVERS: dict[str, dict[str, Any]] = {
    "cdp": {"driver": "cdp"},
    "playwright": {"driver": "playwright"},
    "firefox": {"engine": "firefox", "contexts_per_browser": 1},  # one window of it has the focus, the others have none
    "webkit": {"engine": "webkit"},
}
AT_ONCE = 4  # most of a case's time is waiting


class Performed:
    """The outcomes of the cases that a driver performs: all are begun with the first that is asked for."""

    def __init__(self, stage: Stage, cases: list[Case]) -> None:
        self.driver = stage.driver
        self._places = asyncio.Semaphore(AT_ONCE)
        self._tasks = {case.name: asyncio.create_task(self._perform(stage, case)) for case in cases}

    async def _perform(self, stage: Stage, case: Case) -> Outcome:
        async with self._places:
            return await stage.perform(case)

    async def outcome(self, case: Case) -> Outcome:
        """What came of a case."""
        return await self._tasks[case.name]

    async def end(self) -> None:
        """Ends what is still under way."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)


@pytest.fixture(scope="session")
def pages() -> Iterator[Server]:
    with Server() as served:
        yield served


@pytest.fixture(scope="session", params=DRIVERS)
async def performed(
    request: pytest.FixtureRequest, pages: Server, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Performed]:
    """The outcomes of all cases that were asked for; skips a driver that is not installed, with the reason."""
    name = request.param
    async with Fleet(**DRIVERS[name]) as fleet:
        try:
            async with fleet.session():
                pass
        except Unavailable as reason:
            pytest.skip(f"{name}: {reason.detail}")
        chosen = [getattr(item, "callspec", None) for item in request.session.items]
        mine = [one.params["case"] for one in chosen if one and one.params.get("performed") == name]
        mine = [case for case in mine if why_not(case, name) is None]
        cases = Performed(Stage(name, fleet, pages, tmp_path_factory.mktemp(name)), mine)
        yield cases
        await cases.end()
