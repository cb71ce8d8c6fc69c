"""Rows that do nothing, from their submission to their job's end: the real scheduler, the real runners, no browser."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from statistics import median
from uuid import UUID

from shared.bus import subjects
from shared.bus.jetstream import JetStreamLog
from shared.bus.log import Log
from shared.contracts.catalogue import catalogue
from shared.db.pool import Database
from shared.projections import wait_until
from shared.testing.folders import open_folder
from tests.benchmarks import jobs, machines
from tests.benchmarks.comparing import Contestant, Tell, compare
from tests.benchmarks.figures import Figure
from tests.benchmarks.peers import contestants as peers
from tests.benchmarks.places import Place, open_client, open_place
from tests.benchmarks.scale import Scale

GOALS = {False: 3_000.0, True: 1_200.0}
GOAL_HAND_OVER = 15.0
CONCURRENCY = 10  # the most that a job may have
PATIENCE = 300.0
READ_MODELS = (("scheduler", "execution_jobs"), ("runner", "execution_results"))


class Engine:
    """Everything but the browsers, running on a place. Counts rows, and those lost or doubled on the way."""

    def __init__(self, log: Log, databases: dict[str, Database], recording_id: UUID, settings: str) -> None:
        self._log, self._databases, self._recording_id = log, databases, recording_id
        self.settings = settings
        self.rows = self.wrong = 0

    async def run(self, wanted: int, rows: int, concurrency: int) -> float:
        """So many jobs with so many rows each; seconds from their submission to the end of the last.

        Then, on nobody's clock: every row must have one result, and the read models catch up.
        """
        submissions = await jobs.prepare(self._log, self._recording_id, wanted, rows, concurrency)
        ids = jobs.ids_of(submissions)
        before = await self._log.last_position()
        async with asyncio.timeout(PATIENCE):
            ended = asyncio.create_task(jobs.until_ended(self._log, ids, before))
            began = time.perf_counter()
            await self._log.append_all(submissions)
            await ended
        seconds = time.perf_counter() - began
        self.rows += wanted * rows
        self.wrong += await jobs.lost_or_doubled(self._log, ids, rows)
        end = await self._log.last_position((subjects.ALL_JOBS, subjects.ALL_ROWS))
        for schema, projection in READ_MODELS:
            await wait_until(self._databases[schema], projection, end, PATIENCE)
        return seconds


@asynccontextmanager
async def open_engine(place: Place, runners: int) -> AsyncIterator[Engine]:
    """The services run on the place's servers until the context ends."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(open_folder())
        client = await stack.enter_async_context(open_client(place))
        await stack.enter_async_context(machines.running_services(place, folder, runners))
        databases = {}
        for schema, _ in READ_MODELS:
            databases[schema] = Database(place.postgres_url(schema), schema, size=1)
            await databases[schema].open()
            stack.push_async_callback(databases[schema].close)
        log = JetStreamLog(client, catalogue())
        yield Engine(log, databases, await jobs.import_recording(log), f"{place.sync}, {machines.settings_of(runners)}")


async def run_rows(scale: Scale, tell: Tell) -> list[Figure]:
    """A hundred jobs at once, up to ten rows of each under way; beside queues in Postgres at equal durability."""
    contestants: list[Contestant] = []
    pairs: list[tuple[str, str]] = []
    engines: dict[str, Engine] = {}
    async with AsyncExitStack() as stack:
        for always, name in scale.syncs:
            tell(f"starting the services, {name}")
            place = await stack.enter_async_context(open_place(always=always))
            engines[name] = engine = await stack.enter_async_context(open_engine(place, scale.runners))
            ours = Contestant(
                f"no-op rows, {name}",
                engine.settings,
                scale.jobs * scale.rows_a_job,
                _at_once(engine, scale.jobs),
                "rows/s",
                GOALS[always],
            )
            theirs = await peers.queues(stack, place, scale, durable=always)
            contestants += [ours, *theirs]
            pairs += [(ours.name, each.name) for each in theirs]
        compared = await compare(contestants, scale.long_rounds, tell)
        hand_overs = [await _hand_over(engine, name, scale, tell) for name, engine in engines.items()]
    ratios = [compared.ratio(*pair) for pair in pairs]
    return [*compared.figures(), *ratios, *hand_overs, _wrong(list(engines.values()))]


def _at_once(engine: Engine, wanted: int) -> Callable[[int], Awaitable[float]]:
    async def run(count: int) -> float:
        return await engine.run(wanted, max(1, count // wanted), CONCURRENCY)

    return run


async def _hand_over(engine: Engine, name: str, scale: Scale, tell: Tell) -> Figure:
    """A job whose rows run one after the other: from the end of a row to the end of the next."""
    figure = f"row hand-over, {name}"
    tell(figure)
    await engine.run(1, 1, 1)
    waited = [await engine.run(1, scale.waits, 1) / scale.waits * 1000 for _ in range(scale.rounds)]
    settings = f"{engine.settings}, 1 job, limit 1"
    return Figure(figure, median(waited), "ms", "lower", settings, GOAL_HAND_OVER, min(waited), max(waited))


def _wrong(engines: list[Engine]) -> Figure:
    counted, wrong = (sum(values) for values in ((e.rows for e in engines), (e.wrong for e in engines)))
    return Figure("rows lost or doubled", wrong, f"of {counted:,}", "lower", engines[-1].settings, 0)
