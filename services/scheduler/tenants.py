"""PURE: an organization's jobs, and which of them may start a row next."""

from dataclasses import dataclass, field

from services.scheduler.fairness import Line, Share
from services.scheduler.progress import DispatchRow, JobProgress

URGENT = 90  # above it, jobs are served before all others of their organization


@dataclass(slots=True, eq=False)
class Tenant:
    """An organization's jobs that want to start rows: the urgent ones, then the others."""

    share: "Share[Tenant]" = field(init=False)
    urgent: Line[JobProgress] = field(default_factory=Line)
    normal: Line[JobProgress] = field(default_factory=Line)

    def line_of(self, priority: int) -> Line[JobProgress]:
        """Where a job of this priority stands."""
        return self.urgent if priority > URGENT else self.normal

    def call(self) -> tuple[JobProgress, DispatchRow] | None:
        """The next job that can start a row, and the row."""
        for line in (self.urgent, self.normal):
            while (share := line.call()) is not None:
                order = share.who.start_next()
                if order is not None:
                    return share.who, order
        return None


def weight_of(priority: int) -> float:
    """A job of priority 10 gets twice as many turns as one of priority 0, one of 90 ten times as many."""
    return 1 + priority / 10
