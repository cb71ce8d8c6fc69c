"""The contract of the log: one suite for JetStream and for its twin in memory."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Any, Literal
from uuid import UUID

import pytest
from nats.aio.client import Client

from shared.bus import subjects
from shared.bus.jetstream import JetStreamLog
from shared.bus.log import ANY_SEQUENCE, Append, Batch, Context, Log
from shared.bus.memory import MemoryLog
from shared.contracts.catalogue import catalogue
from shared.contracts.scheduler import JobSubmitted, RowDispatched, RowSkipped
from shared.core.errors import Conflict
from shared.core.events import Catalogue, Event, Recorded
from shared.core.time_and_ids import new_id
from shared.local import LocalStack
from shared.runtime import Blueprint, Resources

OpenLog = Callable[[Catalogue], Log]
CONTEXT = Context(UUID(int=5), "ada", "corr", "cause")


@pytest.fixture(scope="module")
async def client(stack: LocalStack, resources_of: Callable[[Blueprint], Any]) -> Client:
    from services.ingest.main import BLUEPRINT

    resources: Resources = await resources_of(BLUEPRINT)
    return resources.nats


@pytest.fixture(params=["memory", "jetstream"])
def log(request: pytest.FixtureRequest, client: Client) -> Log:
    return MemoryLog(catalogue()) if request.param == "memory" else JetStreamLog(client, catalogue())
