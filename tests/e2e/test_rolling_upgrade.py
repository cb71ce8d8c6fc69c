"""Releases side by side on one log: the last one, this one, and one to come, each service old or new in turn.

Then this release alone: its services are restarted one by one while a job runs.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from shared.bus import subjects
from shared.bus.connection import connect, disconnect
from shared.bus.jetstream import JetStreamLog
from shared.bus.log import ANY_SEQUENCE, Append, Context
from shared.contracts.catalogue import catalogue
from shared.contracts.runner import StepIntended
from shared.contracts.scheduler import JobEnded
from shared.core.events import Event
from shared.testing.platform import TREE, Platform
from shared.testing.sites import Sites
from tests.e2e.recordings import people, register
from tests.e2e.releases import last_release, next_release

SERVICES = ("ingest", "scheduler", "runner", "healer")
HALVES = [{"ingest", "runner"}, {"scheduler", "healer"}]
# From one line to the next two services change hands: every service runs alone in its release once, and all but it.
ALONE = [{"ingest"}, {"scheduler"}, {"runner"}, {"healer"}]
ALL_BUT_ONE = [set(SERVICES) - each for each in reversed(ALONE)]


class WeatherNoticed(Event):
    """Of the next release: see `tests/e2e/releases.py`."""

    sky: str


@dataclass
class Fleet:
    """A process for each service, of one release or another, on one log and database."""

    platform: Platform
    running: dict[str, tuple[Path, asyncio.subprocess.Process]] = field(default_factory=dict)

    async def become(self, trees: Mapping[str, Path]) -> None:
        """Each service is of the release in its tree; those that change are stopped as at a deployment."""
        changed = [name for name in SERVICES if name not in self.running or self.running[name][0] != trees[name]]
        await asyncio.gather(*(self._stop(name) for name in changed if name in self.running))
        done = await asyncio.gather(*(self._start(name, trees[name]) for name in changed), return_exceptions=True)
        for failure in filter(None, done):
            raise failure

    async def _stop(self, name: str) -> None:
        await self.platform.stop(self.running.pop(name)[1])

    async def _start(self, name: str, tree: Path, **settings: Any) -> None:
        self.running[name] = (tree, await self.platform.start_service(name, tree=tree, **settings))

    async def restart(self, name: str) -> None:
        """SIGTERM, and start again at the same address."""
        tree, port = self.running[name][0], int(self.platform.addresses[name].rpartition(":")[2])
        await self._stop(name)
        await self._start(name, tree, port=port)

    @asynccontextmanager
    async def log(self) -> AsyncIterator[JetStreamLog]:
        """The log of all."""
        client = await connect(self.platform.stack.nats_url, "test")
        yield JetStreamLog(client, catalogue())
        await disconnect(client)

    async def notice_weather(self, job_id: str) -> None:
        """An event of an unknown type, alone in its message, on a job's stream."""
        context = Context(self.platform.org, "next release")
        event = Append(subjects.job(UUID(job_id)), [WeatherNoticed(sky="grey")], ANY_SEQUENCE, "weather", context)
        async with self.log() as log:
            await log.append(event)

    async def amid_a_row(self, job_id: str) -> None:
        """Wait until a worker is about to commit something: whoever is lost now leaves a row of unknown outcome."""
        of_the_job = (subjects.rows_of(UUID(job_id)), subjects.job(UUID(job_id)).canonical_filter)
        async with self.log() as log:
            last = await log.last_position()
            async with aclosing(log.follow(of_the_job, last)) as batches:
                async for batch in batches:
                    told = {type(recorded.event) for recorded in batch.events}
                    assert JobEnded not in told, "the job ended before all had been restarted: give it more rows"
                    if StepIntended in told:
                        return

    async def put_aside(self) -> list[str]:
        """Dead letters of reactions, and events that no table took."""
        client = await connect(self.platform.stack.nats_url, "test")
        letters = (await client.jetstream().stream_info(subjects.DEAD_LETTERS_STREAM)).state.messages
        await disconnect(client)
        found = [f"{letters} dead letters"] if letters else []
        for name in SERVICES:
            connection = await asyncpg.connect(self.platform.stack.postgres_url(name))
            found += [f"{name}: {dict(row)}" for row in await connection.fetch(f"select * from {name}.dead_events")]
            await connection.close()
        return found


@pytest.fixture(scope="module")
async def fleet(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Fleet]:
    async with Platform(tmp_path_factory.mktemp("platform of releases"), ()) as platform:
        yield Fleet(platform)


@pytest.fixture(scope="module")
def last(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return last_release(tmp_path_factory.mktemp("releases"))


@pytest.fixture(scope="module")
def following(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return next_release(tmp_path_factory.mktemp("releases"))


def _short(url: str) -> dict[str, Any]:
    """A name is typed and sent, nothing more."""
    whole = register(url)
    return {**whole, "steps": [*whole["steps"][:3], whole["steps"][-1]]}


async def _works(fleet: Fleet, sites: Sites, *, weather: bool = False) -> None:
    """A recording comes in, is taught by its first run and heals in its second; every read model tells of it."""
    platform, client = fleet.platform, fleet.platform.client
    before = await fleet.put_aside()
    recording = await platform.import_recording(_short(sites.url))
    url = platform.at(f"/ingest/v1/recordings/{recording['id']}")
    for look, rows in (("1", 2), ("2", 1)):
        sites.look = look
        job = await platform.run_job(recording["id"], people(rows), concurrency=2)
        if weather:
            await fleet.notice_weather(job["id"])
        ended = await platform.ended(job["id"])
        assert (ended["status"], ended["successful_rows"]) == ("completed", rows), ended
        results = await platform.results(job["id"])
        assert [(row["row_index"], row["status"]) for row in results] == [(row, "success") for row in range(rows)]
        for _ in range(200):
            taught = (await client.get(url)).json()
            if taught.get("revision") == 2:
                break
            await asyncio.sleep(0.05)
        assert taught["revision"] == 2
    for _ in range(200):
        heals = (await client.get(platform.at("/healer/v1/heals"), params={"job_id": job["id"]})).json()
        if heals:
            break
        await asyncio.sleep(0.05)
    assert heals
    assert len(sites.entries()) == 3
    assert await fleet.put_aside() == before


SLOW = [pytest.param(old, marks=pytest.mark.slow) for old in (*ALONE, *ALL_BUT_ONE)]


@pytest.mark.parametrize("old", [*HALVES, *SLOW], ids=lambda old: "+".join(sorted(old)))
async def test_services_of_the_last_release_work_beside_those_of_this_one(
    fleet: Fleet, sites: Sites, last: Path, old: set[str]
) -> None:
    await fleet.become({name: last if name in old else TREE for name in SERVICES})
    await _works(fleet, sites)


@pytest.mark.parametrize("new", HALVES[::-1], ids=lambda new: "+".join(sorted(new)))
async def test_services_of_this_release_work_beside_those_of_one_to_come(
    fleet: Fleet, sites: Sites, following: Path, new: set[str]
) -> None:
    await fleet.become({name: following if name in new else TREE for name in SERVICES})
    await _works(fleet, sites, weather=True)


ROWS = 30


async def test_services_restart_one_by_one_while_a_job_runs(fleet: Fleet, sites: Sites) -> None:
    platform = fleet.platform
    await fleet.become(dict.fromkeys(SERVICES, TREE))
    before = await fleet.put_aside()
    recording = await platform.import_recording(register(sites.url, "?answer=0.5"))
    job = await platform.run_job(recording["id"], people(ROWS), concurrency=2)
    for name in SERVICES:
        await fleet.amid_a_row(job["id"])
        await fleet.restart(name)
        answer = await platform.client.get(platform.addresses[name] + "/readyz")
        assert answer.status_code == 200, answer.text
    results = await platform.results(job["id"])
    assert [row["row_index"] for row in results] == list(range(ROWS))
    assert Counter(row["error_type"] or row["status"] for row in results) == {"success": ROWS}
    assert sorted(entry["name"] for entry in sites.entries()) == sorted(f"Person {n}, Jr" for n in range(ROWS))
    assert (await platform.ended(job["id"]))["status"] == "completed"
    assert await fleet.put_aside() == before
