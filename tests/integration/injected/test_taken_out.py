"""What was on the recorded page and is no more must not be found in a neighbour: seen on real page pairs."""

import pytest

TWO_FORMS = """<form id=quick><label for=a>Password</label><input id=a type=password placeholder=Password></form>
<form id=other><label for=b>Password</label><input id=b type=password placeholder=Password></form>"""
ROWS = """<table><tr id=r1><td><button title="Open the actions menu" class=menu></button><td>object</table>
<table><tr id=r2><td><button title="Open the actions menu" class=menu></button><td>object</table>"""
REGISTER = """<form><div><input id=first type=text placeholder="Full name"></div>
<div><input id=one type=password class=form-control placeholder=Password></div>
<div><input id=two type=password class=form-control placeholder="Retype password"></div>
<button>Register</button></form>"""
TOOLS = """<div><button title="Sort contents" class=tool-sort style="width:26px"></button
><button id=other title="Filter, sort, or transform contents" class=tool-transform style="width:26px"></button></div>"""
TAB = "<section><h2>Order {0}</h2><button id=t{0} role=tab data-name=model class=tab>Schema</button></section>"
TABS = f"<div>{TAB.format(0)}{TAB.format(1)}</div>"
COLOURS = """<div><span id=text role=button class=split aria-label="Text color">open with Shift+Enter</span
><span id=back role=button class=split aria-label="Background color">open with Shift+Enter</span></div>"""
ICON = '<li><a id={} href="#" class=toggle data-toggle=dropdown style="padding:9px"></a><p>{}</p></li>'
ICONS = f"<nav><ul>{ICON.format('tasks', 'Task 1 40% Complete')}{ICON.format('mail', 'Messages of today')}</ul></nav>"
OTHER_ICONS = ICONS.replace("tasks", "alerts").replace("Task 1 40% Complete", "Alerts Center December 12")


async def bundle_of(inside, selector):
    question = "(engine, selector) => engine.bundleOf(document.querySelector(selector))"
    return await inside.ask(question, selector)


async def told(inside, event, selector, recorded, *, taken):
    """The engine's report of an element of one page on the next one, the engine allowed to heal."""
    kept = await bundle_of(inside, selector)
    if taken:
        await inside.page.evaluate("(selector) => document.querySelector(selector).remove()", taken)
    else:
        await inside.show(recorded)
    return await inside.locate(event, bundle=kept, timeout=150, heal=True, act=False)


# what was recorded on which page, and what is gone of it: the whole row or form, or the element alone
GONE = {
    "a labelled field that another form has too": (TWO_FORMS, "type", "#a", "#quick"),
    "a button named by its title that another row has too": (ROWS, "click", "#r1 button", "#r1"),
    "a password beside the field that repeats it": (REGISTER, "type", "#one", "#one"),
    "the field that repeats a password": (REGISTER, "type", "#two", "#two"),
    "a tool whose neighbour takes its place": (TOOLS, "click", ".tool-sort", ".tool-sort"),
    "a tab that another section has too, data attributes and all": (TABS, "click", "#t0", "section"),
    "a button that shares its hint with its neighbour": (COLOURS, "click", "#back", "#back"),
}


@pytest.mark.parametrize("case", GONE)
async def test_what_was_taken_out_is_not_found_in_a_neighbour(inside, case):
    page, event, selector, taken = GONE[case]
    await inside.show(page)
    report = await told(inside, event, selector, page, taken=taken)
    assert not report["found"], (report["foundBy"], report["strategy"], report["element"], report.get("heal"))


async def test_an_icon_without_a_name_is_not_found_by_its_place_among_other_words(inside):
    await inside.show(ICONS)
    kept = await bundle_of(inside, "#tasks")
    await inside.show(OTHER_ICONS)
    kept = {key: value for key, value in kept.items() if key != "id"}
    report = await inside.locate(
        "click", "nav > ul > li:nth-of-type(1) > a", bundle=kept, timeout=150, heal=True, act=False
    )
    assert not report["found"], (report["foundBy"], report["strategy"], report["element"])
