"""What an element is called, where its words stand elsewhere: in slots, or beside what no screen reader says."""

import pytest

OPEN = """<script>customElements.define("{0}", class extends HTMLElement {{
  constructor() {{ super(); this.attachShadow({{ mode: "open" }}).innerHTML = `{1}`; }} }})</script>"""
BUTTON = OPEN.format("x-b", "<button><slot></slot></button>")
BOX = OPEN.format("x-c", "<label><input type=checkbox><slot>Unnamed</slot></label>")
HINT = '<label>Drink<i aria-hidden="true">arrow_drop_down</i><input id=i></label>'


@pytest.mark.parametrize(
    ("html", "element", "name"),
    [
        (f"<x-b><b>Save</b> all</x-b>{BUTTON}", "document.querySelector('x-b').shadowRoot.firstChild", "Save all"),
        (f"<x-b></x-b>{BUTTON}", "document.querySelector('x-b').shadowRoot.firstChild", ""),
        (f"<x-c>Send news</x-c>{BOX}", "document.querySelector('x-c').shadowRoot.querySelector('input')", "Send news"),
        (f"<x-c></x-c>{BOX}", "document.querySelector('x-c').shadowRoot.querySelector('input')", "Unnamed"),
        (HINT, "document.querySelector('#i')", "Drink"),
    ],
)
async def test_the_name_is_what_a_person_would_call_it(inside, html, element, name):
    await inside.show(html)
    assert await inside.ask(f"(engine) => engine.nameOf({element})") == name


async def test_what_is_said_through_a_slot_finds_its_element(inside):
    await inside.show(f"<p id=other>Nothing</p><x-b>Save</x-b>{BUTTON}")
    bundle = await inside.ask("(engine) => engine.bundleOf(document.querySelector('x-b').shadowRoot.firstChild)")
    assert (bundle["aria"], bundle["visibleText"]) == ("Save", "Save")
    report = await inside.locate("click", bundle={key: bundle[key] for key in ("aria", "shadowHosts", "tag")})
    assert report["found"], (report.get("reason"), report.get("by"))
    assert report["tag"] == "button"
