"""ROOT: here the parts of the scheduler meet."""

from pathlib import Path

from services.scheduler import api
from services.scheduler.loops import Dispatcher
from services.scheduler.projections import PROJECTIONS
from services.scheduler.settings import SchedulerSettings
from shared.runtime import Blueprint, Resources, Service


def build(resources: Resources) -> Service:
    """The service from what it needs."""
    return Service(router=api.router(resources), draining={"dispatcher": Dispatcher(resources).run})


BLUEPRINT = Blueprint(
    name="scheduler",
    summary="What runs, and when: jobs and their rows.",
    settings=SchedulerSettings,
    migrations=Path(__file__).with_name("migrations"),
    build=build,
    projections=PROJECTIONS,
)
