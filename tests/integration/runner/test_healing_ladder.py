"""What follows the page's own rungs: a model's word, a person's word, pictures, and whether anything came of it."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from services.runner.adapters.options import ModelAnswer
from shared.contracts.heal_cache import CachedHeal
from shared.contracts.recording import LocatorBundle
from shared.core.time_and_ids import now

PAGE = """<header><h1>Orders</h1></header><main><h2>Order 17</h2><p>Twelve lamps, for Mr. Smith of Lyon</p>
  <button id="send" class="primary" data-test="send-order">Send order</button><button id="print">Print list</button>
  <label>Code <input id="code" type="password" value="swordfish"></label><p id="said">nothing</p></main>"""
CLICK = "document.querySelector('#send')?.addEventListener('click', () => said.textContent = 'sent')"
RENAMED = """send.id = 'dispatch-order'; const dispatch = document.querySelector('#dispatch-order');
  dispatch.dataset.test = 'send-the-order'; dispatch.textContent = 'Send the order';
  dispatch.className = 'w-full'; dispatch.replaceWith(document.createElement('div')); said.previousElementSibling
    .previousElementSibling.previousElementSibling.append(dispatch);"""
ICON = "send.id = 'x1'; x1.className = ''; delete x1.dataset.test; x1.textContent = '➤';"  # certain to nobody


@pytest.fixture(autouse=True)
def content_with_less(row):
    """How certain the ranking is has tests of its own."""
    row.options = replace(row.options, threshold=40)


async def shown(row, script="", html=PAGE):
    """The page, as the site shows it; `script` changes it."""
    await row.open("/late.html")
    await row.read(f"() => {{ document.body.innerHTML = {json.dumps(html)}; {CLICK}; {script} }}")


async def recorded(row) -> dict[str, Any]:
    """The full bundle of the button, and a page on which it has another look."""
    await shown(row)
    result = await row.do("click", "button.primary")
    assert result.error is None
    bundle: dict[str, Any] = row.session.learned()[-1].bundle.model_dump(mode="json", by_alias=True)
    return bundle


async def pressed(row, script, **more):
    """A click on the recorded button, on the page as `script` changes it."""
    bundle = await recorded(row)
    await shown(row, script)
    return await row.do("click", "#send", bundle=bundle, **more)


# --- pictures ---


async def test_a_heal_leaves_a_picture_with_the_element_framed_and_one_of_the_page_afterwards(row):
    result = await pressed(row, RENAMED)
    assert (result.error, result.found_by) == (None, "healed")
    (report,) = row.heard.heals
    assert report.picture_before
    assert report.candidates >= 2
    assert [name for _, name, _ in row.heard.artifacts] == [
        f"step-{row.number}-healed.jpg",
        f"step-{row.number}-after.jpg",
    ]
    assert result.evidence is not None
    assert result.evidence.screenshot_before == report.picture_before
    assert result.evidence.screenshot_after
    assert result.healing_us
    assert await row.said() == "sent"


async def test_a_healthy_step_leaves_no_picture_and_says_nothing_of_healing(row):
    await shown(row)
    result = await row.do("click", "#send")
    assert (row.heard.artifacts, result.healing_us, result.healing_attempted) == ([], None, False)


# --- a person ---


async def test_in_review_a_stand_in_is_used_only_after_a_person_has_said_yes(row):
    result = await pressed(row, RENAMED, options={"healing": "review"})
    assert (result.error, result.found_by, result.strategy) == (None, "healed", "fuzzy_match")
    (proposal,) = row.heard.proposals
    assert proposal.picture_before
    assert proposal.healed_bundle is not None
    assert row.heard.heals == []  # the proposal is what is told
    assert await row.said() == "sent"


async def test_a_rejected_stand_in_is_not_touched(row):
    row.heard.accepts = False
    result = await pressed(row, RENAMED, options={"healing": "review"})
    assert (result.status, result.error_type) == ("failed", "heal_rejected")
    assert "did not accept" in (result.error or "")
    assert await row.said() == "nothing"
    assert row.heard.intents[1:] == []  # the first is that of the recording


async def test_a_person_may_think_for_longer_than_a_step_may_take(row, monkeypatch):
    async def thinks(report):
        await asyncio.sleep(1.5)
        return True

    monkeypatch.setattr(row.heard, "review", thinks)
    result = await pressed(row, RENAMED, options={"healing": "review", "step_timeout": 1_400})
    assert result.error is None


async def test_what_the_page_did_while_a_person_was_thinking_is_seen(row, monkeypatch):
    async def leaves(report):
        await row.read("() => { document.querySelector('#dispatch-order').remove() }")
        return True

    monkeypatch.setattr(row.heard, "review", leaves)
    result = await pressed(row, RENAMED, options={"healing": "review"})
    assert (result.status, result.error_type) == ("failed", "not_found")


# --- a model ---

ASKING = {"vision": True, "threshold": 80}


async def test_a_model_is_asked_where_nothing_is_certain_and_its_answer_is_used(row):
    row.heard.answer = ModelAnswer(index=0, confidence=91, reason="the only arrow")
    bundle = await recorded(row)
    await shown(row, ICON)
    place = await row.do("hover", "#send", bundle=bundle, options=ASKING)
    (question,) = row.heard.questions
    index = next(at for at, one in enumerate(question.candidates) if one.get("text") == "➤")
    row.heard.answer = ModelAnswer(index=index, confidence=91, reason="the only arrow")
    result = await row.do("click", "#send", bundle=bundle, options=ASKING)
    assert (result.error, result.strategy, result.found_by, result.confidence) == (None, "claude_vision", "healed", 91)
    assert [report.method for report in row.heard.heals] == ["claude_vision", "claude_vision"]
    assert place.strategy == "claude_vision"
    assert await row.said() == "sent"


async def test_a_model_gets_a_marked_picture_and_words_but_no_typed_value(row):
    bundle = await recorded(row)
    await shown(
        row, ICON + "document.querySelector('main').insertAdjacentHTML('beforeend', '<input id=t value=hunter2>')"
    )
    await row.do("type", "#t", given="typed-here", options={"secret": True})
    result = await row.do("click", "#send", bundle=bundle, options=ASKING)
    assert (result.status, result.error_type) == ("failed", "not_found")
    (question,) = row.heard.questions
    assert question.picture.startswith(b"\xff\xd8")
    assert question.target["text"] == "Send order"
    assert [one["mark"] for one in question.candidates] == list(range(1, len(question.candidates) + 1))
    told = json.dumps([question.target, question.candidates])
    assert not any(value in told for value in ("swordfish", "hunter2", "typed-here"))


@pytest.mark.parametrize(
    "answer",
    [None, ModelAnswer(None, 99, ""), ModelAnswer(0, 79, ""), ModelAnswer(40, 99, ""), ModelAnswer(-1, 99, "")],
)
async def test_an_answer_that_is_unsure_or_names_nothing_that_was_offered_changes_nothing(row, answer):
    row.heard.answer = answer
    result = await pressed(row, ICON, options=ASKING)
    assert (result.status, result.error_type, result.healing_success) == ("failed", "not_found", False)
    assert len(row.heard.questions) == 1
    assert await row.said() == "nothing"


async def test_what_a_model_means_must_be_usable_as_any_other_element(row):
    row.heard.answer = ModelAnswer(0, 95, "")
    result = await pressed(
        row, ICON + "document.querySelectorAll('button').forEach((one) => one.disabled = true)", options=ASKING
    )
    assert (result.status, result.error_type) == ("failed", "disabled")


async def test_no_model_is_asked_where_it_is_off_or_the_attempts_are_used_up(row):
    await pressed(row, ICON, options={"threshold": 80})
    await pressed(row, ICON, options={**ASKING, "healing": "off"})
    await pressed(row, ICON, options={**ASKING, "heal_attempts": 1})
    assert row.heard.questions == []


async def test_in_review_a_person_decides_about_a_models_word_too(row):
    row.heard.answer, row.heard.accepts = ModelAnswer(0, 95, ""), False
    result = await pressed(row, ICON, options={**ASKING, "healing": "review"})
    assert result.error_type == "heal_rejected"
    assert row.heard.proposals[0].method == "claude_vision"


# --- effects ---

EFFECTS = {
    "a change of the page": "dispatch.onclick = () => said.textContent = 'x'",
    "a change in a shadow tree": """const host = document.body.appendChild(document.createElement('div'));
      const inner = host.attachShadow({ mode: 'open' }); dispatch.onclick = () => inner.append('x')""",
    "a change half a second later": "dispatch.onclick = () => setTimeout(() => said.textContent = 'x', 500)",
    "a request": "dispatch.onclick = () => fetch('/register/')",
    "another address": "dispatch.onclick = () => history.pushState({}, '', '/elsewhere')",
    "another page": "dispatch.onclick = () => location.href = '/register/'",
    "a window": "dispatch.onclick = () => window.open('/register/')",
    "a dialog": "dispatch.onclick = () => alert('sent')",
    "the cursor in a field": "dispatch.onclick = () => code.focus()",
    "scrolling": "document.body.style.height = '5000px'; dispatch.onclick = () => scrollTo(0, 900)",
    "a file chooser": """const files = document.createElement('input'); files.type = 'file';
      document.body.append(files); dispatch.onclick = () => files.click()""",
    "a download": """const link = document.createElement('a'); link.href = 'data:,x'; link.download = 'x.txt';
      dispatch.onclick = () => link.click()""",
}


@pytest.mark.parametrize("effect", EFFECTS)
async def test_a_healed_click_that_does_something_counts(row, effect):
    bundle = await recorded(row)
    await shown(row, DEAD + EFFECTS[effect])
    result = await row.do("click", "#send", bundle=bundle)
    assert (result.error, result.found_by) == (None, "healed")
    assert row.heard.withdrawals == []


DEAD = "send.replaceWith(send.cloneNode(true));" + RENAMED
IDLE = {
    "nothing": "",
    "a clock that ticks": "setInterval(() => said.textContent = Date.now(), 50)",
    "a field that is left": "code.focus(); document.execCommand('insertText', false, 'z')",
}


@pytest.mark.parametrize("idle", IDLE)
async def test_a_healed_click_without_any_effect_is_withdrawn(row, idle):
    result = await pressed(row, DEAD + IDLE[idle], options={"wait_timeout": 1_500})
    assert (result.status, result.error_type) == ("failed", "heal_without_effect"), result.error
    assert "not tried again" in (result.error or "")
    ((report, key, reason),) = row.heard.withdrawals
    assert (report.success, key) == (True, None)
    assert "no effect" in reason


async def test_an_effect_of_another_kind_than_healthy_runs_showed_is_none(row):
    result = await pressed(row, DEAD + EFFECTS["a change of the page"], metadata={"effects": ["dialog"]})
    assert result.error_type == "heal_without_effect"
    result = await pressed(row, DEAD + EFFECTS["a dialog"], metadata={"effects": ["dialog"]})
    assert result.error is None


async def test_a_cached_heal_without_effect_is_withdrawn_by_its_key(row):
    bundle = await recorded(row)
    await shown(row, DEAD)
    new = LocatorBundle.model_validate({"id": "dispatch-order", "tag": "button", "aria": "Send the order"})
    cached = CachedHeal("the key", row.number + 1, new, now())
    gone = {**bundle, "aria": "Gone", "visibleText": "Gone", "xpath": "/html/gone", "neighbourText": ""}
    result = await row.do("click", "#send", bundle=gone, options={"cached": lambda *_: cached})
    assert (result.error_type, result.found_by) == ("heal_without_effect", "cached")
    assert [key for _, key, _ in row.heard.withdrawals] == ["the key"]


async def test_a_healed_field_that_does_not_keep_its_value_is_withdrawn(row):
    await shown(row, html='<form><label>Street <input id="street" name="street"></label></form>')
    await row.do("type", "form input", given="Rue X")
    bundle = row.session.learned()[-1].bundle.model_dump(mode="json", by_alias=True)
    await shown(row, "s2.oninput = () => s2.value = ''", '<form><label>Street <input id="s2" name="s2"></label></form>')
    result = await row.do("type", "#street", bundle={**bundle, "xpath": "/html/gone"}, given="Rue Y")
    if result.found_by == "healed":
        assert result.error_type == "heal_without_effect"
        assert len(row.heard.withdrawals) == 1
    else:
        assert result.error_type == "value_not_taken"


async def test_a_healthy_click_without_any_effect_is_nobodys_business(row):
    await shown(row)
    result = await row.do("click", "#print")
    assert (result.status, row.heard.withdrawals) == ("completed", [])


async def test_what_a_healthy_click_was_seen_to_bring_about_is_learned(row):
    await shown(row, "send.addEventListener('click', () => alert('sent'))")
    await row.do("click", "button.primary")
    assert row.session.learned()[-1].effects == ["dialog"]


# --- by its place ---


async def test_what_has_no_name_is_found_at_its_place_where_the_page_looks_as_it_did(row):
    tools = """<main><p>Zoom of the map of Lyon and around</p><button id="in" style="width:40px;height:40px"></button>
      <p>Every street is on it</p><button id="other" style="width:90px;height:20px">Help</button></main>"""
    await shown(row, html=tools)
    await row.do("click", "#in")
    bundle = row.session.learned()[-1].bundle.model_dump(mode="json", by_alias=True)
    thin = {key: bundle[key] for key in ("tag", "bounding", "neighbourText", "visibleText")}
    await shown(
        row, "document.querySelector('#in').onclick = () => alert('x')", tools.replace('id="in"', 'id="in" class="b"')
    )
    result = await row.do("click", "#gone", bundle=thin, options={"threshold": 80})
    assert (result.error, result.strategy) == (None, "bounding_box")
    assert row.heard.heals[-1].confidence == 85


async def test_whoever_has_taken_the_place_under_another_name_is_not_taken_for_it(row):
    await shown(
        row, html='<main><p>Order seventeen of Mr. Smith</p><button id="b" style="width:99px">Send</button></main>'
    )
    await row.do("click", "main > button")
    bundle = row.session.learned()[-1].bundle.model_dump(mode="json", by_alias=True)
    await shown(row, html='<main><p>Order seventeen of Mr. Smith</p><button style="width:99px">Erase</button></main>')
    result = await row.do("click", "#b", bundle=bundle, options={"threshold": 80})
    assert (result.status, result.healing_success) == ("failed", False)
