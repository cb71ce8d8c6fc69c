"""What a watcher is told of a row, from its stream alone."""

from uuid import uuid4

from services.runner.watched_row import WatchedRow
from shared.contracts.runner import ArtifactKept, RowFinished, RowStarted
from shared.contracts.scheduler import RowDispatched, RowLost, RowSkipped
from shared.core.events import Event

JOB = uuid4()
DISPATCHED = RowDispatched(job_id=JOB, row=3, attempt=1, attempts=2, recording_id=uuid4(), revision=1)
STARTED = RowStarted(job_id=JOB, row=3, attempt=1, worker_id="w", delivery=1)
PICTURE = ArtifactKept(
    job_id=JOB, row=3, attempt=1, kind="screenshot", name="error.jpg", digest="ab", media_type="image/jpeg", size=5
)


def finished(*, status: str, final: bool) -> RowFinished:
    given = {"job_id": JOB, "row": 3, "attempt": 1, "worker_id": "w", "duration": 5, "steps": []}
    wrong = {} if status == "success" else {"error_type": "not_found", "error_message": "nothing", "failed_step": 2}
    return RowFinished.model_validate({**given, **wrong, "status": status, "final": final})


def after(*events: Event) -> WatchedRow:
    watched = WatchedRow(3)
    for event in events:
        watched.see(event)
    return watched


def test_a_row_goes_from_pending_over_running_to_its_end() -> None:
    assert (after().status, after().ended) == ("pending", False)
    assert after(DISPATCHED).status == "waiting"
    assert after(DISPATCHED, STARTED).status == "running"
    ended = after(DISPATCHED, STARTED, finished(status="success", final=True))
    assert (ended.status, ended.ended, ended.reason) == ("success", True, None)


def test_an_attempt_that_another_follows_is_not_the_end() -> None:
    tried = after(DISPATCHED, STARTED, finished(status="failed", final=False))
    assert (tried.status, tried.ended) == ("waiting", False)
    assert "attempt 1" in tried.in_words()
    lost = RowLost(job_id=JOB, row=3, attempt=1, final=True, error_type="worker_lost", error_message="gone")
    assert after(DISPATCHED, STARTED, lost).reason == "worker_lost: gone"
    skipped = after(RowSkipped(job_id=JOB, row=3, reason="cancelled"))
    assert (skipped.status, skipped.ended, skipped.reason) == ("skipped", True, "cancelled")


def test_who_asks_for_a_picture_too_late_is_told_of_those_that_were_kept() -> None:
    ended = after(DISPATCHED, STARTED, finished(status="failed", final=True), PICTURE)
    assert "/runner/v1/files/ab" in ended.why_no_picture()
    assert ended.told()["files"][0]["name"] == "error.jpg"
    again = after(DISPATCHED, STARTED, finished(status="failed", final=False), PICTURE, STARTED)
    assert again.files == []
