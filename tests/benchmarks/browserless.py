"""A runner without a browser, as a process: the real one, but that every step is done at once."""

import asyncio
import sys
from dataclasses import replace

from services.runner import api
from services.runner.adapters.no_browser import NoBrowsers
from services.runner.loops import Worker
from services.runner.main import BLUEPRINT
from services.runner.recording_sessions import RecordingSessions
from services.runner.settings import RunnerSettings
from shared.ops.logging import configure_logging
from shared.ops.settings import read_settings
from shared.runtime import Resources, Service, run


def build(resources: Resources) -> Service:
    """The runner as its `main.py` builds it, but for the fleet."""
    worker = Worker(resources, NoBrowsers())
    return Service(
        router=api.router(resources, RecordingSessions(resources)),
        tasks={"stopped-jobs": worker.watch_stopped_jobs, "samples": worker.send_samples},
        draining={"worker": worker.run},
    )


async def main() -> None:
    """Run it until SIGTERM; its settings are the environment variables RETOLD_…"""
    configure_logging("json")
    settings = read_settings(RunnerSettings)

    async def started(address: str) -> None:
        sys.stderr.write(f"runner answers at {address}\n")

    await run([(replace(BLUEPRINT, build=build), settings)], started=started)


if __name__ == "__main__":
    asyncio.run(main())
