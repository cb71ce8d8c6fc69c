"""The mouse and the keyboard of the Chromium driver: what a page is told of them."""

from typing import Any

import pytest

from services.runner.adapters.driver_terms import Press
from services.runner.adapters.faults import StepFailed
from tests.integration.runner.cdp.conftest import Opened, slow

LISTENS = """<body style="margin: 0; height: 2000px"><div id=d style="height: 100px; background: #eee">d</div>
<textarea id=t></textarea><input id=i>
<script>
  var seen = [];
  for (const kind of ["mousemove", "mousedown", "mouseup", "click", "dblclick", "auxclick", "contextmenu"])
    d.addEventListener(kind, (e) => seen.push([kind, e.button, e.detail, e.ctrlKey, e.shiftKey, e.isTrusted]));
  for (const kind of ["keydown", "keypress", "beforeinput", "input", "keyup"])
    document.addEventListener(kind, (e) => seen.push([kind, e.key ?? e.data, e.code, e.location, e.repeat, e.ctrlKey]));
</script>"""
DRAGGED = """<div id=a draggable=true style="width: 80px; height: 80px; background: red">a</div>
<div id=z style="width: 80px; height: 80px; background: blue; margin-top: 100px">z</div>
<script>
  var seen = [];
  a.addEventListener("dragstart", (e) => { e.dataTransfer.setData("text/plain", "cargo"); });
  z.addEventListener("dragover", (e) => e.preventDefault());
  z.addEventListener("drop", (e) => { e.preventDefault(); seen.push(e.dataTransfer.getData("text/plain")); });
  for (const kind of ["dragstart", "dragenter", "drop", "dragend", "mouseup"])
    document.addEventListener(kind, (e) => seen.push(kind + "@" + e.target.id));
</script>"""
SLIDER = """<style>#a { position: absolute; left: 10px; top: 10px; width: 50px; height: 50px; background: red }</style>
<div id=a></div>
<script>
  var held = null;
  a.onpointerdown = (e) => {
    held = [e.clientX - a.offsetLeft, e.clientY - a.offsetTop];
    a.setPointerCapture(e.pointerId);
  };
  a.onpointermove = (e) => {
    if (!held) return;
    a.style.left = e.clientX - held[0] + "px";
    a.style.top = e.clientY - held[1] + "px";
  };
  a.onpointerup = () => { held = null; };
</script>"""


async def seen(opened: Opened) -> list[Any]:
    """What the page has been told since it was last asked."""
    told: list[Any] = await opened.read("seen.splice(0)")
    # The browser moves the mouse a second time where it has just come into the page.
    return [event for index, event in enumerate(told) if event[0] != "mousemove" or index == 0]


async def focus(opened: Opened, selector: str) -> None:
    await opened.tab.ask(opened.tab.main, "(engine, selector) => document.querySelector(selector).focus()", selector)


async def test_a_press_is_a_real_one(opened: Opened) -> None:
    await opened.show(LISTENS)
    await opened.tab.press(Press(50, 50))
    told = await seen(opened)
    assert [event[0] for event in told] == ["mousemove", "mousedown", "mouseup", "click"]
    assert all(event[5] for event in told)


async def test_two_clicks_are_a_double_click(opened: Opened) -> None:
    await opened.show(LISTENS)
    await opened.tab.press(Press(50, 50, clicks=2))
    told = [(event[0], event[2]) for event in await seen(opened)]
    assert told[1:] == [
        ("mousedown", 1),
        ("mouseup", 1),
        ("click", 1),
        ("mousedown", 2),
        ("mouseup", 2),
        ("click", 2),
        ("dblclick", 2),
    ]


async def test_other_buttons_and_modifiers_are_told(opened: Opened) -> None:
    await opened.show(LISTENS)
    await opened.tab.press(Press(50, 50, button="right"))
    assert [event[:2] for event in await seen(opened)][1:3] == [["mousedown", 2], ["contextmenu", 2]]
    await opened.tab.press(Press(50, 50, button="middle"))
    assert ["auxclick", 1] in [event[:2] for event in await seen(opened)]
    await opened.tab.key("down", "Shift")
    await seen(opened)
    await opened.tab.press(Press(50, 50, modifiers=frozenset({"Control"})))
    assert [event[3:5] for event in await seen(opened) if event[0] == "mousedown"] == [[True, True]]
    await opened.tab.key("up", "Shift")
    await seen(opened)
    await opened.tab.press(Press(50, 50))
    assert [event[3:5] for event in await seen(opened) if event[0] == "click"] == [[False, False]]


async def test_a_press_can_be_held(opened: Opened) -> None:
    await opened.show("""<button id=b>b</button><script>
      b.onmousedown = () => { began = performance.now(); };
      b.onmouseup = () => { held = performance.now() - began; };
    </script>""")
    await opened.tab.press(Press(*await opened.centre("#b"), hold_ms=200))
    assert await opened.read("held") >= 190


async def test_what_can_be_dragged_is_dropped_where_the_mouse_lets_go(opened: Opened) -> None:
    await opened.show(DRAGGED)
    tab = opened.tab
    await tab.move(*await opened.centre("#a"))
    await tab.hold()
    x, y = await opened.centre("#a")
    await tab.move(x + 5, y + 5, 2)
    await tab.move(*await opened.centre("#z"), 5)
    await tab.release()
    told = await seen(opened)
    assert "cargo" in told
    assert told[0] == "dragstart@a"
    assert told[-1] == "dragend@a"
    await tab.press(Press(*await opened.centre("#z")))
    assert "mouseup@z" in await seen(opened)


async def test_a_drag_that_is_let_go_at_once_is_dropped_as_well(opened: Opened) -> None:
    await opened.show(DRAGGED)
    await opened.tab.move(*await opened.centre("#a"))
    await opened.tab.hold()
    await opened.tab.move(*await opened.centre("#z"), 3)
    await opened.tab.release()
    assert "cargo" in await seen(opened)


async def test_a_list_that_is_deaf_after_each_change_is_sorted_to_where_the_mouse_lets_go(opened: Opened) -> None:
    await opened.show(
        """<ol>"""
        + "".join(f"<li id={one} draggable=true>{one}</li>" for one in "abcd")
        + """</ol><script>
      let held, deaf = 0;
      ondragstart = (event) => { held = event.target; };
      ondragover = (event) => {
        event.preventDefault();
        const over = event.target.closest("li");
        if (!over || over === held || performance.now() < deaf) return;
        const down = held.compareDocumentPosition(over) & Node.DOCUMENT_POSITION_FOLLOWING;
        over[down ? "after" : "before"](held);
        deaf = performance.now() + 40;
      };
    </script>"""
    )
    tab = opened.tab
    await tab.move(*await opened.centre("#a"))
    await tab.hold()
    x, y = await opened.centre("#a")
    await tab.move(x + 5, y + 5, 2)
    await tab.move(*await opened.centre("#c"), 5)
    await tab.release()
    assert await opened.read("document.querySelector('ol').textContent") == "bcad"


async def test_what_follows_the_mouse_by_script_is_moved(opened: Opened) -> None:
    await opened.show(SLIDER)
    await opened.tab.move(*await opened.centre("#a"))
    await opened.tab.hold()
    await opened.tab.move(300, 200, 5)
    await opened.tab.release()
    await opened.tab.move(400, 400)
    assert await opened.centre("#a") == (300, 200)


async def test_the_wheel_scrolls_what_is_under_the_mouse(opened: Opened) -> None:
    await opened.show(LISTENS)
    await opened.tab.move(50, 50)
    await opened.tab.scroll_wheel(0, 300)
    assert await opened.tab.bell.until(lambda: False, 0.3) is False
    assert await opened.read("scrollY") == 300


async def test_keys_write_what_they_say(opened: Opened) -> None:
    await opened.show(LISTENS)
    await focus(opened, "#t")
    await seen(opened)
    await opened.tab.key("press", "a")
    assert [event[:4] for event in await seen(opened)] == [
        ["keydown", "a", "KeyA", 0],
        ["keypress", "a", "KeyA", 0],
        ["beforeinput", "a", None, None],
        ["input", "a", None, None],
        ["keyup", "a", "KeyA", 0],
    ]
    await opened.tab.type_keys('B1!~ {|}"é\n§😀')
    assert await opened.read("t.value") == 'aB1!~ {|}"é\n§😀'
    for name in ("Backspace", "Backspace", "Space", "NumpadAdd", "Numpad7", "KeyQ", "NumpadEnter", "+"):
        await opened.tab.key("press", name)
    assert (await opened.read("t.value")).endswith("\n +7q\n+")


async def test_a_chord_is_a_shortcut_and_writes_nothing(opened: Opened) -> None:
    await opened.show(LISTENS)
    await focus(opened, "#i")
    await opened.tab.insert_text("one two")
    await opened.tab.key("press", "Control+Shift+ArrowLeft")
    assert await opened.read("getSelection().toString() || i.value.slice(i.selectionStart, i.selectionEnd)") == "two"
    await seen(opened)
    await opened.tab.key("press", "Control+a")
    await opened.tab.key("press", "Control+b")
    told = await seen(opened)
    assert [event[1] for event in told if event[0] == "keydown"] == ["Control", "a", "Control", "b"]
    assert "keypress" not in [event[0] for event in told]
    assert await opened.read("i.value") == "one two"
    await opened.tab.key("press", "Control++")
    assert ["keydown", "+", "Equal"] in [event[:3] for event in await seen(opened)]


async def test_a_held_key_repeats_and_a_held_shift_counts(opened: Opened) -> None:
    await opened.show(LISTENS)
    await focus(opened, "#i")
    await opened.tab.key("down", "Shift")
    await opened.tab.key("press", "a")
    await opened.tab.key("press", "1")
    await opened.tab.key("up", "Shift")
    await seen(opened)
    await opened.tab.key("down", "x")
    await opened.tab.key("down", "x")
    assert [event[4] for event in await seen(opened) if event[0] == "keydown"] == [False, True]
    await opened.tab.key("up", "x")
    assert await opened.read("i.value") == "A!xx"


async def test_tab_and_enter_do_what_they_do(opened: Opened) -> None:
    await opened.show("<form onsubmit='sent = 1; return false'><input id=a><input id=b><button>go</button></form>")
    await focus(opened, "#a")
    await opened.tab.type_keys("x\ty")
    await opened.tab.key("press", "Shift+Tab")
    assert await opened.read("document.activeElement.id") == "a"
    await opened.tab.key("press", "Enter")
    assert await opened.read("[a.value, b.value, sent]") == ["x", "y", 1]


@pytest.mark.parametrize("name", ["Contrl", "Control+Nothing", "Nothing+a", "ab", "Control+é", "", "\u200d\u200d"])
async def test_what_is_no_key_is_refused_by_name(opened: Opened, name: str) -> None:
    with pytest.raises(StepFailed, match="is no key that can be pressed") as refused:
        await opened.tab.key("press", name)
    assert refused.value.error_type == "invalid_step"


async def test_a_press_that_leads_away_or_opens_a_dialog_comes_back(opened: Opened) -> None:
    opened.pages.pages["/next"] = "<p>next"
    await opened.show("<button id=b onclick=\"alert('there'); location = '/next'\">b</button>")
    await opened.tab.press(Press(*await opened.centre("#b")))
    await opened.tab.after_action(5)
    assert opened.tab.url.endswith("/next")
    assert [dialog.message for dialog in opened.noted.dialogs] == ["there"]


async def test_a_navigation_that_is_asked_for_is_waited_for(opened: Opened) -> None:
    opened.pages.pages["/next"] = slow(0.4, "<p>next")
    await opened.show("<a id=l href=/next>next</a>")
    documents = opened.tab.documents
    await opened.tab.press(Press(*await opened.centre("#l")))
    await opened.tab.after_action(5)
    assert opened.tab.documents == documents + 1
    assert not opened.tab.leaving


async def test_files_are_given_to_a_field(opened: Opened, tmp_path: Any) -> None:
    await opened.show(
        "<input type=file id=f multiple style='display: none'><script>f.onchange = () => { changed = 1; }</script>"
    )
    one, two = tmp_path / "one.txt", tmp_path / "zwei ä.txt"
    one.write_text("1")
    two.write_text("22")
    await opened.tab.ask(opened.tab.main, "(engine) => { engine.element = document.querySelector('#f'); }")
    await opened.tab.give_files(opened.tab.main, [one, two])
    assert await opened.read("[...f.files].map((file) => [file.name, file.size])") == [
        ["one.txt", 1],
        ["zwei ä.txt", 2],
    ]
    assert await opened.read("changed") == 1


async def test_the_field_that_a_page_asks_files_for_is_known(opened: Opened) -> None:
    await opened.show("""<button id=b>b</button><script>
      b.onclick = () => { it = document.createElement("input"); it.type = "file"; it.multiple = true; it.click(); };
    </script>""")
    assert not await opened.tab.asked_for_files(opened.tab.main)
    await opened.tab.press(Press(*await opened.centre("#b")))
    assert await opened.tab.asked_for_files(opened.tab.main)
    assert await opened.tab.ask(opened.tab.main, "(engine) => [engine.element.type, engine.element.isConnected]") == [
        "file",
        False,
    ]
    assert not await opened.tab.asked_for_files(opened.tab.main)


async def test_a_closed_shadow_root_is_made_known(opened: Opened) -> None:
    await opened.show("""<div id=host></div><p id=p></p>
      <script>host.attachShadow({ mode: "closed" }).innerHTML = "<input id=inside>";</script>""")
    await opened.tab.ask(
        opened.tab.main,
        "(engine) => { engine.roots ??= new WeakMap(); engine.host = document.querySelector('#host'); }",
    )
    assert await opened.tab.pierce(opened.tab.main)
    inside = "(engine) => engine.roots.get(engine.host).querySelector('#inside').tagName"
    assert await opened.tab.ask(opened.tab.main, inside) == "INPUT"
    await opened.tab.ask(opened.tab.main, "(engine) => { engine.host = document.querySelector('#p'); }")
    assert not await opened.tab.pierce(opened.tab.main)
