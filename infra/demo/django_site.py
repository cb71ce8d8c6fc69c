"""A real web application that we did not write: Django's admin, on a SQLite file that lives as long as it."""

import asyncio
import os
import secrets
import shutil
import signal
import socket
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

import httpx2

from infra.demo.installed_django import install_django, pinned_version
from shared.core.errors import Unavailable

PROJECT = Path(__file__).parent / "project"
ADMIN = "admin"
SECONDS_TO_START = 60.0
SECONDS_TO_STOP = 5.0

Release = Literal["old", "new"]


class DjangoSite:
    """Serves the admin of one Django release on 127.0.0.1 while its context is open.

    `home` keeps the installed releases between runs; `port` 0 takes a free one. `progress` gets a sentence
    for people whenever something slow begins. Raises `Unavailable` when Django cannot be installed or does
    not answer. After the context is open: `url` without a slash at its end, `version`, `admin_password`
    (of the user `admin`), `users()`.
    """

    def __init__(
        self,
        home: Path,
        release: Release,
        port: int = 0,
        progress: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.version = pinned_version(release)
        self.admin_password = secrets.token_urlsafe(18)
        self._home = home.absolute()
        self._release = release
        self._port = port
        self._progress = progress

    @property
    def url(self) -> str:
        """The site's address, such as `http://127.0.0.1:41234`; its admin is below `/admin/`."""
        return f"http://127.0.0.1:{self._port}"

    async def __aenter__(self) -> Self:
        packages = await install_django(self._home, self._release, self._progress)
        self._progress(f"starting Django {self.version}")
        self._port = _port_to_use(self._port)
        self._folder = Path(tempfile.mkdtemp(prefix="django-site-", dir=self._home))
        try:
            await self._start(packages)
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    def users(self) -> list[dict[str, Any]]:
        """Everybody in Django's own table except the administrator, oldest first.

        Keys: id, username, first_name, last_name, email, is_staff (a bool).
        """
        columns = "id, username, first_name, last_name, email, is_staff"
        query = f"SELECT {columns} FROM auth_user WHERE username <> ? ORDER BY id"  # noqa: S608 (our own words)
        with closing(sqlite3.connect(f"{self._database.as_uri()}?mode=ro", uri=True)) as database:
            database.row_factory = sqlite3.Row
            rows = [dict(row) for row in database.execute(query, (ADMIN,))]
        return [row | {"is_staff": bool(row["is_staff"])} for row in rows]

    @property
    def _database(self) -> Path:
        return self._folder.resolve() / "site.sqlite3"

    @property
    def _log(self) -> Path:
        return self._folder / "site.log"

    async def _start(self, packages: Path) -> None:
        environment = os.environ | {
            "PYTHONPATH": str(packages),
            "RETOLD_DEMO_DATABASE": str(self._database),
            "RETOLD_DEMO_SECRET": secrets.token_urlsafe(40),
            "DJANGO_SUPERUSER_USERNAME": ADMIN,
            "DJANGO_SUPERUSER_PASSWORD": self.admin_password,
            "DJANGO_SUPERUSER_EMAIL": "admin@example.test",
        }
        # -S: the site sees the standard library and its own Django, none of our libraries.
        script = [sys.executable, "-S", str(PROJECT / "serve.py")]
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *script,
                str(self._port),
                str(os.getpid()),
                env=environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            async with asyncio.timeout(SECONDS_TO_START):
                await self._until_it_answers()
        except TimeoutError:
            raise Unavailable(f"Django did not answer at {self.url} in time: {self._last_words()}") from None

    async def _until_it_answers(self) -> None:
        async with httpx2.AsyncClient(trust_env=False, timeout=10) as client:
            while self._process.returncode is None:
                with suppress(httpx2.TransportError):
                    answer = await client.get(f"{self.url}/admin/login/")
                    if answer.status_code == httpx2.codes.OK:
                        return
                await asyncio.sleep(0.1)
        raise Unavailable(f"Django ended instead of serving {self.url}: {self._last_words()}")

    async def _stop(self) -> None:
        process = getattr(self, "_process", None)
        if process is not None:
            await _end(process)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _last_words(self) -> str:
        return " / ".join(self._log.read_text(errors="replace").strip().splitlines()[-3:])


async def _end(process: asyncio.subprocess.Process) -> None:
    """End a process and all that it started: ask, then insist."""
    for sent in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, sent)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), SECONDS_TO_STOP)
            return


def _port_to_use(wanted: int) -> int:
    """`wanted`, or a free port for 0; a taken one is refused here, or its owner would answer for Django."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError as error:
            raise Unavailable(f"Django cannot be served on port {wanted}: {error.strerror}.") from error
        port: int = probe.getsockname()[1]
        return port
