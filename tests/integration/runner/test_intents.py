"""Before anything that may commit a change in the world the intent is told, and nothing else is told."""

import pytest


async def test_the_intent_comes_before_the_click_that_sends(row, sites):
    await row.open("/register/")
    await row.do("type", "#name", given="Ada")
    await row.do("click", "#send", to=f"{sites.url}/register/done")
    assert [number for number, _ in row.heard.intents] == [3]
    assert row.heard.entries_at_intent == [0]
    assert len(sites.entries()) == 1


async def test_reading_pointing_and_typing_intend_nothing(row):
    await row.open("/register/")
    await row.do("click", "#name")
    await row.do("click", "label[for=name]")
    await row.do("click", "#country")
    await row.do("type", "#name", given="Ada")
    await row.do("select", "#country", given="fr")
    await row.do("check", "#newsletter")
    await row.do("hover", "#send")
    await row.do("focus", "#email")
    await row.do("key_press", metadata={"key": "a"})
    await row.do("key_press", metadata={"key": "Tab"})
    await row.do("blur", "#email")
    await row.do("scroll", metadata={"scroll": {"x": 0, "y": 10}})
    assert row.heard.intents == []


@pytest.mark.parametrize("event", ["click", "double_click", "right_click"])
async def test_every_press_outside_of_text_fields_is_intended(row, event):
    await row.open("/dialogs.html")
    await row.do(event, "h1")
    assert len(row.heard.intents) == 1


@pytest.mark.parametrize("key", ["Enter", "Control+s"])
async def test_keys_that_may_send_are_intended_inside_a_text_field(row, key):
    await row.open("/register/")
    await row.do("focus", "#name")
    await row.do("key_press", metadata={"key": key})
    assert len(row.heard.intents) == 1


async def test_a_key_outside_of_text_fields_is_intended(row):
    await row.open("/dialogs.html")
    await row.do("key_down", metadata={"key": "d"})
    assert len(row.heard.intents) == 1


async def test_a_list_that_led_on_when_it_was_recorded_is_intended(row, sites):
    await row.open("/register/")
    await row.read("void (document.querySelector('#country').onchange = () => (location = '/register/done'))")
    result = await row.do("select", "#country", given="fr", to=f"{sites.url}/register/done")
    assert result.error is None
    assert len(row.heard.intents) == 1


async def test_a_refused_intent_means_that_nothing_is_done(row, sites):
    await row.open("/register/")
    await row.do("type", "#name", given="Ada")
    row.heard.refuse = RuntimeError("fenced")
    with pytest.raises(RuntimeError, match="fenced"):
        await row.do("click", "#send")
    with pytest.raises(RuntimeError, match="fenced"):
        await row.do("submit", "#register")
    await row.do("focus", "#name")
    with pytest.raises(RuntimeError, match="fenced"):
        await row.do("key_down", metadata={"key": "Enter"})
    assert sites.entries() == []


async def test_an_action_that_was_done_is_not_tried_again(row, sites):
    await row.open("/register/?fail=1")
    await row.do("type", "#name", given="Ada")
    result = await row.do("click", "#send", to=f"{sites.url}/register/done")
    assert result.error_type == "http_error"
    assert result.retries == 0
    assert sites.requests.count("POST /register/") == 1


async def test_a_secret_is_in_no_message_and_no_screenshot(row):
    secret = "s3cr3t-Ünïque"
    await row.open("/register/")
    typed = await row.do("type", "#password", given=secret, options={"secret": True})
    wrong = await row.do("type", "#country", given=secret, options={"secret": True, "wait_timeout": 100})
    await row.read(f"document.querySelector('h1').textContent = {secret!r}")
    await row.do("click", "#name", label=secret)
    failed = await row.do("click", f"text/{secret} and more", options={"wait_timeout": 100, "healing": "off"})
    told = [*row.heard.lines, *map(str, (typed, wrong, failed, row.heard.intents, row.session.learned()))]
    assert wrong.error_type == "value_not_taken"
    assert not any(secret in line for line in told)
    await row.read("document.activeElement.blur()")  # a blinking cursor is another picture
    shown = await row.session.screenshot()
    assert shown[:2] == b"\xff\xd8"
    row.session.conceal(secret[::-1])  # as long, so that only its letters could tell the pictures apart
    await row.read(f"document.querySelector('h1').textContent = {secret[::-1]!r}")
    assert await row.session.screenshot() == shown


async def test_a_password_field_is_secret_without_being_told(row):
    await row.open("/register/")
    await row.do("type", "#password", given="hunter-22")
    failed = await row.do("click", "#nothing", label="hunter-22", options={"wait_timeout": 100})
    assert "hunter" not in (failed.error or "")
