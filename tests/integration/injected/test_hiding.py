"""What is secret is not in a picture, and nothing else about the page changes."""

import pytest

SECRET = "s3cr3t-Ünïque"

SHOWN = {
    "a field": f"<input value='{SECRET}'>",
    "a text area": f"<textarea>{SECRET}</textarea>",
    "a paragraph": f"<p>It is {SECRET}.</p>",
    "an item of a list": f"<ul><li>{SECRET}</li></ul>",
    "a button": f"<button>{SECRET}</button>",
    "a list": f"<select><option value=1>{SECRET}</select>",
    "a text with a colour that insists": f"<p style='color: red !important'>{SECRET}</p>",
    "a text that changes its colour slowly": f"<style>p {{ transition: all 2s }}</style><p>{SECRET}</p>",
    "a text filled with a picture": f"<p class=filled>{SECRET}</p>",
    "a drawing": f"<svg width=300 height=40><text x=5 y=20>{SECRET}</text></svg>",
    "a shadow tree": f"""<div id=h></div><script>
      document.querySelector("#h").attachShadow({{ mode: "open" }}).innerHTML = "<p>{SECRET}</p>";
    </script>""",
}
STYLE = """<style>
  * { font-family: monospace }
  .filled { background: linear-gradient(red, blue); background-clip: text; -webkit-text-fill-color: transparent }
</style>"""


@pytest.mark.parametrize("where", list(SHOWN))
async def test_two_secrets_of_one_width_cannot_be_told_apart_in_a_picture(inside, where):
    pictures = []
    for secret in (SECRET, SECRET[::-1]):
        await inside.show(SHOWN[where].replace(SECRET, secret) + STYLE)
        await inside.ask("(engine, secrets) => engine.blank(secrets)", [secret])
        pictures.append(await inside.page.screenshot(animations="allow", caret="initial"))
    assert pictures[0] == pictures[1]


@pytest.mark.parametrize("where", list(SHOWN))
async def test_afterwards_the_page_is_as_before(inside, where):
    await inside.show(SHOWN[where] + STYLE)
    page, before = await inside.page.content(), await inside.page.screenshot(animations="allow", caret="initial")
    await inside.ask("(engine, secrets) => engine.blank(secrets)", [SECRET])
    if "insists" not in where:
        assert await inside.page.content() == page
    blanked = await inside.page.screenshot(animations="allow", caret="initial")
    await inside.ask("(engine) => engine.unblank()")
    assert blanked != before
    assert await inside.page.content() == page
    if "slowly" not in where:
        assert await inside.page.screenshot(animations="allow", caret="initial") == before


async def test_a_step_goes_on_while_a_picture_is_taken(inside):
    await inside.show(f"<button id=b>{SECRET}</button>")
    await inside.ask("(engine, secrets) => engine.blank(secrets)", [SECRET])
    report = await inside.locate("click", "#b")
    assert report["prepared"]["aim"]["x"] > 0


async def test_a_short_secret_hides_only_what_says_nothing_else(inside):
    await inside.show("<p id=a>7</p><p id=b>17 things</p>")
    await inside.ask("(engine) => engine.blank(['7'])")
    colour = "(at) => getComputedStyle(document.querySelector(at)).webkitTextFillColor"
    assert await inside.page.evaluate(colour, "#a") == "rgba(0, 0, 0, 0)"
    assert await inside.page.evaluate(colour, "#b") == "rgb(0, 0, 0)"
