"""Forms whose controls are called like what every element has: what is in them is found and described all the same."""

import json

import pytest

MASKING = "".join(
    f"<input name={name}>" for name in ("parentElement", "children", "firstChild", "localName", "nextSibling")
)
IN_THE_FORM = "/html[1]/body[1]/main[1]/form[2]/p[1]/button[1]"


async def shown(row, script=""):
    inside = f"<form></form><form>{MASKING}<p><button type=button>Pay now</button></p></form>"
    await row.open("/late.html")
    await row.read(f"() => {{ document.body.innerHTML = {json.dumps(f'<main>{inside}</main>')}; {script} }}")


@pytest.mark.parametrize(
    "recorded",
    [
        {"metadata": {"selectors": [["text/Pay now"]]}},
        {"metadata": {"selectors": [["aria/Pay now"]]}},
        {"bundle": {"xpath": IN_THE_FORM, "tag": "button"}},
        {"bundle": {"visibleText": "Pay now", "tag": "button"}},
    ],
)
async def test_what_is_in_such_a_form_is_found_by_each_locator(row, recorded):
    await shown(row, "addEventListener('click', (one) => document.title = one.target.textContent)")
    assert (await row.do("click", **recorded)).error is None
    assert await row.read("document.title") == "Pay now"


async def test_the_place_of_what_is_in_such_a_form_is_its_place_in_the_page(row):
    await shown(row)
    tab = row.session.front
    said = "(engine) => [engine.pathOf, engine.selectorOf].map((of) => of(document.querySelector('main button')))"
    path, selector = await tab.ask(tab.main, said)
    assert path == IN_THE_FORM
    assert await row.read(f"document.querySelector({selector!r}).textContent") == "Pay now"
