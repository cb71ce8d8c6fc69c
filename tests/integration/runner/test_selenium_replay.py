"""A Selenium IDE project does in a real browser what it did there."""

from dataclasses import replace

from services.ingest.adapters.importing import read_recording
from services.runner.policies import steps_to_perform
from shared.contracts.ingest import RecordingSnapshot
from tests.unit.ingest.selenium_files import project


async def replayed(row, *lines):
    """The warnings of the steps, all of which must succeed."""
    imported = read_recording(project({"t": [("open", "/register/"), *lines]}, url=row.sites.url), "t.side")
    recording = RecordingSnapshot(None, "t", imported.starting_url, 1, tuple(imported.steps))
    warnings = []
    for step in steps_to_perform(recording):
        options = replace(row.options, extracted=row.session.extracted)
        result = await row.session.perform(step, None, options, row.heard)
        assert result.error is None, (step.to_json(), result.error)
        warnings.append(result.warning)
    return [warning for warning in warnings if warning]


async def test_a_form_is_filled_checked_and_sent(row, sites):
    targets = ["id=name", "css=#name", "xpath=//input[@id='name']"]
    await replayed(
        row,
        ("setWindowSize", "1024x768"),
        ("waitForElementVisible", "id=name", "3000"),
        ("type", "id=name", "Zoë", targets),
        ("storeValue", "id=name", "who"),
        ("type", "name=email", "${who}@example.org"),
        ("assertValue", "id=email", "Zoë@example.org"),
        ("type", "id=email", "zoe@example.org"),
        ("type", "id=password", "hunter2"),
        ("click", "id=country"),
        ("select", "id=country", "label=Japan"),
        ("assertSelectedLabel", "id=country", "Japan"),
        ("check", "id=newsletter"),
        ("assertChecked", "id=newsletter"),
        ("assertElementNotPresent", "id=nothing"),
        ("executeScript", "return document.forms.length", "forms"),
        ("click", "id=send"),
        ("waitForElementNotPresent", "id=send", "3000"),
    )
    (entry,) = sites.entries()
    assert (entry["name"], entry["email"], entry["country"]) == ("Zoë", "zoe@example.org", "jp")
    assert row.session.extracted["forms"] == "1"


async def test_an_option_is_chosen_by_its_index_and_keys_are_pressed(row):
    await replayed(
        row,
        ("select", "id=country", "index=1"),
        ("sendKeys", "id=name", "Zo${KEY_LEFT}x"),
        ("assertValue", "id=name", "Zxo"),
    )
    assert await row.read("document.querySelector('#country').selectedIndex") == 1


async def test_a_verification_that_does_not_hold_only_warns(row):
    (warning,) = await replayed(row, ("verifyTitle", "Another page"), ("assertElementPresent", "id=name"))
    assert "Another page" in warning


async def test_dialogs_and_windows_are_answered_and_entered(row):
    opens = {"opensWindow": True, "windowHandleName": "w", "windowTimeout": 2000}
    script = (
        "document.body.insertAdjacentHTML('beforeend', '<button id=ask onclick=\"this.title = confirm(1)\">?</button>')"
    )
    link = "document.body.insertAdjacentHTML('beforeend', '<a id=new target=_blank href=/register/?second>new</a>')"
    await replayed(
        row,
        ("storeWindowHandle", "root"),
        ("runScript", script),
        ("chooseCancelOnNextConfirmation",),
        ("click", "id=ask"),
        ("assertConfirmation", "1"),
        ("webdriverChooseCancelOnVisibleConfirmation",),
        ("storeAttribute", "id=ask@title", "said"),
        ("runScript", link),
        {"command": "click", "target": "linkText=new", **opens},
        ("selectWindow", "handle=${w}"),
        ("executeScript", "return location.search", "second"),
        ("close",),
        ("selectWindow", "handle=${root}"),
        ("executeScript", "return location.search", "first"),
    )
    extracted = row.session.extracted
    assert (extracted["said"], extracted["second"], extracted["first"]) == ("false", "?second", "")


async def test_values_of_the_page_are_compared_and_go_into_scripts(row):
    hostile = "\"; document.title = 'broken in'; //'`"
    await replayed(
        row,
        ("type", "id=name", f"Zoë {hostile}"),
        ("storeValue", "id=name", "who"),
        ("executeScript", "return ${who} + '!'", "greeting"),
        ("assert", "who", f"Zoë {hostile}"),
        ("assert", "greeting", f"Zoë {hostile}!"),
        ("executeScript", "return document.title", "title"),
    )
    assert row.session.extracted["greeting"] == f"Zoë {hostile}!"
    assert "broken in" not in row.session.extracted["title"]


async def test_what_a_script_gives_and_should_not_fails_the_step(row):
    content = project(
        {"t": [("open", "/register/"), ("executeScript", "return document.forms.length", "n"), ("assert", "n", "7")]},
        url=row.sites.url,
    )
    opening, asking = read_recording(content, "t.side").steps
    assert (await row.session.perform(opening, None, row.options, row.heard)).error is None
    result = await row.session.perform(asking, None, row.options, row.heard)
    assert "n is 1" in str(result.error)


async def test_commands_of_the_old_ide_are_done(row):
    await replayed(
        row,
        ("waitForPageToLoad", "30000"),
        ("assertLocation", "*/register/"),
        ("waitForVisible", "id=name"),
        ("focus", "id=name"),
        ("typeKeys", "id=name", "Zo"),
        ("keyPress", "id=name", "x"),
        ("assertValue", "id=name", "Zox"),
        ("keyPress", "id=name", "\\8"),
        ("waitForValue", "id=name", "Zo"),
        ("assertAttribute", "id=name@id", "name"),
        ("assertXpathCount", "//input[@id='name']", "1"),
        ("assertTextNotPresent", "nothing of the kind"),
        ("verifyVisible", "id=name"),
        ("refreshAndWait",),
        ("assertValue", "id=name", ""),
    )
