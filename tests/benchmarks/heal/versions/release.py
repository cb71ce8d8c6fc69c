"""One release of an application: installed once, started with a database that can be set back."""

import sqlite3
from abc import abstractmethod
from contextlib import closing
from pathlib import Path
from typing import ClassVar, Self

from tests.apps.application import Served
from tests.apps.installing import from_pypi
from tests.benchmarks.heal.versions.acts import Task

REQUIREMENTS = Path(__file__).parent / "requirements"


class Release(Served):
    """An application in one of its releases; `releases`: all of them, the recorded one first."""

    releases: ClassVar[tuple[str, ...]]

    def __init__(self, folder: Path, release: str, port: int) -> None:
        super().__init__(folder)
        self.release = release
        self.port = port  # the same for all releases: what was recorded names it

    @property
    def database(self) -> Path:
        """Its SQLite file."""
        return self.folder / "site.sqlite3"

    @property
    def python(self) -> Path:
        """The interpreter that has the release's packages."""
        return self._packages / "bin" / "python"

    @classmethod
    @abstractmethod
    def tasks(cls) -> tuple[Task, ...]:
        """What a person does in it."""

    async def install(self) -> None:
        name = f"{self.name}-{self.release}"
        self._packages = await from_pypi(name, REQUIREMENTS / f"{name}.txt")

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        try:
            self._copy(self.database, self._fresh)
        except BaseException:
            await self._stop()
            raise
        return self

    def set_back(self) -> None:
        """The database as it was before anybody worked with it, under the running application."""
        self._copy(self._fresh, self.database)

    @property
    def _fresh(self) -> Path:
        return self.folder / "fresh.sqlite3"

    @staticmethod
    def _copy(source: Path, target: Path) -> None:
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target, timeout=30)) as new:
            old.backup(new)
