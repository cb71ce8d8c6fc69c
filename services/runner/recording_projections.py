"""Read model of the browsers in which people record."""

from collections.abc import Sequence

from shared.bus.subjects import BROWSER_SESSIONS
from shared.contracts.live_recording import (
    BrowserSessionEnded,
    BrowserSessionIdled,
    BrowserSessionResumed,
    BrowserSessionStarted,
)
from shared.core.events import Recorded
from shared.db.queries import load_queries
from shared.projections import Connection, Projection

queries = load_queries(__file__)


async def _project_sessions(connection: Connection, items: Sequence[Recorded]) -> None:
    for item in items:
        match item.event:
            case BrowserSessionStarted() as event:
                await queries.add_recording_session(
                    connection,
                    id=event.session_id,
                    organization_id=item.org,
                    recording_id=event.recording_id,
                    user_id=event.user_id,
                    name=event.name,
                    url=event.url,
                    on_screen=event.on_screen,
                    worker_id=event.worker_id,
                    address=event.address,
                    at=item.at,
                    expires_at=event.expires_at,
                )
            case BrowserSessionIdled() as event:
                await queries.move_recording_session(connection, id=event.session_id, status="idle", at=item.at)
            case BrowserSessionResumed() as event:
                await queries.move_recording_session(connection, id=event.session_id, status="active", at=item.at)
            case BrowserSessionEnded() as event:
                await queries.end_recording_session(
                    connection,
                    id=event.session_id,
                    status=event.status,
                    reason=event.reason,
                    message=event.message,
                    name=event.name,
                    step_count=len(event.recording["steps"]) if event.recording else 0,
                    at=item.at,
                )


RECORDING_SESSIONS = Projection(
    "recording_sessions",
    (BROWSER_SESSIONS,),
    ("recording_sessions",),
    _project_sessions,
    events=(BrowserSessionStarted, BrowserSessionIdled, BrowserSessionResumed, BrowserSessionEnded),
)
