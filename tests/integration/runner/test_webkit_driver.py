"""A real WebKit over WebDriver: what a site receives, what is seen of its pages, and which way its requests go."""

import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from services.runner.adapters.browser import Fleet
from services.runner.adapters.events import Happenings
from services.runner.adapters.faults import DriverError, StepFailed
from services.runner.adapters.options import SessionOptions
from services.runner.adapters.webdriver.browser import WebKitBrowser, connect, launch
from shared.browsers import installed
from shared.testing.sites import Sites
from tests.integration.runner.conftest import Row

WEBKIT = installed("webkit")
pytestmark = [
    pytest.mark.skipif(not WEBKIT.available, reason=str(WEBKIT.reason)),
    pytest.mark.timeout(300),  # a browser for every window, on a machine that is busy with something else
]
PATIENCE = {"wait_timeout": 5_000, "navigation_timeout": 20_000}


@pytest.fixture(scope="module")
async def webkit() -> AsyncIterator[Fleet]:
    async with Fleet(engine="webkit") as warm:
        yield warm


@pytest.fixture
async def page(webkit: Fleet, sites: Sites) -> AsyncIterator[Row]:
    sites.clear()
    async with webkit.session() as session:
        yield Row(session, sites)


@asynccontextmanager
async def browser() -> AsyncIterator[WebKitBrowser]:
    started = await launch(WEBKIT, args=["--retold-fleet=test"])  # type: ignore[arg-type]  # it is there: see above
    try:
        yield started
    finally:
        await started.close()


async def do(page: Row, event: str, selector: str | None = None, **more: Any) -> None:
    result = await page.do(event, selector, options={**PATIENCE, **more.pop("options", {})}, **more)
    assert result.status == "completed", result.error


async def test_a_form_is_filled_and_sent_once(page: Row) -> None:
    await do(page, "navigate", value=f"{page.sites.url}/register/")
    await do(page, "type", "#name", given="Zoë 🙂")
    await do(page, "type", "#email", given="z@example.org")
    await do(page, "select", "#country", given="Japan")
    await do(page, "check", "#newsletter")
    await do(page, "click", "#send", to="/register/done")
    sent = {"name": "Zoë 🙂", "email": "z@example.org", "password": "", "newsletter": "yes", "country": "jp"}
    assert [{key: entry[key] for key in sent} for entry in page.sites.entries()] == [sent]
    assert page.session.browser == f"webkit {WEBKIT.version}"


async def test_a_form_in_a_frame_below_the_fold_is_sent(page: Row) -> None:
    await do(page, "navigate", value=f"{page.sites.url}/frame.html")
    inside = {"iframeChain": ["#inner"]}
    await do(page, "type", "#name", given="Ann", bundle=inside)
    await do(page, "click", "#send", bundle=inside, to="/register/done")
    assert [entry["name"] for entry in page.sites.entries()] == ["Ann"]


async def test_a_field_behind_two_open_shadow_roots_is_filled(page: Row) -> None:
    await do(page, "navigate", value=f"{page.sites.url}/shadow.html")
    await do(page, "type", "#city", given="Oslo", bundle={"shadowHosts": ["#card", "x-field"]})
    await do(page, "click", "#go", bundle={"shadowHosts": ["#card"]})
    assert await page.said() == "to Oslo"


async def test_dialogs_are_told_and_answered_as_the_step_says(page: Row) -> None:
    await do(page, "navigate", value=f"{page.sites.url}/dialogs.html")
    await do(page, "click", "#sure", metadata={"dialog": {"accept": False}})
    assert await page.said() == "refused"
    await do(page, "click", "#sure")
    assert await page.said() == "confirmed"
    told = [(shown.kind, shown.message) for shown in page.session.happenings.dialogs]
    assert told == [("confirm", "Really?")] * 2


async def test_pages_that_a_click_opens_are_followed_and_closed(page: Row) -> None:
    await do(page, "navigate", value=f"{page.sites.url}/dialogs.html")
    await do(page, "click", "#new", to=f"{page.sites.url}/register/")
    assert page.session.front.url == f"{page.sites.url}/register/"
    await do(page, "type", "#name", given="Ann")
    assert await page.read("document.hasFocus() && document.querySelector('#name').value") == "Ann"
    await do(page, "close")
    assert page.session.front.url == f"{page.sites.url}/dialogs.html"


async def test_a_file_is_given_to_its_field(page: Row, tmp_path: Path) -> None:
    async def find(_: str) -> Path:
        path = tmp_path / "a b.txt"
        path.write_text("content")
        return path

    await do(page, "navigate", value=f"{page.sites.url}/dialogs.html")
    await do(page, "upload", "#upload", given=f"retold-file:{'0' * 64}/a.txt", options={"files": find})
    assert await page.read("document.querySelector('#upload').files[0].text()") == "content"


async def test_the_history_is_followed_and_ends(page: Row) -> None:
    for path in ("/register/", "/table.html"):
        await do(page, "navigate", value=f"{page.sites.url}{path}")
    await do(page, "go_back")
    assert page.session.front.url == f"{page.sites.url}/register/"
    await do(page, "go_forward")
    result = await page.do("go_forward", options=PATIENCE)
    assert result.error_type == "navigation_failed"


async def test_a_place_that_cannot_be_reached_fails_the_step(page: Row) -> None:
    result = await page.do("navigate", value="http://127.0.0.1:9/", options=PATIENCE)
    assert result.error_type == "navigation_failed"
    assert "127.0.0.1:9" in str(result.error)


async def test_the_window_has_its_size_and_a_picture_of_it(webkit: Fleet, sites: Sites) -> None:
    async with webkit.session(SessionOptions(width=900, height=600, user_agent="Mine/1", timezone="Asia/Tokyo")) as row:
        page = Row(row, sites)
        await do(page, "navigate", value=f"{sites.url}/register/")
        own = "[innerWidth, innerHeight, navigator.userAgent, Intl.DateTimeFormat().resolvedOptions().timeZone]"
        assert await page.read(own) == [900, 600, "Mine/1", "Asia/Tokyo"]
        assert png_size(await row.screenshot()) == (900, 600)
        assert png_size(await row.screenshot(whole_page=True))[0] >= 800
        with pytest.raises(StepFailed, match="cannot print"):
            await row.pdf()


def png_size(picture: bytes) -> tuple[int, ...]:
    assert picture[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", picture[16:24])


async def test_the_engine_is_not_seen_among_what_a_page_lists(page: Row) -> None:
    await do(page, "navigate", value=f"{page.sites.url}/register/")
    await do(page, "click", "h1")
    assert await page.read("Object.keys(window).concat(Object.keys(globalThis)).filter((k) => k.startsWith('_'))") == []
    assert await page.read("[...document.scripts].some((script) => script.text.includes('engine'))") is False


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (SessionOptions(judge=lambda _: None), "full addresses"),
        (SessionOptions(storage={"cookies": []}), "a login"),
    ],
)
async def test_what_it_cannot_keep_to_is_refused_before_a_page_opens(options: SessionOptions, reason: str) -> None:
    async with browser() as started:
        with pytest.raises(DriverError, match=reason):
            await started.window(options, Happenings())


async def test_nothing_of_it_is_left_when_it_is_closed() -> None:
    async with browser() as started:
        window = await started.window(SessionOptions(), Happenings())
        await window.open_tab()
        folder = window._driver.folder
        pids = started.pids()
        assert len(pids) >= 4
        assert started.ports
        await started.probe()
    left = [pid for pid in pids if psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE]
    assert left == []
    assert not folder.exists()
    assert not started.connected


async def test_one_that_runs_elsewhere_is_refused() -> None:
    with pytest.raises(DriverError, match="own machine"):
        await connect("http://elsewhere.example:4444")
