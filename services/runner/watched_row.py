"""PURE: what a row's stream tells of it, for whoever watches the row."""

from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from shared.contracts.heal_cache import stand_in_id
from shared.contracts.healer import HealAccepted, HealRejected
from shared.contracts.runner import NOT_REVIEWED, ArtifactKept, HealProposed, RowFinished, RowStarted, StepIntended
from shared.contracts.scheduler import RowDispatched, RowLost, RowSkipped
from shared.core.events import Event

STORY = (
    *(RowDispatched, RowStarted, RowFinished, RowLost, RowSkipped, ArtifactKept),
    *(HealProposed, StepIntended, HealAccepted, HealRejected),
)


@dataclass(slots=True)
class WatchedRow:
    """A row as far as it is. `files` are those of its newest attempt that has ended."""

    row: int
    status: Literal["pending", "waiting", "waiting_for_review", "running", "success", "failed", "skipped"] = "pending"
    ended: bool = False
    attempt: int = 0
    reason: str | None = None
    failed_step: int | None = None
    heal_id: UUID | None = None  # that a person is to accept or reject
    _asked: UUID | None = None
    _holds_browser: bool = False
    files: list[dict[str, Any]] = field(default_factory=list)

    def see(self, event: Event) -> None:
        """Take in an event of its stream."""
        match event:
            case RowDispatched():
                self.status, self.attempt, self.heal_id = "waiting", event.attempt, None
            case RowStarted():
                self.status, self.attempt, self.files, self.heal_id = "running", event.attempt, [], None
            case HealProposed():
                self.status, self.heal_id, self._holds_browser = "waiting_for_review", event.proposal_id, True
                self._asked = stand_in_id(event.cache_key, event.healed_selector)
            case StepIntended():
                self.status, self.heal_id = "running", None
            case HealAccepted() | HealRejected():
                self._answered(stand_in_id(event.cache_key, event.healed_selector))
            case RowFinished(final=False, error_type=error) if error == NOT_REVIEWED and self.heal_id is not None:
                self._holds_browser = False
                self.reason = event.error_message
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

    def _answered(self, stand_in: UUID) -> None:
        if self.heal_id is not None and self._asked == stand_in:
            self.status, self.heal_id = "running" if self._holds_browser else "waiting", None

    def _ends(self, status: Literal["success", "failed", "skipped"], *, final: bool) -> None:
        self.status, self.ended = (status, True) if final else ("waiting", False)
        self.heal_id = None

    def told(self) -> dict[str, Any]:
        """For a client."""
        return {
            "row_index": self.row,
            "status": self.status,
            "ended": self.ended,
            "attempt": self.attempt,
            "reason": self.reason,
            "failed_step": self.failed_step,
            "heal_id": self.heal_id and str(self.heal_id),
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
            case "waiting_for_review":
                return f"row {self.row} waits for a person: retold heals accept {self.heal_id}, or reject"
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
