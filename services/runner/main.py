"""ROOT: here the parts of the runner meet."""

from pathlib import Path

from services.runner import api
from services.runner.loops import Worker
from services.runner.projections import PROJECTIONS
from services.runner.recording_sessions import RecordingSessions
from services.runner.settings import RunnerSettings
from shared.runtime import Blueprint, Resources, Service


def build(resources: Resources) -> Service:
    """The service from what it needs."""
    worker = Worker(resources)
    recordings = RecordingSessions(resources)
    return Service(
        router=api.router(resources, recordings),
        tasks={
            "stopped-jobs": worker.watch_stopped_jobs,
            "url-policies": worker.watch_policies,
            "live": worker.show_rows,
            "samples": worker.send_samples,
            "recording-policies": recordings.watch_policies,
            "recording-sessions": recordings.lost.watch,
        },
        draining={"worker": worker.run, "recordings": recordings.run},
    )


BLUEPRINT = Blueprint(
    name="runner",
    summary="What happened in a browser: results, log lines, files.",
    settings=RunnerSettings,
    migrations=Path(__file__).with_name("migrations"),
    build=build,
    projections=PROJECTIONS,
)
