"""A job's progress as its live events tell it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from services.cli.watching import Progress, went_well

BEGAN = datetime(2026, 3, 1, tzinfo=UTC)


def told(kind: str, seconds: float, **fields: Any) -> dict[str, Any]:
    return {"type": kind, "at": (BEGAN + timedelta(seconds=seconds)).isoformat(), **fields}


def finished(row: int, seconds: float, status: str = "success", **fields: Any) -> dict[str, Any]:
    return told("RowFinished", seconds, row=row, status=status, **{"duration": 1000, "final": True, **fields})


def test_rows_are_counted_once_each_and_the_rate_is_theirs() -> None:
    progress = Progress(total=10)
    for row in range(4):
        progress.see(told("RowStarted", 0, row=row))
    assert (len(progress.running), progress.rate) == (4, None)
    for row in range(4):
        progress.see(finished(row, row + 1))
    assert (progress.successful, progress.finished, progress.running) == (4, 4, set())
    assert progress.rate == 1.0
    assert progress.seconds_left == 6.0


def test_an_attempt_that_is_tried_again_is_no_failed_row() -> None:
    progress = Progress(total=1)
    line = progress.see(finished(0, 1, "failed", final=False, error_type="timeout", error_message="slow"))
    assert line is not None
    assert "tried again" in line
    progress.see(finished(0, 2))
    assert (progress.successful, progress.failed) == (1, 0)


def test_a_failed_row_tells_its_step_and_its_error_in_one_plain_line() -> None:
    progress = Progress(total=1)
    failure = {"failed_step": 3, "error_type": "not_found", "error_message": "no\x1b[2J\nbutton"}
    line = progress.see(finished(0, 1, "failed", **failure))
    assert line == "row 0 failed in 1.0 s at step 3: not_found no�[2J button"
    assert list(progress.newest) == [line]


def test_skipped_rows_are_not_waited_for() -> None:
    progress = Progress(total=3)
    progress.see(told("RowStarted", 0, row=0))
    progress.see(finished(0, 1))
    progress.see(told("JobStopping", 1, reason="cancelled"))
    progress.see(told("RowSkipped", 1, row=1, reason="cancelled"))
    progress.see(told("RowSkipped", 1, row=2, reason="cancelled"))
    assert (progress.skipped, progress.seconds_left, progress.stopping) == (2, 0.0, "cancelled")
    progress.see(told("JobEnded", 2, status="cancelled"))
    assert progress.status == "cancelled"


def test_only_a_completed_job_without_failed_rows_went_well() -> None:
    assert went_well({"status": "completed", "failed_rows": 0})
    assert not went_well({"status": "completed", "failed_rows": 1})
    assert not went_well({"status": "cancelled", "failed_rows": 0})
