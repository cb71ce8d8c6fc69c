"""What every application is to the run: installed, started with an empty database, used once, asked what it holds."""

import asyncio
import os
import signal
import sqlite3
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

import httpx2

from shared.core.errors import Unavailable
from shared.local.server import free_port
from tests.apps.recording import Recorder

SECONDS_TO_START = 240.0
SECONDS_TO_STOP = 5.0

Row = dict[str, str]


class Served(ABC):
    """An async context manager that serves one application on 127.0.0.1 with a fresh database in `folder`."""

    name: ClassVar[str]
    says: ClassVar[str]  # what of it is used, for people
    health: ClassVar[str] = "/"  # a path that answers below 400 once it serves

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port(None)
        self._processes: list[asyncio.subprocess.Process] = []

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    @abstractmethod
    def database(self) -> Path:
        """Its own SQLite file."""

    @abstractmethod
    async def install(self) -> None:
        """Bring it onto this machine, if it is not there."""

    @abstractmethod
    async def start(self) -> None:
        """Make its database and start it."""

    async def prepare(self) -> None:  # noqa: B027 - not every application needs it
        """What an administrator would set up before anybody works with it."""

    def query(self, sql: str) -> list[dict[str, Any]]:
        """What a query answers, read beside the running application."""
        with closing(sqlite3.connect(f"{self.database.as_uri()}?mode=ro", uri=True, timeout=10)) as database:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(sql)]

    async def __aenter__(self) -> Self:
        await self.install()
        try:
            await self.start()
            await self._until_it_answers()
            await self.prepare()
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    async def run(self, *command: str | Path, **environment: str) -> None:
        """A command that must succeed, such as making the database. Raises `Unavailable`."""
        process = await self._spawn(command, environment)
        self._processes.append(process)
        try:
            failed = await asyncio.wait_for(process.wait(), SECONDS_TO_START)
        except TimeoutError:
            raise Unavailable(f"{self.name} was not set up within {SECONDS_TO_START:g} s") from None
        self._processes.remove(process)
        if failed:
            raise Unavailable(f"{self.name} could not be set up: {self._last_words()}")

    async def serve(self, *command: str | Path, **environment: str) -> None:
        """The process that answers; it ends with this context."""
        self._processes.append(await self._spawn(command, environment))

    async def _spawn(self, command: Sequence[str | Path], environment: Mapping[str, str]) -> asyncio.subprocess.Process:
        with (self.folder / "output.log").open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *map(str, command),
                cwd=self.folder,
                env={**os.environ, **environment},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    async def _until_it_answers(self) -> None:
        try:
            async with asyncio.timeout(SECONDS_TO_START), httpx2.AsyncClient(trust_env=False, timeout=10) as client:
                while all(process.returncode is None for process in self._processes):
                    with suppress(httpx2.TransportError):
                        if (await client.get(f"{self.url}{self.health}")).status_code < httpx2.codes.BAD_REQUEST:
                            return
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise Unavailable(f"{self.name} did not answer at {self.url} in time: {self._last_words()}") from None
        raise Unavailable(f"{self.name} ended instead of serving {self.url}: {self._last_words()}")

    async def _stop(self) -> None:
        for process in self._processes:
            for sent in (signal.SIGTERM, signal.SIGKILL):
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, sent)
                with suppress(TimeoutError):
                    await asyncio.wait_for(process.wait(), SECONDS_TO_STOP)
                    break

    def _last_words(self) -> str:
        return " / ".join((self.folder / "output.log").read_text(errors="replace").strip().splitlines()[-4:])


class Application(Served):
    """One that is used once by hand, and asked for the rows that it holds."""

    @abstractmethod
    async def use(self, person: Recorder, row: Row) -> None:
        """Enter one row by hand."""

    @abstractmethod
    def rows(self, count: int) -> list[Row]:
        """So many rows, all different; the first is entered by hand."""

    @abstractmethod
    def held(self) -> list[Row]:
        """What its database holds now, in the columns of `rows`."""

    def expected(self, row: Row) -> Row:
        """What the database should hold of a row: the row, and what every row has in common."""
        return row

    def differences(self, wanted: Sequence[Row]) -> list[str]:
        """What the database holds otherwise than wanted, in sentences; empty when each row is there exactly once."""
        expected = Counter(_key(self.expected(row)) for row in wanted)
        there = Counter(_key(row) for row in self.held())
        lacking = [f"lacks {_shown(row)}" for row in (expected - there).elements()]
        return lacking + [f"holds beyond that {_shown(row)}" for row in (there - expected).elements()]


def _key(row: Row) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(row.items()))


def _shown(row: tuple[tuple[str, str], ...]) -> str:
    return ", ".join(f"{column}={value!r}" for column, value in row)
