"""Everything that comes of one request hangs together: each event names the one that it follows from."""

import asyncio
from typing import Any

from shared.bus.connection import connect, disconnect
from shared.bus.jetstream import JetStreamLog
from shared.bus.log import Log
from shared.bus.subjects import job, rows_of
from shared.contracts.catalogue import catalogue
from shared.core.events import Recorded
from shared.testing.platform import Platform
from shared.testing.sites import Sites
from tests.e2e.recordings import people, register


async def told_of(log: Log, job_id: Any) -> list[Recorded]:
    """All events of a job and its rows."""
    return [*await log.load(job(job_id)), *await log.read(rows_of(job_id))]


async def test_a_job_is_one_tree_from_its_creation_to_its_end(platform: Platform, sites: Sites) -> None:
    recording = await platform.import_recording(register(sites.url))
    submitted = await platform.run_job(recording["id"], people(2))
    await platform.ended(submitted["id"])
    client = await connect(platform.stack.nats_url, "test")
    try:
        recorded = await told_of(JetStreamLog(client, catalogue()), submitted["id"])
    finally:
        await disconnect(client)
    ids = {str(item.id): type(item.event).__name__ for item in recorded}
    follows = {(type(item.event).__name__, ids.get(item.cause or "")) for item in recorded}
    assert ("JobCreated", None) in follows
    assert {effect for effect, cause in follows if cause is None} == {"JobCreated"}
    assert {
        ("JobSubmitted", "JobRowsAdded"),
        ("RowDispatched", "JobSubmitted"),
        ("RowStarted", "RowDispatched"),
        ("RowFinished", "RowDispatched"),
        ("JobEnded", "RowFinished"),
    } <= follows


async def test_what_a_person_stops_hangs_on_the_stop(platform: Platform, sites: Sites) -> None:
    recording = await platform.import_recording(register(sites.url, "?delay=0.3"))
    submitted = await platform.run_job(recording["id"], people(9), concurrency=1)
    await asyncio.sleep(0.5)
    assert (await platform.client.post(f"/scheduler/v1/jobs/{submitted['id']}/cancel")).status_code == 202
    await platform.ended(submitted["id"])
    client = await connect(platform.stack.nats_url, "test")
    try:
        recorded = await told_of(JetStreamLog(client, catalogue()), submitted["id"])
    finally:
        await disconnect(client)
    ids = {str(item.id): type(item.event).__name__ for item in recorded}
    skipped = {ids.get(item.cause or "") for item in recorded if type(item.event).__name__ == "RowSkipped"}
    assert skipped == {"JobStopping"}
