"""The whole platform for tests: services in this process, others as processes that can be killed."""

import asyncio
import base64
import hashlib
import json
import os
import re
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import UUID, uuid4

import httpx2

from shared.local import LocalStack
from shared.runtime import Blueprint, run

LEASE_SECONDS = 3.0
READY_SECONDS = 60.0
STOP_SECONDS = 40.0
TREE = Path(__file__).parents[2]


class Platform:
    """An async context manager: `blueprints` run in this process, `start_service` starts one more as a process.

    Requests go to this process; those to a service that does not run here go to the process started last.
    """

    def __init__(
        self, home: Path, blueprints: Sequence[Blueprint], *, durable: bool = False, overrides: Mapping[str, Any] = {}
    ) -> None:
        self.home = home
        self.org: UUID = uuid4()
        self.token = secrets.token_hex(16)
        self.stack = LocalStack(home, durable=durable)
        self._blueprints = blueprints
        self._overrides = overrides
        self._master_key = base64.b64encode(secrets.token_bytes(32)).decode()
        self._stopping = asyncio.Event()
        self._exit = AsyncExitStack()
        self.address = ""
        self.addresses: dict[str, str] = {}
        self.processes: list[asyncio.subprocess.Process] = []
        self._numbers = count()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as started:
            await started.enter_async_context(self.stack)
            started.push_async_callback(self._stop_processes)
            if self._blueprints:
                await self._start_services(started)
            self.client = await started.enter_async_context(
                httpx2.AsyncClient(
                    base_url=self.address,
                    headers={"Authorization": f"Bearer {self.token}"},
                    timeout=30,
                    trust_env=False,
                )
            )
            self._exit = started.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._exit.aclose()

    def settings(self, service: str) -> dict[str, Any]:
        """The settings of a service, as keywords."""
        return {
            "nats_url": self.stack.nats_url,
            "nats_system_url": self.stack.nats.system_url,
            "postgres_url": self.stack.postgres_url(service),
            "master_key": self._master_key,
            "objects_url": (self.home / "objects").as_uri(),
            "api_tokens": f"{self.org}:{hashlib.sha256(self.token.encode()).hexdigest()}",
            "port": 0,
            "lease_seconds": LEASE_SECONDS,
            "allow_addresses": "loopback",  # where the tests' sites are
            "anthropic_api_key": "",  # no test asks a model of this machine's owner
        }

    async def _start_services(self, started: AsyncExitStack) -> None:
        ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        async def note(address: str) -> None:
            ready.set_result(address)

        services = [
            (b, b.settings(**{**self.settings(b.name), **{k: v for k, v in self._overrides.items() if _has(b, k)}}))
            for b in self._blueprints
        ]
        task = asyncio.create_task(run(services, started=note, stopping=self._stopping))

        async def stop() -> None:
            self._stopping.set()
            await task

        started.push_async_callback(stop)
        async with asyncio.timeout(READY_SECONDS):
            while not ready.done():
                if task.done():
                    task.result()
                await asyncio.sleep(0.02)
        self.address = ready.result()

    async def start_runner(self, slots: int = 2) -> asyncio.subprocess.Process:
        """A runner as a process of its own, as in production."""
        return await self.start_service("runner", slots=slots)

    async def start_service(self, name: str, *, tree: Path = TREE, **settings: Any) -> asyncio.subprocess.Process:
        """One more instance of a service, as a process of its own; of another release when `tree` holds that."""
        given = {**self.settings(name), **settings}
        path = self.home / f"{name}-{next(self._numbers)}.log"
        log = path.open("wb")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "services", "serve", name),
            env={**os.environ, **{f"RETOLD_{key.upper()}": str(value) for key, value in given.items()}},
            cwd=tree,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        log.close()
        self.processes.append(process)
        async with asyncio.timeout(READY_SECONDS):
            while not (answers := re.search(r"answers at (http://\S+)\n", path.read_text("utf-8"))):
                assert process.returncode is None, path.read_text("utf-8")
                await asyncio.sleep(0.05)
        if name not in {blueprint.name for blueprint in self._blueprints}:
            self.addresses[name] = answers[1]
        return process

    async def stop(self, process: asyncio.subprocess.Process) -> None:
        """SIGTERM, as at a deployment, and wait for the end."""
        process.terminate()
        assert await asyncio.wait_for(process.wait(), timeout=STOP_SECONDS) == 0

    async def kill(self, process: asyncio.subprocess.Process) -> None:
        """SIGKILL to a process and its children, as when a machine is lost."""
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()

    async def _stop_processes(self) -> None:
        for process in self.processes:
            if process.returncode is None:
                await self.kill(process)

    def at(self, path: str) -> str:
        """The address of a path; its first part is the service."""
        return self.addresses.get(path.split("/")[1], "") + path

    async def import_recording(self, recording: Mapping[str, Any]) -> dict[str, Any]:
        """Import a recording file over HTTP."""
        answer = await self.client.post(self.at("/ingest/v1/recordings"), content=json.dumps(recording))
        assert answer.status_code == 201, answer.text
        imported: dict[str, Any] = answer.json()
        return imported

    async def run_job(self, recording_id: str, csv: str, **request: Any) -> dict[str, Any]:
        """Submit a job over HTTP."""
        body = {"recording_id": recording_id, **request}
        answer = await self.client.post(
            self.at("/scheduler/v1/jobs"),
            files={"file": ("table.csv", csv.encode())},
            data={"request": json.dumps(body)},
        )
        assert answer.status_code == 202, answer.text
        submitted: dict[str, Any] = answer.json()
        return submitted

    async def events(self, job_id: str, last: str | None = None) -> AsyncIterator[dict[str, Any]]:
        """A job's live events until it has ended; `id` is the position to resume behind."""
        headers = {"Last-Event-ID": last} if last else {}
        url = self.at(f"/scheduler/v1/jobs/{job_id}/events")
        async with self.client.stream("GET", url, headers=headers, timeout=120) as answer:
            position = ""
            async for line in answer.aiter_lines():
                if line.startswith("id:"):
                    position = line[3:].strip()
                elif line.startswith("data:"):
                    # The order of the fields is the server's: what stands before the blank line belongs together.
                    data = json.loads(line[5:])
                elif not line and position:
                    yield {**data, "id": position}
                    position = ""

    async def ended(self, job_id: str) -> dict[str, Any]:
        """The job once it has ended and its read models have seen it."""
        last = {"id": "0"}
        async for event in self.events(job_id):
            last = event
        seen = {"at_least": last["id"].partition("-")[0]}
        answer = await self.client.get(self.at(f"/scheduler/v1/jobs/{job_id}"), params=seen)
        assert answer.status_code == 200, answer.text
        job: dict[str, Any] = answer.json()
        return job

    async def results(self, job_id: str) -> list[dict[str, Any]]:
        """The results of an ended job's rows."""
        job = await self.ended(job_id)
        url = self.at(f"/runner/v1/jobs/{job_id}/results")
        found: list[dict[str, Any]] = []
        for _ in range(100):
            found = (await self.client.get(url, params={"limit": 1000})).json()
            if len(found) == job["total_rows"]:
                break
            await asyncio.sleep(0.05)
        return found


def _has(blueprint: Blueprint, name: str) -> bool:
    return name in blueprint.settings.model_fields
