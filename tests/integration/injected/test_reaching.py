"""Whether a person could press the element now: movement, covers, scrolling, and what bars a page."""

import pytest

COVER = "position: fixed; left: 0; top: 0; width: 100%; height: 80px; background: white"


async def press(inside, report):
    aim = report["prepared"]["aim"]
    await inside.page.evaluate("document.addEventListener('click', (event) => (globalThis.pressed = event.target.id))")
    await inside.page.mouse.click(aim["x"], aim["y"])
    return await inside.page.evaluate("globalThis.pressed")


async def test_on_a_quiet_page_no_frame_is_waited_for(inside):
    await inside.show("<button id=b>Go</button>")
    await inside.locate("click", "#b")
    await inside.page.wait_for_timeout(150)
    times = [(await inside.locate("click", "#b"))["ms"] for _ in range(9)]
    assert min(times) < 10


FLIGHTS = {
    "by a transition that is begun two frames later": """
      const dialog = document.createElement("div");
      dialog.innerHTML = "<button id=b>Go</button>";
      dialog.style.cssText = "position: absolute; left: 0; top: 400px; transition: top 0.4s linear";
      document.body.append(dialog);
      requestAnimationFrame(() => requestAnimationFrame(() => (dialog.style.top = "10px")));""",
    "by an animation of its own": """
      document.body.innerHTML = `<style>@keyframes in { from { transform: translate(0, 400px) } }</style>
        <div style="animation: in 0.4s linear"><button id=b>Go</button></div>`;""",
    "by a script, a little with every frame": """
      document.body.innerHTML = `<div id=d style="position: absolute; top: 400px"><button id=b>Go</button></div>`;
      let top = 400;
      const step = () => {
        document.querySelector("#d").style.top = `${(top -= 10)}px`;
        if (top > 0) requestAnimationFrame(step);
      };
      requestAnimationFrame(step);""",
    "pushed by what grows above it": """
      const growing = `<div id=d style="height: 0; transition: height 0.4s linear"></div>`;
      document.body.innerHTML = `${growing}<button id=b>Go</button>`;
      document.body.getBoundingClientRect();
      document.querySelector("#d").style.height = "300px";""",
    "scrolled smoothly": """
      const tall = `<div style="height: 4000px"></div>`;
      document.body.innerHTML = `${tall}<button id=b>Go</button>${tall}`;
      scrollTo({ top: 3800, behavior: "smooth" });""",
}


@pytest.mark.parametrize("how", list(FLIGHTS))
async def test_what_moves_is_pressed_when_it_has_arrived(inside, how):
    await inside.show("<p>Nothing yet.</p>")
    await inside.locate("click", "#b", timeout=50)
    await inside.page.wait_for_timeout(120)
    await inside.page.evaluate(f"{{ {FLIGHTS[how]} }}")
    report = await inside.locate("click", "#b", timeout=5_000)
    assert report["found"] is True
    place = "Object.values(document.querySelector('#b').getBoundingClientRect().toJSON()).map(Math.round).join()"
    then = await inside.page.evaluate(place)
    await inside.page.wait_for_timeout(100)
    assert await inside.page.evaluate(place) == then


async def test_what_only_changes_its_colour_is_not_waited_for(inside):
    await inside.show("""<style>@keyframes blink { from { opacity: 0.5 } }</style>
      <i style="animation: blink 1s infinite">*</i><button id=b style="animation: blink 0.9s infinite">Go</button>""")
    await inside.page.wait_for_timeout(150)
    report = await inside.locate("click", "#b")
    assert report["found"] is True
    assert report["ms"] < 200


async def test_what_is_under_a_sticky_bar_is_scrolled_out_from_under_it(inside):
    await inside.show(
        f"<div style='{COVER}'>Bar</div><div style='height: 40px'></div><button id=b>Go</button>"
        "<div style='height: 3000px'></div>"
    )
    await inside.page.evaluate("scrollTo(0, 20)")
    report = await inside.locate("click", "#b", timeout=100)
    assert report["found"] is False
    await inside.show(
        f"<div style='{COVER}'>Bar</div><div style='height: 1000px'></div><button id=b>Go</button>"
        "<div style='height: 3000px'></div>"
    )
    await inside.page.evaluate("scrollTo(0, 980)")
    assert await press(inside, await inside.locate("click", "#b")) == "b"


MODAL = "<script>document.querySelector('#d').showModal()</script>"
LAZY = "content-visibility: auto; contain-intrinsic-size: 300px"
SMALL = "height: 80px; width: 90px; overflow: auto"
PLACES = {
    "in a box that scrolls": "<div style='height: 80px; overflow: auto'><p style='height: 900px'></p>{}</div>",
    "in boxes that scroll both ways": f"<div style='{SMALL}'><div style='padding: 500px'>{{}}</div></div>",
    "turned and made larger": "<div style='transform: rotate(30deg) scale(1.5); margin: 100px; width: 200px'>{}</div>",
    "zoomed": "<div style='zoom: 1.7'><p>Some text.</p>{}</div>",
    "where nothing is drawn before it is seen": f"<div style='height: 5000px'></div><div style='{LAZY}'>{{}}</div>",
    "in a dialog that bars the rest": f"<p>Page</p><dialog id=d>{{}}</dialog>{MODAL}",
    "in a popover": "<p>Page</p><div id=p popover>{}</div><script>document.querySelector('#p').showPopover()</script>",
    "in two lines": "<p style='width: 60px'>{}</p>",
}


@pytest.mark.parametrize("where", list(PLACES))
async def test_it_is_reached_wherever_it_is(inside, where):
    element = "<a id=b href='#x'>Go to the place</a>" if where == "in two lines" else "<button id=b>Go</button>"
    await inside.show(PLACES[where].format(element))
    assert await press(inside, await inside.locate("click", "#b", timeout=2_000)) == "b"


BARRED = {
    "inert": ("<div inert><button id=b>Go</button><input id=f></div>", "disabled"),
    "behind a dialog": (
        f"<button id=b>Go</button><input id=f><dialog id=d>Wait</dialog>{MODAL}",
        "covered",
    ),
    "behind a cover": (
        f"<div style='{COVER}; height: 100%' id=cover>Wait</div><button id=b>Go</button><input id=f>",
        "covered",
    ),
}


@pytest.mark.parametrize("how", list(BARRED))
async def test_what_a_person_cannot_reach_is_not_pressed(inside, how):
    html, reason = BARRED[how]
    await inside.show(html)
    report = await inside.locate("click", "#b", timeout=150)
    assert (report["found"], report["reason"]) == (False, reason)


@pytest.mark.parametrize("how", ["inert", "behind a dialog"])
async def test_nothing_is_typed_into_what_a_page_bars(inside, how):
    await inside.show(BARRED[how][0])
    report = await inside.locate("type", "#f", value="x", timeout=150)
    assert not report["found"] or report["prepared"]["focused"] is False


async def test_an_element_that_is_replaced_again_and_again_is_found_all_the_same(inside):
    await inside.show("""<main><button id=b>Go</button></main><script>
      setInterval(() => (document.querySelector("main").innerHTML = "<button id=b>Go</button>"), 10);
    </script>""")
    assert (await inside.locate("click", "#b", timeout=5_000))["prepared"]["aim"]["commits"] is True
