"""PURE: what a row's stream tells of it, for whoever watches the row."""

from dataclasses import dataclass, field
from typing import Any, Literal

from shared.contracts.runner import ArtifactKept, RowFinished, RowStarted
from shared.contracts.scheduler import RowDispatched, RowLost, RowSkipped
from shared.core.events import Event

STORY = (RowDispatched, RowStarted, RowFinished, RowLost, RowSkipped, ArtifactKept)


@dataclass(slots=True)
class WatchedRow:
    """A row as far as it is. `files` are those of its newest attempt that has ended."""

    row: int
    status: Literal["pending", "waiting", "running", "success", "failed", "skipped"] = "pending"
    ended: bool = False
    attempt: int = 0
    reason: str | None = None
    failed_step: int | None = None
    files: list[dict[str, Any]] = field(default_factory=list)

    def see(self, event: Event) -> None:
        """Take in an event of its stream."""
        match event:
            case RowDispatched():
                self.status, self.attempt = "waiting", event.attempt
            case RowStarted():
                self.status, self.attempt, self.files = "running", event.attempt, []
            case RowFinished():
                self._ends(event.status, final=event.final)
                self.failed_step = event.failed_step
                self.reason = event.error_message and f"{event.error_type}: {event.error_message}"
            case RowLost():
                self._ends("failed", final=event.final)
                self.failed_step, self.reason = event.failed_step, f"{event.error_type}: {event.error_message}"
            case RowSkipped():
                self._ends("skipped", final=True)
                self.reason = event.reason
            case ArtifactKept():
                self.files.append(_file(event))

    def _ends(self, status: Literal["success", "failed", "skipped"], *, final: bool) -> None:
        self.status, self.ended = (status, True) if final else ("waiting", False)

    def told(self) -> dict[str, Any]:
        """For a client."""
        return {
            "row_index": self.row,
            "status": self.status,
            "ended": self.ended,
            "attempt": self.attempt,
            "reason": self.reason,
            "failed_step": self.failed_step,
            "message": self.in_words(),
            "files": self.files,
        }

    def in_words(self) -> str:
        """One clause about where it is."""
        match self.status:
            case "pending":
                return f"row {self.row} has not been handed out yet"
            case "waiting":
                again = f" (attempt {self.attempt})" if self.attempt > 1 or self.reason else ""
                return f"row {self.row} waits for a runner{again}"
            case "running":
                return f"row {self.row} runs, attempt {self.attempt}"
            case status:
                return f"row {self.row} has ended: {status}"

    def why_no_picture(self) -> str:
        """What to say to somebody who asks for one now."""
        if self.status == "running":
            return f"row {self.row} runs, and its page gave no picture in time; ask again"
        kept = [file["url"] for file in self.files if file["type"] == "screenshot"]
        stored = f"; pictures that were kept of it: {', '.join(kept)}" if kept else ""
        return f"{self.in_words()}, so there is nothing to be seen now{stored}"


def _file(event: ArtifactKept) -> dict[str, Any]:
    return {
        "type": event.kind,
        "name": event.name,
        "step_number": event.step_number,
        "size": event.size,
        "url": f"/runner/v1/files/{event.digest}",
    }
