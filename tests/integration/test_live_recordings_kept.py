"""What was recorded in a live browser is kept by ingest: once, its secrets sealed, or put aside with the reason."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from services.ingest import handlers
from services.ingest.main import BLUEPRINT
from shared.bus import subjects
from shared.bus.log import Append, Context
from shared.contracts.ingest import RecordingImported
from shared.contracts.live_recording import BrowserSessionEnded
from shared.core.errors import InvalidInput
from shared.core.events import Recorded
from shared.core.time_and_ids import new_id
from shared.runtime import Resources
from tests.conftest import OpenResources


def step(number: int, event: str, **more: Any) -> dict[str, Any]:
    return {"stepNumber": number, "event": event, "navigation": {"type": "same_page"}, "bundle": {}, **more}


async def ended(resources: Resources, **recording: Any) -> Recorded:
    """The end of a session, as the log tells it."""
    session, org = new_id(), new_id()
    event = BrowserSessionEnded(
        session_id=session,
        recording_id=new_id(),
        user_id=new_id(),
        status="terminated",
        reason="stopped",
        message="The recording was stopped.",
        name="Live",
        recording={"name": "Live", "starting_url": "https://crm.example/", **recording} if recording else None,
    )
    stream = subjects.browser_session(session)
    await resources.log.append(Append(stream, [event], 0, str(session), Context(org, "runner:one")))
    (recorded,) = await resources.log.load(stream)
    return recorded


async def kept(resources: Resources, recorded: Recorded) -> list[Recorded]:
    event = recorded.event
    assert isinstance(event, BrowserSessionEnded)
    return list(await resources.log.load(subjects.recording(event.recording_id)))


async def test_it_is_kept_once_under_its_promised_id_with_its_secrets_sealed(resources_of: OpenResources) -> None:
    resources = await resources_of(BLUEPRINT)
    password = {"elementTag": "input", "elementType": "password"}
    steps = [
        step(1, "navigate", value="https://crm.example/"),
        step(2, "type", selector="#word", label="Word", value="geheim", metadata=password),
    ]
    recorded = await ended(resources, steps=steps, recording_method="cloud_browser")
    for _ in range(2):  # the event comes at least once
        await handlers.keep_live_recording(resources, recorded)
    (imported,) = await kept(resources, recorded)
    event = imported.event
    assert isinstance(event, RecordingImported)
    assert (event.name, event.recording_method, event.recording_id) == (
        "Live",
        "cloud_browser",
        UUID(subjects.stream_of(imported.subject).id),
    )
    assert (imported.org, imported.cause) == (recorded.org, str(recorded.id))
    assert "geheim" not in event.model_dump_json()


async def test_what_cannot_be_imported_is_refused_with_the_reason(resources_of: OpenResources) -> None:
    resources = await resources_of(BLUEPRINT)
    recorded = await ended(resources, steps=[step(1, "levitate")])
    with pytest.raises(InvalidInput, match="levitate"):
        await handlers.keep_live_recording(resources, recorded)
    assert not await kept(resources, recorded)


async def test_a_session_without_a_recording_leaves_none(resources_of: OpenResources) -> None:
    resources = await resources_of(BLUEPRINT)
    recorded = await ended(resources)
    await asyncio.gather(handlers.keep_live_recording(resources, recorded))
    assert not await kept(resources, recorded)
