"""Nothing leaves a real WebKit but through the guard: each way out is shown to be one, and to be closed."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest

from services.runner.adapters.browser import Fleet
from services.runner.adapters.driver import Tab
from services.runner.adapters.events import Happenings
from services.runner.adapters.faults import StepFailed
from services.runner.adapters.guard import guarded
from services.runner.adapters.options import SessionOptions
from services.runner.adapters.port import Guarding
from services.runner.adapters.webdriver.browser import launch
from shared.browsers import installed
from shared.url_policy import Refusal, Rules, read_allowances
from tests.integration.runner.ways_out import WAYS, Server, script, serving

WEBKIT = installed("webkit")
pytestmark = [
    pytest.mark.skipif(not WEBKIT.available, reason=str(WEBKIT.reason)),
    pytest.mark.timeout(300),  # a browser for every window, on a machine that is busy with something else
]
# WebKit knows no such calls (see below), and ignores links that ask it to fetch in advance.
NOT_THERE = ("a relay of calls over TCP", "a prefetch")
PATIENCE = 5.0
QUIET = 0.5  # for what might come all the same, after the guard has refused
SECONDS = 20.0


@pytest.fixture(scope="module")
async def site() -> AsyncIterator[Server]:
    """One that pages come from, and that the guard lets through."""
    async with serving() as server:
        yield server


@pytest.fixture
async def hidden() -> AsyncIterator[Server]:
    """One that no page should reach."""
    async with serving() as server:
        yield server


@pytest.fixture(scope="module")
async def webkit() -> AsyncIterator[Fleet]:
    async with Fleet(engine="webkit") as warm:
        yield warm


@pytest.fixture(scope="module")
async def unguarded(webkit: Fleet) -> AsyncIterator[Tab]:
    async with webkit.session() as session:
        yield session.front


class Guarded:
    """A page behind a guard, and what that refused."""

    def __init__(self, tab: Tab, window: Any, refusals: list[Refusal]) -> None:
        self.tab, self.window, self.refusals = tab, window, refusals

    def refused(self, server: Server) -> bool:
        return any(f":{server.port}" in refusal.url for refusal in self.refusals)


@pytest.fixture(scope="module")
async def behind(webkit: Fleet, site: Server) -> AsyncIterator[Guarded]:
    refusals: list[Refusal] = []
    async with webkit.session(guarding=Guarding(only(site), refusals.append)) as session:
        yield Guarded(session.front, session.window, refusals)


def only(server: Server) -> Rules:
    return Rules(operator=read_allowances(f"127.0.0.1:{server.port}"))


async def until(happened: Callable[[], object], seconds: float = PATIENCE) -> bool:
    for _ in range(int(seconds / 0.02)):
        if happened():
            return True
        await asyncio.sleep(0.02)
    return False


async def go(tab: Tab, way: str, start: str, url: str) -> None:
    await tab.goto(f"{start}/", SECONDS)
    await tab.ready()
    await tab.evaluate(tab.main, f"{script(way, url)}, 0")


@pytest.mark.parametrize("way", [way for way in WAYS if way not in NOT_THERE])
async def test_no_way_leads_past_the_guard(
    unguarded: Tab, behind: Guarded, site: Server, hidden: Server, way: str
) -> None:
    await go(unguarded, way, site.url, f"{hidden.url}/x")
    assert await until(lambda: hidden.connections), "this way leads nowhere: the test shows nothing"
    async with serving() as closed:
        await go(behind.tab, way, site.url, f"{closed.url}/x")
        assert await until(lambda: behind.refused(closed))
        await asyncio.sleep(QUIET)
        assert closed.connections == 0


@pytest.mark.parametrize("name", ["RTCPeerConnection", "WebTransport"])
async def test_what_would_go_over_udp_is_not_there(behind: Guarded, site: Server, name: str) -> None:
    await behind.tab.goto(f"{site.url}/", SECONDS)
    assert await behind.tab.evaluate(behind.tab.main, f"typeof {name}") == "undefined"


# WebKit itself goes to no 0.0.0.0.
@pytest.mark.parametrize("host", ["localhost", "any.localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "[::]"])
async def test_no_spelling_of_this_machine_leads_past_the_guard(
    behind: Guarded, site: Server, hidden: Server, host: str
) -> None:
    await go(behind.tab, "a fetch", site.url, f"http://{host}:{hidden.port}/x")
    assert await until(lambda: behind.refused(hidden))
    assert hidden.connections == 0


async def test_a_page_that_is_opened_later_goes_the_same_way(behind: Guarded, site: Server, hidden: Server) -> None:
    tab = await behind.window.open_tab()
    await go(tab, "a fetch", site.url, f"{hidden.url}/x")
    assert await until(lambda: behind.refused(hidden))
    assert hidden.connections == 0
    await tab.close()


@asynccontextmanager
async def window_behind(proxy: str) -> AsyncIterator[Tab]:
    browser = await launch(WEBKIT, args=["--retold-fleet=test"])  # type: ignore[arg-type]  # it is there: see above
    try:
        window = await browser.window(SessionOptions(proxy=proxy), Happenings())
        yield await window.open_tab()
    finally:
        await browser.close()


async def test_names_are_resolved_by_the_guard_alone(site: Server) -> None:
    asked = []

    async def resolve(name: str, port: int) -> Sequence[str]:
        asked.append(name)
        return ["127.0.0.1"]

    # No resolver knows the name: what the page gets of it came through the guard.
    async with guarded(only(site), lambda _: None, set, resolve) as guard, window_behind(guard.address) as tab:
        await tab.goto(f"http://known.invalid:{site.port}/", SECONDS)
        assert await tab.evaluate(tab.main, "document.title") == "open"
    assert asked[0] == "known.invalid"


async def test_a_guard_that_ended_lets_nothing_through(site: Server) -> None:
    async with guarded(only(site), lambda _: None, set) as guard:
        pass
    before = site.connections
    async with window_behind(guard.address) as tab:
        with pytest.raises(StepFailed, match="cannot be opened"):
            await tab.goto(f"{site.url}/", SECONDS)
    assert site.connections == before
