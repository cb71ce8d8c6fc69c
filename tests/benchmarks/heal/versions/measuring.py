"""The row `versions`: every application, recorded in its oldest release, retold in the later ones."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from playwright.async_api import Browser, async_playwright

from services.runner.adapters.browser import Fleet
from shared.chromium import NONE_FOUND, find_chromium
from shared.core.errors import RetoldError, Unavailable
from shared.local.server import free_port
from shared.testing.folders import open_folder
from tests.benchmarks.comparing import Tell
from tests.benchmarks.heal.versions.acts import Row, Task
from tests.benchmarks.heal.versions.django_admin import DjangoAdmin
from tests.benchmarks.heal.versions.flask_admin import FlaskAdmin
from tests.benchmarks.heal.versions.recording import Recording, record, thin
from tests.benchmarks.heal.versions.release import Release
from tests.benchmarks.heal.versions.retelling import Retelling, Told
from tests.benchmarks.heal.versions.sqlite_web import SqliteWeb
from tests.benchmarks.heal.versions.wagtail import Wagtail

APPLICATIONS: tuple[type[Release], ...] = (DjangoAdmin, Wagtail, SqliteWeb, FlaskAdmin)
FULL, THIN = "full", "thin"
VIEW = {"width": 1280, "height": 720}


@dataclass(frozen=True, slots=True)
class Outcome:
    """A task in a later release. `differences`: of its database from what was told, in words; none when it is as told.

    `old` and `hand`: the same task done by hand in the recorded release, and in this one.
    """

    application: str
    recorded_in: str
    retold_in: str
    task: str
    variant: str
    told: list[Told]
    differences: list[str]
    old: Recording
    hand: Recording
    places: list[int]  # of the told steps among the task's acts

    @property
    def is_alone(self) -> bool:
        """Nobody helped, and the database holds what was told."""
        return not self.differences and not any(one.helped for one in self.told) and self._has_all

    @property
    def _has_all(self) -> bool:
        return not any(one.kind == "not reached" or one.kind.startswith("refused") for one in self.told)


@dataclass(frozen=True, slots=True)
class Arena:
    """The browser of the person who records, and the fleet that retells."""

    browser: Browser
    fleet: Fleet
    folder: Path

    async def by_hand(self, release: Release, task: Task) -> Recording:
        """The task done by hand with the row that is recorded. Raises `RetoldError` where the database differs."""
        release.set_back()
        page = await self.browser.new_page(viewport=cast("Any", VIEW))
        recording = await record(page, release, task, task.recorded)
        await page.close()
        if wrong := differences(release, task, task.recorded):
            where = f"{release.says} {release.release}, {task.name}"
            raise RetoldError(f"{where}: doing it by hand did not do what it should: {'; '.join(wrong)}")
        return recording

    async def retold(self, release: Release, task: Task, old: Recording, hand: Recording, variant: str) -> Outcome:
        """The old recording with another row."""
        release.set_back()
        steps = {at: thin(step) if variant == THIN else step for at, step in old.steps.items()}
        async with self.fleet.session() as session:
            told = await Retelling(session, release.release, hand).perform(task, steps)
        return Outcome(
            application=release.says,
            recorded_in=release.releases[0],
            retold_in=release.release,
            task=task.name,
            variant=variant,
            told=told,
            differences=differences(release, task, task.told),
            old=old,
            hand=hand,
            places=list(steps),
        )


def differences(release: Release, task: Task, row: Row) -> list[str]:
    """What the database holds otherwise than it should after the task."""
    wanted = Counter(_words(one) for one in task.wants(row))
    there = Counter(_words(one) for one in release.query(task.asks))
    lacking = [f"lacks {words}" for words in (wanted - there).elements()]
    return lacking + [f"holds beyond that {words}" for words in (there - wanted).elements()]


def _words(row: Mapping[str, Any]) -> str:
    return ", ".join(f"{column} {value!r}" for column, value in sorted(row.items()))


async def outcomes_of(application: type[Release], tell: Tell, *, quick: bool = False) -> list[Outcome]:
    """All tasks of an application in all later releases; the first task in the last release when `quick`."""
    tasks = application.tasks()[:1] if quick else application.tasks()
    first, *later = application.releases
    port = free_port(None)
    found: list[Outcome] = []
    async with _arena() as arena:
        tell(f"recording in {application.says} {first}")
        async with application(_fresh(arena.folder, first), first, port) as release:
            recordings = [await arena.by_hand(release, task) for task in tasks]
        for name in later[-1:] if quick else later:
            tell(f"starting {application.says} {name}")
            async with application(_fresh(arena.folder, name), name, port) as release:
                for task, old in zip(tasks, recordings, strict=True):
                    tell(f"{application.says} {first} → {name}: {task.name}")
                    hand = await arena.by_hand(release, task)
                    found += [await arena.retold(release, task, old, hand, variant) for variant in (FULL, THIN)]
    return found


def _fresh(folder: Path, name: str) -> Path:
    made = folder / name
    made.mkdir()
    return made


@asynccontextmanager
async def _arena() -> AsyncIterator[Arena]:
    chosen = find_chromium()
    if chosen is None:
        raise Unavailable(NONE_FOUND)
    with open_folder() as folder:
        async with async_playwright() as playwright, Fleet(str(chosen.path)) as fleet:
            browser = await playwright.chromium.launch(executable_path=str(chosen.path), args=chosen.arguments())
            yield Arena(browser, fleet, folder)
            await browser.close()
