"""An admission that sees events as a log would tell them."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from services.scheduler.policies import Admission
from services.scheduler.progress import DispatchRow
from shared.contracts.runner import RowFinished, RowStarted
from shared.contracts.scheduler import (
    JobCreated,
    JobOptions,
    JobSubmitted,
)
from shared.core.events import Event, Recorded

ORG = UUID(int=9)
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
A, B = UUID(int=1), UUID(int=2)


class Desk:
    """An admission that sees events as a log would tell them."""

    def __init__(self, cap: int = 100) -> None:
        self.admission = Admission(cap)
        self.position = 10
        self.now = AT

    def see(self, *events: Event) -> None:
        for event in events:
            self.position += 1
            args = (self.position, 0, UUID(int=self.position), "evt.x", self.now, ORG, "ada", "corr", None, event)
            self.admission.see(Recorded(*args))

    def submit(self, job: UUID = A, total_rows: int = 3, **changes: Any) -> None:
        usual: dict[str, Any] = {
            "job_id": job,
            "user_id": UUID(int=5),
            "recording_id": UUID(int=6),
            "recording_name": "Add",
            "revision": 4,
            "columns": [],
            "field_mapping": {},
            "unmapped": [],
            "secret_columns": [],
            "total_rows": total_rows,
            "concurrency": 2,
            "stop_on_error": False,
            "options": JobOptions(),
        }
        self.see(JobCreated(**{**usual, **changes}), JobSubmitted(job_id=job))

    def due(self) -> list[Any]:
        return [order for _, order in self.admission.due(self.now)]

    def dispatched(self) -> list[tuple[UUID, int, int, int]]:
        """Job, row, attempt and expected position of what may start now; the log takes it all."""
        orders = [order for order in self.due() if isinstance(order, DispatchRow)]
        self.see(*(order.event for order in orders))
        return [(order.event.job_id, order.event.row, order.event.attempt, order.expected) for order in orders]

    def rows(self) -> list[int]:
        return [row for _, row, _, _ in self.dispatched()]

    def finish(self, row: int, status: str = "success", *, job: UUID = A, attempt: int = 1, final: bool = True) -> None:
        self.see(
            RowStarted(job_id=job, row=row, attempt=attempt, worker_id="w", delivery=1),
            RowFinished.model_validate(
                {"job_id": job, "row": row, "attempt": attempt, "worker_id": "w", "status": status, "final": final}
                | {"duration": 1, "steps": []}
            ),
        )
