"""The tools of these tests: a recorder that writes down what it saw, and a judge that can say no."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

from services.ingest.adapters.importing import read_recording
from shared.chromium import find_chromium
from shared.contracts.steps import is_thin
from shared.testing.sites import Sites
from tests.apps.application import Application, Row
from tests.apps.recording import Recorder
from tests.apps.running import table


class Shelf(Application):
    """An application that holds what it is told to."""

    name = "shelf"
    says = "A shelf"
    holding: list[Row]

    @property
    def database(self) -> Path:
        return self.folder / "none"

    async def install(self) -> None: ...

    async def start(self) -> None: ...

    async def use(self, person: Recorder, row: Row) -> None: ...

    def rows(self, count: int) -> list[Row]:
        return [{"title": f"Book {n}", "year": str(1990 + n)} for n in range(count)]

    def held(self) -> list[Row]:
        return self.holding


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    """A page of the installed browser."""
    browser = find_chromium()
    assert browser is not None
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(executable_path=str(browser.path), args=browser.arguments())
        yield await running.new_page()
        await running.close()


async def test_what_was_done_becomes_a_recording_with_full_bundles_that_can_be_imported(page: Page) -> None:
    with Sites() as sites:
        person = Recorder(page)
        await person.open(f"{sites.url}/register/")
        await person.type(page.locator("#name"), "Ana", "who")
        await person.select(page.locator("select"), "Japan", "land")
        await person.click(page.locator("[type=submit]"))
        document = person.document("Register")
        assert [entry["name"] for entry in sites.entries()] == ["Ana"]
    imported = read_recording(json.dumps(document).encode(), "register.json")
    assert [step.event for step in imported.steps] == ["navigate", "type", "select", "click"]
    assert imported.steps[1].value == "Ana"
    assert imported.steps[3].navigation.type == "navigation"
    assert not any(is_thin(step) for step in imported.steps)
    assert {variable.csv_column for variable in imported.variables.values()} == {"who", "land"}


async def test_a_step_inside_a_frame_says_where_its_frame_is(page: Page) -> None:
    await page.set_content("<iframe id=inner srcdoc='<label>City <input id=city></label>'></iframe>")
    person = Recorder(page)
    await person.type(page.frame_locator("#inner").get_by_label("City"), "Aachen")
    (step,) = person.steps
    assert step["bundle"]["iframeChain"] == ["#inner"]
    assert (step["bundle"]["id"], step["label"], step["value"]) == ("city", "City", "Aachen")


def test_a_row_that_is_missing_doubled_or_changed_is_a_difference(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    first, second = shelf.rows(2)
    shelf.holding = [first, second]
    assert shelf.differences([first, second]) == []
    shelf.holding = [first]
    assert shelf.differences([first, second]) == ["lacks title='Book 1', year='1991'"]
    shelf.holding = [first, second, second]
    assert shelf.differences([first, second]) == ["holds beyond that title='Book 1', year='1991'"]
    shelf.holding = [first, {**second, "year": "2026"}]
    assert len(shelf.differences([first, second])) == 2


def test_a_table_keeps_quotes_and_commas(tmp_path: Path) -> None:
    assert table([{"a": 'x, "y"', "b": "ü"}]).splitlines() == ["a,b", '"x, ""y""",ü']
