"""Carrying out commands on streams that grow long: the state is kept, and only what came since is loaded."""

import asyncio
import random
from collections import OrderedDict
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from shared.bus.commands import ATTEMPTS, Decided
from shared.bus.log import Append, Context, Log
from shared.bus.subjects import Stream
from shared.core.decider import Decider
from shared.core.errors import Conflict, NotFound
from shared.core.time_and_ids import new_id

STREAMS_KEPT = 500

C = TypeVar("C")
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class _Seen(Generic[S]):
    """A stream's state up to a position, and whose it is."""

    state: S
    position: int = 0
    org: UUID | None = None


class Remembering(Generic[C, S]):
    """`shared.bus.commands.carry_out` for one decider, with the states of the streams that were last used at hand."""

    def __init__(self, log: Log, decider: Decider[C, S], kept: int = STREAMS_KEPT) -> None:
        self._log, self._decider, self._kept = log, decider, kept
        self._seen: OrderedDict[Stream, _Seen[S]] = OrderedDict()

    async def carry_out(
        self, stream: Stream, command: C, context: Context, command_id: str | None = None
    ) -> Decided[S]:
        """Decide `command` on the newest state of `stream` and store the outcome; raises as `carry_out` does."""
        command_id = command_id or str(new_id())
        for attempt in range(ATTEMPTS):
            seen = await self.seen(stream)
            if seen.org is not None and seen.org != context.org:
                raise NotFound(f"no {stream.aggregate} {stream.id} in this organization")
            events = self._decider.decide(command, seen.state)
            if not events:
                return Decided(seen.state, seen.position, changed=False)
            try:
                position = await self._log.append(Append(stream, events, seen.position, command_id, context))
            except Conflict:
                await asyncio.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311
                continue
            return Decided(self._decider.fold(events, seen.state), position, changed=True)
        raise Conflict(f"{stream} kept changing while we wrote to it; try again")

    async def seen(self, stream: Stream) -> _Seen[S]:
        """The stream as it is now. What we write ourselves is loaded too: only the log says what it came to."""
        known = self._seen.get(stream) or _Seen(self._decider.initial)
        newer = await self._log.load(stream, known.position)
        if newer.position > known.position:
            state = self._decider.fold((each.event for each in newer), known.state)
            known = _Seen(state, newer.position, known.org or next((each.org for each in newer), None))
        kept = self._seen.get(stream)
        if kept is None or kept.position <= known.position:
            self._seen[stream] = known
        self._seen.move_to_end(stream)
        while len(self._seen) > self._kept:
            self._seen.popitem(last=False)
        return known
