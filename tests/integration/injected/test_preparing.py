"""What the engine gets ready in the call that finds the element, and what it leaves alone."""

import pytest

HEARD = """<script>
  const heard = globalThis.heard = [];
  for (const kind of ["input", "change", "focusin"]) {
    document.addEventListener(kind, (event) => heard.push(`${kind} ${event.target.id}`));
  }
</script>"""


async def heard(inside):
    return await inside.page.evaluate("heard")


@pytest.mark.parametrize(
    "field", ["<input id=f value=old>", "<textarea id=f>old</textarea>", "<input id=f type=email value=old>"]
)
async def test_a_field_is_focused_and_all_that_is_in_it_selected(inside, field):
    await inside.show(field)
    report = await inside.locate("type", "#f", value="new")
    assert report["prepared"] == {"kind": "text", "focused": True}
    await inside.page.keyboard.insert_text("new")
    assert await inside.page.input_value("#f") == "new"
    assert await inside.ask("(engine) => engine.took(engine.element, 'new')") is True


@pytest.mark.parametrize("mode", ["append", "keys"])
@pytest.mark.parametrize(
    "field",
    [
        "<input id=f value=old>",
        "<textarea id=f>old</textarea>",
        "<input id=f type=email value=old>",
        "<div id=f contenteditable>old</div>",
    ],
)
async def test_behind_what_is_there(inside, field, mode):
    await inside.show(field)
    assert (await inside.locate("type", "#f", value="er", mode=mode))["prepared"]["focused"] is True
    await inside.page.keyboard.insert_text("er")
    said = await inside.page.evaluate("document.querySelector('#f').value ?? document.querySelector('#f').textContent")
    assert said == "older"


async def test_text_inside_an_editable_part_is_replaced(inside):
    await inside.show("<div contenteditable><p id=a>one</p><p id=f>old</p></div>")
    report = await inside.locate("type", "#f", value="new")
    assert report["prepared"] == {"kind": "editable", "focused": True}
    await inside.page.keyboard.insert_text("new")
    assert await inside.page.inner_text("#f") == "new"
    assert await inside.page.inner_text("#a") == "one"


async def test_before_an_intent_nothing_is_touched(inside):
    html = """<input id=f value=old><select id=s><option>a<option>b</select><input id=d type=date>"""
    await inside.show(html + HEARD)
    assert (await inside.locate("type", "#f", value="new", act=False))["prepared"]["focused"] is False
    listed = await inside.locate("select", "#s", value="b", act=False)
    assert listed["prepared"] == {"kind": "select", "option": {"index": 1, "disabled": False}, "chosen": False}
    dated = await inside.locate("type", "#d", value="2025-01-31", act=False)
    assert dated["prepared"] == {"kind": "value", "focused": False, "set": None}
    assert await heard(inside) == []
    assert await inside.ask("(engine) => document.querySelector('#s').selectedIndex") == 0
    chosen = "(engine) => engine.chooseOption(document.querySelector('#s'), 1)"
    assert await inside.ask(chosen) is True


NATIVE = [
    ("date", "2025-12-31", "31.12.2025"),
    ("time", "23:59", "eleven"),
    ("datetime-local", "2025-12-31T23:59", "2025"),
    ("month", "2025-12", "December"),
    ("week", "2025-W52", "52"),
    ("color", "#aa00ff", "red"),
    ("range", "7", "many"),
]


@pytest.mark.parametrize(("kind", "good", "bad"), NATIVE)
async def test_dates_and_colours_are_set_as_by_their_picker(inside, kind, good, bad):
    await inside.show(f"<input id=f type={kind} min=0 max=10>" if kind == "range" else f"<input id=f type={kind}>")
    await inside.page.evaluate(HEARD.replace("<script>", "").replace("</script>", ""))
    before = await inside.page.input_value("#f")
    assert (await inside.locate("type", "#f", value=bad))["prepared"]["set"] is False
    assert (await inside.page.input_value("#f"), await heard(inside)) == (before, [])
    assert (await inside.locate("type", "#f", value=good))["prepared"] == {
        "kind": "value",
        "focused": False,
        "set": True,
    }
    assert await inside.page.input_value("#f") == good
    assert await heard(inside) == ["focusin f", "input f", "change f"]


async def test_a_framework_that_watches_its_own_setter_notices_the_value(inside):
    await inside.show("""<input id=f type=date><script>
      const field = document.querySelector("#f");
      const native = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value");
      let known = "";
      const set = (to) => native.set.call(field, (known = to));
      Object.defineProperty(field, "value", { get: () => native.get.call(field), set });
      field.addEventListener("input", () => { if (field.value !== known) globalThis.noticed = known = field.value; });
    </script>""")
    await inside.locate("type", "#f", value="2025-12-31")
    assert await inside.page.evaluate("noticed") == "2025-12-31"


async def test_an_option_is_chosen_and_told(inside):
    html = "<select id=s><option value=1>One<option value=2>Two<option value=3 disabled>Three<option>Two b</select>"
    await inside.show(html + HEARD)
    report = await inside.locate("select", "#s", value="two")
    assert report["prepared"] == {"kind": "select", "option": {"index": 1, "disabled": False}, "chosen": True}
    assert await heard(inside) == ["focusin s", "input s", "change s"]
    disabled = await inside.locate("select", "#s", value="Three")
    assert disabled["prepared"] == {"kind": "select", "option": {"index": 2, "disabled": True}, "chosen": False}
    missing = await inside.locate("select", "#s", value="Four", timeout=100)
    assert missing["found"] is True
    assert missing["prepared"]["option"] == {"offered": ["One", "Two", "Three", "Two b"]}


async def test_several_options_of_one_name_are_none(inside):
    await inside.show("<select id=s><option>A<option>Two<option>Two</select>")
    report = await inside.locate("select", "#s", value="Two")
    assert report["prepared"] == {"kind": "select", "option": {"several": 2}, "chosen": False}


async def test_of_a_list_that_takes_several_only_the_one_is_chosen(inside):
    await inside.show("<select id=s multiple><option selected>A<option>B<option>C</select>")
    assert (await inside.locate("select", "#s", value="C"))["prepared"]["chosen"] is True
    chosen = "[...document.querySelector('#s').selectedOptions].map((one) => one.text)"
    assert await inside.page.evaluate(chosen) == ["C"]


async def test_an_option_that_comes_late_is_waited_for(inside):
    late = "setTimeout(() => document.querySelector('#s').add(new Option('Late')), 400)"
    await inside.show(f"<select id=s><option>A</select><script>{late}</script>")
    report = await inside.locate("select", "#s", value="Late", timeout=3_000)
    assert report["prepared"]["chosen"] is True


async def test_a_box_is_not_pressed_where_it_is_as_it_should_be(inside):
    await inside.show("<input type=checkbox id=c checked>")
    report = await inside.locate("check", "#c", ticked=True)
    assert report["prepared"] == {"kind": "toggle", "checked": True, "named": False, "aim": None}
    report = await inside.locate("uncheck", "#c", ticked=False)
    assert report["prepared"]["aim"]["commits"] is True


async def test_a_value_names_a_radio_button_of_the_group(inside):
    radios = "".join(f"<label><input type=radio name=g id=r{at} value={at}>Size {at}</label>" for at in range(3))
    await inside.show(radios)
    report = await inside.locate("check", "#r0", value="Size 2", ticked=None)
    assert (report["element"], report["prepared"]["named"], report["prepared"]["checked"]) == ("r2", True, False)
    assert report["prepared"]["aim"]["x"] > 0
    plain = await inside.locate("check", "#r0", value="true", ticked=True)
    assert (plain["element"], plain["prepared"]["named"]) == ("r0", False)


async def test_a_click_is_aimed_where_the_element_is_after_scrolling(inside):
    await inside.show("<div style='height: 3000px'></div><button id=b>Go</button>")
    report = await inside.locate("click", "#b")
    aim = report["prepared"]["aim"]
    assert aim["commits"] is True
    assert (report["prepared"]["echo"], report["prepared"]["opensList"]) == (False, False)
    await inside.page.evaluate("document.addEventListener('click', (event) => (globalThis.pressed = event.target.id))")
    await inside.page.mouse.click(aim["x"], aim["y"])
    assert await inside.page.evaluate("pressed") == "b"
    again = await inside.ask("(engine) => engine.aimAgain(null)")
    assert again == aim


async def test_a_list_that_a_press_would_open_is_told_apart(inside):
    await inside.show("<select id=a><option>A</select><select id=b multiple><option>A</select>")
    assert (await inside.locate("click", "#a"))["prepared"]["opensList"] is True
    assert (await inside.locate("click", "#b"))["prepared"]["opensList"] is False


async def test_the_second_of_two_clicks_that_a_label_makes_is_an_echo(inside):
    await inside.show("<label id=l for=c>Agree</label><input type=checkbox id=c>")
    far = {"x": 300, "y": 200, "width": 13, "height": 13}
    assert (await inside.locate("click", "#l"))["prepared"]["echo"] is False
    assert (await inside.locate("click", "#c", offset=far))["prepared"]["echo"] is True
    assert (await inside.locate("click", "#c", offset=far))["prepared"]["echo"] is False


GONE = [
    ("engine.aimAgain(null)", {"gone": True}),
    ("engine.took(engine.element, 'x')", False),
    ("engine.chosen(engine.element, 0)", {"gone": True}),
    ("engine.isChecked(engine.element)", {"gone": True}),
    ("engine.chooseOption(engine.element, 0)", {"gone": True}),
]


@pytest.mark.parametrize(("question", "answer"), GONE)
@pytest.mark.parametrize("how", ["document.querySelector('#c').remove()", "engine.element = null"])
async def test_an_element_that_is_gone_is_told_and_nothing_is_thrown(inside, question, answer, how):
    await inside.show("<input type=checkbox id=c>")
    await inside.locate("check", "#c", ticked=True)
    assert await inside.ask(f"(engine) => {{ {how}; return {question}; }}") == answer


async def test_an_element_that_the_page_replaces_when_it_is_entered_is_not_taken_for_focused(inside):
    await inside.show("""<input id=f><script>
      const replace = (event) => event.target.replaceWith(document.createElement("p"));
      document.querySelector("#f").addEventListener("focus", replace);
    </script>""")
    report = await inside.locate("type", "#f", value="x")
    assert report["prepared"]["focused"] is False


async def test_a_highlight_changes_nothing_that_the_page_can_see(inside):
    await inside.show("<button id=b>Go</button>")
    before = await inside.page.content()
    report = await inside.locate("click", "#b", highlight=True)
    assert report["found"] is True
    assert await inside.page.content() == before
    drawn = "getComputedStyle(document.querySelector('#b')).outlineStyle"
    assert await inside.page.evaluate(drawn) == "solid"
    assert (await inside.locate("click", "#b"))["ms"] < 300
