"""How soon an event is in the hands of whoever follows, while nothing else happens."""

import asyncio
import time
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass
from statistics import quantiles

from shared.bus import subjects
from shared.bus.jetstream import JetStreamLog
from shared.contracts.catalogue import catalogue
from tests.benchmarks.comparing import Tell
from tests.benchmarks.figures import Figure
from tests.benchmarks.places import ALWAYS, DEFAULT, open_client, open_log
from tests.benchmarks.samples import appends
from tests.benchmarks.scale import Scale

GOALS = (5.0, 20.0)
PAUSE, PATIENCE = 0.01, 10.0


@dataclass(frozen=True, slots=True)
class Way:
    """How somebody follows the log. `linger`: seconds that a batch is given to fill. `goals`: of p50 and p95, in ms."""

    name: str
    always: bool
    linger: float
    goals: tuple[float | None, float | None]


WAYS = (
    Way("event to handler, default sync", False, 0.0, GOALS),
    Way("event to handler, sync always", True, 0.0, GOALS),
    Way("event to projector, default sync", False, 0.02, (None, None)),
)


class Follower:
    """Two connections to one log: through one an event is appended, through the other it is awaited."""

    def __init__(self, writer: JetStreamLog, reader: JetStreamLog, linger: float) -> None:
        self._writer, self._reader, self._linger = writer, reader, linger
        self._seen: asyncio.Queue[float] = asyncio.Queue()

    async def follow(self) -> None:
        """Note when an event arrives; without end."""
        end = await self._reader.last_position()
        async with aclosing(self._reader.follow((subjects.ALL_ROWS,), end, self._linger)) as batches:
            async for batch in batches:
                arrived = time.perf_counter()
                for _ in batch.events:
                    self._seen.put_nowait(arrived)

    async def wait(self, count: int) -> list[float]:
        """Milliseconds from before an append to the event's arrival, one event after the other."""
        found = []
        for stream in appends(count, streams=count):
            began = time.perf_counter()
            await self._writer.append(stream[0])
            found.append((await asyncio.wait_for(self._seen.get(), PATIENCE) - began) * 1000)
            await asyncio.sleep(PAUSE)
        return found


async def wait_for_events(scale: Scale, tell: Tell) -> list[Figure]:
    """From append to follower, idle; the ways to follow in turns."""
    async with AsyncExitStack() as stack:
        ways = [way for way in WAYS if way.always in dict(scale.syncs)]
        followers = [(way, await _open(stack, way)) for way in ways]
        await asyncio.sleep(0.3)  # they are at the log's end by now, and hear of the next event at once
        waited: dict[str, list[float]] = {way.name: [] for way in ways}
        for _, follower in followers:
            await follower.wait(2)
        for number in range(1, scale.rounds + 1):
            for way, follower in followers:
                tell(f"round {number} of {scale.rounds}: {way.name}")
                waited[way.name] += await follower.wait(-(-scale.waits // scale.rounds))
    return [figure for way in ways for figure in _figures(way, waited[way.name])]


async def _open(stack: AsyncExitStack, way: Way) -> Follower:
    place = await stack.enter_async_context(open_log(always=way.always))
    writer, reader = [JetStreamLog(await stack.enter_async_context(open_client(place)), catalogue()) for _ in range(2)]
    follower = Follower(writer, reader, way.linger)
    stack.push_async_callback(_cancel, asyncio.create_task(follower.follow()))
    return follower


def _figures(way: Way, waited: list[float]) -> list[Figure]:
    twentieths = quantiles(waited, n=20, method="inclusive")
    settings = f"{ALWAYS if way.always else DEFAULT}, idle, batches wait {way.linger * 1000:g} ms to fill"
    return [
        Figure(f"{way.name}, {part}", value, "ms", "lower", settings, goal, min(waited), max(waited))
        for part, value, goal in zip(("p50", "p95"), (twentieths[9], twentieths[18]), way.goals, strict=True)
    ]


async def _cancel(task: "asyncio.Task[None]") -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
