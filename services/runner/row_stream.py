"""SHELL: a worker's hold on a row, event by event."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from uuid import UUID

from services.runner.adapters.model_at_hand import ModelAtHand
from services.runner.aggregates.row_run import Command, Hold, RowRun, row_runs
from shared.bus import subjects
from shared.bus.log import Append, Context
from shared.contracts.scheduler import RowDispatched
from shared.core.errors import Conflict, Refused, RetoldError, Unavailable
from shared.core.events import Event, Recorded
from shared.core.time_and_ids import new_id
from shared.runtime import Resources

TRIES = 4


class Fenced(Refused):
    """The row was taken over by another worker, or moved on: drop it."""


class Stopped(RetoldError):
    """A person stopped the job while the row ran."""


@dataclass
class RowStream:
    """A worker's view of a row's stream: every append expects to be the next event after the last one seen."""

    resources: Resources
    dispatched: Recorded
    hold: Hold
    state: RowRun = field(default_factory=RowRun)
    position: int = 0
    model: ModelAtHand | None = None  # which may be asked about elements
    # The ids of appends differ from those of any other hold: what this worker stored when it had the same row before
    # must not count as stored now.
    _holding: UUID = field(default_factory=new_id)
    _writing: asyncio.Lock = field(default_factory=asyncio.Lock)  # a refusal may be told while a step is performed

    @property
    def event(self) -> RowDispatched:
        """The dispatch that the worker was handed."""
        event = self.dispatched.event
        assert isinstance(event, RowDispatched)
        return event

    async def begin(self) -> None:
        """Know what has happened to the row so far.

        At a first delivery the dispatch is most likely the last event, and its attempt begins with it: nothing is
        read. Should it be wrong, the first append is refused, and then the stream is read.
        """
        if self.hold.delivery > 1:
            await self._load()
            return
        self.state, self.position = row_runs.fold([self.event]), self.dispatched.position

    async def carry_out(self, command: Command, command_id: str, kind: str = "evt") -> Sequence[Event]:
        """Decide and store; where the stream has moved, look and decide again.

        Raises `Fenced` when the row is not this worker's any more, `Unavailable`.
        """
        async with self._writing:
            return await self._carry_out(command, command_id, kind)

    async def _carry_out(self, command: Command, command_id: str, kind: str) -> Sequence[Event]:
        for _ in range(TRIES):
            try:
                events = row_runs.decide(command, self.state)
            except Refused as refusal:
                raise Fenced(refusal.detail) from refusal
            if not events:
                return events
            command_id = f"{self._holding}-{command_id}"
            append = Append(self._stream, events, self.position, command_id, self._context, kind)
            try:
                self.position = await self.resources.log.append(append)
            except Conflict:
                await self._load()
                continue
            self.state = row_runs.fold(events, self.state)
            return events
        raise Unavailable(f"{self._stream} kept changing while worker {self.hold.worker_id} wrote to it")

    async def _load(self) -> None:
        recorded = await self.resources.log.load(self._stream)
        if recorded.position < self.dispatched.position:
            raise Unavailable("the log answered from a copy that lags behind; the row is looked at again")
        self.state, self.position = row_runs.fold(item.event for item in recorded), recorded.position

    @cached_property
    def _context(self) -> Context:
        return Context.because_of(self.dispatched, f"runner:{self.hold.worker_id}")

    @cached_property
    def _stream(self) -> subjects.Stream:
        return subjects.row(self.event.job_id, self.event.row)
