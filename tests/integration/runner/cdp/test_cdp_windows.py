"""Windows of the Chromium driver: their pages and popups, dialogs, downloads, storage, and what they pretend to be."""

import asyncio
import gc
import weakref
from pathlib import Path

import pytest

from services.runner.adapters.cdp.browser import CdpBrowser
from services.runner.adapters.driver import until
from services.runner.adapters.driver_terms import DialogAnswer, Press
from services.runner.adapters.faults import DriverError, StepFailed
from services.runner.adapters.options import SessionOptions
from tests.integration.runner.cdp.conftest import Noted, Opened, Pages, open_window, slow


async def test_a_popup_is_a_tab_with_its_document(opened: Opened) -> None:
    opened.pages.pages["/popup"] = slow(0.3, "<title>popup</title><button onclick='window.close()'>close</button>")
    await opened.show("<a id=l href=/popup target=_blank>new</a>")
    await opened.tab.press(Press(*await opened.centre("#l")))
    await opened.tab.after_action(5)
    assert opened.tab.popups_announced == 1
    assert await until(lambda: len(opened.window.tabs) == 2, 5)
    popup = opened.window.tabs[1]
    assert await popup.wait_loaded("load", 5)
    assert popup.url.endswith("/popup")
    assert await popup.evaluate(popup.main, "document.title") == "popup"
    assert popup.status == 200
    assert opened.noted.tabs == opened.window.tabs
    await popup.evaluate(popup.main, "setTimeout(() => window.close())")
    assert await until(lambda: popup.closed, 5)
    assert not opened.tab.closed


async def test_popups_of_every_kind_become_tabs(opened: Opened) -> None:
    opened.pages.pages["/popup"] = "<title>popup</title>"
    await opened.show("<p>page")
    await opened.read("void (window.one = open(''))")
    await opened.read("void open('/popup', '_blank', 'noopener')")
    await opened.read("void open('data:text/html,refused')")
    assert await until(lambda: len(opened.window.tabs) == 4, 5)
    blank, noopener, refused = opened.window.tabs[1:]
    for tab in (blank, noopener, refused):
        assert await tab.wait_loaded("load", 5)
    assert noopener.url.endswith("/popup")
    assert blank.url == "about:blank"
    assert await blank.evaluate(blank.main, "opener !== null")
    await opened.read("one.document.write('<p id=w>written'), one.document.close()")
    assert await blank.ask(
        blank.main, "(engine) => [typeof engine.locate, document.querySelector('#w').textContent]"
    ) == [
        "function",
        "written",
    ]


async def test_a_slow_popup_is_not_mistaken_for_an_empty_one(opened: Opened) -> None:
    opened.pages.pages["/popup"] = slow(1.2, "<title>popup</title>")
    await opened.show("<p>page")
    for features in ("", "noopener"):
        await opened.read(f"void open('/popup', '_blank', '{features}')")
        assert await until(lambda: not opened.window.tabs[-1].documents, 5)
        popup = opened.window.tabs[-1]
        assert popup is not opened.tab
        assert await popup.wait_loaded("load", 5)
        assert popup.url.endswith("/popup")


async def test_a_closed_tab_is_gone_and_the_others_stay(opened: Opened) -> None:
    second = await opened.window.open_tab()
    assert opened.window.tabs == [opened.tab, second]
    await second.close()
    assert second.closed
    assert second.main.detached
    assert not opened.tab.closed
    assert await opened.tab.ask(opened.tab.main, "() => 1") == 1


async def test_dialogs_are_answered_as_the_listener_says(opened: Opened) -> None:
    await opened.show("<p>page")
    assert await opened.read("[confirm('sure?'), prompt('name?', 'Ada'), alert('so')]") == [True, "Ada", None]
    opened.noted.answer = DialogAnswer(accept=False)
    assert await opened.read("[confirm('sure?'), prompt('name?', 'Ada')]") == [False, None]
    opened.noted.answer = DialogAnswer(text="Grace")
    assert await opened.read("prompt('name?', 'Ada')") == "Grace"
    assert [(shown.kind, shown.message, shown.default) for shown in opened.noted.dialogs[:3]] == [
        ("confirm", "sure?", ""),
        ("prompt", "name?", "Ada"),
        ("alert", "so", ""),
    ]


async def test_a_page_that_asks_before_it_is_left_is_left(opened: Opened) -> None:
    opened.pages.pages["/next"] = "<p>next"
    await opened.show("<button id=b>b</button><script>onbeforeunload = (e) => e.preventDefault();</script>")
    await opened.tab.press(Press(*await opened.centre("#b")))
    await opened.tab.goto(opened.pages.url("/next"), 5)
    assert opened.tab.url.endswith("/next")
    assert [shown.kind for shown in opened.noted.dialogs] == ["beforeunload"]


BLOB = "<script>b.href = URL.createObjectURL(new Blob(['abc']))</script>"
LEFT = """document.cookie = 'sid=7; max-age=3600'; document.cookie = 'short=1';
localStorage.token = 'x\\'"</script>'"""
JUDGED = """<img src=/bad-image><iframe src=/bad-frame></iframe><script>
  const asked = (path) => fetch(path).then((answer) => answer.status, () => "no");
  answers = Promise.all([asked("/good"), asked("/bad-fetch"), asked("/redirect")]);
  const script = `fetch("${location.origin}/bad-worker").catch(() => postMessage("refused"))`;
  told = new Promise((resolve) => {
    new Worker(URL.createObjectURL(new Blob([script]))).onmessage = (event) => resolve(event.data);
  });
</script>"""
AGENT = "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/140.0.0.0 Mobile Safari/537.36"
NOISY = """<script>console.warn('careful', 7, {a: 1}); setTimeout(() => { throw new Error('broken'); })</script>
<img src=/gone>"""


async def test_downloads_are_kept_until_the_window_is_closed(chromium: CdpBrowser, pages: Pages) -> None:
    pages.pages["/file"] = (
        200,
        {"Content-Disposition": 'attachment; filename="r\u00e9port.txt"', "Content-Type": "text/plain"},
        b"12345",
    )
    async with open_window(chromium, pages) as opened:
        await opened.show(f"<a id=l href=/file>file</a><a id=b download=blob.txt>blob</a>{BLOB}")
        for selector in ("#l", "#b"):
            await opened.tab.press(Press(*await opened.centre(selector)))
            await opened.tab.after_action(5)
        assert await until(lambda: len(opened.noted.downloads) == 2, 5)
        first, second = opened.noted.downloads
        saved = [await first.saved(5), await second.saved(5)]
        assert [path.read_bytes() for path in saved] == [b"12345", b"abc"]
        assert second.name == "blob.txt"
        assert first.url.endswith("/file")
        assert not opened.tab.leaving
        assert opened.tab.url.endswith("/page")
        await opened.tab.goto(pages.url("/file"), 5)
        assert await until(lambda: len(opened.noted.downloads) == 3, 5)
    assert not any(path.exists() for path in saved)


async def test_a_download_that_does_not_end_is_told(chromium: CdpBrowser, pages: Pages, tmp_path: Path) -> None:
    pages.pages["/file"] = 200, {"Content-Disposition": "attachment", "Content-Length": "100000"}, b"12345"
    async with open_window(chromium, pages, folder=tmp_path) as opened:
        await opened.show("<a id=l href=/file>file</a>")
        await opened.tab.press(Press(*await opened.centre("#l")))
        assert await until(lambda: bool(opened.noted.downloads), 5)
        with pytest.raises(StepFailed, match=r"did not arrive within|was broken off"):
            await opened.noted.downloads[0].saved(0.3)
    with pytest.raises(StepFailed, match="was broken off"):
        await opened.noted.downloads[0].saved(0.3)


async def test_a_window_knows_nothing_of_another(chromium: CdpBrowser, pages: Pages) -> None:
    pages.pages["/page"] = "<p>p"
    async with open_window(chromium, pages) as one, open_window(chromium, pages) as two:
        await one.show("<p>page")
        await one.read("document.cookie = 'a=1'; localStorage.a = 1")
        await two.show("<p>page")
        assert await two.read("document.cookie + Object.keys(localStorage)") == ""
        assert [tab.url for tab in one.window.tabs] == [one.pages.url("/page")]


async def test_what_a_login_left_behind_is_there_before_the_page_runs(chromium: CdpBrowser, pages: Pages) -> None:
    page = "<script>first = [document.cookie, localStorage.token, localStorage.other ?? null]</script>"
    async with open_window(chromium, pages) as opened:
        await opened.show(page)
        await opened.read(LEFT)
        storage = await opened.window.storage()
    assert {cookie["name"]: cookie["expires"] == -1 for cookie in storage["cookies"]} == {"sid": False, "short": True}
    assert storage["origins"][0]["origin"] == pages.url("")
    async with open_window(chromium, pages, storage=storage) as opened:
        await opened.show(page)
        first = await opened.read("first")
        assert sorted(first[0].split("; ")) == ["short=1", "sid=7"]
        assert first[1:] == ["x'\"</script>", None]
        await opened.read("localStorage.removeItem('token')")
        await opened.show(page)
        assert (await opened.read("first"))[1] is None
        second = await opened.window.open_tab()
        await second.goto(pages.url("/page"), 5)
        await second.wait_loaded("load", 5)
        assert (await second.evaluate(second.main, "first"))[1] is None


async def test_what_may_not_be_loaded_is_not(chromium: CdpBrowser, pages: Pages) -> None:
    judged: list[str] = []

    def judge(url: str) -> str | None:
        judged.append(url)
        return "forbidden" if "/bad" in url else None

    pages.pages["/good"] = "<p>good"
    pages.pages["/redirect"] = 302, {"Location": "/bad-redirected"}, b""
    async with open_window(chromium, pages, judge=judge) as opened:
        await opened.show(JUDGED)
        assert await opened.read("answers") == [200, "no", "no"]
        assert await opened.read("told") == "refused"
        with pytest.raises(StepFailed, match="ERR_BLOCKED_BY_CLIENT"):
            await opened.tab.goto(pages.url("/bad-document"), 5)
        with pytest.raises(StepFailed, match="ERR_BLOCKED_BY_CLIENT"):
            await opened.tab.goto(pages.url("/redirect"), 5)
        await opened.tab.goto(pages.url("/page"), 5)
        await opened.read("void open('/bad-popup')")
        assert await until(lambda: any("bad-popup" in url for url in judged), 5)
    assert not [asked for asked in pages.asked if "bad" in asked]


async def test_the_window_is_what_it_is_said_to_be(chromium: CdpBrowser, pages: Pages) -> None:
    options = {"width": 390, "height": 800, "device_scale_factor": 2.0, "is_mobile": True, "has_touch": True}
    languages = {"locale": "de-DE", "timezone": "Asia/Tokyo", "user_agent": AGENT}
    async with open_window(chromium, pages, **options, **languages) as opened:
        await opened.show("<meta name=viewport content='width=device-width'><p>p")
        assert await opened.read("[innerWidth, innerHeight, devicePixelRatio, navigator.maxTouchPoints > 0]") == [
            390,
            800,
            2,
            True,
        ]
        assert await opened.read(
            "[navigator.language, Intl.DateTimeFormat().resolvedOptions().timeZone, (1.5).toLocaleString()]"
        ) == [
            "de-DE",
            "Asia/Tokyo",
            "1,5",
        ]
        assert await opened.read("[navigator.userAgent, document.hasFocus()]") == [AGENT, True]
        assert opened.tab.viewport == (390, 800)
        await opened.tab.resize(500, 600)
        assert await opened.read("[innerWidth, innerHeight]") == [500, 600]


async def test_a_time_zone_that_does_not_exist_is_refused(chromium: CdpBrowser) -> None:
    window = await chromium.window(SessionOptions(timezone="Moon/Tranquillity"), Noted())
    with pytest.raises(DriverError, match="timezone"):
        await window.open_tab()
    await window.close()


async def test_pages_in_parallel_windows_all_have_the_focus(chromium: CdpBrowser, pages: Pages) -> None:
    async with open_window(chromium, pages) as one, open_window(chromium, pages) as two:
        for opened in (one, two):
            await opened.show("<input id=i onfocus='focused = 1'>")
        for opened in (one, two):
            await opened.tab.press(Press(*await opened.centre("#i")))
            await opened.tab.insert_text("x")
        assert [await opened.read("[document.hasFocus(), focused, i.value]") for opened in (one, two)] == [
            [True, 1, "x"]
        ] * 2


async def test_permissions_are_refused_and_service_workers_are_not_there(opened: Opened) -> None:
    await opened.show("<p>page")
    assert await opened.read("'serviceWorker' in navigator") is False
    assert (
        await opened.read(
            "new Promise((done) => navigator.geolocation.getCurrentPosition(() => done('told'), (e) => done(e.code)))"
        )
        == 1
    )
    assert await opened.read("Notification.requestPermission()") == "denied"


async def test_the_console_errors_and_requests_are_told(chromium: CdpBrowser, pages: Pages) -> None:
    pages.pages["/save"] = slow(0.3, "saved")
    async with open_window(chromium, pages, network_log=True) as opened:
        await opened.show(NOISY)
        assert await until(lambda: bool(opened.noted.errors), 5)
        assert ("warning", "careful 7 Object") in opened.noted.lines
        assert opened.noted.errors[0].startswith("Error: broken")
        assert any(kind == "error" and "404" in text for kind, text in opened.noted.lines)
        assert not opened.tab.sending
        await opened.read("void fetch('/save', { method: 'POST', body: 'x' })")
        assert await until(lambda: opened.tab.sending and opened.tab.loading, 1)
        assert await until(lambda: not opened.tab.sending, 5)
        assert await until(lambda: any(seen.method == "POST" for seen in opened.noted.requests), 5)
        told = {(seen.method, seen.url.rpartition("/")[2], seen.kind, seen.status) for seen in opened.noted.requests}
        assert {("GET", "page", "document", 200), ("GET", "gone", "image", 404), ("POST", "save", "fetch", 200)} <= told
        assert next(seen.ms for seen in opened.noted.requests if seen.method == "POST") >= 290


async def test_what_was_sent_has_arrived_when_its_answer_begins(chromium: CdpBrowser, pages: Pages) -> None:
    pages.pages["/endless"] = (200, {"Content-Length": "5"}, b"x")
    pages.pages["/empty"] = (204, {"Content-Length": "0"}, b"")
    async with open_window(chromium, pages, network_log=True) as opened:
        await opened.show("<p>nothing")
        await opened.read("fetch('/endless', { method: 'POST', body: 'x' }).then(() => 0)")
        assert await until(lambda: not opened.tab.sending, 5)
        assert opened.tab.loading
        assert await until(lambda: not opened.tab.loading, 5)
        await opened.read("fetch('/empty', { method: 'POST', body: 'x' }).then(() => 0)")
        assert await until(lambda: any(seen.url.endswith("/empty") for seen in opened.noted.requests), 5)
        told = next(seen for seen in opened.noted.requests if seen.url.endswith("/empty"))
        assert (told.status, told.failure) == (204, None)


async def test_many_windows_at_once_are_kept_apart(chromium: CdpBrowser, pages: Pages) -> None:
    pages.pages["/page"] = "<input id=i>"

    async def row(number: int) -> str:
        async with open_window(chromium, pages) as opened:
            await opened.tab.goto(pages.url("/page"), 20)
            await opened.tab.wait_loaded("load", 20)
            await opened.tab.press(Press(*await opened.centre("#i")))
            await opened.tab.insert_text(f"row {number}")
            return str(await opened.read("i.value"))

    assert await asyncio.gather(*(row(number) for number in range(6))) == [f"row {number}" for number in range(6)]


async def test_nothing_keeps_a_window_that_was_closed(chromium):
    window = await chromium.window(SessionOptions(), Noted())
    await window.open_tab()
    await window.close()
    kept = weakref.ref(window)
    del window
    gc.collect()
    assert kept() is None
