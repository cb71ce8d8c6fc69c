"""The real stack, once a session: NATS, Postgres, and what a service is built from."""

import asyncio
import base64
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
import structlog
from nats.aio.client import Client

from shared.bus.connection import connect, disconnect
from shared.bus.topology import provision
from shared.core.time_and_ids import new_id
from shared.local import LocalStack
from shared.local.home import Home
from shared.local.nats_server import NatsServer
from shared.ops.settings import Settings
from shared.runtime import Blueprint, Resources, open_resources
from shared.testing.folders import open_folder

os.environ["COLUMNS"] = "200"  # tables are as wide everywhere, also where no terminal says how wide it is


def pytest_xdist_auto_num_workers() -> int:
    """Tests wait for servers and browsers part of their time: half as many again as there are cores."""
    return max(2, (os.cpu_count() or 1) * 3 // 2)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where real browsers and processes race, a test that fails is run once more; the summary names it (RERUN)."""
    for item in items:
        if item.path.relative_to(item.config.rootpath).parts[1] != "unit":
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(autouse=True)
def own_logging() -> Iterator[None]:
    """What a test says about logging holds for that test: a stream that was captured is closed afterwards."""
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    yield
    root.setLevel(level)
    root.handlers[:] = handlers
    if structlog.is_configured():
        structlog.reset_defaults()


OpenResources = Callable[[Blueprint], Awaitable[Resources]]


def settings_on(stack: LocalStack, blueprint: Blueprint, objects_url: str, **given: Any) -> Settings:
    """A service's settings on a stack of the tests."""
    defaults: dict[str, Any] = {
        "nats_url": stack.nats_url,
        "postgres_url": stack.postgres_url(blueprint.name),
        "master_key": base64.b64encode(bytes(range(32))).decode(),
        "objects_url": objects_url,
        "api_tokens": f"{new_id()}:{'0' * 64}",
        "allow_addresses": "loopback",  # where the sites of the tests are
        "anthropic_api_key": "",  # no test asks a model of this machine's owner
    }
    return blueprint.settings(**{**defaults, **given})


@asynccontextmanager
async def stack_in_a_folder() -> AsyncIterator[LocalStack]:
    """NATS and an empty Postgres that end with the context."""
    with open_folder() as folder:
        async with LocalStack(folder / "home", durable=False) as running:
            yield running


@asynccontextmanager
async def opening_resources(stack: LocalStack) -> AsyncIterator[OpenResources]:
    """Gives a service's resources, opened once each; closes them all."""
    opened: dict[str, Resources] = {}
    stopping = asyncio.Event()
    with open_folder() as folder:
        async with AsyncExitStack() as open_ones:

            async def resources_of(blueprint: Blueprint) -> Resources:
                if blueprint.name not in opened:
                    settings = settings_on(stack, blueprint, (folder / "objects").as_uri())
                    opening = open_resources(blueprint, settings, stopping)
                    opened[blueprint.name] = await open_ones.enter_async_context(opening)
                return opened[blueprint.name]

            yield resources_of


@pytest.fixture(scope="session")
async def stack() -> AsyncIterator[LocalStack]:
    """One stack for all tests that keep apart by fresh ids."""
    async with stack_in_a_folder() as running:
        yield running


@pytest.fixture(scope="session")
async def resources_of(stack: LocalStack) -> AsyncIterator[OpenResources]:
    """What a blueprint's service is built from, on the session's stack."""
    async with opening_resources(stack) as open_one:
        yield open_one


@pytest.fixture
async def nats_server() -> AsyncIterator[NatsServer]:
    """A NATS of the test's own, with an empty log; it may be restarted."""
    with open_folder() as folder:
        home = Home(folder / "home")
        home.hold()
        server = NatsServer(home, durable=False)
        await server.start()
        client = await connect(server.url, "provision")
        await provision(client, lease=timedelta(seconds=30))
        await client.close()
        try:
            yield server
        finally:
            await server.stop()
            home.release()


@pytest.fixture
async def nats_client(nats_server: NatsServer) -> AsyncIterator[Client]:
    """A connection to the test's own NATS."""
    client = await connect(nats_server.url, "test")
    yield client
    await disconnect(client)
