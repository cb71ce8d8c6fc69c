"""Does a task by hand in one release, and keeps what our recorder sees of it, with a picture of every step."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from playwright.async_api import Page

from shared.contracts.recording import Step
from tests.apps.recording import Recorder
from tests.benchmarks.heal.versions.acts import Act, Row, Task
from tests.benchmarks.heal.versions.release import Release

PATIENCE_MS = 10_000


@dataclass(frozen=True, slots=True)
class Picture:
    """The page just before a step (JPEG), and where its element is in it: left, top, width, height in CSS pixels."""

    content: bytes
    box: tuple[float, float, float, float] | None


@dataclass(frozen=True, slots=True)
class Recording:
    """A task as it was done in one release: acts that exist there, by their place in the task."""

    steps: Mapping[int, Step]
    pictures: Mapping[int, Picture]


async def record(page: Page, release: Release, task: Task, row: Row) -> Recording:
    """The task, done with a row."""
    page.set_default_timeout(PATIENCE_MS)
    person = Recorder(page)
    pictures: dict[int, Picture] = {}
    done: list[int] = []
    for at, act in enumerate(task.acts):
        if act.is_done_in(release.release):
            pictures[at] = await _do(person, release, act, row)
            done.append(at)
    steps = {at: Step.model_validate(step) for at, step in zip(done, person.steps, strict=True)}
    return Recording(steps, pictures)


async def _do(person: Recorder, release: Release, act: Act, row: Row) -> Picture:
    value = act.value_for(row)
    if act.do == "open":
        await person.open(release.url + value)
        return Picture(await _shot(person.page), None)
    place = act.place(release.release)
    assert place is not None
    target = person.page.locator(place)
    await target.scroll_into_view_if_needed()
    box = await target.bounding_box()
    picture = Picture(await _shot(person.page), (box["x"], box["y"], box["width"], box["height"]) if box else None)
    match act.do:
        case "click":
            await person.click(target)
        case "type":
            await person.type(target, value)
        case "key":
            await person.key(value, target)
        case "select":
            await person.select(target, value)
        case "check":
            await person.check(target)
    return picture


async def _shot(page: Page) -> bytes:
    return await page.screenshot(type="jpeg", quality=50)


def thin(step: Step) -> Step:
    """The step as a recorder writes it that keeps one CSS selector and nothing else of the element."""
    if step.selector is None:
        return step
    given: dict[str, Any] = step.to_json()
    kept = {key: value for key, value in given["metadata"].items() if not key.startswith("element")}
    return Step.model_validate({**given, "bundle": {}, "metadata": {**kept, "selectors": [[step.selector]]}})
