"""ROOT: here the parts of the healer meet."""

from pathlib import Path

from services.healer import api, consumers
from services.healer.projections import PROJECTIONS
from services.healer.settings import HealerSettings
from shared.runtime import Blueprint, Resources, Service


def build(resources: Resources) -> Service:
    """The service from what it needs."""
    return Service(router=api.router(resources), reactions=consumers.reactions(resources))


BLUEPRINT = Blueprint(
    name="healer",
    summary="What to make of what broke: heals and their cache.",
    settings=HealerSettings,
    migrations=Path(__file__).with_name("migrations"),
    build=build,
    projections=PROJECTIONS,
)
