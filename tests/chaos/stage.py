"""The platform as in production: every service a process or two, restarted when it ends, with links of its own."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from shared.local import server
from shared.testing.platform import Platform
from tests.chaos.links import Link, Witness
from tests.chaos.timeline import Timeline

PROCESSES = {"ingest": 1, "scheduler": 2, "runner": 2, "healer": 1}
START_SECONDS = 90.0
RESTART_PAUSE = 0.3


@dataclass
class Instance:
    """One process of a service. `up` is cleared while somebody keeps it down."""

    name: str
    service: str
    port: int
    links: dict[str, Link]
    settings: dict[str, Any]
    log: Path
    process: asyncio.subprocess.Process | None = None
    up: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def signal(self, number: signal.Signals) -> None:
        """To the process and its children, as when it is a machine's fate."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)


class Stage(Platform):
    """A platform without services in this process; `instances` by name are the processes."""

    def __init__(self, home: Path, timeline: Timeline) -> None:
        super().__init__(home, (), durable=True)
        self.timeline = timeline
        self.witness = Witness()
        self.instances: dict[str, Instance] = {}
        self._instances_running = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        try:
            await self._start_instances()
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._instances_running.aclose()
        await super().__aexit__(kind, error, trace)

    async def _start_instances(self) -> None:
        running = self._instances_running
        for service, count in PROCESSES.items():
            for number in range(1, count + 1):
                instance = await self._instance(running, service, f"{service}-{number}" if count > 1 else service)
                self.instances[instance.name] = instance
                await running.enter_async_context(self._keeping_alive(instance))
        async with asyncio.timeout(START_SECONDS):
            await asyncio.gather(*(self.until_it_answers(each) for each in self.instances.values()))

    async def _instance(self, started: AsyncExitStack, service: str, name: str) -> Instance:
        settings = self.settings(service)
        links = {}
        for target, key in (("NATS", "nats_url"), ("Postgres", "postgres_url")):
            upstream = urlsplit(settings[key]).port
            assert upstream is not None
            links[target] = link = Link(upstream, self.witness if target == "NATS" else None)
            port = await link.start()
            started.push_async_callback(link.stop)
            settings[key] = settings[key].replace(f":{upstream}", f":{port}")
        port = server.free_port(None)
        settings |= {"port": port} | ({"slots": 2} if service == "runner" else {})
        return Instance(name, service, port, links, settings, self.home / f"{name}.log")

    @asynccontextmanager
    async def _keeping_alive(self, instance: Instance) -> AsyncIterator[None]:
        instance.up.set()
        keeping = asyncio.create_task(self._keep_alive(instance))
        try:
            yield
        finally:
            keeping.cancel()
            with suppress(asyncio.CancelledError):
                await keeping
            instance.signal(signal.SIGKILL)
            if instance.process is not None:
                await instance.process.wait()

    async def _keep_alive(self, instance: Instance) -> None:
        """As every supervisor of services does."""
        while True:
            await instance.up.wait()
            with instance.log.open("ab") as log:
                instance.process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "services", "serve", instance.service),
                    env={**os.environ, **{f"RETOLD_{k.upper()}": str(v) for k, v in instance.settings.items()}},
                    cwd=Path(__file__).parents[2],
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            code = await instance.process.wait()
            instance.signal(signal.SIGKILL)  # what it leaves behind
            if instance.up.is_set():
                self.timeline.note(instance.name, f"ended by itself (exit code {code}), started again")
            await asyncio.sleep(RESTART_PAUSE)

    async def until_it_answers(self, instance: Instance) -> None:
        """Wait until an instance takes connections."""
        while True:
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", instance.port)
                writer.close()
                return
            await asyncio.sleep(0.1)

    async def take_down(self, instance: Instance) -> None:
        """kill -9, and it stays down."""
        instance.up.clear()
        instance.signal(signal.SIGKILL)
        if instance.process is not None:
            await instance.process.wait()

    def bring_up(self, instance: Instance) -> None:
        """Its supervisor may start it again."""
        instance.up.set()
