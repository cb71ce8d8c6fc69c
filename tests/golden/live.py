"""Two recordings in a live browser: one that is stopped, and one whose runner is lost."""

from datetime import timedelta

from shared.bus import subjects
from shared.contracts.live_recording import (
    BrowserSessionEnded,
    BrowserSessionIdled,
    BrowserSessionResumed,
    BrowserSessionStarted,
    RecordingTold,
)
from tests.golden.samples import BEGIN, ORIGIN, PATH, STEPS, TYPED, WORKER
from tests.golden.teller import Story

TOLD_AT = 1_773_500_966_535


def recordings_in_live_browsers(teller: Story) -> None:
    """What is told while people record."""
    for number, name in enumerate(("Add a person", None)):
        session, recording = teller.id("browser session", number), teller.id("live recording", number)
        stream, owner = subjects.browser_session(session), teller.id("owner")
        started = BrowserSessionStarted(
            session_id=session,
            recording_id=recording,
            user_id=owner,
            name=name,
            url=ORIGIN + PATH,
            width=1280,
            height=720,
            on_screen=False,
            worker_id=WORKER,
            address="http://127.0.0.1:8080",
            started_at=BEGIN,
            expires_at=BEGIN + timedelta(minutes=60),
            idle_seconds=900,
        )
        teller.tell(stream, started)
        if name is None:
            ended = {
                "status": "error",
                "reason": "worker_lost",
                "message": "The runner that held the browser was lost.",
            }
            teller.tell(stream, BrowserSessionEnded(**_of(started), **ended))
            continue
        told = {"kind": "step", "id": "k3f9.2", "at": TOLD_AT, "tab": 1, "step": TYPED}
        teller.tell(
            stream,
            RecordingTold(session_id=session, number=1, told=[told], edits=[{"id": "k3f9.2", "label": "Full name"}]),
            kind="told",
        )
        teller.tell(stream, BrowserSessionIdled(session_id=session))
        teller.tell(stream, BrowserSessionResumed(session_id=session))
        whole = {"name": name, "starting_url": ORIGIN + PATH, "recording_method": "cloud_browser", "steps": STEPS[:2]}
        teller.tell(
            stream,
            BrowserSessionEnded(
                **_of(started),
                status="terminated",
                reason="stopped",
                message="The recording was stopped. Its recording has 2 steps.",
                name=name,
                recording=whole,
            ),
        )


def _of(started: BrowserSessionStarted) -> dict[str, object]:
    return started.model_dump(include={"session_id", "recording_id", "user_id"})
