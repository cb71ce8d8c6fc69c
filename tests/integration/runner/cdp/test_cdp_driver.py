"""The Chromium driver: questions to pages, and the pages as a whole."""

import asyncio
import socket
import time

import pytest

from services.runner.adapters.driver import until
from services.runner.adapters.faults import DriverError, StepFailed
from tests.integration.runner.cdp.conftest import Opened, slow

# --- questions ---


async def test_any_json_goes_to_the_page_and_comes_back(opened: Opened) -> None:
    for value in (
        None,
        True,
        1.5,
        "häl\u2028\u2029</script>\0",
        [1, [2]],
        {"a": {"b": []}},
        {"__proto__": 1},
        "x" * 3_000_000,
    ):
        assert await opened.tab.ask(opened.tab.main, "(engine, value) => value", value) == value
    assert await opened.tab.ask(opened.tab.main, "() => undefined") is None
    assert await opened.tab.ask(opened.tab.main, "async () => 7") == 7
    assert await opened.tab.ask(opened.tab.main, "() => 'a\\ud83d'") == "a\ufffd"
    assert await opened.tab.ask(opened.tab.main, "() => NaN") is None


async def test_the_page_sees_nothing_of_the_engine(opened: Opened) -> None:
    await opened.show("<script>window.retold = 'the page\\'s own'; Array.prototype.map = null;</script>")
    assert await opened.read("retold") == "the page's own"
    assert await opened.tab.ask(opened.tab.main, "(engine) => [1].map(() => typeof engine.locate)") == ["function"]
    assert await opened.read("Object.keys(globalThis).filter((name) => /retold|cdc|playwright/.test(name))") == [
        "retold"
    ]


async def test_an_expression_or_a_function_is_evaluated_in_the_page(opened: Opened) -> None:
    await opened.show("<script>var x = { deep: [1, 2] };</script>")
    for expression in (
        "x",
        "() => x",
        "function () { return x; }",
        "async () => x",
        "Promise.resolve(x)",
        "async function() { return x }",
    ):
        assert await opened.read(expression) == {"deep": [1, 2]}
    assert await opened.read("const y = 4; y + 1") == 5


async def test_a_question_that_fails_says_why_in_a_line(opened: Opened) -> None:
    with pytest.raises(DriverError, match=r"^Error: first$"):
        await opened.tab.ask(opened.tab.main, "() => { throw new Error('first\\nsecond'); }", "typed value")
    with pytest.raises(DriverError, match="SyntaxError") as refused:
        await opened.tab.ask(opened.tab.main, "() => {{", "typed value")
    assert "typed" not in str(refused.value)
    with pytest.raises(DriverError, match="just so"):
        await opened.read("Promise.reject('just so')")


async def test_a_question_is_put_to_the_next_document_where_one_is_replaced(opened: Opened) -> None:
    opened.pages.pages["/next"] = slow(0.3, "<p id=next>next")
    await opened.show("<script>setTimeout(() => { location = '/next'; }, 50)</script>")
    never = "() => new Promise((resolve) => location.pathname === '/next' ? resolve('there') : 0)"
    assert await asyncio.wait_for(opened.tab.ask(opened.tab.main, never), 5) == "there"


# --- documents ---


async def test_an_address_is_opened_and_its_documents_are_counted(opened: Opened) -> None:
    opened.pages.pages["/error"] = 503, {}, b"<p>no"
    opened.pages.pages["/empty"] = 404, {}, b""
    opened.pages.pages["/redirect"] = 302, {"Location": "/page"}, b""
    await opened.show("<p>page")
    assert (opened.tab.status, opened.tab.documents, opened.tab.routes) == (200, 1, 0)
    assert opened.tab.dom_ready_ms is not None
    await opened.tab.goto(opened.pages.url("/error"), 5)
    assert (opened.tab.status, opened.tab.unreachable) == (503, False)
    await opened.tab.goto(opened.pages.url("/empty"), 5)
    assert (opened.tab.status, opened.tab.unreachable) == (404, False)
    await opened.tab.goto(opened.pages.url("/redirect"), 5)
    assert (opened.tab.status, opened.tab.url) == (200, opened.pages.url("/page"))
    await opened.show("<p>page")
    documents = opened.tab.documents
    await opened.tab.goto(opened.pages.url("/page#part"), 5)
    assert (opened.tab.documents, opened.tab.routes) == (documents, 1)
    await opened.read("history.pushState({}, '', '/route')")
    assert (opened.tab.routes, opened.tab.url) == (2, opened.pages.url("/route"))
    await opened.tab.goto("about:blank", 5)
    assert (opened.tab.status, opened.tab.url) == (None, "about:blank")


async def test_an_address_that_cannot_be_opened_is_told_with_its_reason(opened: Opened) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{taken.getsockname()[1]}/path?secret=1"
        with pytest.raises(StepFailed, match=r"/path cannot be opened \(net::ERR_CONNECTION_REFUSED\)") as failed:
            await opened.tab.goto(nobody, 5)
    assert failed.value.error_type == "navigation_failed"
    assert await until(lambda: opened.tab.unreachable, 5)
    opened.pages.pages["/slow"] = slow(1.5, "<p>late")
    with pytest.raises(StepFailed, match=r"/slow did not answer within 0\.3 s"):
        await opened.tab.goto(opened.pages.url("/slow"), 0.3)
    await opened.show("<p>page")
    await asyncio.sleep(1.5)
    assert opened.tab.url.endswith("/page")


async def test_back_forward_and_reload_go_where_they_say(opened: Opened) -> None:
    await opened.show("<p>one", "/one")
    await opened.show("<p>two", "/two")
    assert await opened.tab.travel("back", 5)
    assert opened.tab.url.endswith("/one")
    assert await opened.tab.travel("forward", 5)
    assert opened.tab.url.endswith("/two")
    assert not await opened.tab.travel("forward", 5)
    documents = opened.tab.documents
    assert await opened.tab.travel("reload", 5)
    assert opened.tab.documents == documents + 1
    await opened.read("history.pushState({}, '', '/route')")
    assert await opened.tab.travel("back", 5)
    assert opened.tab.url.endswith("/two")


async def test_loading_is_waited_for_as_far_as_is_wanted(opened: Opened) -> None:
    opened.pages.pages["/image"] = slow(0.6, "no image")
    opened.pages.pages["/late"] = slow(0.3, "late")
    opened.pages.pages["/page"] = (
        "<img src=/image><script>onload = () => setTimeout(() => fetch('/late'), 100)</script>"
    )
    began = time.monotonic()
    await opened.tab.goto(opened.pages.url("/page"), 5)
    assert await opened.tab.wait_loaded("domcontentloaded", 5)
    assert time.monotonic() - began < 0.5
    assert not await opened.tab.wait_loaded("load", 0.1)
    assert await opened.tab.wait_loaded("load", 5)
    assert time.monotonic() - began > 0.6
    assert await opened.tab.wait_loaded("networkidle", 5)
    assert time.monotonic() - began > 1.3
    assert await opened.tab.loaded("load", 5)


async def test_a_page_is_drawn_and_printed(opened: Opened) -> None:
    await opened.show("<body style='margin: 0; background: red'><div style='height: 3000px'>tall</div>")
    seen, whole, paper = (
        await opened.tab.screenshot(),
        await opened.tab.screenshot(whole_page=True),
        await opened.tab.pdf(),
    )
    assert _jpeg_size(seen) == (1280, 720)
    assert _jpeg_size(whole) == (1280, 3000)
    assert paper.startswith(b"%PDF")
    second = await opened.window.open_tab()
    assert _jpeg_size(await opened.tab.screenshot()) == (1280, 720)
    await opened.tab.bring_to_front()
    assert _jpeg_size(await second.screenshot()) == (1280, 720)


def _jpeg_size(picture: bytes) -> tuple[int, int]:
    at = 2
    while picture[at + 1] not in (0xC0, 0xC2):
        at += 2 + int.from_bytes(picture[at + 2 : at + 4])
    return int.from_bytes(picture[at + 7 : at + 9]), int.from_bytes(picture[at + 5 : at + 7])


async def test_the_network_can_be_cut_off(opened: Opened) -> None:
    await opened.show("<p>page")
    await opened.tab.emulate_network(download=-1, upload=-1, latency_ms=0, offline=True)
    assert await opened.read("fetch('/page').then(() => 'there', () => 'cut off')") == "cut off"
    await opened.tab.emulate_network(download=-1, upload=-1, latency_ms=0, offline=False)
    assert await opened.read("fetch('/page').then(() => 'there', () => 'cut off')") == "there"
