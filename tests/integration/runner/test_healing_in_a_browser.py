"""An element that changed is found again when that is certain, and refused when it is not."""

import pytest

NEW_LOOK = "/register/?look=2"


async def learned(row, event, selector, **more):
    """The full bundle of an element on the old page."""
    await row.open("/register/")
    assert (await row.do(event, selector, **more)).error is None
    return row.session.learned()[-1].bundle.model_dump(mode="json", by_alias=True)


DRIFT = [
    ("#name", "type", {"given": "Ada"}, "#f-2"),
    ("#email", "type", {"given": "a@b.org"}, "#f-1"),
    ("#country", "select", {"given": "fr"}, "#f-4"),
    ("#log-out", "hover", {}, "nav button"),
]


@pytest.mark.parametrize(("old", "event", "value", "new"), DRIFT)
async def test_a_changed_element_is_healed(row, sites, old, event, value, new):
    bundle = await learned(row, event, old, **value)
    await row.open(NEW_LOOK)
    result = await row.do(event, old, **value, bundle=bundle)
    assert result.error is None
    assert (result.strategy, result.found_by, result.healing_success) == ("fuzzy_match", "healed", True)
    assert (result.confidence or 0) >= 80
    (report,) = row.heard.heals
    assert report.success
    assert report.original_selector == old
    assert (report.page_origin, report.page_path) == (sites.url, "/register/")
    assert len(report.rivals) == 3
    healed = f"document.querySelector({report.healed_selector!r}) === document.querySelector({new!r})"
    assert await row.read(healed) is True
    assert report.healed_bundle is not None
    assert report.healed_bundle.tag
    assert all(taught.step_number != row.number for taught in row.session.learned())


async def test_an_element_that_is_gone_is_not_replaced_by_a_neighbour(row):
    bundle = await learned(row, "type", "#email", given="a@b.org")
    await row.open("/register/")
    await row.read("document.querySelector('#email').remove()")
    result = await row.do("type", "#email", given="a@b.org", bundle=bundle)
    assert (result.error_type, result.healing_attempted, result.healing_success) == ("not_found", True, False)
    assert "% certain" in (result.error or "")
    (report,) = row.heard.heals
    assert not report.success
    assert report.healed_bundle is None
    assert report.error_message


async def test_a_thin_target_is_not_healed(row):
    await row.open("/register/")
    await row.do(
        "click", "form > p > button.gone", metadata={"selectors": [["aria/Create"], ["form > p > button.gone"]]}
    )
    assert row.heard.intents == []
    assert [report.success for report in row.heard.heals] == [False]


async def test_healing_can_be_switched_off(row):
    bundle = await learned(row, "type", "#name", given="Ada")
    await row.open(NEW_LOOK)
    changed = {**bundle, "name": "other", "placeholder": "", "aria": "Your name", "label": "Your name"}
    result = await row.do("type", "#name", given="Ada", bundle=changed, options={"healing": "off"})
    assert (result.status, result.healing_attempted) == ("failed", False)


async def test_an_assertion_is_never_healed(row):
    bundle = await learned(row, "hover", "#log-out")
    await row.open(NEW_LOOK)
    result = await row.do("wait_for_element", "#log-out", bundle={**bundle, "aria": "", "visibleText": ""})
    assert (result.error_type, result.healing_attempted) == ("assertion_failed", False)
    assert row.heard.heals == []


async def test_an_element_that_only_comes_late_is_not_healed(row):
    await row.open("/late.html")
    result = await row.do("type", "#comment", given="x", options={"heal_grace": 50})
    # Something was looked for while it was not there, and nothing was certain: no word about that.
    assert (result.found_by, result.healing_attempted, row.heard.heals) == ("recorded", False, [])


async def test_a_namesake_does_not_take_the_place_of_the_one_that_was_meant(row):
    await row.open("/table.html")
    await row.do("click", "tr:nth-of-type(3) button")
    bundle = row.session.learned()[-1].bundle.model_dump(mode="json", by_alias=True)
    assert bundle["twins"] == 3
    await row.read("document.querySelectorAll('tbody tr').forEach((one, at) => at && one.remove())")
    recorded = {"selectors": [["tr:nth-of-type(3) button"], ["aria/Remove"], ["text/Remove"]]}
    result = await row.do("click", "tr:nth-of-type(3) button", metadata=recorded, bundle=bundle)
    assert (result.status, result.healing_success) == ("failed", False)
    assert await row.said() == "removed Katherine"


TAKE_EACH_OUT = """(engine) => {
  const heals = [];
  const all = [...new Set(["type", "check", "click"].flatMap((event) => engine.collect(event, {})))];
  for (const element of all) {
    const bundle = engine.bundleOf(element);
    const [parent, next] = [element.parentNode, element.nextSibling];
    element.remove();
    engine.forget();
    const event = engine.isToggle(element) ? "check" : engine.isField(element) ? "type" : "click";
    const heal = engine.standIn({ event, bundle, selector: null, known: {}, alternatives: [], threshold: 80 });
    if (heal.element) heals.push([bundle.aria, heal.method, engine.nameOf(heal.element), heal.confidence]);
    parent.insertBefore(element, next);
  }
  return { tried: all.length, heals };
}"""


@pytest.mark.parametrize("path", ["/register/", NEW_LOOK, "/dialogs.html", "/table.html"])
async def test_whatever_is_taken_from_a_page_is_replaced_by_nothing(row, path):
    await row.open(path)
    tab = row.session.front
    found = await tab.ask(tab.main, TAKE_EACH_OUT)
    assert found["tried"] >= 4
    assert found["heals"] == []
