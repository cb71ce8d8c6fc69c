"""Every kind of step does to a real page what the person did."""

import pytest

FORM = "/register/"


async def test_a_form_is_filled_and_sent_once(row, sites):
    await row.open(FORM)
    await row.do("type", "#name", given="Zoë O’Hara")
    await row.do("type", "#email", given="zoe@example.org")
    await row.do("change", "#country", given="Japan")
    await row.do("change", "#newsletter", given="yes")
    sent = await row.do("click", "#send", to=f"{sites.url}/register/done")
    assert sent.error is None
    assert row.session.front.url.startswith(f"{sites.url}/register/done")
    (entry,) = sites.entries()
    assert (entry["name"], entry["email"], entry["country"]) == ("Zoë O’Hara", "zoe@example.org", "jp")
    assert entry["newsletter"] == "yes"


async def test_a_form_whose_answer_takes_long_is_sent_once_and_waited_for(row, sites):
    await row.open(f"{FORM}?answer=1.5")
    await row.do("type", "#name", given="Zoë")
    sent = await row.do("click", "#send", to=f"{sites.url}/register/done")
    assert sent.error is None
    assert row.session.front.url.startswith(f"{sites.url}/register/done")
    assert len(sites.entries()) == 1


@pytest.mark.parametrize("given", ["jp", "Japan", "japan "])
async def test_an_option_is_chosen_by_its_value_or_by_what_it_says(row, given):
    await row.open(FORM)
    assert (await row.do("type", "#country", given=given)).error is None
    assert await row.read("document.querySelector('#country').value") == "jp"


async def test_an_option_that_is_not_offered_fails_with_those_that_are(row):
    await row.open(FORM)
    result = await row.do("select", "#country", given="Atlantis")
    assert result.error_type == "value_not_taken"
    assert '"Germany"' in (result.error or "")


@pytest.mark.parametrize(
    ("word", "ticked"), [("true", True), ("1", True), ("YES", True), ("x", True), ("no", False), ("0", False)]
)
async def test_a_checkbox_follows_the_word_of_the_table(row, word, ticked):
    await row.open(FORM)
    assert (await row.do("type", "#newsletter", given=word)).error is None
    assert await row.read("document.querySelector('#newsletter').checked") is ticked


async def test_a_word_that_is_neither_yes_nor_no_is_refused(row):
    await row.open(FORM)
    assert (await row.do("check", "#newsletter", given="perhaps")).error_type == "invalid_step"


async def test_check_and_uncheck_without_a_word_do_what_they_say(row):
    await row.open(FORM)
    await row.do("check", "#newsletter")
    again = await row.do("check", "#newsletter")
    assert again.message == "It is ticked already."
    await row.do("uncheck", "#newsletter")
    assert await row.read("document.querySelector('#newsletter').checked") is False


async def test_a_hidden_checkbox_is_ticked_through_its_label(row):
    await row.open("/dialogs.html")
    assert (await row.do("check", "#dark")).error is None
    assert await row.read("document.querySelector('#dark').checked") is True


async def test_a_radio_button_is_chosen_by_the_value_or_label_of_its_group(row):
    await row.open("/dialogs.html")
    assert (await row.do("change", "[value=s]", given="Large")).error is None
    assert await row.read("document.querySelector('[value=l]').checked") is True


async def test_rich_text_and_dates_are_typed(row):
    await row.open("/dialogs.html")
    assert (await row.do("type", "#written", given="A note")).error is None
    assert (await row.do("type", "#when", given="2025-02-03")).error is None
    assert await row.read("document.querySelector('#written').innerText + document.querySelector('#when').value") == (
        "A note2025-02-03"
    )
    wrong = await row.do("type", "#when", given="3 Feb 2025")
    assert wrong.error_type == "value_not_taken"
    assert "2025-12-31" in (wrong.error or "")


async def test_a_file_of_the_runner_s_own_machine_is_refused(row):
    await row.open("/dialogs.html")
    result = await row.do("type", "#upload", given="/etc/passwd")
    assert result.error_type == "invalid_step"
    assert "another machine" in (result.error or "")
    assert await row.read("document.querySelector('#upload').files.length") == 0


async def test_a_value_that_a_waking_page_eats_is_typed_again(row):
    await row.open("/late.html")
    result = await row.do("type", "#amount", given="1234")
    assert result.error is None
    assert result.retries == 1
    assert await row.read("document.querySelector('#amount').value") == "1234"


async def test_a_mask_may_format_the_value(row):
    await row.open("/late.html")
    assert (await row.do("type", "#phone", given="555 1234")).error is None
    assert await row.read("document.querySelector('#phone').value") == "(555) 1234"


async def test_a_value_that_the_field_does_not_keep_is_an_error(row):
    await row.open("/late.html")
    assert (await row.do("type", "#fixed", given="other")).error_type == "value_not_taken"
    assert "at most 3" in ((await row.do("type", "#code", given="12345")).error or "")


async def test_the_keyboard_moves_on_and_sends(row, sites):
    await row.open(FORM)
    await row.do("type", "#name", given="Ada")
    await row.do("keyDown", metadata={"key": "Tab"})
    await row.do("keyUp", metadata={"key": "Tab"})
    await row.do("key_press", metadata={"key": "a"})
    assert await row.read("document.activeElement.id + document.activeElement.value") == "emaila"
    await row.do("type", "#email", given="ada@example.org")
    await row.do("keyDown", metadata={"key": "Enter"})
    # Some recorders put the navigation on the key's way up: it has happened by then.
    up = await row.do("keyUp", metadata={"key": "Enter"}, to=f"{sites.url}/register/done")
    assert up.error is None
    assert [entry["name"] for entry in sites.entries()] == ["Ada"]


async def test_submit_sends_the_form_of_its_element(row, sites):
    await row.open(FORM)
    await row.do("type", "#name", given="Grace")
    assert (await row.do("submit", "#register", to=f"{sites.url}/register/done")).error is None
    assert len(sites.entries()) == 1


async def test_dialogs_are_accepted_and_logged(row):
    await row.open("/dialogs.html")
    await row.do("click", "#sure")
    await row.do("hover", "#sure")
    assert await row.said() == "confirmed"
    assert any("Really?" in line for line in row.heard.lines)


@pytest.mark.parametrize("selector", ["#new", "#open"])
async def test_steps_follow_into_a_new_window_and_back(row, selector):
    await row.open("/dialogs.html")
    await row.do("click", selector)
    inside = await row.do("wait_for_element", "h1", metadata={"condition": {"visible": True}})
    assert inside.error is None
    assert await row.read("document.title") in ("Register", "People")
    await row.do("close")
    await row.do("click", "#sure", metadata={"target": "main"})
    assert await row.said() == "confirmed"


async def test_a_step_finds_the_window_of_its_recorded_address(row, sites):
    await row.open("/dialogs.html")
    await row.do("click", "#new")
    await row.do("type", "#name", given="Ada", metadata={"target": f"{sites.url}/register/"})
    await row.do("click", "#sure", metadata={"target": "main"})
    assert await row.read("document.querySelector('#name').value") == "Ada"
    missing = await row.do("click", "#send", metadata={"target": f"{sites.url}/nowhere"}, options={"wait_timeout": 300})
    assert missing.error_type == "not_found"


async def test_a_navigation_that_comes_late_is_waited_for(row, sites):
    await row.open("/dialogs.html")
    result = await row.do("click", "#slow", to=f"{sites.url}/register/done")
    assert result.error is None
    assert await row.read("document.title") == "Thank you"


async def test_a_slow_answer_is_waited_for_although_no_navigation_was_recorded(row, sites):
    await row.open("/register/?answer=0.6")
    await row.do("type", "#name", given="Ada")
    await row.do("click", "#send")
    assert await row.read("document.title") == "Thank you"


async def test_a_recorded_navigation_that_stays_out_fails(row, sites):
    await row.open("/dialogs.html")
    result = await row.do("click", "#sure", to=f"{sites.url}/", options={"navigation_timeout": 400})
    assert result.error_type == "navigation_failed"


async def test_error_pages_are_no_success(row, sites):
    assert (await row.do("navigate", value=f"{sites.url}/status/503")).error_type == "http_error"
    await row.open("/dialogs.html")
    assert (await row.do("click", "#broken", to=f"{sites.url}/status/500")).error_type == "http_error"
    assert (await row.do("navigate", value="http://127.0.0.1:1/")).error_type == "navigation_failed"
    assert (await row.do("navigate", value="file:///etc/passwd")).error_type == "invalid_step"


async def test_waiting_for_elements_compares_count_visibility_attributes_and_properties(row):
    async def condition(selector, **wanted):
        options = {"wait_timeout": 250}
        result = await row.do("waitForElement", selector, metadata={"condition": wanted}, options=options)
        return result.error_type

    await row.open("/table.html")
    assert await condition("tbody tr", operator="==", count=4) is None
    assert await condition("tbody tr", operator="<=", count=3) == "assertion_failed"
    assert await condition(".nothing", operator="==", count=0) is None
    assert await condition("#people", attributes={"id": "people"}, properties={"tBodies": {"length": 1}}) is None
    assert await condition("#people", properties={"localName": "div"}) == "assertion_failed"
    await row.open("/dialogs.html")
    assert await condition(".twin", operator="==", count=1, visible=True) is None
    assert await condition(".twin", operator="==", count=1, visible=False) is None
    assert await condition(".twin", operator="==", count=2) is None


async def test_waiting_for_an_expression(row):
    await row.open("/late.html")
    later = await row.do("waitForExpression", metadata={"expression": "document.querySelector('#comment') !== null"})
    assert later.error is None
    never = {"expression": "window.never.there", "timeout": 200}
    assert (await row.do("wait_for_expression", metadata=never)).error_type == "assertion_failed"
    assert (await row.do("wait_for_expression", metadata={"expression": "this is none"})).error_type == "script_error"


async def test_the_window_is_sized_and_scrolled(row):
    await row.do("setViewport", metadata={"viewport": {"width": 640, "height": 480}})
    await row.open("/frame.html")
    await row.do("scroll", metadata={"scroll": {"x": 0, "y": 300}})
    assert await row.read("[innerWidth, innerHeight, scrollY]") == [640, 480, 300]


async def test_a_network_that_is_cut_off_and_comes_back(row, sites):
    offline = {"download": 0, "upload": 0, "latency": 0}
    assert (await row.do("emulateNetworkConditions", metadata={"network": offline})).error is None
    assert (await row.do("navigate", value=f"{sites.url}/table.html")).error_type == "navigation_failed"
    await row.do("emulateNetworkConditions", metadata={"network": {"download": -1, "upload": -1, "latency": 0}})
    assert (await row.do("navigate", value=f"{sites.url}/table.html")).error is None


async def test_what_cannot_be_replayed_is_skipped_with_a_message(row):
    for event in ("customStep", "mouse_move"):
        result = await row.do(event)
        assert (result.status, result.message is not None) == ("skipped", True)


async def test_elements_that_cannot_be_acted_on_say_why(row):
    await row.open("/dialogs.html")
    short = {"wait_timeout": 300}
    assert (await row.do("click", "#off", options=short)).error_type == "disabled"
    covered = await row.do("click", "#under", options=short)
    assert covered.error_type == "covered"
    assert "div#cover" in (covered.error or "")
    assert (await row.do("click", ".twin[style]", options=short)).error_type == "not_visible"


async def test_a_failure_names_step_page_and_locators_without_the_query(row, sites):
    await row.open("/register/?token=abc")
    result = await row.do("click", "#gone", label="Save it", options={"wait_timeout": 200, "healing": "off"})
    assert result.status == "failed"
    assert result.error == (
        f'Step 2 "Save it" on {sites.url}/register/: its element is not on the page (tried for 0.2 s: selector).'
    )
