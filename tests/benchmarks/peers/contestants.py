"""The peers as contestants, those that are installed."""

from contextlib import AsyncExitStack
from functools import partial

from tests.benchmarks.comparing import Contestant
from tests.benchmarks.peers import is_installed, skip_locked
from tests.benchmarks.places import COMMIT_OFF, COMMIT_ON, Place
from tests.benchmarks.samples import EVENTS_A_STREAM
from tests.benchmarks.scale import Scale

BATCHES = ((1, 2), (10, 10))  # tasks a claim, and how many times as many tasks, so that a turn takes as long


async def queues(stack: AsyncExitStack, place: Place, scale: Scale, *, durable: bool) -> list[Contestant]:
    """Queues of tasks in Postgres that do what our rows do; a commit waits for the disk when `durable`."""
    commit, setting = (COMMIT_ON, "on") if durable else (COMMIT_OFF, "off")
    found: list[Contestant] = []
    plain = await skip_locked.Queue.open(await place.peers_database("skip_locked", synchronous_commit=durable))
    stack.push_async_callback(plain.close)
    for batch, times in BATCHES:
        name = f"SKIP LOCKED queue, {batch} a claim, commit {setting}"
        settings = f"{commit}, {skip_locked.WORKERS} workers on asyncpg, prepared statements"
        run = partial(plain.run, batch=batch)
        found.append(Contestant(name, settings, scale.peers_rows * times, run, "rows/s"))
    if is_installed("procrastinate"):
        from tests.benchmarks.peers import procrastinate_queue

        url = await place.peers_database("procrastinate", synchronous_commit=durable)
        queue = await procrastinate_queue.Queue.open(url)
        stack.push_async_callback(queue.close)
        settings = f"{commit}, {procrastinate_queue.SETTINGS}"
        found.append(Contestant(f"procrastinate, commit {setting}", settings, scale.peers_rows, queue.run, "rows/s"))
    return found


async def projection(place: Place, scale: Scale) -> list[Contestant]:
    """A read model of an event store, a transaction for every event; a commit does not wait for the disk, as ours."""
    if not is_installed("eventsourcing"):
        return []
    from tests.benchmarks.peers import event_sourcing

    url = await place.peers_database("eventsourcing", synchronous_commit=False)
    settings = f"{COMMIT_OFF}, {event_sourcing.SETTINGS}, an event a transaction"
    count = max(EVENTS_A_STREAM, scale.projected // 20)
    return [Contestant("eventsourcing ProjectionRunner", settings, count, partial(event_sourcing.project, url))]


async def event_store(stack: AsyncExitStack, place: Place, scale: Scale, *, durable: bool) -> list[Contestant]:
    """An event store in Postgres that saves one event a commit."""
    if not is_installed("eventsourcing"):
        return []
    from tests.benchmarks.peers import event_sourcing

    commit, setting = (COMMIT_ON, "on") if durable else (COMMIT_OFF, "off")
    rows = event_sourcing.open_application(await place.peers_database("eventsourcing", synchronous_commit=durable))
    stack.callback(rows.close)
    settings = f"{commit}, {event_sourcing.SETTINGS}"
    run = partial(event_sourcing.save_one_by_one, rows)
    return [Contestant(f"eventsourcing save(), commit {setting}", settings, max(1, scale.appends // 2), run)]
