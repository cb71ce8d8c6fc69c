"""A scheduler and two runners as processes of their own, as in production, but for the browsers."""

import asyncio
import base64
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeAlias

from shared.core.errors import Unavailable
from shared.local import server
from tests.benchmarks.places import LEASE_SECONDS, Place
from tests.benchmarks.samples import ORG

ROOT = Path(__file__).parents[2]
SLOTS = 64
READY_SECONDS = 60.0
STOP = ((signal.SIGTERM, 30.0),)

Process: TypeAlias = "subprocess.Popen[bytes]"


def settings_of(runners: int) -> str:
    """What matters, in words."""
    return f"1 scheduler, {runners} runner{'s' * (runners > 1)} of {SLOTS} slots, read models kept up to date meanwhile"


@asynccontextmanager
async def running_services(place: Place, folder: Path, runners: int) -> AsyncIterator[None]:
    """The services run inside the context; what they say is in `folder`."""
    # What the scheduler takes by itself: half as many rows again as there are slots.
    scheduler = _environment(place, "scheduler", folder, rows_in_flight=runners * SLOTS * 3 // 2)
    runner = _environment(place, "runner", folder, slots=SLOTS)
    logs = [folder / "scheduler.log", *(folder / f"runner-{number}.log" for number in range(runners))]
    processes = [_start(("services", "serve", "scheduler"), scheduler, logs[0])]
    try:
        processes += [_start(("tests.benchmarks.browserless",), runner, log) for log in logs[1:]]
        await _until_ready(processes, logs)
        yield
    finally:
        await asyncio.gather(*(server.stop(process, STOP) for process in processes))


def _environment(place: Place, service: str, folder: Path, **settings: Any) -> dict[str, str]:
    given = {
        "nats_url": place.nats_url,
        "postgres_url": place.postgres_url(service),
        "master_key": base64.b64encode(bytes(32)).decode(),
        "objects_url": (folder / "objects").as_uri(),
        "api_tokens": f"{ORG}:{'0' * 64}",
        "port": 0,
        "lease_seconds": LEASE_SECONDS,
        **settings,
    }
    clean = {name: value for name, value in os.environ.items() if not name.startswith("RETOLD_")}
    return {**clean, **{f"RETOLD_{key.upper()}": str(value) for key, value in given.items()}}


def _start(module: Sequence[str], environment: Mapping[str, str], log: Path) -> Process:
    return server.start(server.Launch((sys.executable, "-m", *module), ROOT, log, signal.SIGTERM), environment)


async def _until_ready(processes: Sequence[Process], logs: Sequence[Path]) -> None:
    async with asyncio.timeout(READY_SECONDS):
        while not all(b"answers at" in log.read_bytes() for log in logs):
            if any(process.poll() is not None for process in processes):
                endings = "\n".join(f"{log.name} ends so:\n{server.last_lines(log)}" for log in logs)
                raise Unavailable(f"a service did not start; {endings}")
            await asyncio.sleep(0.05)
