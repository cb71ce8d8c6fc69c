"""Load, decide, append: how every command is carried out."""

import asyncio
import random
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from shared.bus.log import Append, Context, History, Log
from shared.bus.subjects import Stream
from shared.core.decider import Decider
from shared.core.errors import Conflict, NotFound
from shared.core.time_and_ids import new_id

ATTEMPTS = 5

C = TypeVar("C")
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Decided(Generic[S]):
    """The state after the command, where its stream stands, and whether anything new was stored."""

    state: S
    position: int
    changed: bool


async def carry_out(
    log: Log,
    decider: Decider[C, S],
    stream: Stream,
    command: C,
    context: Context,
    command_id: str | None = None,
) -> Decided[S]:
    """Decide `command` on the newest state of `stream` and store the outcome.

    A command id (an HTTP idempotency key, the event reacted to) makes a repeated command harmless.
    Raises what `decide` raises, `NotFound` when the stream is another organization's,
    `Conflict` after five lost races, `Unavailable`.
    """
    command_id = command_id or str(new_id())
    for attempt in range(ATTEMPTS):
        recorded = await log.load(stream)
        if recorded and recorded[0].org != context.org:
            raise NotFound(f"no {stream.aggregate} {stream.id} in this organization")
        state = decider.fold(each.event for each in recorded)
        expected = recorded.position
        events = decider.decide(command, state)
        if not events:
            return Decided(state, expected, changed=False)
        try:
            caused = _next_of(context, recorded)
            position = await log.append(Append(stream, events, expected, command_id, caused))
        except Conflict:
            await asyncio.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311
            continue
        return Decided(decider.fold(events, state), position, changed=True)
    raise Conflict(f"{stream} kept changing while we wrote to it; try again")


def _next_of(context: Context, before: History) -> Context:
    """What one request does to a stream step by step is told as a chain: each step is caused by the one before."""
    if context.cause is None and before and before[-1].correlation == context.correlation:
        return replace(context, cause=str(before[-1].id))
    return context
