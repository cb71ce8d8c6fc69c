"""Postgres from its wheel."""

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from shared.core.errors import Unavailable
from shared.local import server
from shared.local.home import Home
from shared.local.postgres_place import Place, find_place

READY_SECONDS = 60.0  # after a crash it replays its write-ahead log
CREATE_SECONDS = 60.0
STOP = ((signal.SIGINT, 15.0), (signal.SIGQUIT, 5.0))  # fast, then immediate shutdown
TRIES = 20
RETRY_PAUSE = 0.2  # seconds
RETRY_ON = ("already in use", "pre-existing shared memory block")  # another program's port; a killed run's last breath
ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
SETTINGS = (
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",  # a socket's path may not exceed 107 bytes
    "max_connections=200",
    "shared_buffers=64MB",
    "wal_level=minimal",  # nothing replicates from here
    "max_wal_senders=0",
    "timezone=UTC",
    "log_timezone=UTC",
    "log_error_verbosity=terse",  # a broken constraint would otherwise write the whole row into the log
)
CARELESS = ("fsync=off", "full_page_writes=off")  # survives a kill of any process, not a power cut


class PostgresServer:
    """One `postgres` on 127.0.0.1; its data live in the stack's home, or where root's stand-in reaches them."""

    def __init__(self, home: Home, *, durable: bool) -> None:
        self._home = home
        self._durable = durable
        self._log = home.logs / "postgres.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.port: int | None = None

    def url(self, user: str, secret: str, database: str) -> str:
        """Where a user connects; `secret` names the user's password among the home's secrets."""
        return f"postgresql://{user}:{self._home.secret(secret)}@127.0.0.1:{self.port}/{database}"

    @property
    def pid(self) -> int | None:
        """The running server's process id."""
        return self._process.pid if self._process and self._process.poll() is None else None

    async def start(self) -> None:
        """Starts the server, with new data if there are none, and waits until it answers; keeps its port."""
        place = await asyncio.to_thread(find_place, self._home)
        await server.stop_orphan(place.data / "postmaster.pid", str(place.data), signal.SIGINT)
        _forget_stale_pid(place.data / "postmaster.pid")
        since = server.size(self._log)
        if not (place.data / "PG_VERSION").exists():
            await self._create(place, since)
        for _ in range(TRIES):
            port = self.port or server.free_port(self._home.port("postgres"))
            attempt = server.size(self._log)
            if await self._start_on(port, place):
                self.port = port
                self._home.remember_port("postgres", port)
                return
            if not any(cause in server.last_lines(self._log, attempt) for cause in RETRY_ON):
                break
            await asyncio.sleep(RETRY_PAUSE)
        raise self._failure("start", since)

    async def stop(self) -> None:
        """Stops the server cleanly; whoever is connected is cut off."""
        if self._process:
            await server.stop(self._process, STOP)

    async def kill(self) -> None:
        """Ends the server by SIGKILL, as a crash would."""
        if self._process:
            await server.stop(self._process, ())

    async def _start_on(self, port: int, place: Place) -> bool:
        settings = (*SETTINGS, *(() if self._durable else CARELESS), f"port={port}")
        arguments: list[str | Path] = [place.programs / "postgres", "-D", place.data]
        for setting in settings:
            arguments += ["-c", setting]
        self._process = self._launch(arguments, place, signal.SIGINT)
        pid = self._process.pid
        if await server.until_ready(self._process, lambda: _ready(place.data / "postmaster.pid", pid), READY_SECONDS):
            return True
        await self.kill()
        return False

    async def _create(self, place: Place, since: int) -> None:
        """Makes the data folder beside its final name, so that an interrupted start leaves nothing half made."""
        draft = place.folder / "data.new"
        if draft.exists():
            shutil.rmtree(draft)
        password = place.folder / "password"
        _write_private(password, self._home.secret("postgres"), place)
        arguments: list[str | Path] = [place.programs / "initdb", "-D", draft, "-U", "postgres", f"--pwfile={password}"]
        arguments += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale-provider=builtin"]
        arguments += ["--builtin-locale=C.UTF-8", "--locale=C", "--data-checksums", "--no-instructions"]
        if not self._durable:
            arguments.append("--no-sync")
        try:
            process = self._launch(arguments, place, signal.SIGTERM)
            await server.until_ready(process, lambda: False, CREATE_SECONDS)
            await server.stop(process, ())
        finally:
            password.unlink(missing_ok=True)
        if process.returncode != 0:
            raise self._failure("make its data folder", since)
        draft.rename(place.data)

    def _launch(
        self, arguments: Sequence[str | Path], place: Place, stop_signal: signal.Signals
    ) -> subprocess.Popen[bytes]:
        launch = server.Launch(arguments, place.folder, self._log, stop_signal, place.account)
        return server.start(launch, ENVIRONMENT)

    def _failure(self, deed: str, since: int) -> Unavailable:
        ending = server.last_lines(self._log, since)
        return Unavailable(f"Postgres did not {deed}; its log {self._log} ends so:\n{ending}")


def _write_private(path: Path, text: str, place: Place) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    if place.account:
        os.chown(path, place.account.uid, place.account.gid)


def _ready(pid_file: Path, pid: int) -> bool:
    """Postgres writes its state on the eighth line of postmaster.pid, where pg_ctl reads it too."""
    with suppress(OSError, IndexError):
        lines = pid_file.read_text().splitlines()
        return lines[0].strip() == str(pid) and lines[7].strip() == "ready"
    return False


def _forget_stale_pid(pid_file: Path) -> None:
    """After a kill -9 the number in the file may belong to any program by now; Postgres would refuse to start."""
    with suppress(OSError, ValueError, IndexError):
        pid = int(pid_file.read_text().split()[0])
        with suppress(psutil.NoSuchProcess):
            if psutil.Process(pid).name() == "postgres":
                return
        pid_file.unlink()
