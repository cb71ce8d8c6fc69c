"""The configurations of NATS that we ship, run as they are but for their ports and folders."""

import os
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from shared.bus.connection import connect
from shared.bus.durability import Server, concerns, servers_of
from shared.bus.subjects import EVENTS_STREAM
from shared.bus.topology import provision
from shared.core.errors import Unavailable
from shared.local.server import free_port
from shared.testing.folders import open_folder

ROOT = Path(__file__).parents[2]
NATS = Path(sys.executable).parent / "nats-server"
PASSWORDS = {
    "RETOLD_NATS_PASSWORD": "tservices",
    "RETOLD_NATS_SYSTEM_PASSWORD": "tsystem",
    "RETOLD_NATS_ROUTES_PASSWORD": "troutes",
}


@dataclass(frozen=True)
class Cluster:
    """Where three servers answer."""

    services: str
    system: str


@contextmanager
def configured(folder: Path, name: str, ports: dict[str, int], routes: str) -> Iterator[None]:
    """A server with our two files, its ports and data its own."""
    own = folder / name
    own.mkdir()
    for file in ("nats.conf", "cluster.conf"):
        text = (ROOT / "infra/nats" / file).read_text().replace('"/data"', f'"{own}"')
        for port, mine in ports.items():
            text = re.sub(rf'"0\.0\.0\.0:{port}"', f'"127.0.0.1:{mine}"', text)
        (own / file).write_text(text)
    environment = {**PASSWORDS, "PATH": os.defpath, "RETOLD_NATS_NAME": name, "RETOLD_NATS_ROUTES": routes}
    with (own / "log").open("wb") as log:
        process = subprocess.Popen([NATS, "-c", own / "cluster.conf"], env=environment, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
async def cluster() -> AsyncIterator[Cluster]:
    """Three servers as in production."""
    ports = [{port: free_port(None) for port in ("4222", "6222", "8222")} for _ in range(3)]
    password = PASSWORDS["RETOLD_NATS_ROUTES_PASSWORD"]
    routes = ", ".join(f'"nats-route://route:{password}@127.0.0.1:{each["6222"]}"' for each in ports)
    with open_folder() as folder, ExitStack() as running:
        for number, own in enumerate(ports, start=1):
            running.enter_context(configured(folder, f"nats-{number}", own, f"[{routes}]"))
        yield Cluster(
            ",".join(f"nats://retold:tservices@127.0.0.1:{each['4222']}" for each in ports),
            f"nats://system:tsystem@127.0.0.1:{ports[0]['4222']}",
        )


async def answering(cluster: Cluster, wanted: int) -> list[Server]:
    """The servers, once all have found each other."""
    deadline = time.monotonic() + 30
    servers: list[Server] = []
    while len(servers) < wanted and time.monotonic() < deadline:
        try:
            servers = await servers_of(cluster.system)
        except Unavailable:
            continue
    return servers


async def test_three_servers_form_a_cluster_that_keeps_three_copies_of_the_log(cluster: Cluster) -> None:
    await answering(cluster, 3)
    client = await connect(cluster.services, "test")
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                await provision(client, lease=timedelta(seconds=30), replicas=3)
                break
            except Exception:
                assert time.monotonic() < deadline
        info = await client.jetstream(timeout=10).stream_info(EVENTS_STREAM)
        assert info.config.num_replicas == 3
        assert info.cluster is not None
        assert len(info.cluster.replicas or []) == 2
    finally:
        await client.close()


async def test_every_server_confirms_only_what_is_on_disk(cluster: Cluster) -> None:
    servers = await answering(cluster, 3)
    assert sorted(server.name for server in servers) == ["nats-1", "nats-2", "nats-3"]
    assert all(server.sync_always for server in servers)
    assert concerns(servers, replicas=3) == []


def test_weak_spots_are_told_in_words() -> None:
    weak = concerns([Server("a", "2.15.1", sync_always=False), Server("b", "2.14.9", sync_always=True)], replicas=1)
    assert len(weak) == 3
    assert "(a): set sync_interval: always" in weak[0]
    assert "(b 2.14.9)" in weak[1]
    assert "RETOLD_REPLICAS=3" in weak[2]
