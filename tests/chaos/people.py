"""People who go on working through all the trouble, and remember what they were told was done."""

import asyncio
import json
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx2

from shared.testing.platform import READY_SECONDS
from shared.testing.sites import Sites
from tests.chaos.stage import Stage
from tests.e2e.recordings import register

PATIENCE_SECONDS = 6.0
QUERIES = ("?look=1&answer=0.2", "?answer=0.2")  # the second page changes after the first row: it must be healed


@dataclass
class People:
    """`jobs` (id → how manieth), `recordings` and `stops`: what HTTP acknowledged."""

    stage: Stage
    sites: Sites
    seed: int
    jobs: dict[UUID, int] = field(default_factory=dict)
    recordings: list[UUID] = field(default_factory=list)
    stops: set[UUID] = field(default_factory=set)
    contradictions: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._chance = random.Random(f"people-{self.seed}")
        self._client = httpx2.AsyncClient(
            headers={"Authorization": f"Bearer {self.stage.token}"}, timeout=PATIENCE_SECONDS, trust_env=False
        )

    async def prepare(self) -> None:
        """What must be there before trouble begins."""
        for query in QUERIES:
            await self._import(query)
        await self._submit(1)
        (job,) = self.jobs
        await self._until("scheduler", f"/scheduler/v1/jobs/{job}", lambda shown: shown.get("completed_at"))
        taught = f"/ingest/v1/recordings/{self.recordings[1]}"
        await self._until("ingest", taught, lambda shown: shown.get("revision", 1) > 1)
        self.sites.look = "2"

    async def work(self, seconds: float, pause: float) -> None:
        """Import, submit, stop, hold, go on, until the time is over."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds), asyncio.TaskGroup() as tasks:
                number = 1
                while True:
                    number += 1
                    tasks.create_task(self._submit(number))
                    if self._chance.random() < 0.5 and self.jobs:
                        tasks.create_task(self._interfere(self._chance.choice(list(self.jobs))))
                    if self._chance.random() < 0.2:
                        tasks.create_task(self._import(self._chance.choice(QUERIES)))
                    await asyncio.sleep(self._chance.uniform(0.5, 1.5) * pause)

    async def close(self) -> None:
        """Nobody asks any more."""
        await self._client.aclose()

    async def _import(self, query: str) -> None:
        content = json.dumps(register(self.sites.url, query))
        answer = await self._acknowledged("ingest", "POST", "/ingest/v1/recordings", content=content)
        if answer.status_code == 201:
            self.recordings.append(UUID(answer.json()["id"]))

    async def _submit(self, number: int) -> None:
        chance = random.Random(f"{self.seed}-{number}")
        names = [f"run {self.seed} job {number} row {row}" for row in range(chance.randint(3, 7))]
        options = {
            "on_unknown": chance.choice(("fail", "fail", "rerun")),
            "max_retries": chance.choice((0, 0, 1)),
            "row_timeout": 30_000,
        }
        request = {
            "recording_id": str(self.recordings[number % len(QUERIES)]),
            "concurrency": chance.randint(1, 4),
            "stop_on_error": chance.random() < 0.2,
            "options": options,
        }
        table = "name,Email Address,password,country\n" + "".join(f"{name},a@b.cd,secret,fr\n" for name in names)
        asking = {
            "files": {"file": ("table.csv", table.encode())},
            "data": {"request": json.dumps(request)},
            "headers": {"Idempotency-Key": f"{self.seed}-{number}"},
        }
        # Some click twice; the second click may end at another scheduler.
        clicks = 2 if chance.random() < 0.3 else 1
        tries = (self._acknowledged("scheduler", "POST", "/scheduler/v1/jobs", **asking) for _ in range(clicks))
        for answer in await asyncio.gather(*tries):
            if answer.status_code != 202:
                self.contradictions.append(f"job {number} was refused: {answer.text}")
                continue
            self.jobs[UUID(answer.json()["id"])] = number
        if list(self.jobs.values()).count(number) > 1:
            self.contradictions.append(f"job {number}, asked for twice with one key, became two")

    async def _interfere(self, job_id: UUID) -> None:
        path = f"/scheduler/v1/jobs/{job_id}"
        match self._chance.choice(("cancel", "pause", "prioritize")):
            case "cancel":
                answer = await self._acknowledged("scheduler", "POST", f"{path}/cancel")
                if answer.status_code == 202:
                    self.stops.add(job_id)
            case "pause":
                answer = await self._acknowledged("scheduler", "POST", f"{path}/pause")
                if answer.status_code == 202:
                    await asyncio.sleep(self._chance.uniform(0.5, 3))
                    await self.resume(job_id)
            case "prioritize":
                await self._acknowledged("scheduler", "PATCH", path, json={"priority": self._chance.randint(0, 100)})

    async def resume(self, job_id: UUID) -> None:
        """Let a job go on; one that was not held does not mind."""
        await self._acknowledged("scheduler", "POST", f"/scheduler/v1/jobs/{job_id}/resume")

    async def _acknowledged(self, service: str, method: str, path: str, **request: Any) -> httpx2.Response:
        """Ask until somebody answers: the next instance when one is silent or says that it cannot now."""
        while True:
            for address in self._addresses(service):
                with suppress(httpx2.HTTPError):
                    answer = await self._client.request(method, address + path, **request)
                    if answer.status_code < 500 and not _is_conflict(answer):
                        return answer
                await asyncio.sleep(0.2)

    def _addresses(self, service: str) -> Iterator[str]:
        addresses = [each.address for each in self.stage.instances.values() if each.service == service]
        self._chance.shuffle(addresses)
        yield from addresses

    async def _until(self, service: str, path: str, is_so: Callable[[dict[str, Any]], Any]) -> None:
        async with asyncio.timeout(READY_SECONDS):
            while not is_so((await self._acknowledged(service, "GET", path)).json()):
                await asyncio.sleep(0.1)

    async def get(self, service: str, path: str, **params: Any) -> Any:
        """What a read model shows."""
        answer = await self._acknowledged(service, "GET", path, params=params)
        answer.raise_for_status()
        return answer.json()


def _is_conflict(answer: httpx2.Response) -> bool:
    return answer.status_code == 409 and "try again" in answer.text
