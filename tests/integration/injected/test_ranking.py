"""The ranking function: pure, so any page will do to call it."""

from typing import Any

import pytest

FORM = "/html[1]/body[1]/main[1]/form[1]"
PAGE = {"width": 1280, "height": 900}


def field(number: int, **more: Any) -> dict[str, Any]:
    place = {"left": 20, "top": 60 * number, "width": 200, "height": 24}
    words = {"id": f"field-{number}-id", "name": f"n{number}", "visibleText": "", "aria": ""}
    return {"tag": "input", "role": "textbox", "xpath": f"{FORM}/input[{number}]", "bounding": place, **words, **more}


def button(number: int, text: str, **more: Any) -> dict[str, Any]:
    place = {"left": 20 + 120 * number, "top": 500, "width": 100, "height": 30}
    path = f"{FORM}/button[{number}]"
    return {
        "tag": "button",
        "role": "button",
        "xpath": path,
        "bounding": place,
        "visibleText": text,
        "aria": text,
        **more,
    }


@pytest.fixture
async def rank(inside):
    await inside.show("<p>Any page will do.</p>")

    async def ranked(target: dict[str, Any], candidates: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], Any]:
        question = """(engine, [target, candidates, page]) => {
          const ranked = engine.rank(target, candidates, page);
          return [ranked, engine.choose(ranked, candidates, 80)];
        }"""
        return await inside.ask(question, [target, candidates, PAGE])

    return ranked


async def test_the_same_element_is_certain(rank):
    candidates = [button(1, "Save"), button(2, "Cancel"), field(1, aria="Name")]
    ranked, chosen = await rank(candidates[0], candidates)
    assert ranked[0]["index"] == 0
    assert ranked[0]["confidence"] >= 95
    assert chosen["index"] == 0
    assert all(one["confidence"] < 50 for one in ranked[1:])


async def test_a_button_that_changed_its_tag_and_place_is_certain_by_its_name(rank):
    target = button(1, "Log out", tag="a", role="link", href="/logout", neighbourText="Welcome Ada")
    moved = button(1, "Log out", xpath="/html[1]/body[1]/header[1]/form[1]/button[1]", neighbourText="Welcome Ada")
    _, chosen = await rank(target, [button(2, "Save"), moved, button(3, "Help")])
    assert chosen["index"] == 1


async def test_siblings_that_differ_in_a_number_are_not_each_other(rank):
    _, chosen = await rank(button(1, "Buy item 5"), [button(2, "Buy item 12"), button(3, "Buy item 6")])
    assert chosen is None


async def test_what_the_target_lacks_counts_for_nobody(rank):
    target = {"tag": "button", "visibleText": "Save", "aria": "Save", "xpath": f"{FORM}/button[1]", "role": "button"}
    candidates = [button(1, "Save", id="x", className="a b", href="/y"), button(2, "Cancel")]
    ranked, _ = await rank(target, candidates)
    assert ranked[0]["index"] == 0
    assert ranked[0]["score"] == pytest.approx(1)


async def test_a_name_alone_is_never_certain(rank):
    ranked, chosen = await rank({"aria": "Save"}, [button(1, "Save"), button(2, "Cancel")])
    assert ranked[0]["index"] == 0
    assert chosen is None


async def test_two_equal_candidates_are_never_certain(rank):
    _, chosen = await rank(button(1, "Open"), [button(2, "Open"), button(3, "Open")])
    assert chosen is None


async def test_an_id_that_changes_with_every_load_contradicts_nothing(rank):
    target = field(1, id="ember1234", aria="Email", name="email", placeholder="you@example.org")
    ranked, chosen = await rank(target, [{**target, "id": "ember987"}, field(2, aria="Phone", name="phone")])
    assert chosen["index"] == 0
    assert ranked[0]["score"] == pytest.approx(1)


async def test_the_only_candidate_is_not_right_for_being_alone(rank):
    target = field(1, aria="Email", name="email", placeholder="you@example.org")
    _, chosen = await rank(target, [field(2, aria="Search", name="q", placeholder="Search")])
    assert chosen is None


async def test_one_of_a_thousand_that_look_alike_is_found_and_all_are_ranked(rank):
    candidates = [button(number, f"Row {number} of the list") for number in range(1000)]
    ranked, chosen = await rank(candidates[500], candidates)
    assert chosen["index"] == 500
    assert sorted(one["index"] for one in ranked) == list(range(1000))


async def test_the_likeliest_of_many_are_told_apart_by_where_they_stand(inside, rank):
    many = [button(number, "Open", neighbourText=f"Invoice of customer {number}") for number in range(300)]
    question = """(engine, [target, candidates, page]) => {
      const placed = [];
      const plain = candidates.map(({ xpath, bounding, neighbourText, ...one }) => one);
      const place = (index) => placed.push(index) && Object.assign(plain[index], candidates[index]);
      const ranked = engine.rank(target, plain, page, place);
      return { best: ranked[0].index, placed: placed.length };
    }"""
    one_of_few = {**many[7], "id": "open-7"}
    few = [{**one, "id": f"open-{number}"} if number < 20 else one for number, one in enumerate(many)]
    answer = await inside.ask(question, [one_of_few, few, PAGE])
    assert answer["best"] == 7
    assert answer["placed"] < 300


async def test_no_candidates_no_answer(rank):
    assert await rank(button(1, "Save"), []) == [[], None]


async def test_of_two_with_the_name_the_one_that_leads_to_the_same_place_is_meant(rank):
    def link(number: int, href: str) -> dict[str, Any]:
        return button(number, "Open", tag="a", role="link", href=href)

    target = link(1, "https://old.example/invoices/7?utm_source=mail")
    ranked, _ = await rank(target, [link(2, "/invoices/8"), link(3, "https://new.example/invoices/7")])
    assert ranked[0]["index"] == 1


async def test_links_to_two_hosts_do_not_lead_to_the_same_place(rank):
    target = button(1, "", aria="", tag="a", role="link", href="https://maps.example/")
    elsewhere = {**target, "href": "https://mail.example/"}
    ranked, _ = await rank(target, [elsewhere, {**target, "xpath": f"{FORM}/button[5]"}])
    assert ranked[0]["index"] == 1


async def test_a_name_that_is_only_spoken_now_is_the_same_name(rank):
    target = button(1, "Settings", id="settings")
    _, chosen = await rank(target, [button(1, "", aria="Settings", id="settings"), button(2, "Save")])
    assert chosen["index"] == 0


async def test_a_candidate_outside_of_the_page_yields_to_its_twin_inside(rank):
    target = button(1, "Menu")
    outside = {**target, "bounding": {"left": -400, "top": 500, "width": 100, "height": 30}}
    inside_it = {**target, "bounding": {"left": 500, "top": 500, "width": 100, "height": 30}}
    ranked, _ = await rank(target, [outside, inside_it])
    assert ranked[0]["index"] == 1


async def test_more_that_agrees_makes_it_more_certain(rank):
    others = [button(2, "Cancel"), button(3, "Help")]
    thin = {"tag": "button", "visibleText": "Save", "aria": "Save", "role": "button"}
    full = button(1, "Save", id="save", className="primary", dataAttrs={"data-action": "save"})
    certain = [(await rank(target, [full, *others]))[0][0]["confidence"] for target in (thin, full)]
    assert certain[0] < certain[1]
    assert certain[1] >= 95
