"""A system to archive, and an archive of it."""

from pathlib import Path

import pytest
from nats.aio.client import Client

from shared.audit.archiver import System
from shared.bus.subjects import LINES_STREAM
from shared.core.time_and_ids import new_id
from shared.objects import Store
from tests.integration.archive.archives import EVENTS, LINES, archived, place_in, seal, system_on
from tests.integration.tampering import publish


@pytest.fixture
async def system(nats_client: Client, tmp_path: Path) -> System:
    """A system with a sealed log, lines of which the first have expired, and two files."""
    await publish(nats_client, EVENTS)
    await publish(nats_client, LINES)
    await nats_client.jetstream().purge_stream(LINES_STREAM, seq=2)
    await seal(nats_client)
    system = system_on(nats_client, tmp_path)
    for content in (b"one", b"two"):
        await system.objects.put(new_id(), content)
    return system


@pytest.fixture
async def place(system: System, tmp_path: Path) -> Store:
    """The system's archive."""
    place = place_in(tmp_path)
    await archived(system, place)
    return place
