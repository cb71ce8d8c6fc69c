"""Three NATS nodes that replicate, on one machine: to see what only a cluster does."""

import asyncio
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import nats.errors

from shared.bus.connection import connect
from shared.core.errors import Unavailable
from shared.local import server
from shared.local.home import Home
from shared.local.nats_server import Member, NatsServer

NODES = 3
LEADER_SECONDS = 30.0


class NatsCluster:
    """An async context manager: inside it three nodes of one cluster run on 127.0.0.1, data under `home`.

    Streams need `replicas=3` to be on all of them. Not `durable` as for `LocalStack`.
    Raises `Unavailable` when the folder is in use, a node does not start, or no leader is elected.
    """

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self._home = Home(home)
        self._durable = durable
        self.nodes: tuple[NatsServer, ...] = ()

    async def __aenter__(self) -> Self:
        self._home.hold()
        try:
            ports = [server.free_port(self._home.port(f"nats-{number}-routes")) for number in range(1, NODES + 1)]
            self.nodes = tuple(self._node(number, ports) for number in range(1, NODES + 1))
            await asyncio.gather(*(node.start() for node in self.nodes))
            await self._until_there_is_a_leader()
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    @property
    def url(self) -> str:
        """Where clients connect: all nodes, with user and password."""
        return ",".join(node.url for node in self.nodes)

    def node(self, name: str) -> NatsServer:
        """A node by the name that NATS knows it by."""
        return next(node for node in self.nodes if node.name == name)

    async def leader(self, stream: str) -> NatsServer:
        """The node that a stream's writes go through now. Waits for an election that is under way."""
        client = await connect(self.url, "retold-cluster")
        try:
            async with asyncio.timeout(LEADER_SECONDS):
                while True:
                    with suppress(nats.errors.Error, TimeoutError):
                        cluster = (await client.jetstream(timeout=2).stream_info(stream)).cluster
                        if cluster is not None and cluster.leader:
                            return self.node(cluster.leader)
                    await asyncio.sleep(0.05)
        except TimeoutError as silence:
            raise Unavailable(f"stream {stream} has no leader: fewer than two of its nodes run") from silence
        finally:
            await client.close()

    def _node(self, number: int, ports: list[int]) -> NatsServer:
        own = ports[number - 1]
        self._home.remember_port(f"nats-{number}-routes", own)
        member = Member(f"nats-{number}", own, tuple(port for port in ports if port != own))
        return NatsServer(self._home, durable=self._durable, member=member)

    async def _until_there_is_a_leader(self) -> None:
        client = await connect(self.url, "retold-cluster")
        try:
            async with asyncio.timeout(LEADER_SECONDS):
                while True:
                    with suppress(nats.errors.Error, TimeoutError):
                        await client.jetstream(timeout=1).account_info()
                        return
                    await asyncio.sleep(0.05)
        except TimeoutError as silence:
            raise Unavailable(f"the NATS nodes elected no leader; their logs are in {self._home.logs}") from silence
        finally:
            await client.close()

    async def _stop(self) -> None:
        await asyncio.gather(*(node.stop() for node in self.nodes))
        self._home.release()
