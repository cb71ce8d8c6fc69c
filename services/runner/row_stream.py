"""SHELL: a worker's hold on a row, event by event."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from services.runner.aggregates.row_run import Command, Hold, RowRun, row_runs
from shared.bus import subjects
from shared.bus.log import Append, Context
from shared.contracts.scheduler import RowDispatched
from shared.core.errors import Conflict, Refused, RetoldError, Unavailable
from shared.core.events import Event, Recorded
from shared.runtime import Resources


class Fenced(Refused):
    """The row was taken over by another worker, or moved on: drop it."""


class Stopped(RetoldError):
    """A person stopped the job while the row ran."""


@dataclass(slots=True)
class RowStream:
    """A worker's view of a row's stream: every append expects to be the next event after the last one seen."""

    resources: Resources
    dispatched: Recorded
    hold: Hold
    state: RowRun = field(default_factory=RowRun)
    position: int = 0

    async def load(self) -> None:
        """Fold what has happened to the row so far."""
        recorded = await self.resources.log.load(self._stream)
        self.state = row_runs.fold(item.event for item in recorded)
        self.position = recorded[-1].position if recorded else 0
        if self.position < self.dispatched.position:
            raise Unavailable("the log answered from a copy that lags behind; the row is looked at again")

    async def carry_out(self, command: Command, command_id: str) -> Sequence[Event]:
        """Decide and store. Raises `Fenced` when another worker was faster."""
        try:
            events = row_runs.decide(command, self.state)
        except Refused as refusal:
            raise Fenced(refusal.detail) from refusal
        if events:
            context = Context.because_of(self.dispatched, f"runner:{self.hold.worker_id}")
            append = Append(self._stream, events, self.position, f"{self._hold_id}-{command_id}", context)
            try:
                self.position = await self.resources.log.append(append)
            except Conflict as conflict:
                raise Fenced("the row was taken over by another worker") from conflict
            self.state = row_runs.fold(events, self.state)
        return events

    @property
    def _stream(self) -> subjects.Stream:
        event = self.dispatched.event
        assert isinstance(event, RowDispatched)
        return subjects.row(event.job_id, event.row)

    @property
    def _hold_id(self) -> str:
        """Each attempt is a message of its own, whose deliveries count from 1 again."""
        event = self.dispatched.event
        assert isinstance(event, RowDispatched)
        return f"{self.hold.worker_id}-{event.attempt}-{self.hold.delivery}"
