"""The log on three nodes: one winner a race, and nothing that was confirmed is lost with a node."""

import asyncio
import random
import stat
import subprocess

import pytest

from shared.local import NatsCluster
from shared.local.nats_server import nats_binary
from tests.chaos.clusters import empty_log
from tests.chaos.races import (
    Load,
    clients_of,
    kill_the_leader,
    rounds_with_several_winners,
    rounds_with_several_winners_where_filters_differ,
    until_all_are_current,
)


def test_the_configuration_of_a_node_is_valid_and_for_its_owners_eyes(cluster: NatsCluster) -> None:
    for node in cluster.nodes:
        checked = subprocess.run(
            [str(nats_binary()), "-t", "-c", str(node.configuration)], capture_output=True, text=True, check=False
        )
        assert checked.returncode == 0, checked.stderr
        assert "is valid" in checked.stderr
        assert stat.S_IMODE(node.configuration.stat().st_mode) == 0o600


async def test_of_concurrent_writers_on_three_nodes_never_two_win(cluster: NatsCluster) -> None:
    async with empty_log(cluster), clients_of([node.url for node in cluster.nodes]) as clients:
        assert await rounds_with_several_winners(clients, 100) == 0


async def test_two_spellings_of_a_filter_would_let_two_win(cluster: NatsCluster) -> None:
    """Why `subjects.py` alone spells a filter. Should this fail, the server has closed the hazard: rejoice."""
    async with empty_log(cluster), clients_of([node.url for node in cluster.nodes]) as clients:
        for _ in range(10):  # whether two of them meet is a matter of luck
            if await rounds_with_several_winners_where_filters_differ(clients, 50):
                return
    pytest.fail("in 500 rounds nobody won twice")


@pytest.mark.timeout(120)
async def test_what_was_confirmed_survives_the_death_of_the_leader_and_is_there_once(cluster: NatsCluster) -> None:
    async with empty_log(cluster) as client, clients_of([cluster.url]) as clients:
        load, stop = Load(seed=1), asyncio.Event()
        writing = asyncio.create_task(load.write(clients, stop))
        await kill_the_leader(cluster, random.Random(1))
        await until_all_are_current(client)
        stop.set()
        await writing
        assert len(load.confirmed) > 100
        assert load.repeated > 10
        assert await load.what_is_wrong(client) == []
