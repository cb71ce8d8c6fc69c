"""Applications in several releases: what a step came to is judged by a table made by hand, and by the database."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, async_playwright

from services.runner.adapters.browser import Fleet
from shared.chromium import find_chromium
from shared.contracts.recording import Step
from shared.contracts.steps import is_thin
from shared.testing.sites import Sites
from tests.benchmarks.heal.versions.acts import Act, Task
from tests.benchmarks.heal.versions.figures import figures, keep
from tests.benchmarks.heal.versions.judging import Done, judge
from tests.benchmarks.heal.versions.measuring import APPLICATIONS, Outcome, differences
from tests.benchmarks.heal.versions.recording import Recording, record, thin
from tests.benchmarks.heal.versions.retelling import Retelling, Told


@pytest.mark.parametrize(
    ("done", "there", "kind"),
    [
        (None, True, "not reached"),
        (Done("recorded", completed=True, acted=True, right=True), True, "recorded"),
        (Done("bundle", completed=True, acted=True, right=True), True, "bundle"),
        (Done("healed", completed=True, acted=True, right=True), True, "healed right"),
        (Done("healed", completed=True, acted=True, right=False), True, "healed wrong"),
        (Done("healed", completed=False, acted=True, right=False), True, "healed wrong"),
        (Done("recorded", completed=True, acted=True, right=False), True, "found wrong"),
        (Done("recorded", completed=True, acted=True, right=None), False, "found wrong"),
        (Done(None, completed=False, acted=False, right=None), True, "refused"),
        (Done(None, completed=False, acted=False, right=None), False, "refused rightly"),
    ],
)
def test_a_step_counts_as_what_it_did_and_not_as_what_it_says(done: Done | None, there: bool, kind: str) -> None:
    assert judge(done, there=there) == kind


@pytest.mark.parametrize("application", APPLICATIONS, ids=lambda each: each.name)
def test_everything_in_the_table_is_done_in_the_recorded_release_or_is_new(application: Any) -> None:
    first, *later = application.releases
    assert later
    for task in application.tasks():
        for act in task.acts:
            named = set(act.at) if isinstance(act.at, Mapping) else set()
            assert named <= set(application.releases), act.name
            assert act.do == "open" or act.at, act.name
            assert act.is_done_in(first) or any(act.is_done_in(release) for release in later), act.name
            act.value_for(task.recorded)
            act.value_for(task.told)


class Shelf:
    """Holds what it is told to."""

    def __init__(self, *holding: dict[str, Any]) -> None:
        self.holding = list(holding)

    def query(self, sql: str) -> list[dict[str, Any]]:
        return self.holding


def test_a_row_that_is_missing_doubled_or_changed_is_a_difference() -> None:
    task = Task("any", (), {}, {}, "", lambda row: [dict(row)])

    def told(*holding: dict[str, Any]) -> list[str]:
        shelf: Any = Shelf(*holding)
        return differences(shelf, task, {"title": "Momo"})

    assert told({"title": "Momo"}) == []
    assert told() == ["lacks title 'Momo'"]
    assert told({"title": "Momo"}, {"title": "Momo"}) == ["holds beyond that title 'Momo'"]
    assert len(told({"title": "Cosmos"})) == 2


OLD, NEW = "old", "new"
REGISTER = Task(
    "register",
    (
        Act("the form", "open", value="/register/"),
        Act("the name", "type", "#name", "{name}"),
        Act("only in the new one", "click", {NEW: "select"}),
        Act("Register", "click", {OLD: "[type=submit]", NEW: "#name"}),
        Act("behind it", "click", "body"),
    ),
    {"name": "Ana"},
    {"name": "Boris"},
    "",
    lambda row: [dict(row)],
)


class Site:
    """Stands where a release is expected: a small site of ours that is no application."""

    says = "A site"

    def __init__(self, url: str, release: str) -> None:
        self.url, self.release = url, release


@asynccontextmanager
async def browsers() -> AsyncIterator[tuple[Browser, Fleet]]:
    chosen = find_chromium()
    assert chosen is not None
    async with async_playwright() as playwright, Fleet(str(chosen.path)) as fleet:
        browser = await playwright.chromium.launch(executable_path=str(chosen.path), args=chosen.arguments())
        yield browser, fleet
        await browser.close()


async def test_an_element_that_is_not_the_one_of_the_table_ends_the_row_as_wrong(tmp_path: Path) -> None:
    with Sites() as sites:
        async with browsers() as (browser, fleet):
            site: Any = Site(sites.url, OLD)
            old = await record(await browser.new_page(), site, REGISTER, REGISTER.recorded)
            async with fleet.session() as session:
                as_it_is = await Retelling(session, OLD, old).perform(REGISTER, old.steps)
            async with fleet.session() as session:
                told = await Retelling(session, NEW, old).perform(REGISTER, old.steps)
        assert [entry["name"] for entry in sites.entries()] == ["Ana", "Boris", "Boris"]
    assert [one.kind for one in as_it_is] == ["recorded"] * 4
    assert [one.kind for one in told] == ["recorded", "recorded", "found wrong", "not reached"]
    page = written(tmp_path, told, old)
    assert "found wrong" in page
    assert "recorded.jpg" in page


@pytest.mark.slow
async def test_what_is_refused_is_done_by_hand_and_the_rest_is_told_as_helped() -> None:
    with Sites() as sites:
        async with browsers() as (browser, fleet):
            site: Any = Site(sites.url, OLD)
            old = await record(await browser.new_page(), site, REGISTER, REGISTER.recorded)
            gone = Step.model_validate({**old.steps[1].to_json(), "bundle": {}, "selector": "#nothing", "metadata": {}})
            async with fleet.session() as session:
                told = await Retelling(session, OLD, old).perform(REGISTER, {**old.steps, 1: gone})
        assert [entry["name"] for entry in sites.entries()] == ["Ana", "Boris"]
    assert [one.kind for one in told] == ["recorded", "refused", "recorded", "recorded"]
    assert [one.helped for one in told] == [False, False, True, True]
    assert told[1].error is not None
    assert all(is_thin(thin(step)) for at, step in old.steps.items() if at)


def written(folder: Path, told: list[Told], recording: Recording) -> str:
    outcome = Outcome(
        application="A site",
        recorded_in=OLD,
        retold_in=NEW,
        task="register",
        variant="full",
        told=told,
        differences=[],
        old=recording,
        hand=recording,
        places=list(recording.steps),
    )
    counted = {figure.name: figure.value for figure in figures([outcome])}
    assert counted["full: something recorded found another element"] == 1
    assert counted["full: tasks done alone, by the database"] == 0
    keep([outcome], folder)
    assert json.loads((folder / "versions.json").read_text())[0]["steps"][2]["kind"] == "found wrong"
    return (folder / "index.html").read_text()
