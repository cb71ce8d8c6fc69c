"""A run: trouble for a while, then everything is healed, then the questions."""

import asyncio
import random
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from shutil import copy, rmtree
from tempfile import gettempdir

from shared.testing.folders import open_folder
from shared.testing.sites import Sites
from tests.chaos import disks
from tests.chaos.checks import Inquiry
from tests.chaos.clusters import cluster_in_a_folder, empty_log
from tests.chaos.deeds import MENUS, Hands, plan
from tests.chaos.people import People
from tests.chaos.races import Load, clients_of, kill_the_leader, rounds_with_several_winners, until_all_are_current
from tests.chaos.stage import Stage
from tests.chaos.timeline import Timeline

CLUSTER = "cluster"
SCENARIOS = (*MENUS, CLUSTER)
JOB_PAUSE = 4.0  # seconds between two jobs, on average
RACES = 300


@dataclass(frozen=True, slots=True)
class Wishes:
    """What to run; the plan of deeds follows from it."""

    scenario: str = "everything"
    seed: int = 1
    seconds: float = 60.0

    @property
    def command(self) -> str:
        """How to repeat it."""
        return f"./dev chaos --scenario {self.scenario} --seed {self.seed} --seconds {self.seconds:g}"


async def run(wishes: Wishes, timeline: Timeline) -> None:
    """Raises nothing that the platform did wrong: that stands in the timeline."""
    with open_folder() as folder:
        if wishes.scenario == CLUSTER:
            await _trouble_a_cluster(wishes, timeline)
            return
        whole = False
        try:
            await _trouble_the_platform(wishes, timeline, folder / "home")
            whole = timeline.is_clean
        finally:
            if not whole:
                timeline.note("stage", f"what the services said is in {_keep_logs(wishes, folder / 'home')}")


async def _trouble_the_platform(wishes: Wishes, timeline: Timeline, home: Path) -> None:
    async with AsyncExitStack() as opened:
        small = opened.enter_context(disks.mounted(home)) if wishes.scenario == "full-disk" else {}
        sites = opened.enter_context(Sites())
        stage = await opened.enter_async_context(Stage(home, timeline))
        timeline.note("stage", f"{len(stage.instances)} processes, NATS and Postgres run")
        for disk, restart in zip(
            small.values(), (stage.stack.restart_nats, stage.stack.restart_postgres), strict=False
        ):
            disk.restart = restart
        people = People(stage, sites, wishes.seed)
        opened.push_async_callback(people.close)
        await people.prepare()
        hands = Hands(stage, small, wishes.seed)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(people.work(wishes.seconds, JOB_PAUSE))
            began = timeline.elapsed
            for deed in plan(wishes.scenario, wishes.seed, wishes.seconds):
                await asyncio.sleep(max(0.0, began + deed.at - timeline.elapsed))
                tasks.create_task(hands.do(deed))
        await _heal(stage, people)
        await Inquiry(stage, people).hold(hands.stored_twice)


async def _heal(stage: Stage, people: People) -> None:
    for instance in stage.instances.values():
        for link in instance.links.values():
            link.heal()
    await asyncio.gather(*(stage.until_it_answers(each) for each in stage.instances.values()))
    stage.timeline.note("stage", "everything is healed")
    for job_id in people.jobs:
        await people.resume(job_id)


def _keep_logs(wishes: Wishes, home: Path) -> Path:
    kept = Path(gettempdir()) / f"retold-chaos-{wishes.scenario}-{wishes.seed}"
    rmtree(kept, ignore_errors=True)
    kept.mkdir(mode=0o700)
    for log in (*home.glob("*.log"), *(home / "logs").glob("*.log")):
        copy(log, kept)
    return kept


async def _trouble_a_cluster(wishes: Wishes, timeline: Timeline) -> None:
    chance = random.Random(f"cluster-{wishes.seed}")
    async with cluster_in_a_folder() as cluster, empty_log(cluster) as client:
        timeline.note("stage", "three nodes run")
        async with clients_of([node.url for node in cluster.nodes]) as clients:
            several = await rounds_with_several_winners(clients, RACES)
        told = [f"in {several} of {RACES} races more than one writer won"] if several else []
        timeline.check("of concurrent writers one wins", told, f"{RACES} races of {len(clients)} writers")
        async with clients_of([cluster.url]) as clients:
            load, stop = Load(wishes.seed), asyncio.Event()
            writing = asyncio.create_task(load.write(clients, stop))
            began = timeline.elapsed
            while timeline.elapsed - began < wishes.seconds:
                timeline.note(await kill_the_leader(cluster, chance), "led the log, was killed and is back")
                await until_all_are_current(client)
            stop.set()
            await writing
        confirmed = f"{len(load.confirmed)} confirmed, {load.repeated} repeated, {load.unanswered} unanswered"
        timeline.check("what was confirmed is there, once", await load.what_is_wrong(client), confirmed)
