"""The element of a step is found by any of its locators, and never guessed."""

import pytest

from shared.contracts.heal_cache import CachedHeal
from shared.contracts.recording import LocatorBundle

NOTHING = {"healing": "off", "wait_timeout": 250}
ABOUT_THE_NAME = [
    ("selector", {"selector": "#name"}),
    ("aria", {"metadata": {"selectors": [["aria/Name:"]]}}),
    ("aria", {"metadata": {"selectors": [['aria/Name[role="textbox"]']]}}),
    ("xpath", {"metadata": {"selectors": [['xpath///*[@id="name"]']]}}),
    ("pierce", {"metadata": {"selectors": [["pierce/#name"]]}}),
    ("id", {"bundle": {"id": "name", "tag": "input"}}),
    ("name", {"bundle": {"name": "name", "tag": "input"}}),
    ("aria", {"bundle": {"aria": "name"}}),
    ("placeholder", {"bundle": {"placeholder": "Your name"}}),
    ("xpath", {"bundle": {"xpath": "/html[1]/body[1]/main[1]/form[1]/input[1]", "tag": "input"}}),
]


@pytest.mark.parametrize(("strategy", "recorded"), ABOUT_THE_NAME)
async def test_each_strategy_alone_finds_its_element(row, strategy, recorded):
    await row.open("/register/")
    result = await row.do("type", given="Ada", **recorded, options=NOTHING)
    assert (result.error, result.strategy) == (None, strategy)
    assert await row.read("document.querySelector('#name').value") == "Ada"


@pytest.mark.parametrize(
    ("strategy", "recorded"),
    [
        ("text", {"metadata": {"selectors": [["text/Create account"]]}}),
        ("text", {"bundle": {"visibleText": "Create account", "tag": "button"}}),
        ("class", {"bundle": {"className": "button primary", "tag": "button"}}),
        ("aria", {"bundle": {"aria": "Create account"}}),
    ],
)
async def test_a_button_is_found_by_what_it_says_or_how_it_looks(row, strategy, recorded):
    await row.open("/register/")
    result = await row.do("hover", **recorded, options=NOTHING)
    assert (result.error, result.strategy) == (None, strategy)


async def test_data_attributes_find_their_element(row):
    await row.open("/register/")
    bundle = {"dataAttrs": {"data-testid": "email-input"}, "tag": "input"}
    result = await row.do("type", given="a@example.org", bundle=bundle, options=NOTHING)
    assert (result.error, result.strategy) == (None, "data_attributes")


async def test_another_recorded_locator_stands_in_for_one_that_broke(row):
    await row.open("/register/")
    alternatives = [["#was-renamed"], ["aria/Email address"], ["xpath///form/input[2]"]]
    result = await row.do(
        "type", "#was-renamed", given="a@b.org", metadata={"selectors": alternatives}, options=NOTHING
    )
    assert (result.error, result.strategy, result.found_by) == (None, "aria", "bundle")
    intact = await row.do("type", "#email", given="a@b.org", metadata={"selectors": [["#email"], *alternatives]})
    assert (intact.strategy, intact.found_by) == ("selector", "recorded")


async def test_a_full_bundle_agrees_with_itself(row):
    await row.open("/register/")
    await row.do("type", "#email", given="a@b.org")
    (taught,) = row.session.learned()
    assert (taught.element_tag, taught.element_type) == ("input", "email")
    bundle = taught.bundle.model_dump(mode="json", by_alias=True)
    assert bundle["aria"] == "Email address"
    result = await row.do("type", given="c@d.org", bundle=bundle, options=NOTHING)
    assert result.error is None
    assert (result.agreeing or 0) >= 4
    assert "a@b.org" not in str(bundle)


async def test_two_equal_elements_are_ambiguous(row):
    await row.open("/dialogs.html")
    assert (await row.do("click", ".double", options={"wait_timeout": 300})).error_type == "ambiguous"


async def test_locators_that_disagree_are_not_believed(row):
    await row.open("/register/")
    bundle = {"id": "name", "aria": "Email address"}
    assert (await row.do("type", given="x", bundle=bundle, options=NOTHING)).error_type == "ambiguous"


async def test_a_place_alone_is_not_believed_against_the_recorded_name(row):
    await row.open("/register/")
    alternatives = [["aria/Delete everything"], ["form > p > button:nth-of-type(1)"]]
    result = await row.do("click", "aria/Delete everything", metadata={"selectors": alternatives}, options=NOTHING)
    assert result.status == "failed"
    assert row.heard.intents == []


async def test_what_is_found_by_its_place_alone_is_told_as_doubtful(row):
    await row.open("/register/")
    by_place = {"metadata": {"selectors": [["main > form > input:nth-of-type(1)"]]}}
    assert (await row.do("type", given="Ada", **by_place, options=NOTHING)).error is None
    assert [each for each in row.heard.lines if "by its place" in each]
    row.heard.lines.clear()
    named = {**by_place, "bundle": {"aria": "Name", "tag": "input"}}
    assert (await row.do("type", given="Ada", **named, options=NOTHING)).error is None
    assert not [each for each in row.heard.lines if "by its place" in each]


async def test_a_hidden_twin_does_not_compete(row):
    await row.open("/dialogs.html")
    assert (await row.do("click", ".twin", options=NOTHING)).error is None
    assert await row.said() == "visible twin"


async def test_one_row_of_a_table_is_told_from_the_others_by_its_place(row):
    await row.open("/table.html")
    alternatives = [["aria/Remove"], ["tr:nth-of-type(3) button"], ["text/Remove"]]
    result = await row.do("click", "aria/Remove", metadata={"selectors": alternatives}, options=NOTHING)
    assert result.error is None
    assert await row.said() == "removed Katherine"


async def test_a_cell_with_one_button_is_not_mistaken_for_it(row):
    await row.open("/table.html")
    await row.read("document.querySelectorAll('tbody tr').forEach((one, at) => at && one.remove())")
    assert (await row.do("click", "aria/Remove", options=NOTHING)).error is None
    assert await row.said() == "removed Ada"


@pytest.mark.parametrize("chain", [[1], ["#inner"]])
async def test_an_element_inside_a_frame(row, sites, chain):
    await row.open("/frame.html")
    inside = {"iframeChain": chain}
    await row.do("type", "#name", given="Framed", bundle=inside)
    sent = await row.do(
        "click", "aria/Create account", bundle=inside, metadata={"selectors": [["aria/Create account"]]}
    )
    assert sent.error is None
    await row.do("wait_for_element", "#thanks", bundle=inside)
    assert [entry["name"] for entry in sites.entries()] == ["Framed"]
    gone = await row.do("click", "#name", bundle={"iframeChain": ["#no-frame"]}, options=NOTHING)
    assert gone.error_type == "not_found"


@pytest.mark.parametrize(
    ("field", "button"),
    [
        (
            {"bundle": {"id": "city", "shadowHosts": ["#card", "x-field"]}},
            {"bundle": {"id": "go", "shadowHosts": ["#card"]}},
        ),
        (
            {"metadata": {"selectors": [["#card", "x-field", "#city"]]}},
            {"metadata": {"selectors": [["pierce/#go"], ["aria/Go there"]]}},
        ),
    ],
)
async def test_elements_inside_open_shadow_roots(row, field, button):
    await row.open("/shadow.html")
    assert (await row.do("type", given="Oslo", **field, options=NOTHING)).error is None
    assert (await row.do("click", **button, options=NOTHING)).error is None
    assert await row.said() == "to Oslo"
    learned = row.session.learned()[0].bundle
    assert learned.shadow_hosts == ["#card", "x-field"]


async def test_an_element_that_comes_late_is_waited_for(row):
    await row.open("/late.html")
    result = await row.do("type", "#comment", given="Here")
    assert (result.error, result.found_by) == (None, "recorded")


async def test_a_page_that_forbids_scripts_is_searched_all_the_same(row, sites):
    await row.open("/strict")
    before = await row.read("Object.keys(window).length")
    assert (await row.do("click", "#b")).error is None
    assert await row.read("Object.keys(window).length") == before


def cached(bundle: dict[str, object], number: int) -> CachedHeal:
    from datetime import UTC, datetime

    return CachedHeal("key", number, LocatorBundle.model_validate(bundle), datetime.now(UTC))


async def test_a_cached_heal_is_used_for_its_page_only(row, sites):
    await row.open("/register/?look=2")
    await row.do("type", "#f-2", given="x")
    bundle = row.session.learned()[0].bundle.model_dump(mode="json", by_alias=True)
    asked = []

    def lookup(origin: str, path: str) -> CachedHeal | None:
        asked.append((origin, path))
        return cached(bundle, 1)

    result = await row.do("type", "#name", given="Ada", options={"cached": lookup})
    assert (result.error, result.strategy, result.found_by) == (None, "cached", "cached")
    assert asked == [(sites.url, "/register/")]
    assert row.heard.missed == []
    assert row.heard.heals == []


async def test_a_cached_heal_that_finds_nothing_is_told(row):
    await row.open("/register/")
    stale = cached({"id": "long-gone", "tag": "input"}, 2)
    result = await row.do("type", "#name", given="Ada", options={"cached": lambda origin, path: stale})
    assert (result.error, result.found_by) == (None, "recorded")
    assert row.heard.missed == [(2, "key")]
