"""Nothing leaves a real Chromium but through the guard, and the guard opens only what the rules open."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, BrowserContext, async_playwright
from playwright.async_api import Error as PlaywrightError

from services.runner.adapters.guard import FIREFOX_PREFERENCES, guarded
from services.runner.adapters.starting import ONE_WAY_OUT
from shared.browsers import find_firefox
from shared.chromium import find_chromium
from shared.url_policy import Refusal, Rules, read_allowances
from tests.integration.runner.ways_out import WAYS, Datagrams, Server, script, serving

PATIENCE = 5.0


async def browser_with(*flags: str) -> AsyncIterator[Browser]:
    installed = find_chromium()
    assert installed is not None
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=installed.path, args=[*installed.arguments(), *flags]
        )
        yield browser
        await browser.close()


@pytest.fixture(scope="module")
async def browser() -> AsyncIterator[Browser]:
    async for browser in browser_with(*ONE_WAY_OUT):
        yield browser


@pytest.fixture(scope="module")
async def unguarded() -> AsyncIterator[Browser]:
    """The same browser as anybody starts it: shows that each way does lead out."""
    async for browser in browser_with():
        yield browser


@pytest.fixture
async def open_one() -> AsyncIterator[Server]:
    """A site that pages come from."""
    async with serving() as server:
        yield server


@pytest.fixture
async def hidden() -> AsyncIterator[Server]:
    """One that no page should reach."""
    async with serving() as server:
        yield server


def only(server: Server) -> Rules:
    return Rules(operator=read_allowances(f"127.0.0.1:{server.port}"))


async def until(happened: Callable[[], object], seconds: float = PATIENCE) -> bool:
    for _ in range(int(seconds / 0.02)):
        if happened():
            return True
        await asyncio.sleep(0.02)
    return False


async def go(context: BrowserContext, way: str, start: str, url: str) -> None:
    page = await context.new_page()
    await page.goto(f"{start}/")
    await page.evaluate(script(way, url))


@pytest.mark.parametrize("way", WAYS)
async def test_no_way_leads_past_the_guard(
    browser: Browser, unguarded: Browser, open_one: Server, hidden: Server, way: str
) -> None:
    context = await unguarded.new_context()
    await go(context, way, open_one.url, f"{hidden.url}/x")
    assert await until(lambda: hidden.connections), "this way leads nowhere: the test shows nothing"
    await context.close()
    hidden.connections = 0
    told: list[Refusal] = []
    async with guarded(only(open_one), told.append, set) as guard:
        context = await browser.new_context(proxy={"server": guard.address})
        await go(context, way, open_one.url, f"{hidden.url}/x")
        assert await until(lambda: told)
        await context.close()
    assert hidden.connections == 0
    assert set(told) == {Refusal(f"127.0.0.1:{hidden.port}", "private", told[0].rule)}


@pytest.mark.parametrize(
    "host", ["localhost", "any.localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]", "0", "[::]"]
)
async def test_no_spelling_of_this_machine_leads_past_the_guard(
    browser: Browser, open_one: Server, hidden: Server, host: str
) -> None:
    async with guarded(only(open_one), lambda _: None, set) as guard:
        context = await browser.new_context(proxy={"server": guard.address})
        await go(context, "a fetch", open_one.url, f"http://{host}:{hidden.port}/x")
        assert await until(lambda: guard.refusals)
        await context.close()
    assert hidden.connections == 0


def answering(*answers: Sequence[str]) -> tuple[Callable[[str, int], Awaitable[Sequence[str]]], list[str]]:
    """A resolver that gives one answer after the other, and the names that it was asked for."""
    left, asked = list(answers), []

    async def resolve(name: str, port: int) -> Sequence[str]:
        asked.append(name)
        return left.pop(0) if len(left) > 1 else left[0]

    return resolve, asked


async def test_a_name_that_resolves_to_a_private_address_is_refused(browser: Browser, hidden: Server) -> None:
    for answer in (["127.0.0.1"], ["::ffff:127.0.0.1"], ["93.184.215.14", "127.0.0.1"], ["64:ff9b::7f00:1"]):
        resolve, asked = answering(answer)
        async with guarded(Rules(), lambda _: None, set, resolve) as guard:
            context = await browser.new_context(proxy={"server": guard.address})
            page = await context.new_page()
            url = f"http://innocent.test:{hidden.port}/"
            with pytest.raises(PlaywrightError, match="ERR_SOCKS_CONNECTION_FAILED"):
                await page.goto(url)
            assert asked == ["innocent.test"]
            assert "loopback address" in (guard.why_not(url) or "")
            await context.close()
    assert hidden.connections == 0


async def test_a_name_that_resolves_to_something_else_a_moment_later_gains_nothing(
    browser: Browser, open_one: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.runner.adapters.guard.RESOLVED_SECONDS", 0.0)
    async with serving("127.0.0.2") as private:
        # The same port on both, so that only the address tells them apart.
        rules = Rules(operator=read_allowances("127.0.0.1/32"))
        resolve, asked = answering(["127.0.0.1"], ["127.0.0.2"])
        async with guarded(rules, lambda _: None, set, resolve) as guard:
            context = await browser.new_context(proxy={"server": guard.address})
            page = await context.new_page()
            await page.goto(f"http://rebinding.test:{open_one.port}/")
            assert len(asked) == 1
            failed = await page.evaluate(f"fetch('http://rebinding.test:{private.port}/').then(() => 0, String)")
            assert "TypeError" in failed
            assert len(asked) == 2
            assert [refusal.reason for refusal in guard.refusals] == ["private"] * len(guard.refusals)
            await context.close()
        assert private.connections == 0


async def test_calls_send_nothing_over_udp(browser: Browser, unguarded: Browser, open_one: Server) -> None:
    calls = """([port]) => new Promise((resolve) => {
        const call = new RTCPeerConnection({ iceServers: [{ urls: `stun:127.0.0.1:${port}` }] });
        call.onicegatheringstatechange = () => call.iceGatheringState === 'complete' && resolve();
        call.createDataChannel('x');
        call.createOffer().then((offer) => call.setLocalDescription(offer));
        new WebTransport(`https://127.0.0.1:${port}/`).ready.catch(() => 0);
        setTimeout(resolve, 1500);
    })"""
    for each, expected in ((unguarded, True), (browser, False)):
        async with Datagrams() as datagrams, guarded(only(open_one), lambda _: None, set) as guard:
            # Even behind the guard: without the flags it would not help.
            context = await each.new_context(proxy={"server": guard.address})
            page = await context.new_page()
            await page.goto(open_one.url)
            await page.evaluate(calls, [datagrams.port])
            assert (datagrams.count > 0) == expected
            await context.close()


async def test_the_browser_asks_nobody_but_the_guard_for_addresses(open_one: Server, tmp_path: Path) -> None:
    for flags, expected in (((), True), (ONE_WAY_OUT, False)):
        log = tmp_path / f"net-{expected}.json"
        async with guarded(only(open_one), lambda _: None, set) as guard:
            async for each in browser_with(*flags, f"--log-net-log={log}"):
                context = await each.new_context(proxy={"server": guard.address} if flags else None)
                page = await context.new_page()
                await page.goto(open_one.url)
                for way in ("a fetch", "a websocket", "a prefetch", "a navigation"):
                    await page.evaluate(script(way, "http://asked.invalid/"))
                await asyncio.sleep(0.5)
        log_text = log.read_text()
        jobs = re.search(r'"HOST_RESOLVER_MANAGER_JOB":(\d+)', log_text)
        assert jobs
        asked = [line for line in log_text.splitlines() if "asked.invalid" in line and f'"type":{jobs[1]}}}' in line]
        assert bool(asked) == expected


async def test_the_runners_own_ports_are_closed_even_where_loopback_is_open(
    browser: Browser, open_one: Server, hidden: Server
) -> None:
    rules = Rules(operator=read_allowances("loopback, private"))
    async with guarded(rules, lambda _: None, lambda: {hidden.port}) as guard:
        context = await browser.new_context(proxy={"server": guard.address})
        own = int(guard.address.rpartition(":")[2])
        for port in (hidden.port, own):
            await go(context, "a fetch", open_one.url, f"http://localhost:{port}/x")
            assert await until(lambda port=port: any(f":{port}" in each.url for each in guard.refusals))
        assert {refusal.reason for refusal in guard.refusals} == {"private"}
        await context.close()
    assert hidden.connections == 0


async def test_what_is_open_is_loaded_and_what_cannot_be_reached_is_explained(
    browser: Browser, open_one: Server
) -> None:
    async def nobody(name: str, port: int) -> Sequence[str]:
        raise OSError(-2, "Name or service not known")

    rules = Rules(operator=read_allowances("loopback"))
    async with serving() as gone:
        pass
    async with guarded(rules, lambda _: None, set, nobody) as guard:
        context = await browser.new_context(proxy={"server": guard.address})
        page = await context.new_page()
        answer = await page.goto(f"http://localhost:{open_one.port}/")
        assert answer is not None
        assert answer.status == 200
        assert guard.why_not(f"http://LOCALHOST.:{open_one.port}/any") is None
        for url, why in (("http://nowhere.test/", "there is no host nowhere.test"), (gone.url, "takes no connection")):
            page = await context.new_page()
            with pytest.raises(PlaywrightError):
                await page.goto(url)
            assert why in (guard.why_not(url) or "")
        await context.close()
    assert not guard.refusals


async def test_two_rows_have_rules_of_their_own(browser: Browser, open_one: Server, hidden: Server) -> None:
    def ignore(_: Refusal) -> None: ...

    async with guarded(only(open_one), ignore, set) as one, guarded(only(hidden), ignore, set) as other:
        for guard, reached, closed in ((one, open_one, hidden), (other, hidden, open_one)):
            context = await browser.new_context(proxy={"server": guard.address})
            page = await context.new_page()
            await page.goto(reached.url)
            await page.evaluate(script("a fetch", closed.url))
            assert await until(lambda guard=guard: guard.refusals)
            await context.close()


async def test_a_guard_that_ended_lets_nothing_through(browser: Browser, open_one: Server) -> None:
    async with guarded(only(open_one), lambda _: None, set) as guard:
        pass
    context = await browser.new_context(proxy={"server": guard.address})
    page = await context.new_page()
    with pytest.raises(PlaywrightError, match="PROXY"):
        await page.goto(open_one.url)
    await context.close()
    assert open_one.connections == 0


@pytest.fixture(scope="module", params=[True, False], ids=["as we start it", "as anybody starts it"])
async def firefox(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Browser, bool]]:
    """A Firefox, and whether nothing should leave it but through its proxy."""
    path = find_firefox()
    if path is None:
        pytest.skip("no Firefox is installed")
    channel: Any = "moz-firefox"
    async with async_playwright() as playwright:
        browser = await playwright.firefox.launch(
            executable_path=path, channel=channel, firefox_user_prefs=dict(FIREFOX_PREFERENCES) if request.param else {}
        )
        yield browser, request.param
        await browser.close()


@pytest.mark.parametrize("way", ["a navigation", "a fetch", "a frame", "a websocket", "a worker", "a service worker"])
async def test_firefox_keeps_to_the_guard_only_with_our_preferences(
    firefox: tuple[Browser, bool], open_one: Server, hidden: Server, way: str
) -> None:
    browser, guards = firefox
    async with guarded(only(open_one), lambda _: None, set) as guard:
        context = await browser.new_context(proxy={"server": guard.address})
        await go(context, way, open_one.url, f"{hidden.url}/x")
        assert await until(lambda: guard.refusals or hidden.connections)
        await context.close()
    assert bool(hidden.connections) != guards
