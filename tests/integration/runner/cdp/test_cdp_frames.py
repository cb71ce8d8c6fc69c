"""Frames of a page: found, asked, placed, and followed from one process into another."""

from collections.abc import AsyncIterator
from functools import partial

import pytest

from services.runner.adapters.cdp.browser import CdpBrowser
from services.runner.adapters.driver import until
from services.runner.adapters.driver_terms import Frame, Press
from services.runner.adapters.faults import DocumentGone
from tests.integration.runner.cdp.conftest import PATIENCE, Opened, Pages, open_window

INNER = """<body style="margin: 0"><button id=b style="margin: 40px" onclick="this.textContent = 'pressed'">b</button>
<input id=i></body>"""
WHERE = """(engine, selector) => {
  const box = document.querySelector(selector).getBoundingClientRect();
  return [box.x + box.width / 2, box.y + box.height / 2];
}"""


@pytest.fixture
async def isolating(full_chromium: CdpBrowser, pages: Pages) -> AsyncIterator[Opened]:
    async with open_window(full_chromium, pages) as one:
        yield one


async def press_in(opened: Opened, frame: Frame, selector: str) -> None:
    x, y = await opened.tab.ask(frame, WHERE, selector)
    left, top = await opened.tab.place_of(frame, (x, y))
    await opened.tab.press(Press(left + x, top + y))


def shows(frame: Frame, address: str) -> bool:
    return frame.url == address


async def test_frames_within_frames_are_found_by_their_elements(opened: Opened) -> None:
    opened.pages.pages["/inner"] = INNER
    opened.pages.pages["/middle"] = '<p>m</p><iframe id=in src="/inner"></iframe>'
    await opened.show('<iframe srcdoc="<p>one"></iframe><div id=host></div><iframe id=mid src="/middle"></iframe>')
    tab = opened.tab
    middle = await tab.frame_in(tab.main, "#mid")
    assert middle is not None
    inner = await tab.frame_in(middle, "#in")
    assert inner is not None
    assert [frame.url for frame in tab.frames[1:]] == ["about:srcdoc", middle.url, inner.url]
    assert inner.parent is middle
    assert tab.main.children[1] is middle
    assert await tab.ask(inner, "() => location.pathname") == "/inner"
    assert await tab.evaluate(inner, "location.pathname") == "/inner"
    assert await tab.frame_in(tab.main, "#nothing") is None
    assert await tab.frame_in(tab.main, "#host") is None
    assert await tab.frame_in(tab.main, "p[") is None


async def test_a_frame_in_an_open_shadow_root_is_found(opened: Opened) -> None:
    opened.pages.pages["/inner"] = INNER
    await opened.show("""<div id=host></div><script>
      host.attachShadow({ mode: "open" }).innerHTML = '<iframe class=deep src="/inner"></iframe>';
    </script>""")
    inner = await opened.tab.frame_in(opened.tab.main, "iframe.deep")
    assert inner is not None
    assert inner.url.endswith("/inner")


async def test_a_press_lands_in_a_nested_frame_far_down_the_page(opened: Opened) -> None:
    opened.pages.pages["/inner"] = INNER
    opened.pages.pages["/middle"] = (
        '<div style="height: 30px"></div><iframe id=in src="/inner" style="padding: 7px"></iframe>'
    )
    await opened.show(
        '<div style="height: 3000px"></div><iframe id=mid src="/middle" style="border: 9px solid"></iframe>'
    )
    tab = opened.tab
    inner = await tab.frame_in((await tab.frame_in(tab.main, "#mid")) or tab.main, "#in")
    assert inner is not None
    await press_in(opened, inner, "#b")
    assert await tab.evaluate(inner, "b.textContent") == "pressed"
    assert await tab.place_of(tab.main) == (0, 0)


async def test_a_point_of_a_frame_taller_than_the_window_is_scrolled_to(opened: Opened) -> None:
    opened.pages.pages["/inner"] = f'<div style="height: 2500px"></div>{INNER}'
    tall = '<iframe src="/inner" style="height: 3000px"></iframe>'
    await opened.show(f'<div style="height: 300px; overflow: auto"><p>p</p>{tall}</div>')
    frame = opened.tab.main.children[0]
    await press_in(opened, frame, "#b")
    assert await opened.tab.evaluate(frame, "b.textContent") == "pressed"


async def test_a_point_of_a_frame_that_is_turned_and_shrunk_is_hit(opened: Opened) -> None:
    opened.pages.pages["/inner"] = INNER
    turned = "margin: 50px; border: 6px solid; padding: 4px; transform: rotate(120deg) scale(0.6)"
    opened.pages.pages["/middle"] = f'<iframe src="/inner" style="{turned}"></iframe>'
    upright = "margin: 40px; width: 700px; height: 500px"
    await opened.show(f'<div style="height: 900px"></div><iframe src="/middle" style="{upright}"></iframe>')
    frame = opened.tab.main.children[0].children[0]
    await press_in(opened, frame, "#b")
    assert await opened.tab.evaluate(frame, "b.textContent") == "pressed"


async def test_a_question_to_a_frame_that_is_gone_says_so(opened: Opened) -> None:
    await opened.show('<iframe srcdoc="<p>one"></iframe>')
    frame = opened.tab.main.children[0]
    await opened.read("document.querySelector('iframe').remove()")
    assert await until(lambda: frame.detached, 2)
    assert opened.tab.main.children == []
    with pytest.raises(DocumentGone):
        await opened.tab.ask(frame, "() => 1")
    with pytest.raises(DocumentGone):
        await opened.tab.place_of(frame)


async def test_a_frame_that_goes_elsewhere_is_the_same_frame(opened: Opened) -> None:
    opened.pages.pages["/inner"] = INNER
    await opened.show('<iframe src="/inner" name=f></iframe>')
    frame, before = opened.tab.main.children[0], opened.tab.stand
    opened.pages.pages["/other"] = "<p id=o>other"
    await opened.read("void (frames[0].location = '/other')")
    assert await until(lambda: frame.url.endswith("/other"), 2)
    assert opened.tab.stand == (before[0], before[1] + 1)
    assert await opened.tab.ask(frame, "() => location.pathname") == "/other"


async def test_a_frame_without_scripts_is_asked_as_well(opened: Opened) -> None:
    await opened.show('<iframe sandbox srcdoc="<p>one"></iframe><iframe></iframe>')
    for frame in opened.tab.frames:
        assert await opened.tab.ask(frame, "(engine) => typeof engine.locate") == "function"


async def test_a_frame_of_another_site_lives_in_a_process_of_its_own(isolating: Opened) -> None:
    tab, pages = isolating.tab, isolating.pages
    pages.pages["/inner"] = INNER
    pages.pages["/middle"] = f'<p>m</p><iframe id=in src="{pages.url("/inner")}"></iframe>'
    await isolating.show(
        f'<div style="height: 3000px"></div><iframe id=mid src="{pages.url("/middle", "localhost")}"></iframe>'
    )
    middle = await tab.frame_in(tab.main, "#mid")
    assert middle is not None
    assert middle.channel is not tab.channel
    inner = await tab.frame_in(middle, "#in")
    assert inner is not None
    assert inner.parent is middle
    assert await tab.ask(inner, "() => location.pathname") == "/inner"
    await press_in(isolating, inner, "#b")
    assert await tab.evaluate(inner, "b.textContent") == "pressed"
    await press_in(isolating, inner, "#i")
    await tab.insert_text("häl")
    await tab.type_keys("lo")
    assert await tab.evaluate(inner, "i.value") == "hällo"


async def test_a_frame_moves_into_another_process_and_back(isolating: Opened) -> None:
    tab, pages = isolating.tab, isolating.pages
    pages.pages["/inner"] = INNER
    await isolating.show('<iframe src="/inner"></iframe>')
    frame = tab.main.children[0]
    for host in ("localhost", "127.0.0.1", "localhost"):
        address = pages.url("/inner", host)
        await isolating.read(f"void (document.querySelector('iframe').src = '{address}')")
        assert await tab.bell.until(partial(shows, frame, address), PATIENCE)
        assert await tab.ask(frame, "() => location.hostname") == host
        assert (frame.channel is tab.channel) is (host == "127.0.0.1")
        assert tab.main.children == [frame]
        assert not frame.detached
    await isolating.read("document.querySelector('iframe').remove()")
    assert await until(lambda: frame.detached, 5)
    assert tab.main.children == []
