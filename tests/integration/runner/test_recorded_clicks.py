"""Clicks as recorders write them down: at a point, twice for a label, in a frame, and last of all."""

import pytest

from tests.integration.runner.conftest import Row


async def _label_and_checkbox(row: Row, offset: dict[str, float]) -> None:
    await row.open("/dialogs.html")
    await row.read(
        """document.body.insertAdjacentHTML("afterbegin", '<label style="display: inline-block">'
        + '<input type="checkbox" id="rush"> <span id="rush-text">Rush, please</span></label>')"""
    )
    pressed = await row.do("click", "#rush-text", metadata={"offsetX": 5, "offsetY": 5})
    assert pressed.error is None
    again = await row.do("click", "#rush", metadata=offset)
    assert again.error is None


async def test_the_click_that_a_label_passes_on_to_its_checkbox_is_not_done_again(row):
    await _label_and_checkbox(row, {"offsetX": 31, "offsetY": 9})
    assert await row.read("document.querySelector('#rush').checked") is True


async def test_a_second_click_on_the_checkbox_itself_is_done(row):
    await _label_and_checkbox(row, {"offsetX": 6, "offsetY": 6})
    assert await row.read("document.querySelector('#rush').checked") is False


async def test_a_hidden_checkbox_is_not_toggled_twice_by_the_click_on_its_label(row):
    await row.open("/dialogs.html")
    await row.do("click", "label.switch", metadata={"offsetX": 20, "offsetY": 5})
    assert (await row.do("click", "#dark", metadata={"offsetX": 320, "offsetY": 205})).error is None
    assert await row.read("document.querySelector('#dark').checked") is True


@pytest.mark.parametrize("box", [{}, {"bounding": {"left": 0, "top": 0, "width": 9, "height": 9}}])
async def test_a_click_on_the_body_lands_on_the_recorded_point(row, box):
    await row.open("/table.html")
    await row.read("document.addEventListener('click', (e) => (said.textContent = `${e.pageX},${e.pageY}`))")
    edge = await row.read("document.body.getBoundingClientRect().toJSON()")
    result = await row.do("click", "body", bundle=box, metadata={"offsetX": 41, "offsetY": 23})
    assert result.error is None
    assert await row.said() == f"{41 + edge['x']:g},{round(23 + edge['y']):g}"


async def test_a_click_that_led_on_within_its_frame_has_led_on(row, sites):
    await row.open("/frame.html")
    frame = {"iframeChain": [1]}
    await row.do("type", "#name", bundle=frame, given="Ada")
    await row.do("type", "#email", bundle=frame, given="ada@example.org")
    navigation = {"type": "navigation"}
    sent = await row.do("click", "#send", bundle=frame, navigation=navigation)
    assert sent.error is None
    assert [entry["name"] for entry in sites.entries()] == ["Ada"]


async def test_what_the_last_click_saves_a_moment_later_is_saved(fleet, sites):
    sites.clear()
    async with fleet.session() as session:
        row = Row(session, sites)
        await row.open("/dialogs.html")
        await row.read(
            """void (document.querySelector('#sure').onclick = () => setTimeout(() => fetch('/register/?delay=0.3', {
              method: 'POST', body: new URLSearchParams({ name: 'Late', email: 'late@example.org' }) }), 200))"""
        )
        assert (await row.do("click", "#sure")).error is None
    assert [entry["name"] for entry in sites.entries()] == ["Late"]


async def test_what_the_last_click_saves_once_it_was_answered_is_saved(fleet, sites):
    sites.clear()
    async with fleet.session() as session:
        row = Row(session, sites)
        await row.open("/dialogs.html")
        await row.read(
            """void (document.querySelector('#sure').onclick = async () => {
              await (await fetch('/table.html?delay=0.7')).text();
              await fetch('/register/', { method: 'POST', body: new URLSearchParams({ name: 'Chained' }) });
            })"""
        )
        assert (await row.do("click", "#sure")).error is None
    assert [entry["name"] for entry in sites.entries()] == ["Chained"]


async def test_what_a_click_saves_is_saved_also_where_a_step_looks_at_the_page_in_between(fleet, sites):
    sites.clear()
    async with fleet.session() as session:
        row = Row(session, sites)
        await row.open("/dialogs.html")
        await row.read(
            """void (document.querySelector('#sure').onclick = async () => {
              for (const name of ['First', 'Second']) {
                await fetch('/register/?delay=0.5', { method: 'POST', body: new URLSearchParams({ name }) });
              }
            })"""
        )
        assert (await row.do("click", "#sure")).error is None
        assert (await row.do("extract", "#sure", metadata={"extract": {"name": "label"}})).error is None
    assert [entry["name"] for entry in sites.entries()] == ["First", "Second"]
