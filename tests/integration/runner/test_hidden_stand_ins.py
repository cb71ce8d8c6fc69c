"""A stand-in that nobody can see is none: honeypots, and what a page keeps for later."""

import pytest

from tests.integration.runner.test_hostile_pages import PATIENCE, PRESSED, learned, shown

FORM = """<main><h1>Profile</h1><label for=street>Street of the house</label>
  <input id=street name=street placeholder="Street and number" class=wide>
  <button id=keep class=go>Keep the address</button></main>"""
FIELD = (
    '<label for=s>Street of house</label><input id=s name=street-line class=wide placeholder="Your street and number">'
)
BUTTON = "<button id=keep-it class=go>Keep this address</button>"
HIDDEN = {
    "seen through": "opacity:0",
    "shrunk": "transform:scale(.01)",
    "cut off": "clip-path:inset(50%)",
    "beyond the page": "position:absolute;left:-9999px",
    "without height": "height:0;overflow:hidden",
}
SURE = {**PATIENCE, "wait_timeout": 900, "threshold": 40}


async def typed(row, style):
    bundle = await learned(row, FORM, "#street", "type", given="before")
    await shown(row, f'<main><h1>Profile</h1><div style="{style}">{FIELD}</div></main>')
    result = await row.do("type", "#street", bundle=bundle, given="Rue X 7", options=SURE)
    return result, await row.read("() => document.querySelector('input').value")


async def pressed(row, style):
    bundle = await learned(row, FORM, "#keep")
    await shown(
        row, f'<main><h1>Profile</h1><div style="{style}">{BUTTON}</div></main>', f"document.title = ''; {PRESSED}"
    )
    result = await row.do("click", "#keep", bundle=bundle, options=SURE)
    return result, await row.read("document.title")


async def test_what_can_be_seen_stands_in(row):
    assert (await typed(row, ""))[1] == "Rue X 7"
    assert (await pressed(row, ""))[1] == "kept"


@pytest.mark.parametrize("how", HIDDEN)
async def test_what_nobody_can_see_stands_in_for_nothing(row, how):
    result, value = await typed(row, HIDDEN[how])
    assert (result.status, value) == ("failed", ""), (result.strategy, value)
    result, title = await pressed(row, HIDDEN[how])
    assert (result.status, title) == ("failed", ""), (result.strategy, title)
